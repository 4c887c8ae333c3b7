"""Records the golden captures: Open vSwitch in user space, os-ken and tcpdump in a network
namespace that this program makes and removes. Run as root by `cargo xtask pcaps`."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
NAMESPACE = "vse-pcaps"
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
DEADLINE = 30

SCENARIOS = [
    "handshake",
    "flow-mods",
    "flow-removed",
    "errors",
    "statistics",
    "ports",
    "packets",
    "vendor-refused",
    "packet-out-bare",
    "packet-out-framed",
    "packet-out-signed",
]
# What the peer behind the switch sees is recorded too.
WITH_ARRIVAL = {"packet-out-framed", "packet-out-signed"}


def run(*command, **options):
    subprocess.run(command, check=True, **options)


def wait_for(what, condition):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"record: {what} did not happen within {DEADLINE} s")
        time.sleep(0.02)


@contextlib.contextmanager
def program(*command, **options):
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def recording(interface, path, expression):
    """Captures until nothing is left to capture."""
    log = path.with_suffix(".log")
    with open(log, "w") as errors, program(
        "tcpdump", "-i", interface, "-U", "--immediate-mode", "-Z", "root", "-w", str(path),
        *expression.split(), stderr=errors,
    ) as tcpdump:
        wait_for("tcpdump", lambda: "listening on" in log.read_text())
        yield
        size = -1

        def quiet():
            nonlocal size
            before, size = size, path.stat().st_size
            time.sleep(0.2)
            return size == before

        wait_for("the end of the traffic", quiet)
        tcpdump.send_signal(signal.SIGINT)
        tcpdump.wait()


def record(scenario, work, environment):
    session = work / f"{scenario}.pcap"
    arrival = work / f"{scenario}-arrival.pcap"
    with contextlib.ExitStack() as stack:
        stack.enter_context(recording("lo", session, "tcp port 6653"))
        if scenario in WITH_ARRIVAL:
            stack.enter_context(recording("q1", arrival, "ether proto 0x88b5"))
        python = TOP / "target/os-ken/bin/python"
        controller = subprocess.Popen([python, HERE / "controller.py", scenario], cwd=HERE)
        run("ovs-vsctl", "set-controller", "br0", "tcp:127.0.0.1:6653")
        run("ovs-vsctl", "set", "controller", "br0", "max_backoff=1000")
        try:
            status = controller.wait(DEADLINE)
        finally:
            controller.kill()
        run("ovs-vsctl", "del-controller", "br0")
        run("ovs-ofctl", "-O", "OpenFlow10", "del-flows", "br0")
    if status:
        sys.exit(f"record: {scenario} failed")
    for path in [session, arrival]:
        if path.exists():
            shutil.copyfile(path, TOP / "pcaps" / path.name)
            print(f"pcaps/{path.name}: {path.stat().st_size} bytes")


def inside():
    """Within the namespace."""
    run("ip", "link", "set", "lo", "up")
    with tempfile.TemporaryDirectory(prefix="vse-pcaps-") as name:
        work = pathlib.Path(name)
        environment = dict(os.environ, OVS_RUNDIR=name, OVS_LOGDIR=name, OVS_DBDIR=name)
        os.environ.update(environment)
        run("ovsdb-tool", "create", f"{name}/conf.db", SCHEMA)
        with contextlib.ExitStack() as stack:
            stack.enter_context(program("ovsdb-server", f"{name}/conf.db", "-vconsole:off",
                                        f"--remote=punix:{name}/db.sock", f"--unixctl={name}/db.ctl"))
            wait_for("ovsdb-server", (work / "db.sock").exists)
            run("ovs-vsctl", "--no-wait", "init")
            stack.enter_context(program("ovs-vswitchd", f"unix:{name}/db.sock", "-vconsole:off",
                                        f"--unixctl={name}/vswitchd.ctl"))
            for port, peer in [("p1", "q1"), ("p2", "q2")]:
                run("ip", "link", "add", port, "type", "veth", "peer", "name", peer)
                for end in [port, peer]:
                    run("sysctl", "-qw", f"net.ipv6.conf.{end}.disable_ipv6=1")
                    run("ip", "link", "set", end, "up")
            run("ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev",
                "protocols=OpenFlow10", "fail_mode=secure",
                "other_config:hwaddr=02:00:00:00:00:ff")
            run("ovs-vsctl", "add-port", "br0", "p1", "--", "set", "interface", "p1",
                "ofport_request=1")
            run("ovs-vsctl", "add-port", "br0", "p2", "--", "set", "interface", "p2",
                "ofport_request=2")
            chosen = sys.argv[2:] or SCENARIOS
            for scenario in chosen:
                record(scenario, work, environment)


def main():
    if sys.argv[1:2] == ["inside"]:
        return inside()
    if os.geteuid() != 0:
        sys.exit("record: needs root, for a network namespace")
    run("ip", "netns", "add", NAMESPACE)
    try:
        # A session of its own, so that everything it starts can be ended with it.
        run("ip", "netns", "exec", NAMESPACE, sys.executable, __file__, "inside", *sys.argv[1:])
    finally:
        run("ip", "netns", "delete", NAMESPACE)


if __name__ == "__main__":
    main()
