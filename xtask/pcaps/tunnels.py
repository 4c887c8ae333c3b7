"""Tunnels and tags: VXLAN by Linux; QinQ, GRE, Geneve, VXLAN-GPE and the Flow Control Field by
Open vSwitch in user space."""

import contextlib
import pathlib
import tempfile
import time

import savefile
from hosts import A, B, MAC_A, MAC_B, addresses, ip, pair, ping, raw, udp
from recording import capture, keep, namespaces, recording, sysctl, wire
from switch import switch

LEFT, RIGHT, MIDDLE = "vse-pcaps-left", "vse-pcaps-right", "vse-pcaps"
INNER_A, INNER_B = "00:00:5e:00:53:1a", "00:00:5e:00:53:1b"


def host(namespace, interface, address, peer, peer_mac):
    """An address, and a neighbour that need not be asked for."""
    addresses(namespace, interface, f"{address}/24")
    ip(namespace, f"link set {interface} up")
    ip(namespace, f"neigh replace {peer} lladdr {peer_mac} dev {interface}")


@contextlib.contextmanager
def kernel_vxlan(words="dev e0"):
    """Two hosts on one wire, with a VXLAN device each."""
    with pair():
        for namespace, mac, end, other in [(A, INNER_A, "1", "2"), (B, INNER_B, "2", "1")]:
            ip(namespace, f"link add vx0 address {mac} type vxlan id 42 {words} "
                          f"remote 192.0.2.{other} dstport 4789")
            addresses(namespace, "vx0", f"198.51.100.{end}/24")
            ip(namespace, "link set vx0 up")
        yield


def tagged(source, destination, text, tag="8100 a00a"):
    """A frame with a VLAN tag; EtherType 0x88b6 is for local experiments."""
    return bytes.fromhex((destination + source).replace(":", "") + tag + "88b6") + text.ljust(46, b".")


def vxlan_kernel():
    with kernel_vxlan(), capture("vxlan-kernel", A, "e0", "udp port 4789"):
        ping(A, "-c 1 198.51.100.2")
        server = udp(B)
        server.bind(("198.51.100.2", 12345))
        udp(A).sendto(b"inside of VXLAN", ("198.51.100.2", 12345))
        time.sleep(0.1)


def vxlan_inner_vlan():
    with kernel_vxlan(), capture("vxlan-inner-vlan", A, "e0", "udp port 4789"):
        raw(A, "vx0").send(tagged(INNER_A, INNER_B, b"a tag in the tunnel"))
        raw(B, "vx0").send(tagged(INNER_B, INNER_A, b"two tags", "88a8 0064 8100 a00a"))
        time.sleep(0.1)


def vxlan_fcf_inner_fragments():
    """The outer type of service is 0x94: VM 5 with priority. What is inside is cut to the MTU of
    the VXLAN device."""
    name = "vxlan-fcf-inner-fragments"
    with kernel_vxlan("dev e0 tos 0x94"), capture(name, A, "e0", "udp port 4789"):
        ping(A, "-c 1 -s 2000 -p 5653 198.51.100.2")
        ping(A, "-c 1 -s 1500 -p 5653 -Q 0x14 198.51.100.2")


def vxlan_outer_fragments():
    """The VXLAN devices take more than the wire does, of which they do not know."""
    with kernel_vxlan("tos 0x94"):
        for namespace in [A, B]:
            ip(namespace, "link set vx0 mtu 3000")
        with capture("vxlan-outer-fragments", A, "e0", "ip"):
            ping(A, "-c 1 -s 2000 -p 5653 198.51.100.2")


# Open vSwitch between two hosts, with a wire in the middle: what is marked before it is restored
# behind it.


