"""The whole loop: two hypervisors with Open vSwitch, proxy and VSE, a VM each, and os-ken with the
application of tests/loop. One capture has the sessions as the controller sees them, the other what
the receiver's proxy says to its VSE."""

import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
import threading

from recording import TOP, inside, keep, namespaces, program, recording, run, wait_for, wire
from switch import switch

CAPTURES = ["whole-loop", "whole-loop-agent"]
HERE = pathlib.Path(__file__).resolve().parent
VSECTL = TOP / "target/debug/vsectl"
A, B, C, VM_A, VM_B = "vse-loop-a", "vse-loop-b", "vse-loop-c", "vse-loop-va", "vse-loop-vb"
# The one that Wireshark takes for OpenFlow; that of the controller is at another address.
AGENT_PORT = "6653"
DATAGRAMS = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    sender.bind(("203.0.113.1", 9000))
    for number in range(10):
        sender.sendto(bytes([number]), ("203.0.113.2", 9000))
"""


def address(namespace, interface, address):
    run("ip", "-n", namespace, "link", "set", interface, "up")
    if address:
        run("ip", "-n", namespace, "address", "add", address, "dev", interface)


def mac(last):
    return f"00:00:5e:00:53:{last:02x}"


def network():
    """The underlay, the ways to the controller, and the ports of the VMs, which have their VMs'
    addresses."""
    for left, right in [
        ((A, "ua", mac(0x11), "198.51.100.1/24"), (B, "ub", mac(0x12), "198.51.100.2/24")),
        ((C, "ca", mac(0x21), "192.0.2.1/30"), (A, "m0", mac(0x22), "192.0.2.2/30")),
        ((C, "cb", mac(0x23), "192.0.2.5/30"), (B, "m0", mac(0x24), "192.0.2.6/30")),
        ((VM_A, "eth0", mac(4), "203.0.113.1/24"), (A, "vm4", mac(4), "")),
        ((VM_B, "eth0", mac(5), "203.0.113.2/24"), (B, "vm5", mac(5), "")),
    ]:
        wire(left[:3], right[:3])
        for namespace, interface, _, own in [left, right]:
            address(namespace, interface, own)


@contextlib.contextmanager
def hypervisor(namespace, number, underlay, remote, vm, controller):
    with contextlib.ExitStack() as stack:
        made = stack.enter_context(switch(namespace))
        folder = made.folder
        run("ip", "-n", namespace, "link", "add", "vx0", "address", mac(0x30 + number),
            "type", "vxlan", "id", "7", "dstport", "4789", "remote", remote, "dev", underlay,
            "tos", "inherit")
        run("ip", "-n", namespace, "link", "set", "vx0", "up")
        # The pins go with it.
        (folder / "bpf").mkdir()
        run("mount", "-t", "bpf", "bpf", str(folder / "bpf"))
        stack.callback(run, "umount", str(folder / "bpf"))
        (folder / "agent.toml").touch()

        def started(*words):
            with inside(namespace):
                child = stack.enter_context(program(*words, stdout=subprocess.DEVNULL))
            return child

        started(VSECTL, "agent", "run", "--config", folder / "agent.toml", "--listen",
                f"unix:{folder}/agent.sock,tcp:127.0.0.1:{AGENT_PORT}", "--tcp-change", "true",
                "--state-dir", folder / "state", "--datapath", f"xdp:{underlay}",
                "--bpf-dir", folder / "bpf/vse", "--high-load", "1000", "--log", "error")
        wait_for("the agent", (folder / "agent.sock").exists)
        started(sys.executable, HERE / "socket_relay.py", folder / "relay.sock", AGENT_PORT)
        wait_for("the relay", (folder / "relay.sock").exists)
        started(VSECTL, "proxy", "run", "--agent", f"unix:{folder}/relay.sock",
                "--switch", f"punix:{folder}/switch.sock", "--controller", f"tcp:{controller}:6653",
                "--vm", vm, "--log", "error")
        wait_for("the proxy", (folder / "switch.sock").exists)
        port = vm.split(",")[0].removeprefix("port=")
        made.vsctl(f"add-br br0 -- set bridge br0 datapath_type=netdev fail_mode=secure "
                   f"protocols=OpenFlow10 other_config:datapath-id={number:016x} "
                   f"other_config:hwaddr={mac(0x40 + number)} -- "
                   f"add-port br0 {port} -- add-port br0 vx0 -- "
                   f"set-controller br0 unix:{folder}/switch.sock")
        yield


class Told:
    """What the controller tells, as it tells it."""

    def __init__(self, output):
        self.events = []
        threading.Thread(target=self.read, args=[output], daemon=True).start()

    def read(self, output):
        for line in output:
            self.events.append(json.loads(line))

    def wait(self, name, datapath):
        wait_for(f"{name} of {datapath}", lambda: any(
            event["event"] == name and event["datapath"] == datapath for event in self.events))


def record(names):
    with contextlib.ExitStack() as stack:
        stack.enter_context(namespaces(A, B, C, VM_A, VM_B))
        network()
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vse-pcaps-")))
        paths = {name: folder / f"{name}.pcap" for name in CAPTURES}
        with (
            recording(C, "any", paths["whole-loop"], "tcp port 6653", "-y", "LINUX_SLL2"),
            recording(B, "lo", paths["whole-loop-agent"], f"tcp port {AGENT_PORT}"),
            contextlib.ExitStack() as programs,
        ):
            with inside(C):
                controller = programs.enter_context(program(
                    sys.executable, TOP / "tests/loop/controller.py", "6653",
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    # It does not end without a word.
                    stderr=subprocess.DEVNULL, text=True))
            told = Told(controller.stdout)
            programs.enter_context(hypervisor(
                A, 1, "ua", "198.51.100.2", "port=vm4,id=4,tenant=7,core=1", "192.0.2.1"))
            told.wait("host", 1)
            programs.enter_context(hypervisor(
                B, 2, "ub", "198.51.100.1", "port=vm5,id=5,tenant=7,core=1", "192.0.2.5"))
            told.wait("acknowledged", 2)
            with inside(VM_A):
                run(sys.executable, "-c", DATAGRAMS)
            # The entry goes when nothing more comes.
            told.wait("flow_removed", 2)
        for name in names:
            keep(paths[name].read_bytes(), paths[name].name)
