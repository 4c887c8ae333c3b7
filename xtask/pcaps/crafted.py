"""Frames that no program here sends, made with scapy."""

import random
import struct

import scapy.all as scapy

import savefile
from recording import PCAPS, keep

MAC_A, MAC_B = "00:00:5e:00:53:01", "00:00:5e:00:53:02"
A, B = "192.0.2.1", "192.0.2.2"
A6, B6 = "2001:db8::1", "2001:db8::2"
FRAGMENT = 256


def ether(**fields):
    return scapy.Ether(src=MAC_A, dst=MAC_B, **fields)


def ipv4(**fields):
    return ether() / scapy.IP(**{"src": A, "dst": B, "id": 1} | fields)


def ipv6(**fields):
    return ether() / scapy.IPv6(**{"src": A6, "dst": B6} | fields)


def pattern(length):
    return bytes(number % 251 for number in range(length))


def pieces(whole, identification):
    """The fragments of what is above an IPv4 header, in order."""
    for at in range(0, len(whole), FRAGMENT):
        part = whole[at:at + FRAGMENT]
        more = "MF" if at + FRAGMENT < len(whole) else 0
        yield ipv4(id=identification, flags=more, frag=at // 8, proto=17) / part


def datagram(length=1000, port=12345):
    """UDP with its header, as bytes."""
    whole = scapy.IP(src=A, dst=B) / scapy.UDP(sport=50000, dport=port) / pattern(length)
    return bytes(whole)[20:]


def ipv4_fragments_disorder():
    frames = list(reversed(list(pieces(datagram(), 1))))
    # The second overlaps the first by 64 bytes, and says the same.
    first, second, *rest = pieces(datagram(), 2)
    begin = FRAGMENT - 64
    overlapping = ipv4(id=2, flags="MF", frag=begin // 8, proto=17) / datagram()[begin:2 * FRAGMENT]
    frames += [first, overlapping, *rest]
    # The overlap says something else: no datagram (RFC 5722, for IPv6 alone, forbids it).
    other = ipv4(id=3, flags="MF", frag=begin // 8, proto=17) / bytes(FRAGMENT + 64)
    first, second, *rest = pieces(datagram(), 3)
    frames += [first, other, *rest]
    # The third is missing.
    missing = list(pieces(datagram(), 4))
    frames += missing[:2] + missing[3:]
    # Two datagrams at once, one of them with a fragment twice.
    one, two = list(pieces(datagram(700), 5)), list(pieces(datagram(700, 54321), 6))
    frames += [one[0], two[0], one[1], one[1], two[1], two[2], one[2]]
    return frames


def ipv6_extensions():
    udp = scapy.UDP(sport=50000, dport=12345) / b"behind extension headers"
    hop = scapy.IPv6ExtHdrHopByHop(options=[scapy.RouterAlert(), scapy.PadN(optdata=b"")])
    jumbo = scapy.IPv6ExtHdrHopByHop(options=[scapy.Jumbo(jumboplen=70000)])
    destination = scapy.IPv6ExtHdrDestOpt(options=[scapy.HAO(hoa="2001:db8::9")])
    routing = scapy.IPv6ExtHdrRouting(type=2, segleft=1, addresses=["2001:db8::7"])
    first = scapy.IPv6ExtHdrDestOpt(options=[scapy.PadN(optdata=bytes(4))])
    authentication = scapy.AH(nh=17, spi=0x565345, seq=1, icv=bytes(range(12)), payloadlen=4)
    frames = [
        ipv6() / hop / first / routing / udp,
        ipv6() / destination / udp,
        ipv6() / authentication / udp,
        ipv6(nh=59) / b"no next header: these bytes mean nothing",
        ipv6(nh=253) / b"an experiment of RFC 3692",
        ipv6() / jumbo / udp,
    ]
    whole = bytes(ipv6() / scapy.UDP(sport=50000, dport=12345) / pattern(600))[54:]
    for identification, order in [(1, [0, 1, 2]), (2, [2, 0, 1])]:
        for number in order:
            at = number * FRAGMENT
            fragment = scapy.IPv6ExtHdrFragment(
                id=identification, offset=at // 8, m=int(at + FRAGMENT < len(whole)), nh=17)
            frames.append(ipv6() / first / fragment / whole[at:at + FRAGMENT])
    # An atomic fragment is whole by itself (RFC 6946).
    frames.append(ipv6() / scapy.IPv6ExtHdrFragment(id=3, offset=0, m=0, nh=17)
                  / bytes(ipv6() / udp)[54:])
    # Options behind such a fragment, behind a header that authenticates, and in what fragments make.
    atomic = scapy.IPv6ExtHdrFragment(id=4, offset=0, m=0)
    frames.append(ipv6() / atomic / first / routing / udp)
    frames.append(ipv6() / scapy.AH(nh=60, spi=0x565345, seq=2, icv=bytes(12), payloadlen=4) / first
                  / udp)
    whole = bytes(ipv6() / first / scapy.UDP(sport=50000, dport=12345) / pattern(400))[54:]
    for at in range(0, len(whole), FRAGMENT):
        fragment = scapy.IPv6ExtHdrFragment(
            id=5, offset=at // 8, m=int(at + FRAGMENT < len(whole)), nh=60)
        frames.append(ipv6() / fragment / whole[at:at + FRAGMENT])
    return frames


def esp():
    """What is in them is noise, as it is for who has no key."""
    noise = random.Random(4303).randbytes
    return [
        ipv4() / scapy.ESP(spi=0x00565345, seq=1, data=noise(48)),
        ipv4(tos=0x94) / scapy.ESP(spi=0x00565345, seq=2, data=noise(64)),
        ipv6() / scapy.ESP(spi=0x00565346, seq=1, data=noise(48)),
        # Behind network address translation (RFC 3948): ESP, a keep-alive, and IKE.
        ipv4() / scapy.UDP(sport=4500, dport=4500) / scapy.ESP(spi=0x00565347, seq=1, data=noise(48)),
        ipv4() / scapy.UDP(sport=4500, dport=4500) / b"\xff",
        ipv4() / scapy.UDP(sport=4500, dport=4500) / bytes.fromhex(
            "00000000 0001020304050607 0000000000000000 00202208 00000000 0000001c"),
        # A first and a later fragment.
        ipv4(id=9, flags="MF", proto=50) / bytes(scapy.ESP(spi=0x00565345, seq=3, data=noise(248))),
        ipv4(id=9, frag=32, proto=50) / noise(64),
    ]


def rarp():
    def packet(op, target):
        return scapy.ARP(op=op, hwsrc=MAC_A, psrc="0.0.0.0", hwdst=MAC_A, pdst=target)
    return [
        scapy.Ether(src=MAC_A, dst="ff:ff:ff:ff:ff:ff", type=0x8035) / packet(3, "0.0.0.0"),
        scapy.Ether(src=MAC_B, dst=MAC_A, type=0x8035) / packet(4, A),
    ]


def ethernet_in_ip():
    inner = ether() / scapy.IP(src="198.51.100.1", dst="198.51.100.2", id=1) / scapy.UDP(
        sport=50000, dport=12345) / b"in Ethernet in IP"
    segments = scapy.IPv6ExtHdrSegmentRouting(
        nh=143, addresses=["2001:db8::7"], segleft=0, lastentry=0)
    return [
        ipv4(proto=143) / inner,
        ipv6(nh=143) / inner,
        ipv6(nh=43) / segments / inner,
    ]


def gre_plain():
    inner = scapy.IP(src="198.51.100.1", dst="198.51.100.2", id=1) / scapy.UDP(
        sport=50000, dport=12345) / b"in GRE"
    inner6 = scapy.IPv6(src="2001:db8:1::1", dst="2001:db8:1::2") / scapy.UDP(
        sport=50000, dport=12345) / b"IPv6 in GRE"
    return [
        ipv4() / scapy.GRE() / inner,
        ipv4() / scapy.GRE() / inner6,
        ipv6() / scapy.GRE() / inner,
        ipv4() / scapy.GRE(chksum_present=1) / inner,
        ipv4() / scapy.GRE(key_present=1, key=0x2A) / inner,
        ipv4() / scapy.GRE(seqnum_present=1, sequence_number=7) / inner,
        ipv4() / scapy.GRE(chksum_present=1, key_present=1, key=0x2A, seqnum_present=1,
                           sequence_number=8) / inner,
        ipv4() / scapy.GRE(proto=0x6558, key_present=1, key=0x00102A07)
        / ether() / scapy.Dot1Q(vlan=10, prio=5) / inner,
        # Another version, for PPTP (RFC 2637); routing (RFC 1701), which is not read.
        ipv4() / scapy.GRE_PPTP(call_id=5, payload_len=8, seqnum_present=1, sequence_number=1)
        / bytes.fromhex("ff03c021 01010004"),
        ipv4(proto=47) / (bytes.fromhex("40000800 00000000 08000004c0000209 00000000") + bytes(inner)),
        # PPTP with an acknowledgement, which comes alone too; both versions of WCCP.
        ipv4(proto=47) / (bytes.fromhex("3081880b 002a0005 00000002 00000001 21") + bytes(inner)),
        ipv4(proto=47) / bytes.fromhex("2081880b 00000005 00000002"),
        ipv4() / scapy.GRE(proto=0x883E) / bytes(inner),
        ipv4() / scapy.GRE(proto=0x883E) / (bytes(4) + bytes(inner)),
        # PPP, not by PPTP.
        ipv4() / scapy.GRE(proto=0x880B) / (bytes.fromhex("ff030021") + bytes(inner)),
    ]


def stt(inner, identification=1, context=0x2A, total=None, at=0, vlan=0, first=True):
    """draft-davie-stt-08: what looks like TCP, and is not."""
    head = struct.pack("!BBBxHHQ2x", 0, 0, 0, 1400, vlan, context) if first else b""
    data = head + bytes(inner)
    total = len(data) if total is None else total
    return ipv4(flags="DF") / scapy.TCP(sport=50000, dport=7471, flags="A", seq=total << 16 | at,
                                        ack=identification, window=0) / data


def stt_frames():
    small = (ether() / scapy.IP(src="198.51.100.1", dst="198.51.100.2", id=1)
             / scapy.UDP(sport=50000, dport=12345) / b"in STT")
    big = bytes(small / pattern(400))
    cut = 300
    return [
        stt(small),
        # VLAN 10 with priority 5 in the tunnel's header: there is none in the frame.
        stt(small, 2, 0x123456789ABCDEF0, vlan=0xB00A),
        # Two segments: the second has no header of the tunnel.
        stt(big[:cut], 3, total=len(big) + 18),
        stt(big[cut:], 3, total=len(big) + 18, at=cut + 18, first=False),
    ]


def openflow(data, source_port):
    return ipv4() / scapy.TCP(sport=source_port, dport=6653, flags="PA", seq=1, ack=1) / data


def with_bytes(frame, at, new):
    """A frame whose bytes from AT on are others."""
    data = bytearray(bytes(frame))
    data[at:at + len(new)] = new
    return bytes(data)


def malformed_headers():
    udp = scapy.UDP(sport=50000, dport=12345)
    good = ipv4() / udp / b"sixteen bytes ok"
    vxlan = ipv4() / scapy.UDP(sport=50000, dport=4789)
    geneve = ipv4() / scapy.UDP(sport=50000, dport=6081)
    return [
        bytes.fromhex("00005e00530200005e00"),  # an Ethernet header that is cut off
        ipv4(ihl=3) / udp / b"IHL 3",
        ipv4(ihl=15) / udp / b"IHL 15",
        ipv4(version=5) / udp / b"version 5",
        ipv4(len=10) / udp / b"length 10",
        ipv4(len=1000) / udp / b"length 1000",
        with_bytes(good, 24, b"\xff\xff"),  # the header checksum
        ipv4(ihl=6, proto=17) / bytes.fromhex("44010500") / udp / b"an option of length 1",
        ipv4() / scapy.TCP(sport=50000, dport=80, dataofs=2) / b"offset 2",
        ipv4() / scapy.TCP(sport=50000, dport=80, dataofs=15) / b"offset 15",
        ipv4() / scapy.TCP(sport=50000, dport=80, dataofs=6) / bytes.fromhex("02000000") / b"MSS 0",
        ipv4() / scapy.TCP(sport=50000, dport=80, dataofs=6) / bytes.fromhex("08280000") / b"long",
        ipv4() / scapy.UDP(sport=50000, dport=12345, len=4) / b"length 4",
        ipv4() / scapy.UDP(sport=50000, dport=12345, len=500) / b"length 500",
        ipv4(proto=17) / b"short",
        ipv4(proto=6) / b"shorter than 20",
        ipv4(proto=1) / b"\x08\x00",
        vxlan / bytes.fromhex("0800000000"),  # five bytes of a header of eight
        vxlan / bytes.fromhex("0000000000002a00") / ether() / b"no VNI",
        vxlan / bytes.fromhex("0800000000002a00") / b"short",
        geneve / bytes.fromhex("3f00655800002a00"),  # 252 bytes of options, and none there
        geneve / bytes.fromhex("0200655800002a00 0102801f 00000000"),
        geneve / bytes.fromhex("c000655800002a00"),  # version 3
        ipv4(proto=47) / bytes.fromhex("300008000000"),  # key and sequence do not fit
        ether(type=0x0806) / bytes.fromhex("0001080006040001 5348"),
        ether(type=0x0806) / bytes.fromhex("000108001410000100"),
        ether(type=0x8100) / b"\x80",
        ether(type=0x8100) / bytes.fromhex("0005 8100 0006 8100 0007 8100"),
        ipv6(nh=0) / bytes.fromhex("11ff050200000100"),
        ipv6(nh=44) / bytes.fromhex("1100"),
        ipv6(plen=2000) / udp / b"length 2000",
        ipv6(version=4) / udp / b"version 4",
        scapy.Dot3(src=MAC_A, dst=MAC_B, len=100) / scapy.LLC(dsap=0x42, ssap=0x42, ctrl=3) / b"BPDU",
        scapy.Dot3(src=MAC_A, dst=MAC_B, len=2) / bytes.fromhex("4242"),
        # A fragment that ends beyond 65,535 bytes, and one that is no multiple of 8 but not last.
        ipv4(frag=8189, proto=17) / pattern(64),
        ipv4(id=7, flags="MF", proto=17) / pattern(13),
        ether(type=0x88B5) / bytes.fromhex("0900000800000009 0112000800000001"),
        ether(type=0x88B5) / bytes.fromhex("0100006400000009 0112000800000001"),
        ether(type=0x88B5) / bytes.fromhex("0101000800000009 0112000800000001"),
        ether(type=0x8864) / bytes.fromhex("1100002a0001 00"),  # half of what PPP carries
        # VXLAN-GPE with a next protocol, and without the bit that says that there is one.
        ipv4() / scapy.UDP(sport=50000, dport=4790) / bytes.fromhex("0800000100002a00")
        / scapy.IP(src="198.51.100.1", dst="198.51.100.2", id=1) / udp / b"no bit P",
    ]


def malformed_openflow():
    """Each in a connection of its own, with a HELLO before it."""
    import vse_wire as vse

    flow = vse.flow_mod(2, vse.match_any(), vse.output(1))
    hello = vse.message(0, 1)
    bodies = [
        bytes.fromhex("0100000400000002"),  # length 4
        bytes.fromhex("0100000000000002"),  # length 0
        bytes.fromhex("010effff00000002") + bytes(200),  # more than there is
        with_bytes(flow, 74, b"\x00\x04"),  # an action of length 4
        with_bytes(flow, 74, b"\x00\x10"),  # an action that is longer than the message
        with_bytes(flow, 74, b"\x00\x07"),
        vse.message(14, 2, bytes(40)),  # a FLOW_MOD that ends in its match
        with_bytes(vse.packet_out(2, b"", vse.output(1)), 14, b"\x00\x60"),
        vse.message(10, 2, bytes(4)),
        vse.message(18, 2, b"a barrier with a body"),
        vse.message(22, 2, b"no such type"),
        vse.vendor(2, 2, b"short"),
        vse.flow_mod(2, vse.match_any(), bytes.fromhex("ffff000c005653450002ffff")),
        vse.extended_flow_mod(2, vse.match_any(), bytes.fromhex("ffff02ff0056534500"), b""),
        vse.packet_out(2, with_bytes(flow, 74, b"\x00\x04")),  # bare, with a broken action
        vse.message(16, 2, bytes.fromhex("0001")),
        vse.message(4, 2, b"\x00\x56"),
        b"GET / HTTP/1.1\r\n\r\n",
    ]
    return [openflow(hello + body, 50000 + number) for number, body in enumerate(bodies)]


def nested():
    """VXLAN in VXLAN, tags behind tags, PACKET_OUT in PACKET_OUT, quotations of quotations: deeper
    than anybody wants to look."""
    import vse_wire as vse

    deep = ipv4() / scapy.UDP(sport=1, dport=12345) / b"the innermost"
    for number in range(24):
        deep = ipv4() / scapy.UDP(sport=1, dport=4789) / scapy.VXLAN(vni=number, flags=8) / deep
    tags = ether(type=0x8100) / b"".join(
        bytes.fromhex(f"{number:04x}8100") for number in range(1, 40)) / bytes.fromhex("00280800")
    message = vse.flow_mod(1, vse.match_any(), vse.set_irq_core(2))
    for number in range(24):
        message = vse.packet_out(number, message)
    error = vse.flow_mod(1, vse.match_any(), vse.set_irq_core(2))
    for number in range(24):
        error = vse.error(number, 1, 1, error)
    quoted = bytes(scapy.IP(src=A, dst=B, id=1) / scapy.UDP(sport=1, dport=9) / b"quoted")
    for _ in range(12):
        quoted = bytes(scapy.IP(src=A, dst=B, id=1) / scapy.ICMP(type=3, code=3) / quoted)
    tunnels = scapy.IP(src=A, dst=B, id=1) / scapy.UDP(sport=1, dport=12345) / b"in tunnels"
    for _ in range(24):
        tunnels = scapy.IP(src=A, dst=B, id=1) / scapy.GRE() / tunnels
    return [deep, tags / bytes(deep)[14:60], openflow(message, 50000), openflow(error, 50001),
            ether(type=0x0800) / quoted, ether() / tunnels]


def fcf_lint():
    """Marks with something wrong, one a frame; by the layout dscp and vlan, or tos8."""
    udp = scapy.UDP(sport=50000, dport=12345) / b"marked"
    good = bytes(ipv4() / udp)
    return [
        ipv4(tos=0x94) / udp,
        ipv4(tos=0x97) / udp,  # congestion experienced: with tos8, a part of the VM id
        with_bytes(good, 15, b"\x94"),  # the checksum is that from before the mark
        ether() / scapy.Dot1Q(prio=4, vlan=5) / scapy.IP(src=A, dst=B, id=1) / udp,
        ether() / scapy.Dot1Q(prio=7, vlan=5) / scapy.IP(src=A, dst=B, id=1) / udp,  # PCP has more
        ether() / scapy.Dot1Q(prio=4, vlan=0) / scapy.IP(src=A, dst=B, id=1) / udp,  # no VM
        ether() / scapy.Dot1Q(prio=0, vlan=4095) / scapy.IP(src=A, dst=B, id=1) / udp,  # reserved
        # VM 5 in the type of service, VM 6 in the tag.
        ether() / scapy.Dot1Q(prio=4, vlan=6) / scapy.IP(src=A, dst=B, id=1, tos=0x94) / udp,
        ipv4(tos=0xB8) / udp,  # expedited forwarding, or VM 14 with priority?
        ipv6(tc=0x94) / udp,  # IPv6 carries none
    ]


def frames_of(name):
    return [frame for _, frame in savefile.read(PCAPS / f"{name}.pcap")[1]]


def null():
    """The family before raw-ip.pcap's packets, in either byte order and as systems number it."""
    packets = frames_of("raw-ip")
    families = [(2, 2), (2, 2), (30, 28), (24, 30)]
    return [struct.pack("<I" if little else ">I", pair[number]) + packet
            for number, little in enumerate([True, False])
            for packet, pair in zip(packets, families)]


def loop():
    return [struct.pack(">I", family) + packet
            for packet, family in zip(frames_of("raw-ip"), [2, 2, 24, 30])]


def nsh():
    """Each metadata type and next protocol, in VXLAN-GPE and behind EtherType 0x894f; a header in a
    header; one whose length cannot be, one that is cut off."""
    def header(next_protocol, metadata_type=1, context=bytes(16), path=42, index=255, words=None):
        words = 2 + len(context) // 4 if words is None else words
        return (struct.pack(">HBBI", 63 << 6 | words, metadata_type, next_protocol,
                            path << 8 | index) + context)

    inner = scapy.IP(src="10.0.0.1", dst="10.0.0.2", id=7) / scapy.UDP(sport=5000, dport=5001) / b"x"
    inner6 = scapy.IPv6(src=A6, dst=B6) / scapy.UDP(sport=5000, dport=5001) / b"x"
    variable = struct.pack(">HBB", 0x0102, 3, 4) + b"abcd"
    gpe = ipv4() / scapy.UDP(sport=50000, dport=4790, chksum=0) / struct.pack(">BBBBI", 12, 0, 0, 4, 42 << 8)
    plain = ether(type=0x894f)
    return [
        gpe / header(1) / inner,
        gpe / header(2, 2, b"") / inner6,
        gpe / header(3, 2, variable) / (scapy.Ether(src=MAC_A, dst=MAC_B) / inner),
        plain / header(4, path=1) / header(1, 2, b"", path=2, index=9) / inner,
        plain / header(5) / bytes.fromhex("00064140") / inner,
        plain / header(1, words=1) / inner,
        gpe / header(1)[:20],
    ]


def mirrored():
    """What a mirror sends: a UDP datagram in a frame."""
    return (scapy.Ether(src=MAC_A, dst=MAC_B) / scapy.IP(src="198.51.100.1", dst="198.51.100.2", id=1)
            / scapy.UDP(sport=50000, dport=12345) / b"mirrored")


def erspan():
    """Each type; of type III an IP packet, a header of the platform, one that is cut off; a version
    that is not read."""
    def session(version, vlan, cos, tag, cut, number):
        return struct.pack(">HH", version << 12 | vlan, cos << 13 | tag << 11 | cut << 10 | number)

    def bits(frame_type=0, hardware=5, egress=0, unit=2, platform=0):
        return struct.pack(">HH", 0x1234, (frame_type == 0) << 15 | frame_type << 10 | hardware << 4
                           | egress << 3 | unit << 1 | platform)

    two = scapy.GRE(proto=0x88BE, seqnum_present=1, sequence_number=7)
    three = scapy.GRE(proto=0x22EB, seqnum_present=1, sequence_number=8)
    stamp = struct.pack(">I", 1_700_000_000)
    return [
        ipv4() / scapy.GRE(proto=0x88BE) / mirrored(),
        ipv4() / two / (session(1, 10, 5, 2, 0, 42) + struct.pack(">I", 0x12345)) / mirrored(),
        ipv4() / two / (session(1, 0, 0, 0, 1, 1023) + bytes(4)) / bytes(mirrored())[:40],
        ipv6() / three / (session(2, 10, 5, 0, 0, 42) + stamp + bits()) / mirrored(),
        ipv4() / three / (session(2, 10, 0, 0, 0, 43) + stamp + bits(2, egress=1))
        / mirrored()[scapy.IP],
        ipv4() / three / (session(2, 10, 0, 0, 0, 44) + stamp + bits(platform=1)
                          + bytes([3 << 2]) + bytes(7)) / mirrored(),
        ipv4() / three / (session(2, 10, 0, 3, 0, 44) + stamp + bits(platform=1)) / b"\x0c\0",
        ipv4() / two / (session(3, 0, 0, 0, 0, 1) + bytes(4)) / mirrored(),
    ]


def mpls():
    """One label and three, multicast, in GRE and in UDP, with IPv4, IPv6, Ethernet behind a control
    word and something else in it; a stack without an end."""
    def label(number, bottom=1, traffic_class=0, ttl=64):
        return struct.pack(">I", number << 12 | traffic_class << 9 | bottom << 8 | ttl)

    inner = scapy.IP(src="198.51.100.1", dst="198.51.100.2", id=1) / scapy.UDP(
        sport=50000, dport=12345) / b"labelled"
    inner6 = scapy.IPv6(src="2001:db8:1::1", dst="2001:db8:1::2") / scapy.UDP(
        sport=50000, dport=12345) / b"labelled"
    plain = ether(type=0x8847)
    return [
        plain / label(100, traffic_class=5, ttl=63) / inner,
        plain / (label(16, 0) + label(1048575, 0) + label(300)) / inner6,
        ether(type=0x8848) / label(100) / inner,
        ether() / scapy.Dot1Q(vlan=10, type=0x8847) / label(100) / inner,
        ipv4() / scapy.GRE(proto=0x8847) / label(100) / inner,
        ipv4() / scapy.UDP(sport=50000, dport=6635, chksum=0) / label(100) / inner,
        plain / (label(200) + bytes(4)) / mirrored(),
        plain / (label(13) + bytes.fromhex("1000 0021")) / b"an associated channel",
        plain / (label(16, 0) + b"\0\1"),
    ]


def pppoe():
    """The discovery; a session with IPv4, IPv6, MPLS and LCP, padded, with the protocol in one byte;
    another version, and a length that is too long."""
    def packet(code, session, data, length=None):
        length = len(data) if length is None else length
        return struct.pack(">BBHH", 0x11, code, session, length) + data

    def ppp(protocol, data):
        return struct.pack(">H", protocol) + bytes(data)

    inner = scapy.IP(src="198.51.100.1", dst="198.51.100.2", id=1) / scapy.UDP(
        sport=50000, dport=12345) / b"in PPPoE"
    inner6 = scapy.IPv6(src="2001:db8:1::1", dst="2001:db8:1::2") / scapy.UDP(
        sport=50000, dport=12345) / b"in PPPoE"
    tags = bytes.fromhex("0101 0000 0103 0004 00565345")
    discovery, session = ether(type=0x8863), ether(type=0x8864)
    return [
        discovery / packet(0x09, 0, tags),
        discovery / packet(0x65, 42, tags),
        session / packet(0, 42, ppp(0x0021, inner)) / bytes(6),
        session / packet(0, 42, ppp(0x0057, inner6)),
        session / packet(0, 42, ppp(0x0281, bytes.fromhex("00064140") + bytes(inner))),
        session / packet(0, 42, ppp(0xC021, bytes.fromhex("01010004"))),
        session / packet(0, 42, b"\x21" + bytes(inner)),
        session / (b"\x21" + packet(0, 42, ppp(0x0021, inner))[1:]),
        session / packet(0, 42, ppp(0x0021, inner), length=1000),
    ]


def ppp_frames():
    """With address and control, and without."""
    packets = frames_of("raw-ip")
    kinds = [b"\0\x21" if packet[0] >> 4 == 4 else b"\0\x57" for packet in packets]
    return [begin + kind + packet for begin in (b"\xff\x03", b"")
            for kind, packet in zip(kinds, packets)]


LINKTYPE_NULL, LINKTYPE_PPP, LINKTYPE_LOOP = 0, 9, 108
FRAMES = {
    "erspan": erspan,
    "esp": esp,
    "ethernet-in-ip": ethernet_in_ip,
    "fcf-lint": fcf_lint,
    "gre": gre_plain,
    "ipv4-fragments-disorder": ipv4_fragments_disorder,
    "ipv6-extensions": ipv6_extensions,
    "loop": loop,
    "malformed-headers": malformed_headers,
    "malformed-openflow": malformed_openflow,
    "mpls": mpls,
    "nested": nested,
    "nsh": nsh,
    "null": null,
    "ppp": ppp_frames,
    "pppoe": pppoe,
    "rarp": rarp,
    "stt": stt_frames,
}
LINKTYPES = {"null": LINKTYPE_NULL, "ppp": LINKTYPE_PPP, "loop": LINKTYPE_LOOP}


def craft(name):
    frames = [bytes(frame) for frame in FRAMES[name]()]
    keep(savefile.pcap(frames, LINKTYPES.get(name, savefile.ETHERNET)), f"{name}.pcap")


CAPTURES = {name: lambda name=name: craft(name) for name in FRAMES}


def record(names):
    for name in names:
        CAPTURES[name]()