@contextlib.contextmanager
def marked():
    with namespaces(A, B, MIDDLE), switch(MIDDLE) as made:
        for namespace in [A, B, MIDDLE]:
            sysctl(namespace, "net.ipv6.conf.default.disable_ipv6=1")
        wire((MIDDLE, "p1", "00:00:5e:00:53:01"), (A, "e0", MAC_A), 2000)
        wire((MIDDLE, "p2", "00:00:5e:00:53:02"), (B, "e0", MAC_B), 2000)
        wire((MIDDLE, "w3", "00:00:5e:00:53:03"), (MIDDLE, "w4", "00:00:5e:00:53:04"), 2000)
        made.bridge("br0", "00:00:5e:00:53:ff", "OpenFlow10,OpenFlow13")
        for number, port in enumerate(["p1", "p2", "w3", "w4"], 1):
            ip(MIDDLE, f"link set {port} up")
            made.port("br0", port, number)
        for namespace, ends, mac in [(A, "12", MAC_B), (B, "21", MAC_A)]:
            ip(namespace, "link set e0 mtu 1500")
            host(namespace, "e0", f"192.0.2.{ends[0]}", f"192.0.2.{ends[1]}", mac)
        yield made


def marks(made, mark, restore, version="OpenFlow10"):
    """What happens to a frame before and behind the wire."""
    for number, target in [(1, 3), (2, 4)]:
        made.ofctl(f"-O {version} add-flow br0 in_port={number},actions={mark},output:{target}")
    for number, target in [(4, 2), (3, 1)]:
        actions = f"{restore},output:{target}".lstrip(",")
        made.ofctl(f"-O OpenFlow10 add-flow br0 in_port={number},actions={actions}")


def qinq():
    outer = "push_vlan:0x88a8,set_field:4196->vlan_vid"
    inner = "push_vlan:0x8100,set_field:4106->vlan_vid,set_field:5->vlan_pcp"
    with marked() as made, capture("qinq", MIDDLE, "w3", "not arp"):
        marks(made, f"{inner},{outer}", "strip_vlan,strip_vlan", "OpenFlow13")
        ping(A, "-c 1 192.0.2.2")
        marks(made, outer, "strip_vlan", "OpenFlow13")
        ping(A, "-c 1 192.0.2.2")


TO_MARKS = [
    # VM 5 with priority, VM 31 without, no VM with priority
    ("mod_nw_tos:148", "mod_nw_tos:0"),
    ("mod_nw_tos:124", "mod_nw_tos:0"),
    ("mod_nw_tos:128", "mod_nw_tos:0"),
]
VLAN_MARKS = [
    # VM 5 with priority, VM 4094 without
    ("mod_vlan_vid:5,mod_vlan_pcp:4", "strip_vlan"),
    ("mod_vlan_vid:4094,mod_vlan_pcp:3", "strip_vlan"),
]


def fcf(name, all_marks):
    def record():
        with marked() as made, capture(name, MIDDLE, "w3"):
            for mark, restore in all_marks:
                marks(made, mark, restore)
                ping(A, "-c 1 -s 20 192.0.2.2")
    return record


