"""VSE messages by the numbers of vse-protocol(7): what a controller's author would write."""

import hashlib
import hmac
import struct

VENDOR = 0x00565345
NICIRA = 0x00002320
NO_BUFFER = 0xFFFFFFFF
PORT_NONE = 0xFFFF
ETHERTYPE = 0x88B5
AUTO = 0xFFFF


def message(kind, xid, body=b""):
    return struct.pack("!BBHI", 1, kind, 8 + len(body), xid) + body


def vendor(subtype, xid, body=b""):
    return message(4, xid, struct.pack("!II", VENDOR, subtype) + body)


def set_irq_core(core):
    return struct.pack("!HHIHHI", 0xFFFF, 16, VENDOR, 2, core, 0)


def set_fcf(vm_id, priority, carrier):
    return struct.pack("!HHIHHBB2x", 0xFFFF, 16, VENDOR, 1, vm_id, priority, carrier)


def match_ip_destination(address):
    """dl_type=0x0800 and nw_dst=address, everything else wildcarded."""
    octets = bytes(int(part) for part in address.split("."))
    return struct.pack("!I18xH8x4s4x", 0x003020EF, 0x0800, octets)


def match_any():
    return struct.pack("!I36x", 0x003820FF)


def flow_mod_body(match, priority, idle):
    return match + struct.pack("!QHHHHIHH", 0x2A, 0, idle, 0, priority, NO_BUFFER, PORT_NONE, 1)


def flow_mod(xid, match, actions, priority=5, idle=10):
    return message(14, xid, flow_mod_body(match, priority, idle) + actions)


def vm_id_tlv(vm_id):
    return struct.pack("!HBBIH", 0xFFFF, 1 << 1, 6, VENDOR, vm_id)


def extended_flow_mod(xid, match, tlvs, actions, priority=5, idle=10):
    padded = tlvs + bytes(-len(tlvs) % 8)
    body = flow_mod_body(match, priority, idle) + struct.pack("!H6x", len(tlvs)) + padded + actions
    return vendor(7, xid, body)


def barrier_request(xid):
    return message(18, xid)


def barrier_reply(xid):
    return message(19, xid)


def packet_out(xid, data, actions=b"", in_port=PORT_NONE):
    head = struct.pack("!IHH", NO_BUFFER, in_port, len(actions))
    return message(13, xid, head + actions + data)


def output(port):
    return struct.pack("!HHHH", 0, 8, port, 0)


def set_tos(tos):
    return struct.pack("!HHB3x", 8, 8, tos)


def error(xid, kind, code, offending):
    return message(1, xid, struct.pack("!HH", kind, code) + offending)


def stats_request(xid, kind, body=b""):
    return message(16, xid, struct.pack("!HHIH6x", 0xFFFF, 0, VENDOR, kind) + body)


def stats_reply(xid, kind, body, more=False):
    return message(17, xid, struct.pack("!HHIH6x", 0xFFFF, int(more), VENDOR, kind) + body)


def nicira(subtype, xid, body=b""):
    return message(4, xid, struct.pack("!II", NICIRA, subtype) + body)


def nxm(kind, field, value, mask=""):
    """An NXM entry; value and mask in hexadecimal."""
    data = bytes.fromhex(value + mask)
    return struct.pack("!HBB", kind, field << 1 | bool(mask), len(data)) + data


def nicira_flow_mod(xid, match, command=0, flags=0):
    """NXT_FLOW_MOD: output:1 for what matches."""
    head = struct.pack("!QHHHHIHHH6x", 0x2A, command, 0, 0, 5, NO_BUFFER, PORT_NONE, flags,
                       len(match))
    return nicira(13, xid, head + match + bytes(-len(match) % 8) + output(1))


def frame(destination, source, stream, messages, key=None, sequence=0):
    """An Ethernet frame that holds messages, signed where there is a key."""
    length = len(messages) + (24 if key else 0)
    payload = struct.pack("!BBHI", 1, 1 if key else 0, length, stream) + messages
    if key:
        payload += struct.pack("!Q", sequence)
        payload += hmac.new(key, payload, hashlib.sha256).digest()[:16]
    return destination + source + struct.pack("!H", ETHERTYPE) + payload
