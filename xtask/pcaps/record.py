"""Records the golden captures, all or those that are named: record.py [NAME…]. Run as root by
`cargo xtask pcaps`; the network namespaces that it needs, it makes and removes."""

import os
import sys

import crafted
import file_forms
import hosts
import netlink
import sessions
import streams
import tunnels
import vse_session
import whole_loop

GROUPS = [sessions, hosts, tunnels, streams, crafted, vse_session, netlink, file_forms, whole_loop]


def main():
    if os.geteuid() != 0:
        sys.exit("record: needs root, for network namespaces")
    chosen = sys.argv[1:]
    known = {name for group in GROUPS for name in group.CAPTURES}
    if unknown := [name for name in chosen if name not in known]:
        sys.exit(f"record: no capture is called {' or '.join(unknown)}")
    for group in GROUPS:
        names = [name for name in group.CAPTURES if not chosen or name in chosen]
        if names:
            group.record(names)


if __name__ == "__main__":
    main()
