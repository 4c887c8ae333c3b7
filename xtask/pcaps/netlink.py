"""Netlink as nlmon shows it. This kernel may have no nlmon, so the messages are taken where they
are sent and received: of real sockets, with the header that the link type puts in front."""

import contextlib
import socket
import struct

import savefile
import vse_wire as vse
from recording import inside, keep, namespaces

NAMESPACE = "vse-pcaps"
AGENT, CLIENT = 4242, 4243
# linux/netlink.h
ROUTE, USERSOCK = 0, 2
REQUEST, MULTI, ACK = 0x1, 0x2, 0x4
DUMP, CREATE, EXCL = 0x300, 0x400, 0x200
CAPPED, ACK_TLVS = 0x100, 0x200
ERROR, DONE, NESTED = 2, 3, 0x8000
SOL_NETLINK, ADD_MEMBERSHIP, EXT_ACK = 270, 1, 11
LINKTYPE_NETLINK, LINKTYPE_SLL, LINKTYPE_SLL2 = 253, 113, 276
ARPHRD_NETLINK, OUTGOING = 824, 4
# codec/vse.yaml: the type of a message less 16
FLOW_GET, FLOW_ADD, FLOW_DEL, CORE_GET, VM_ADD, CONFIG_SET = 1, 2, 4, 5, 8, 11
DATAPATH_GET, TRACE_GET, ASSIGNMENT = 12, 13, 14
# vm_id=5
TLV = bytes.fromhex("ffff0206005653450005")
FRAME = bytes.fromhex("00005e00530100005e0053020800" "45140020000040004011b6b5c0000201c0000202"
                      "12b5000c0000" "56534521")


def message(kind, flags, sequence, port, body=b""):
    return struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, port) + body


def aligned(data):
    return data + bytes(-len(data) % 4)


def attribute(kind, form, value):
    data = value if form == "s" else struct.pack("=" + form, value)
    return aligned(struct.pack("=HH", 4 + len(data), kind) + data)


def attributes(*triples):
    return b"".join(attribute(*triple) for triple in triples)


def netlink(family, port):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, family)
    sock.bind((port, 0))
    return sock


def route():
    """rtnetlink: two dumps, an address added and refused, an answer that is an error."""
    with namespaces(NAMESPACE), inside(NAMESPACE):
        sock = netlink(ROUTE, CLIENT)
    sock.setsockopt(SOL_NETLINK, EXT_ACK, 1)
    said = []

    def ask(data, dump=False):
        sock.send(data)
        said.append(data)
        while True:
            answer = sock.recv(65536)
            said.append(answer)
            kind = struct.unpack_from("=IH", answer)[1]
            if not dump or kind in (DONE, ERROR):
                return

    # linux/rtnetlink.h: RTM_GETLINK, RTM_GETADDR, RTM_NEWADDR, RTM_GETROUTE, RTM_SETLINK
    ask(message(18, REQUEST, 1, CLIENT, struct.pack("=BxHiII", 0, 0, 1, 0, 0)))
    ask(message(22, REQUEST | DUMP, 2, CLIENT, struct.pack("=BBBBI", 2, 0, 0, 0, 0)), dump=True)
    loopback = struct.pack("=BBBBI", socket.AF_INET, 32, 0, 0, 1)
    address = loopback + attributes((1, "s", socket.inet_aton("192.0.2.1")),
                                    (2, "s", socket.inet_aton("192.0.2.1")), (3, "s", b"lo\0"))
    for sequence in [3, 4]:
        ask(message(20, REQUEST | ACK | CREATE | EXCL, sequence, CLIENT, address))
    ask(message(26, REQUEST, 5, CLIENT, bytes(12) + attributes((77, "I", 1))))
    ask(message(19, REQUEST | ACK, 6, CLIENT, struct.pack("=BxHiII", 0, 0, 99, 0, 0)))
    return ROUTE, said


def family(command, *triples):
    """genlmsghdr, then attributes, by codec/vse.yaml."""
    return struct.pack("=BBH", command, 1, 0) + attributes(*triples)


def flow(priority, core, *more):
    match = vse.match_ip_destination("198.51.100.1")
    return [(2, "H", priority), (3, "Q", 0x2A), (4, "s", match),
            (6, "s", vse.set_irq_core(core)), *more]


def nest(kind, triples):
    return (kind | NESTED, "s", attributes(*triples))


