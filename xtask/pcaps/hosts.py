"""What Linux itself sends: two hosts and a router in network namespaces, without a switch."""

import contextlib
import os
import socket
import struct
import subprocess
import threading
import time

from recording import capture, inside, namespaces, run, sysctl, wire

A, B, ROUTER = "vse-pcaps-a", "vse-pcaps-b", "vse-pcaps-router"
MAC_A, MAC_B, MAC_R = "00:00:5e:00:53:0a", "00:00:5e:00:53:0b", "00:00:5e:00:53:fe"
# linux/in.h, linux/in6.h, linux/if_ether.h, asm-generic/socket.h
IP_OPTIONS, SO_NO_CHECK, ETH_P_ALL = 4, 11, 3
IPV6_HOPOPTS, IPV6_RTHDR, IPV6_DSTOPTS = 54, 57, 59


def ip(namespace, words):
    run("ip", "-n", namespace, *words.split())


def ping(namespace, words, answered=True):
    with inside(namespace):
        done = subprocess.run(["ping", "-q", "-i", "0.01", *words.split()],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if answered and done.returncode:
        raise SystemExit(f"record: no answer to ping {words}")


def addresses(namespace, interface, *networks):
    for network in networks:
        extra = " nodad" if ":" in network else ""
        ip(namespace, f"addr add {network} dev {interface}{extra}")


@contextlib.contextmanager
def pair(ipv6=False):
    """Two hosts on one wire."""
    with namespaces(A, B):
        for namespace in [A, B]:
            sysctl(namespace, f"net.ipv6.conf.all.disable_ipv6={int(not ipv6)}",
                   f"net.ipv6.conf.default.disable_ipv6={int(not ipv6)}",
                   "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.default.router_solicitations=0",
                   "net.ipv6.conf.default.autoconf=0", "net.ipv6.conf.default.accept_ra=0")
        wire((A, "e0", MAC_A), (B, "e0", MAC_B))
        for namespace, end in [(A, "1"), (B, "2")]:
            addresses(namespace, "e0", f"192.0.2.{end}/24")
            ip(namespace, "link set e0 up")
            if ipv6:
                addresses(namespace, "e0", f"2001:db8::{end}/64")
        yield


@contextlib.contextmanager
def routed(mtu=1280):
    """A host, a router, and a host behind it that is reached with a smaller MTU."""
    with namespaces(A, B, ROUTER):
        for namespace in [A, B, ROUTER]:
            sysctl(namespace, "net.ipv6.conf.default.accept_dad=0",
                   "net.ipv6.conf.default.router_solicitations=0")
        sysctl(ROUTER, "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        wire((A, "e0", MAC_A), (ROUTER, "r0", MAC_R))
        wire((B, "e0", MAC_B), (ROUTER, "r1", "00:00:5e:00:53:fd"), mtu)
        for namespace, interface, networks in [
            (A, "e0", ["192.0.2.1/24", "2001:db8:1::1/64"]),
            (ROUTER, "r0", ["192.0.2.254/24", "2001:db8:1::fe/64"]),
            (ROUTER, "r1", ["198.51.100.254/24", "2001:db8:2::fe/64"]),
            (B, "e0", ["198.51.100.1/24", "2001:db8:2::1/64"]),
        ]:
            ip(namespace, f"link set {interface} up")
            addresses(namespace, interface, *networks)
        for namespace, gateway in [(A, "192.0.2.254"), (B, "198.51.100.254")]:
            ip(namespace, f"route add default via {gateway}")
        for namespace, gateway in [(A, "2001:db8:1::fe"), (B, "2001:db8:2::fe")]:
            ip(namespace, f"-6 route add default via {gateway}")
        yield


def udp(namespace, family=socket.AF_INET):
    with inside(namespace):
        return socket.socket(family, socket.SOCK_DGRAM)


def raw(namespace, interface="e0"):
    with inside(namespace):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.bind((interface, ETH_P_ALL))
    return sock


def arp():
    with pair(), capture("arp", A, "e0"):
        ping(A, "-c 1 192.0.2.2")
        # The kernel announces itself when an interface comes up.
        sysctl(B, "net.ipv4.conf.e0.arp_notify=1")
        ip(B, "link set e0 down")
        ip(B, "link set e0 up")


def icmp():
    with routed(), capture("icmp", A, "e0", "icmp or udp"):
        ping(A, "-c 1 198.51.100.1")
        ping(A, "-c 1 -t 1 198.51.100.1", answered=False)
        ping(A, "-c 1 -M do -s 1400 198.51.100.1", answered=False)
        sock = udp(A)
        sock.sendto(b"to a closed port", ("198.51.100.1", 9))
        time.sleep(0.1)
        # The router sends what is for this network out of where it came in.
        sysctl(ROUTER, "net.ipv4.conf.all.send_redirects=1", "net.ipv4.conf.r0.send_redirects=1")
        ip(ROUTER, "route add 203.0.113.0/24 via 192.0.2.2")
        ip(ROUTER, f"neigh add 192.0.2.2 lladdr {MAC_B} dev r0")
        ping(A, "-c 1 -W 0.3 203.0.113.1", answered=False)
        ip(ROUTER, "route add unreachable 198.51.100.128/25")
        ping(A, "-c 1 -W 0.3 198.51.100.129", answered=False)


def icmpv6():
    import scapy.all as scapy

    with routed():
        ip(A, "link set e0 down")
        sysctl(A, "net.ipv6.conf.e0.accept_dad=1", "net.ipv6.conf.e0.router_solicitations=1",
               "net.ipv6.conf.e0.router_solicitation_delay=0", "net.ipv6.conf.e0.accept_ra=2",
               "net.ipv6.conf.e0.addr_gen_mode=0", "net.ipv6.conf.e0.dad_transmits=1")
        with capture("icmpv6", ROUTER, "r0", "ip6"):
            ip(A, "link set e0 up")
            # Address detection and router solicitation take a second each.
            time.sleep(2.5)
            advertisement = (
                scapy.Ether(src=MAC_R, dst="33:33:00:00:00:01")
                / scapy.IPv6(src="fe80::200:5eff:fe00:53fe", dst="ff02::1")
                / scapy.ICMPv6ND_RA(chlim=64, routerlifetime=1800)
                / scapy.ICMPv6NDOptSrcLLAddr(lladdr=MAC_R)
                / scapy.ICMPv6NDOptMTU(mtu=1500)
                / scapy.ICMPv6NDOptPrefixInfo(prefix="2001:db8:3::", prefixlen=64)
                / scapy.ICMPv6NDOptRDNSS(dns=["2001:db8::53"], lifetime=600))
            raw(ROUTER, "r0").send(bytes(advertisement))
            addresses(A, "e0", "2001:db8:1::1/64")
            ip(A, "-6 route replace default via 2001:db8:1::fe")
            ping(A, "-6 -c 1 -I 2001:db8:1::1 2001:db8:2::1")
            ping(A, "-6 -c 1 -t 1 -I 2001:db8:1::1 2001:db8:2::1", answered=False)
            ping(A, "-6 -c 1 -M do -s 1400 -I 2001:db8:1::1 2001:db8:2::1", answered=False)
            sock = udp(A, socket.AF_INET6)
            sock.bind(("2001:db8:1::1", 0))
            sock.sendto(b"to a closed port", ("2001:db8:2::1", 9))
            time.sleep(0.2)


def ipv4_options():
    with pair(), capture("ipv4-options", A, "e0", "ip"):
        ping(A, "-c 1 -R 192.0.2.2")
        ping(A, "-c 1 -T tsonly 192.0.2.2")
        ping(A, "-c 1 -T tsandaddr 192.0.2.2")
        for text in [
            "94040000",  # router alert
            "0101010101010100",  # no operations, end
            "820b0000000000000000000000",  # security
            "8307 04c0000202 00",  # loose source route
        ]:
            sock = udp(A)
            option = bytes.fromhex(text)
            sock.setsockopt(socket.IPPROTO_IP, IP_OPTIONS, option + bytes(-len(option) % 4))
            sock.sendto(text.encode(), ("192.0.2.2", 9))
        time.sleep(0.1)


def ipv4_fragments():
    with pair(), capture("ipv4-fragments", A, "e0", "ip"):
        ping(A, "-c 1 -p 5653 -s 3000 192.0.2.2")
        receiver = udp(B)
        receiver.bind(("192.0.2.2", 12345))
        udp(A).sendto(bytes(range(250)) * 8, ("192.0.2.2", 12345))
        receiver.recv(4096)


def ipv6_fragments():
    with pair(ipv6=True), capture("ipv6-fragments", A, "e0", "ip6 proto 44"):
        ping(A, "-6 -c 1 -p 5653 -s 3000 2001:db8::2")


def ipv6_options():
    with pair(ipv6=True), capture("ipv6-options", A, "e0", "ip6 and not icmp6"):
        for option, value in [
            (IPV6_HOPOPTS, "0000 0502 0000 0100"),  # router alert
            (IPV6_DSTOPTS, "0000 0104 00000000"),
            # Segment routing: two segments, the last first.
            (IPV6_RTHDR, "0004 0401 0100 0000 20010db8000000000000000000000003"
                         "20010db8000000000000000000000002"),
        ]:
            sock = udp(A, socket.AF_INET6)
            sock.setsockopt(socket.IPPROTO_IPV6, option, bytes.fromhex(value))
            sock.sendto(b"with an extension header", ("2001:db8::2", 9))
        time.sleep(0.1)


def udp_payload():
    query = bytes.fromhex("565301000001000000000000") + b"\x07example\x03com\x00\x00\x01\x00\x01"
    answer = (query[:2] + bytes.fromhex("8180000100010000 0000") + query[12:]
              + bytes.fromhex("c00c00010001000002580004c0000205"))
    with pair(ipv6=True), capture("udp", A, "e0", "udp"):
        for family, host in [(socket.AF_INET, "192.0.2.2"), (socket.AF_INET6, "2001:db8::2")]:
            server, client = udp(B, family), udp(A, family)
            server.bind((host, 53))
            client.sendto(query, (host, 53))
            server.sendto(answer, server.recvfrom(512)[1])
            client.sendto(b"", (host, 53))
            client.recv(512)
        client = udp(A)
        client.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
        client.sendto(b"no checksum", ("192.0.2.2", 12345))
        time.sleep(0.1)


def tcp_options():
    """A session of the kernel; one segment comes ahead of its turn, so that the receiver
    acknowledges it selectively."""
    import scapy.all as scapy

    with pair(), capture("tcp-options", A, "e0", "tcp"):
        with inside(B):
            listener = socket.create_server(("192.0.2.2", 8080))
        with inside(A):
            client = socket.create_connection(("192.0.2.2", 8080))
        server, _ = listener.accept()
        tap = raw(A)
        client.sendall(b"in turn")
        server.recv(100)
        while not (frame := scapy.Ether(tap.recv(2000))).haslayer(scapy.Raw):
            pass
        segment = frame[scapy.TCP]
        segment.seq += 100
        segment.payload = scapy.Raw(b"ahead of its turn")
        for layer in [frame[scapy.IP], segment]:
            layer.delfieldval("chksum")
        frame[scapy.IP].delfieldval("len")
        tap.send(bytes(frame))
        time.sleep(0.1)
        client.sendall(bytes(100) + b"!")
        server.sendall(b"urgent", socket.MSG_OOB)
        time.sleep(0.1)
        client.close()
        server.close()
        time.sleep(0.1)


def ethernet_llc():
    """BPDUs of the kernel's bridge, and frames of other LLC users that nothing here sends."""
    import scapy.all as scapy

    with namespaces(A, B):
        wire((A, "e0", MAC_A), (B, "e0", MAC_B))
        ip(B, "link add name br0 address 00:00:5e:00:53:bb type bridge stp_state 1 forward_delay 200")
        ip(B, "link set e0 master br0")
        for namespace, name in [(A, "e0"), (B, "e0"), (B, "br0")]:
            sysctl(namespace, f"net.ipv6.conf.{name}.disable_ipv6=1")
            ip(namespace, f"link set {name} up")
        with capture("ethernet-llc", A, "e0"):
            tap = raw(A)
            to, datagram = "01:00:5e:00:00:fb", scapy.IP(src="192.0.2.1", dst="224.0.0.251", id=1)
            for body in [
                scapy.LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / scapy.SNAP(OUI=0, code=0x0800)
                / datagram / scapy.UDP(sport=9, dport=9) / b"RFC 1042",
                scapy.LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / scapy.SNAP(OUI=0x00005E, code=0x0001)
                / b"of another organisation",
                scapy.LLC(dsap=0x88, ssap=0x88, ctrl=3) / b"unnumbered",
                scapy.LLC(dsap=0x00, ssap=0x01, ctrl=0xBF) / bytes.fromhex("810100"),
                bytes.fromhex("88880004") + b"numbered",
                # Novell's frames have no LLC: the checksum of IPX tells.
                bytes.fromhex("ffff001e0000") + bytes(24),
            ]:
                frame = bytes(scapy.Dot3(src=MAC_A, dst=to) / body)
                tap.send(frame + bytes(60 - len(frame)))
            # A hello every two seconds.
            time.sleep(4.5)


def raw_ip():
    """What goes through a tun device, which has no link layer. The answers are the requests with
    their addresses exchanged."""
    import fcntl

    with namespaces(A):
        ip(A, "tuntap add dev tun0 mode tun")
        with inside(A):
            tun = os.open("/dev/net/tun", os.O_RDWR)
            # TUNSETIFF with IFF_TUN | IFF_NO_PI
            fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH", b"tun0", 0x1001))
        sysctl(A, "net.ipv6.conf.tun0.addr_gen_mode=1", "net.ipv6.conf.tun0.router_solicitations=0")
        ip(A, "link set tun0 up")
        addresses(A, "tun0", "192.0.2.1/24", "2001:db8::1/64")
        threading.Thread(target=echo, args=[tun], daemon=True).start()
        time.sleep(0.5)
        with capture("raw-ip", A, "tun0", "icmp or icmp6[0] == 128 or icmp6[0] == 129"):
            ping(A, "-c 1 192.0.2.2")
            ping(A, "-6 -c 1 2001:db8::2")


def echo(tun):
    while True:
        packet = bytearray(os.read(tun, 2000))
        if packet[0] >> 4 == 4 and packet[9] == 1:
            begin, size, answer, summed = 12, 4, 0, 20
        elif packet[0] >> 4 == 6 and packet[6] == 58 and packet[40] == 128:
            begin, size, answer, summed = 8, 16, 129, 40
        else:
            continue
        source, destination = begin, begin + size
        packet[source:destination + size] = (
            packet[destination:destination + size] + packet[source:destination])
        old = packet[summed]
        packet[summed] = answer
        # RFC 1624: the checksum for a byte that changed.
        total = (packet[summed + 2] << 8 | packet[summed + 3]) + (old << 8) - (answer << 8)
        struct.pack_into("!H", packet, summed + 2, total % 0xFFFF)
        os.write(tun, packet)


CAPTURES = {
    "arp": arp,
    "ethernet-llc": ethernet_llc,
    "icmp": icmp,
    "icmpv6": icmpv6,
    "ipv4-fragments": ipv4_fragments,
    "ipv4-options": ipv4_options,
    "ipv6-fragments": ipv6_fragments,
    "ipv6-options": ipv6_options,
    "raw-ip": raw_ip,
    "tcp-options": tcp_options,
    "udp": udp_payload,
}


def record(names):
    for name in names:
        CAPTURES[name]()