def fcf_both_sides():
    """The same frames on the wire and behind it: there the first has lost its mark, the second
    keeps it, and the third has got another."""
    with marked() as made, tempfile.TemporaryDirectory(prefix="vse-pcaps-") as folder:
        wire_path, host_path = pathlib.Path(folder) / "wire.pcap", pathlib.Path(folder) / "host.pcap"
        with recording(MIDDLE, "w4", wire_path), recording(B, "e0", host_path):
            for mark, restore in [
                ("mod_nw_tos:148", "mod_nw_tos:0"),
                ("mod_nw_tos:148", ""),
                ("mod_nw_tos:148", "mod_nw_tos:152"),
                ("mod_vlan_vid:5,mod_vlan_pcp:4", "strip_vlan"),
            ]:
                marks(made, mark, restore)
                ping(A, "-c 1 -s 20 192.0.2.2")
        frames = [(stamp, number, frame) for number, path in enumerate([wire_path, host_path])
                  for stamp, frame in savefile.read(path)[1]]
    data = savefile.section("<") + b"".join(
        savefile.interface("<", savefile.ETHERNET, savefile.SNAPLEN, (2, name))
        for name in [b"w4", b"e0"])
    for stamp, number, frame in sorted(frames):
        data += savefile.enhanced("<", number, stamp // 1000, frame)
    keep(data, "fcf-both-sides.pcapng")


def fcf_tos8():
    """The whole byte: 0x85, VM 5 with priority, and 0x7f, VM 127 without."""
    with pair():
        host(A, "e0", "192.0.2.11", "192.0.2.2", MAC_B)
        with capture("fcf-tos8", A, "e0", "icmp"):
            for tos in ["0x85", "0x7f"]:
                ping(A, f"-c 1 -s 20 -Q {tos} 192.0.2.2")


def vxlan_fcf():
    """Marks on the outer frame, in the type of service, then in the tag, then in both."""
    with marked() as made:
        for namespace, mac, ends, other in [(A, INNER_A, "12", INNER_B), (B, INNER_B, "21", INNER_A)]:
            ip(namespace, f"link add vx0 address {mac} type vxlan id 42 dev e0 "
                          f"remote 192.0.2.{ends[1]} dstport 4789")
            host(namespace, "vx0", f"198.51.100.{ends[0]}", f"198.51.100.{ends[1]}", other)
        with capture("vxlan-fcf", MIDDLE, "w3"):
            for mark, restore in [
                ("mod_nw_tos:148", "mod_nw_tos:0"),
                ("mod_vlan_vid:5,mod_vlan_pcp:4", "strip_vlan"),
                ("mod_nw_tos:24,mod_vlan_vid:6,mod_vlan_pcp:0", "strip_vlan,mod_nw_tos:0"),
            ]:
                marks(made, mark, restore)
                ping(A, "-c 1 -s 20 198.51.100.2")


# Open vSwitch at both ends of a tunnel.


@contextlib.contextmanager
def tunnel(interface, setup=()):
    with namespaces(A, B, LEFT, RIGHT), switch(LEFT) as left, switch(RIGHT) as right:
        for namespace in [A, B, LEFT, RIGHT]:
            sysctl(namespace, "net.ipv6.conf.default.disable_ipv6=1")
        wire((LEFT, "w", "00:00:5e:00:53:01"), (RIGHT, "w", "00:00:5e:00:53:02"), 2000)
        for made, namespace, mac, ends in [(left, A, MAC_A, "12"), (right, B, MAC_B, "21")]:
            number, other = ends
            wire((made.namespace, "p1", f"00:00:5e:00:53:2{number}"), (namespace, "e0", mac), 1400)
            made.bridge("br-wire", f"00:00:5e:00:53:3{number}")
            made.ofctl("add-flow br-wire actions=normal")
            made.port("br-wire", "w", 1)
            for up in ["w", "p1", "br-wire"]:
                ip(made.namespace, f"link set {up} up")
            addresses(made.namespace, "br-wire", f"203.0.113.{number}/24")
            made.bridge("br0", f"00:00:5e:00:53:4{number}", "OpenFlow10,OpenFlow13")
            made.port("br0", "p1", 1)
            remote = f"options:remote_ip=203.0.113.{other}"
            made.port("br0", "tun", 2, interface + " " + remote)
            for words in setup:
                made.ofctl(words.replace("HOST", mac))
            if not setup:
                made.ofctl("add-flow br0 actions=normal")
        for namespace, ends, mac in [(A, "12", MAC_B), (B, "21", MAC_A)]:
            host(namespace, "e0", f"192.0.2.{ends[0]}", f"192.0.2.{ends[1]}", mac)
        # The first ones are lost while the tunnel's ends ask for each other's address.
        time.sleep(0.5)
        ping(A, "-c 5 -i 0.2 -W 1 192.0.2.2", answered=False)
        yield left, right


def gre(name, interface, setup=(), answered=True):
    def record():
        with tunnel("type=gre " + interface, setup), capture(name, LEFT, "w", "proto 47"):
            ping(A, "-c 2 -s 20 -W 0.5 192.0.2.2", answered)
    return record


# The host's frame loses its Ethernet header in the tunnel.
LAYER3 = ["add-flow br0 in_port=1,ip,actions=output:2",
          "add-flow br0 in_port=2,actions=mod_dl_dst:HOST,output:1"]


def geneve():
    option = "{class=0x0102,type=0x80,len=4}->tun_metadata0,{class=0x0102,type=0x01,len=8}->tun_metadata1"
    setup = [
        f"add-tlv-map br0 {option}",
        "add-flow br0 in_port=1,actions=set_field:0x565345->tun_metadata0,"
        "set_field:0x0102030405060708->tun_metadata1,set_field:42->tun_id,output:2",
        "add-flow br0 in_port=2,tun_metadata0=0x565345,actions=output:1",
    ]
    with tunnel("type=geneve options:key=flow options:csum=true", setup):
        with capture("geneve", LEFT, "w", "udp port 6081"):
            ping(A, "-c 1 -s 20 192.0.2.2")
            raw(A).send(tagged(MAC_A, MAC_B, b"a tag in the tunnel"))
            time.sleep(0.2)


def vxlan_gpe(name, port):
    """IPv4 without an Ethernet header in the tunnel, and Ethernet frames."""
    setup = [
        "-O OpenFlow13 add-flow br0 priority=2,in_port=1,ip,actions=decap,output:2",
        "add-flow br0 priority=1,in_port=1,actions=output:2",
        "-O OpenFlow13 add-flow br0 priority=2,in_port=2,packet_type=(1,0x800),"
        "actions=encap(ethernet),set_field:HOST->eth_dst,output:1",
        "add-flow br0 priority=1,in_port=2,actions=output:1",
    ]
    options = f"type=vxlan options:key=42 options:exts=gpe options:packet_type=ptap {port}"

    def record():
        with tunnel(options, setup), capture(name, LEFT, "w", "udp portrange 4789-4790"):
            ping(A, "-c 1 -s 20 192.0.2.2")
            raw(A).send(bytes.fromhex(
                "ffffffffffff00005e00530a08060001080006040001"
                "00005e00530ac0000201000000000000c0000202") + bytes(18))
            time.sleep(0.2)
    return record


CAPTURES = {
    "qinq": qinq,
    "vxlan-kernel": vxlan_kernel,
    "vxlan-inner-vlan": vxlan_inner_vlan,
    "vxlan-fcf-inner-fragments": vxlan_fcf_inner_fragments,
    "vxlan-outer-fragments": vxlan_outer_fragments,
    "vxlan-fcf": vxlan_fcf,
    "fcf-both-sides": fcf_both_sides,
    "fcf-dscp": fcf("fcf-dscp", TO_MARKS),
    "fcf-tos8": fcf_tos8,
    "fcf-vlan": fcf("fcf-vlan", VLAN_MARKS),
    "gre-key-sequence": gre("gre-key-sequence", "options:key=0x2a options:seq=true"),
    "gre-checksum": gre("gre-checksum", "options:csum=true"),
    # Open vSwitch 3.1 writes the sequence number after the checksum was made, and refuses what it
    # made itself.
    "gre-wrong-checksum": gre(
        "gre-wrong-checksum", "options:key=0x2a options:csum=true options:seq=true", (), False),
    "gre-layer3": gre("gre-layer3", "options:packet_type=legacy_l3", LAYER3),
    # VSID 0x00102a and flow 7 in the key are all that makes GRE NVGRE.
    "nvgre": gre("nvgre", f"options:key={0x00102A07}"),
    "geneve": geneve,
    "vxlan-gpe": vxlan_gpe("vxlan-gpe", "options:dst_port=4790"),
    # Open vSwitch's default is the port of VXLAN.
    "vxlan-gpe-4789": vxlan_gpe("vxlan-gpe-4789", ""),
}


def record(names):
    for name in names:
        CAPTURES[name]()
