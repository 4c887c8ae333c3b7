"""What VSE and a controller say to each other, by the numbers of vse-protocol(7): no switch speaks
it. A session with every message, and frames of EtherType 0x88b5."""

import struct

import scapy.all as scapy

import savefile
import vse_wire as vse
from streams import CONTROLLER, SWITCH, Stream, write

KEY = b"sixteen bytes or more"
AGENT, HOST = bytes.fromhex("00005e005301"), bytes.fromhex("00005e005302")
TO_AGENT = vse.match_ip_destination("198.51.100.1")
DSCP, VLAN = (1, 0x80, 0x7C), (2, 0x8000, 0x0FFF)
NONE = 0xFFFF
# 2026-11-22 09:00 UTC, in nanoseconds
NOW = savefile.BEGIN * 10**9


def layout(carrier, priority_mask, vm_id_mask):
    return struct.pack("!BxHH2x", carrier, priority_mask, vm_id_mask)


def padded(data):
    return data + bytes(-len(data) % 8)


def tlv(field, value, mask=""):
    data = struct.pack("!I", vse.VENDOR) + bytes.fromhex(value + mask)
    return struct.pack("!HBB", 0xFFFF, field << 1 | bool(mask), len(data)) + data


MATCH = tlv(1, "0005") + tlv(7, "000000000000002a", "0000000000ffffff") + tlv(41, "0a000000", "ff000000")
EVERY_TLV = b"".join(tlv(*fields) for fields in [
    (1, "0005", "0fff"), (2, "01"), (3, "01"), (4, "03", "03"), (5, "00565345"), (6, "01"),
    (7, "000000000000002a"), (33, "00005e005301"), (34, "00005e005302", "ffffff000000"),
    (35, "000a"), (36, "05"), (37, "0800"), (38, "94"), (39, "11"), (40, "0a000001"),
    (41, "0a000000", "ff000000"), (42, "c350"), (43, "0035", "fff0"), (99, "00"),
])


def config(kind, xid, flags, policy, fcf):
    return vse.vendor(kind, xid, struct.pack("!HBxHH", flags, policy, 900, 60) + layout(*fcf)
                      + struct.pack("!HH4x", 60, 250))


def vm_info(event, core):
    return vse.vendor(6, 0, struct.pack("!BxHHHI6s6x32s", event, 3, 5, core, 7, AGENT, b"web-1"))


def flow_removed(reason):
    return vse.vendor(8, 0, vse.match_any() + struct.pack(
        "!QHBxIIH2xQQHH4x", 0x2A, 100, reason, 12, 5000, 10, 3, 180, 2, len(MATCH)) + padded(MATCH))


def assignment(event, reason, old, new):
    return vse.vendor(11, 0, struct.pack("!IBBHQ", 9, event, reason, 100, 0x2A) + TO_AGENT + struct.pack(
        "!HHIQHHH2x", old, new, 0xB26E, NOW, 5, 200, len(MATCH)) + padded(MATCH))


def trace_reply(xid):
    def candidate(outcome, field, core, priority, tlvs):
        return struct.pack("!HBBHHQ", 64 + len(padded(tlvs)), outcome, field, core, priority, 0x2A) \
            + TO_AGENT + struct.pack("!H6x", len(tlvs)) + padded(tlvs)
    return vse.vendor(13, xid, struct.pack("!BxH4x", 2, 2) + candidate(1, 0, 2, 100, MATCH)
                      + candidate(2, 76, NONE, 50, b"") + candidate(3, 0, 1, 10, b""))


def flow_entry():
    actions = struct.pack("!HHIHHI", 0xFFFF, 16, vse.VENDOR, 2, vse.AUTO, 0xB26E)
    body = TO_AGENT + struct.pack("!IIHHHHIHH4xQQQQ", 12, 500000000, 100, 10, 0, 2, 0xB26E, 1,
                                  len(MATCH), 0x2A, 3, 180, NOW) + padded(MATCH) + actions
    return struct.pack("!HBB", 4 + len(body), 0, 2) + body


def core_entry(core, load, flags, vms):
    body = struct.pack("!HHHHHIQQH", core, load, 50, flags, 0, 1, 3, 0, len(vms))
    body += b"".join(struct.pack("!H", vm) for vm in vms)
    length = len(padded(struct.pack("!H", 0) + body))
    return padded(struct.pack("!H", length) + body)


def vm_entry():
    return struct.pack("!HHHHII6sB9x32s", 64, 5, 1, 3, 7, 1234, AGENT, 2, b"web-1")


def datapath():
    return struct.pack("!32sBxHIII7Q", b"br0", 2, 4, 7, 1, 65536, 3, 1, 2, 2, 0, 0, 0)


def packet_in(xid, data, in_port=vse.PORT_NONE):
    """Reason: an action."""
    return vse.message(10, xid, struct.pack("!IHHBx", vse.NO_BUFFER, len(data), in_port, 1) + data)