def vse_family():
    """The family of VSE between two sockets of NETLINK_USERSOCK."""
    with namespaces(NAMESPACE), inside(NAMESPACE):
        agent, client = netlink(USERSOCK, AGENT), netlink(USERSOCK, CLIENT)
    client.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, 1)
    said = []

    def ask(data):
        client.sendto(data, (AGENT, 0))
        said.append(agent.recv(65536))

    def answer(*parts):
        agent.sendto(b"".join(parts), (CLIENT, 0))
        said.append(client.recv(65536))

    def acknowledged(request, code=0, flags=0, more=b""):
        return message(ERROR, flags, struct.unpack_from("=I", request, 8)[0], CLIENT,
                       struct.pack("=i", -code) + request + more)

    def request(command, flags, sequence, *triples):
        return message(16 + command, REQUEST | flags, sequence, CLIENT, family(command, *triples))

    def reply(command, flags, sequence, *triples):
        return message(16 + command, flags, sequence, CLIENT, family(command, *triples))

    added = request(FLOW_ADD, ACK, 1, *flow(100, vse.AUTO, (7, "H", 10), (5, "s", TLV)))
    ask(added)
    answer(acknowledged(added))
    wrong = request(FLOW_ADD, ACK, 2, *flow(100, 99))
    ask(wrong)
    # NLMSGERR_ATTR_MSG and NLMSGERR_ATTR_OFFS
    answer(acknowledged(wrong, 22, ACK_TLVS, attributes((1, "s", b"no core 99\0"), (2, "I", 88))))
    ask(request(FLOW_GET, DUMP, 3))
    entry = flow(100, vse.AUTO, (12, "H", 2), (13, "I", 0xB26E), (14, "B", 2), (15, "Q", 3),
                 (16, "Q", 180), (17, "I", 12), (18, "I", 500000000), (19, "Q", savefile.BEGIN * 10**9))
    answer(reply(FLOW_GET, MULTI, 3, *entry), reply(FLOW_GET, MULTI, 3, *flow(50, 1, (12, "H", 1))),
           message(DONE, MULTI, 3, CLIENT, struct.pack("=i", 0)))
    ask(request(CORE_GET, DUMP, 4))
    answer(reply(CORE_GET, MULTI, 4, (1, "H", 2), (2, "H", 200), (3, "H", 50), (4, "H", 3),
                 (5, "H", 0), (6, "I", 1), (7, "Q", 3), (8, "Q", 0), (9, "H", 5), (9, "H", 6)),
           message(DONE, MULTI, 4, CLIENT, struct.pack("=i", 0)))
    bound = request(VM_ADD, ACK, 5, (1, "H", 5), (2, "H", 1), (5, "I", 1234),
                    (6, "s", bytes.fromhex("00005e005301")), (8, "s", b"web-1\0"))
    ask(bound)
    answer(acknowledged(bound, flags=CAPPED))
    layout = struct.pack("!BxHH2x", 1, 0x80, 0x7C)
    ask(request(CONFIG_SET, 0, 6, (1, "H", 1), (2, "B", 0), (3, "H", 900), (5, "s", layout)))
    ask(request(DATAPATH_GET, 0, 7))
    answer(reply(DATAPATH_GET, 0, 7, (1, "s", b"br0\0"), (2, "B", 2), (3, "H", 4), (5, "I", 1)))
    ask(request(TRACE_GET, 0, 8, (1, "H", 1), (2, "H", 0), (3, "s", FRAME)))
    answer(reply(TRACE_GET, 0, 8, (2, "H", 2), (4, "B", 2),
                 nest(5, [(1, "B", 1), (2, "B", 0), nest(3, flow(100, vse.AUTO))]),
                 nest(5, [(1, "B", 2), (2, "B", 76), nest(3, flow(50, 1))])))
    event = message(16 + ASSIGNMENT, 0, 0, 0, family(
        ASSIGNMENT, (1, "B", 1), (2, "B", 3), (3, "H", 0xFFFF), (4, "H", 2),
        (5, "Q", savefile.BEGIN * 10**9), (6, "H", 5), (7, "H", 200), nest(8, flow(100, vse.AUTO))))
    # The group receives it; then the kernel, which has no socket of this protocol, refuses it.
    with contextlib.suppress(ConnectionRefusedError):
        agent.sendto(event, (0, 1))
    said.append(client.recv(65536))
    ask(request(FLOW_DEL, ACK, 9, (2, "H", 100), (99, "H", 1)))
    return USERSOCK, said


def netlink_header(protocol):
    return struct.pack("!HH10xH", OUTGOING, ARPHRD_NETLINK, protocol)


def sll_header(protocol):
    return struct.pack("!HHH8sH", OUTGOING, ARPHRD_NETLINK, 0, bytes(8), protocol)


def sll2_header(protocol):
    return struct.pack("!HHIHBB8s", protocol, 0, 3, ARPHRD_NETLINK, OUTGOING, 0, bytes(8))


CAPTURES = {
    "netlink-route": (route, LINKTYPE_NETLINK, netlink_header),
    "netlink-vse": (vse_family, LINKTYPE_NETLINK, netlink_header),
    "netlink-vse-sll": (vse_family, LINKTYPE_SLL, sll_header),
    "netlink-vse-sll2": (vse_family, LINKTYPE_SLL2, sll2_header),
}


def record(names):
    for name in names:
        exchange, linktype, header = CAPTURES[name]
        protocol, said = exchange()
        frames = [header(protocol) + data for data in said]
        keep(savefile.pcap(frames, linktype), f"{name}.pcap")
