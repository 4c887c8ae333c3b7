"""The unified controller as a small os-ken application. All that it knows of VSE is what
vse-protocol(7) says; it tells what happens on standard output, a JSON object a line.

For a VM that comes up behind one switch, every other switch sets the Flow Control Field of what is
sent to it, and the VSE in front of its own switch gets a rule for it, inside of a PACKET_OUT.
"""

import json
import struct
import sys

from os_ken import cfg
from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import MAIN_DISPATCHER, set_ev_cls
from os_ken.ofproto import ofproto_v1_0

VENDOR = 0x00565345
HOST_FEATURES_REQUEST, HOST_FEATURES_REPLY, VM_INFO, FLOW_MOD, FLOW_REMOVED = 1, 2, 6, 7, 8
UP, TOS = 1, 1
VENDOR_TYPE, BARRIER_REQUEST, BARRIER_REPLY, ERROR, PACKET_OUT, FLOW_MOD_TYPE = 4, 18, 19, 1, 13, 14
NO_BUFFER, PORT_NONE, NORMAL = 0xFFFFFFFF, 0xFFFF, 0xFFFA
IDLE_TIMEOUT = 3

# os-ken's handler of ERROR compares with this name, which its OpenFlow 1.0 module lacks.
ofproto_v1_0.OFPET_EXPERIMENTER = 0xFFFF


def message(kind, xid, body=b""):
    return struct.pack("!BBHI", 1, kind, 8 + len(body), xid) + body


def vendor(subtype, xid, body=b""):
    return message(VENDOR_TYPE, xid, struct.pack("!II", VENDOR, subtype) + body)


def match(wildcards, hardware_address=bytes(6), ethertype=0):
    return struct.pack("!I2x6x6s2xxxH16x", wildcards, hardware_address, ethertype)


def flow_mod(matched, idle, priority, flags, actions):
    return matched + struct.pack("!QHHHHIHH", 0x565345, 0, idle, 0, priority, NO_BUFFER,
                                 PORT_NONE, flags) + actions


def set_fcf(vm_id, priority):
    return struct.pack("!HHIHHBB2x", 0xFFFF, 16, VENDOR, 1, vm_id, priority, TOS)


def set_irq_core(core):
    return struct.pack("!HHIHHI", 0xFFFF, 16, VENDOR, 2, core, 0)


def output(port):
    return struct.pack("!HHHH", 0, 8, port, 0)


def for_vm(vm_id, core, xid):
    """FLOW_MOD with the match vm_id, in the extended form, and the core that it is to have."""
    tlv = struct.pack("!HBBIH", 0xFFFF, 1 << 1, 6, VENDOR, vm_id)
    plain = flow_mod(match(0x3820FF), IDLE_TIMEOUT, 100, 1, b"")
    padded = tlv + bytes(-len(tlv) % 8)
    return vendor(FLOW_MOD, xid, plain + struct.pack("!H6x", len(tlv)) + padded
                  + set_irq_core(core))


def packet_out(xid, data):
    return message(PACKET_OUT, xid, struct.pack("!IHH", NO_BUFFER, PORT_NONE, 0) + data)


def tell(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


class Controller(app_manager.OSKenApp):
    OFP_VERSIONS = [ofproto_v1_0.OFP_VERSION]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.switches = {}
        self.vms = {}

    @set_ev_cls(ofp_event.EventOFPStateChange, MAIN_DISPATCHER)
    def connected(self, event):
        switch = event.datapath
        if switch.id in self.switches:
            return
        self.switches[switch.id] = switch
        tell("switch", datapath=switch.id)
        # Whatever no rule is for goes as a learning switch sends it.
        rest = flow_mod(match(0x3820FF), 0, 1, 0, output(NORMAL))
        switch.send(message(FLOW_MOD_TYPE, 1, rest))
        switch.send(vendor(HOST_FEATURES_REQUEST, 2))
        for (home, vm_id), address in self.vms.items():
            if home != switch.id:
                self.mark(switch, vm_id, address)

    @set_ev_cls(ofp_event.EventOFPVendor, MAIN_DISPATCHER)
    def vendor(self, event):
        message = event.msg
        self.vse(message.datapath, bytes(message.buf))

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def packet_in(self, event):
        data = bytes(event.msg.data)
        # An OpenFlow message of exactly its own length is an answer of VSE.
        if len(data) >= 8 and data[0] == 1 and struct.unpack_from("!H", data, 2)[0] == len(data):
            self.vse(event.msg.datapath, data)

    @set_ev_cls(ofp_event.EventOFPErrorMsg, MAIN_DISPATCHER)
    def error(self, event):
        tell("error", datapath=event.msg.datapath.id, type=event.msg.type, code=event.msg.code)

    def vse(self, switch, data):
        kind, xid = data[1], struct.unpack_from("!I", data, 4)[0]
        if kind == BARRIER_REPLY:
            tell("acknowledged", datapath=switch.id, xid=xid)
        elif kind == ERROR:
            tell("error", datapath=switch.id, xid=xid, text=data[8:12].hex())
        elif kind == VENDOR_TYPE:
            subtype = struct.unpack_from("!I", data, 12)[0]
            if subtype == HOST_FEATURES_REPLY:
                tell("host", datapath=switch.id)
            elif subtype == VM_INFO:
                self.vm_info(switch, data)
            elif subtype == FLOW_REMOVED:
                packets, = struct.unpack_from("!Q", data, 80)
                core, length = struct.unpack_from("!HH", data, 96)
                vm_id, = struct.unpack_from("!H", data, 104 + length - 2)
                tell("flow_removed", datapath=switch.id, packets=packets, core=core, vm_id=vm_id,
                     reason=data[66])

    def vm_info(self, switch, data):
        what, port, vm_id, core, tenant = struct.unpack_from("!BxHHHI", data, 16)
        address = data[28:34]
        tell("vm", datapath=switch.id, what=what, vm_id=vm_id, tenant=tenant, core=core)
        if what != UP:
            return
        self.vms[switch.id, vm_id] = address
        for number, other in self.switches.items():
            if number != switch.id:
                self.mark(other, vm_id, address)
        xid = 0x100 + vm_id
        # Not where the VM itself runs.
        receive_on = 1 if core == 0 else 0
        switch.send(packet_out(xid, for_vm(vm_id, receive_on, xid)))
        switch.send(packet_out(xid, message(BARRIER_REQUEST, xid)))

    def mark(self, switch, vm_id, address):
        """What is sent to the VM bears its number, and the priority of its tenant."""
        # Everything but dl_dst and dl_type is wildcarded.
        rule = flow_mod(match(0x3820FF & ~0x18, address, 0x0800), 0, 50, 0,
                        set_fcf(vm_id, 1) + output(NORMAL))
        switch.send(message(FLOW_MOD_TYPE, 3, rule))
        tell("marked", datapath=switch.id, vm_id=vm_id)


if __name__ == "__main__":
    port = sys.argv[1]
    cfg.CONF(args=["--ofp-listen-host=0.0.0.0", f"--ofp-tcp-listen-port={port}"], project="os_ken")
    sys.modules["controller"] = sys.modules["__main__"]
    app_manager.AppManager.run_apps(["controller"])