def session():
    frames = []
    stream = Stream(frames).open()
    frame = bytes(scapy.Ether(src=HOST.hex(":"), dst=AGENT.hex(":"))
                  / scapy.IP(src="192.0.2.1", dst="198.51.100.1", tos=0x94, id=1)
                  / scapy.UDP(sport=50000, dport=12345) / b"traced")
    flow = vse.flow_mod(0x12, TO_AGENT, vse.set_irq_core(2))
    extended = vse.extended_flow_mod(0x13, vse.match_any(), EVERY_TLV, vse.set_irq_core(vse.AUTO))
    refused = vse.packet_out(0x14, vse.flow_mod(0x15, TO_AGENT, vse.set_irq_core(99)))
    framed = vse.frame(AGENT, HOST, 9, flow + vse.barrier_request(0x16), KEY, 1)
    said = [
        (SWITCH, vse.message(0, 1)), (CONTROLLER, vse.message(0, 1)),
        (CONTROLLER, vse.vendor(1, 2)),
        (SWITCH, vse.vendor(2, 2, struct.pack("!HHIIIB7x", 4, 8, 0x25, 65536, 31, 3) + layout(*DSCP)
                            + struct.pack("!32s", b"br0"))),
        (CONTROLLER, vse.vendor(3, 3)), (SWITCH, config(4, 3, 1, 0, DSCP)),
        (CONTROLLER, config(5, 4, 3, 1, VLAN) + vse.barrier_request(5)),
        (SWITCH, vse.barrier_reply(5)),
        (SWITCH, vm_info(1, 1) + vm_info(3, 2) + vm_info(2, NONE)),
        (CONTROLLER, vse.packet_out(0x10, flow)),
        (CONTROLLER, vse.packet_out(0x11, extended)),
        (CONTROLLER, refused),
        # The agent's answer comes as a PACKET_IN, the proxy's as it is.
        (SWITCH, packet_in(0, vse.error(0x15, 2, 5, refused[16:])) + vse.error(0x14, 1, 5, refused)),
        (CONTROLLER, vse.packet_out(0x17, framed, vse.output(1))),
        (SWITCH, packet_in(0, vse.frame(HOST, AGENT, 9, vse.barrier_reply(0x16), KEY, 1), 1)),
        (CONTROLLER, vse.flow_mod(0x18, TO_AGENT, vse.set_fcf(5, 1, 2) + vse.output(1))),
        (CONTROLLER, b"".join(
            vse.vendor(9, 0x20 + command, struct.pack("!HHH2x", command, 1, 5 if command < 3 else 0))
            for command in [1, 2, 3, 4])),
        (CONTROLLER, vse.vendor(10, 0x30, struct.pack("!BxHI", 1, 15, 9))),
        (SWITCH, assignment(1, 3, NONE, 2) + assignment(2, 7, 2, 3) + assignment(4, 8, 3, 3)),
        (SWITCH, assignment(3, 10, 3, NONE)),
        (CONTROLLER, vse.vendor(10, 0x31, struct.pack("!BxHI", 2, 0, 9))),
        (CONTROLLER, vse.vendor(12, 0x32, struct.pack("!HH4x", 1, 0) + frame)),
        (SWITCH, trace_reply(0x32)),
        (CONTROLLER, vse.stats_request(0x40, 1, vse.match_any() + struct.pack(
            "!BxHH2x", 0xFF, NONE, len(MATCH)) + padded(MATCH))),
        (SWITCH, vse.stats_reply(0x40, 1, flow_entry() * 2, more=True)),
        (SWITCH, vse.stats_reply(0x40, 1, flow_entry())),
        (CONTROLLER, vse.stats_request(0x41, 2, struct.pack("!H6x", NONE))
         + vse.stats_request(0x42, 3, struct.pack("!H6x", 0)) + vse.stats_request(0x43, 4)),
        (SWITCH, vse.stats_reply(0x41, 2, core_entry(2, 200, 3, []) + core_entry(1, 500, 11, [5, 6, 7]))),
        (SWITCH, vse.stats_reply(0x42, 3, vm_entry())),
        (SWITCH, vse.stats_reply(0x43, 4, datapath())),
        (SWITCH, flow_removed(0x80) + flow_removed(0x81) + flow_removed(0x00)),
        (CONTROLLER, vse.vendor(77, 0x50, b"of a later version")),
        (SWITCH, vse.error(0x50, 1, 4, vse.vendor(77, 0x50, b"of a later version"))),
    ]
    for side, data in said:
        stream.say(side, data)
    stream.close()
    write("vse-session", frames)


def framed():
    """Frames as they arrive at the agent."""
    flow = vse.flow_mod(1, TO_AGENT, vse.set_irq_core(2)) + vse.barrier_request(2)
    plain = vse.frame(AGENT, HOST, 9, flow)
    signed = vse.frame(AGENT, HOST, 9, flow, KEY, 1)
    vlan, service = bytes.fromhex("81008005"), bytes.fromhex("88a80064")
    frames = [
        plain,
        vse.frame(HOST, AGENT, 9, vse.barrier_reply(2)) + bytes(24),  # padded by Ethernet
        plain[:12] + vlan + plain[12:],
        signed,
        signed[:12] + vlan + signed[12:],
        signed[:12] + service + signed[12:],
        signed,  # again: a replay
        signed[:-1] + bytes([signed[-1] ^ 1]),  # a wrong code
        vse.frame(HOST, AGENT, 9, vse.error(1, 2, 5, flow[:88]), KEY, 2),
        plain[:12] + service + vlan + plain[12:],  # a second tag is not for a receiver of VSE
    ]
    write("vse-framed", frames)


CAPTURES = {"vse-session": session, "vse-framed": framed}


def record(names):
    for name in names:
        CAPTURES[name]()
