"""Open vSwitch in user space, in a folder of its own."""

import contextlib
import pathlib
import subprocess
import tempfile

from recording import environment, inside, program, run, wait_for

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"


class Switch:
    def __init__(self, folder, namespace):
        self.folder = pathlib.Path(folder)
        self.namespace = namespace
        self.environment = environment(OVS_RUNDIR=folder, OVS_LOGDIR=folder, OVS_DBDIR=folder)

    def vsctl(self, words):
        self.run("ovs-vsctl", *words.split())

    def ofctl(self, words, **more):
        self.run("ovs-ofctl", *words.split(), **more)

    def appctl(self, words):
        self.run("ovs-appctl", "-t", str(self.folder / "vswitchd.ctl"), *words.split(),
                 stdout=subprocess.DEVNULL)

    def run(self, *command, **more):
        with inside(self.namespace):
            run(*command, env=self.environment, **more)

    def bridge(self, name, hardware_address, protocols="OpenFlow10"):
        self.vsctl(f"add-br {name} -- set bridge {name} datapath_type=netdev fail_mode=secure "
                   f"protocols={protocols} other_config:hwaddr={hardware_address}")

    def port(self, bridge, name, number, interface=""):
        self.vsctl(f"add-port {bridge} {name} -- set interface {name} ofport_request={number} "
                   + interface)


@contextlib.contextmanager
def switch(namespace):
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="vse-pcaps-"))
        made = Switch(folder, namespace)
        with inside(namespace):
            run("ovsdb-tool", "create", f"{folder}/conf.db", SCHEMA)
            stack.enter_context(program(
                "ovsdb-server", f"{folder}/conf.db", "-vconsole:off",
                f"--remote=punix:{folder}/db.sock", f"--unixctl={folder}/db.ctl",
                env=made.environment))
            wait_for("ovsdb-server", (made.folder / "db.sock").exists)
            # Two VLAN tags, for QinQ.
            made.vsctl("--no-wait init -- set Open_vSwitch . other_config:vlan-limit=0")
            stack.enter_context(program(
                "ovs-vswitchd", f"unix:{folder}/db.sock", "-vconsole:off",
                f"--unixctl={folder}/vswitchd.ctl", env=made.environment))
        yield made
