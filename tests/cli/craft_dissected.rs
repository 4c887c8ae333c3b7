//! What tshark and scapy find in crafted packets: all stacks in one capture, read once by each.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use dissect::savefile::Reader;

use crate::run::{scratch, vsectl};

/// Layers, and what is to be found in their frames.
struct Stack {
    layers: &'static str,
    /// Fields by tshark's names, and their values; a blank between those of two frames.
    fields: &'static [(&'static str, &'static str)],
    /// Scapy's names of the layers of each frame.
    scapy: &'static [&'static str],
}

const STACKS: &[Stack] = &[
    Stack {
        layers: "eth dst=02:00:00:00:00:09 / ip src=10.0.0.1 dst=10.0.0.2 ttl=9 / udp sport=7 dport=9 / payload len=30",
        fields: &[
            ("eth.dst", "02:00:00:00:00:09"),
            ("ip.src", "10.0.0.1"),
            ("ip.dst", "10.0.0.2"),
            ("ip.ttl", "9"),
            ("udp.srcport", "7"),
            ("udp.dstport", "9"),
            ("udp.length", "38"),
        ],
        scapy: &["Ether IP UDP Raw"],
    },
    Stack {
        layers: "vlan id=5 pcp=2 dei / ip / tcp dport=4433 flags=PA / payload len=9",
        fields: &[
            ("vlan.id", "5"),
            ("vlan.priority", "2"),
            ("vlan.dei", "1"),
            ("tcp.dstport", "4433"),
            ("tcp.len", "9"),
        ],
        scapy: &["Ether Dot1Q IP TCP Raw"],
    },
    Stack {
        layers: "qinq id=7 pcp=3 / vlan fcf vm=5 prio / ip fcf vm=5 prio / udp",
        fields: &[
            ("ieee8021ad.id", "7"),
            ("vlan.id", "5"),
            ("vlan.priority", "4"),
            ("ip.dsfield", "0x94"),
        ],
        scapy: &["Ether Dot1AD Dot1Q IP UDP"],
    },
    Stack {
        layers: "ip fcf vm=100 prio layout=tos8 / udp",
        fields: &[("ip.dsfield", "0xe4")],
        scapy: &["Ether IP UDP"],
    },
    Stack {
        layers: "arp op=2 sha=02:00:00:00:00:07 spa=10.0.0.1 tha=02:00:00:00:00:08 tpa=10.0.0.2",
        fields: &[
            ("arp.opcode", "2"),
            ("arp.src.hw_mac", "02:00:00:00:00:07"),
            ("arp.src.proto_ipv4", "10.0.0.1"),
            ("arp.dst.hw_mac", "02:00:00:00:00:08"),
            ("arp.dst.proto_ipv4", "10.0.0.2"),
        ],
        scapy: &["Ether ARP"],
    },
    Stack {
        layers: "ip options=94040000 / icmp id=3 seq=4 / payload len=16",
        fields: &[
            ("ip.hdr_len", "24"),
            ("ip.opt.type", "148"),
            ("icmp.type", "8"),
            ("icmp.ident", "3"),
            ("icmp.seq", "4"),
        ],
        scapy: &["Ether IP ICMP Raw"],
    },
    Stack {
        layers: "ip id=0x77 frag mtu=100 order=reversed / udp dport=7777 / payload len=150",
        fields: &[
            ("ip.id", "0x0077 0x0077"),
            ("ip.flags.mf", "0 1"),
            ("ip.frag_offset", "10 0"),
            ("udp.dstport", "7777"),
            ("udp.length", "158"),
        ],
        scapy: &["Ether IP Raw", "Ether IP UDP Raw"],
    },
    Stack {
        layers: "ip6 flow=0x12345 hlim=9 tclass=0xb8 / icmp6 id=3 / payload len=7",
        fields: &[
            ("ipv6.flow", "0x012345"),
            ("ipv6.hlim", "9"),
            ("ipv6.tclass", "0x000000b8"),
            ("icmpv6.type", "128"),
        ],
        scapy: &["Ether IPv6 ICMPv6EchoRequest"],
    },
    Stack {
        layers: "ip6 frag mtu=120 id=0x99 order=reversed / udp dport=7778 / payload len=100",
        fields: &[
            ("ipv6.fraghdr.ident", "0x00000099 0x00000099"),
            ("ipv6.fraghdr.more", "0 1"),
            ("ipv6.fraghdr.offset", "9 0"),
            ("udp.dstport", "7778"),
            ("udp.length", "108"),
        ],
        scapy: &["Ether IPv6 IPv6ExtHdrFragment Raw", "Ether IPv6 IPv6ExtHdrFragment UDP Raw"],
    },
    Stack {
        layers: "ip6 next=60 / payload hex=3b00010400000000",
        fields: &[("ipv6.nxt", "60"), ("ipv6.dstopts.nxt", "59"), ("ipv6.opt.padn", "00000000")],
        scapy: &["Ether IPv6 IPv6ExtHdrDestOpt"],
    },
    Stack {
        layers: "ip6 / tcp dport=81 flags=SA seq=5 ack=6 win=77",
        fields: &[
            ("tcp.flags", "0x0012"),
            ("tcp.seq_raw", "5"),
            ("tcp.ack_raw", "6"),
            ("tcp.window_size_value", "77"),
        ],
        scapy: &["Ether IPv6 TCP"],
    },
    Stack {
        layers: "ip src=10.0.9.1 / tcp session mss=100 / payload text=hello len=150",
        fields: &[
            (
                "tcp.flags.str",
                "··········S· ·······A··S· ·······A···· ·······A···· ·······AP··· ·······A···· \
                 ·······A···F ·······A···F ·······A····",
            ),
            ("tcp.len", "0 0 0 100 50 0 0 0 0"),
            ("tcp.options.mss_val", "100 100"),
        ],
        scapy: &[
            "Ether IP TCP",
            "Ether IP TCP",
            "Ether IP TCP",
            "Ether IP TCP Raw",
            "Ether IP TCP Raw",
            "Ether IP TCP",
            "Ether IP TCP",
            "Ether IP TCP",
            "Ether IP TCP",
        ],
    },
    Stack {
        layers: "ip / vxlan vni=77 / eth / ip dst=10.0.0.9 / udp dport=53000 checksum=0",
        fields: &[
            ("vxlan.vni", "77"),
            ("udp.dstport", "4789,53000"),
            ("ip.dst", "192.0.2.2,10.0.0.9"),
        ],
        scapy: &["Ether IP UDP VXLAN Ether IP UDP"],
    },
    Stack {
        layers: "ip / udp sum / vxlan vni=78 / eth / ip6 / tcp dport=82",
        fields: &[("vxlan.vni", "78"), ("udp.checksum.status", "1"), ("tcp.dstport", "82")],
        scapy: &["Ether IP UDP VXLAN Ether IPv6 TCP"],
    },
    Stack {
        layers: "ip6 / geneve vni=79 / eth / vlan id=6 / ip / icmp",
        fields: &[("geneve.vni", "0x00004f"), ("vlan.id", "6"), ("icmp.type", "8")],
        scapy: &["Ether IPv6 UDP GENEVE Ether Dot1Q IP ICMP"],
    },
    Stack {
        layers: "ip / nvgre vsid=79 flow=3 / eth / ip / udp dport=4444",
        fields: &[("gre.key", "0x00004f03"), ("gre.proto", "0x6558"), ("udp.dstport", "4444")],
        scapy: &["Ether IP GRE Ether IP UDP"],
    },
    Stack {
        layers: "ip / esp spi=0x99 seq=5 / tcp",
        fields: &[("esp.spi", "0x00000099"), ("esp.sequence", "5")],
        scapy: &["Ether IP ESP"],
    },
    Stack {
        layers: "eth type=0x88b5 / payload hex=0011",
        fields: &[("eth.type", "0x88b5"), ("data.data", "0011")],
        scapy: &["Ether Raw"],
    },
];

/// The global header of pcap, of which one is enough.
const FILE_HEADER: usize = 24;

/// Every stack in one capture, in the order of the table.
fn capture() -> Vec<u8> {
    let mut all = Vec::new();
    for stack in STACKS {
        let ran = vsectl(&["craft", "traffic", stack.layers, "-F", "pcap", "-w", "-"], b"");
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{}", stack.layers);
        let skip = if all.is_empty() { 0 } else { FILE_HEADER };
        all.extend(ran.stdout.get(skip..).expect("a global header"));
    }
    all
}

/// The frames of a capture.
fn frames(capture: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = Reader::new(capture).expect("a capture");
    let mut frames = Vec::new();
    while let Some(record) = reader.next().expect("sound") {
        frames.push(record.frame.bytes.to_vec());
    }
    frames
}

fn output(command: &mut Command, package: &str) -> String {
    let Output { status, stdout, stderr } =
        command.output().expect("apt-get install tshark python3-scapy");
    let said = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "apt-get install {package}? {said}");
    String::from_utf8(stdout).expect("it writes UTF-8")
}

/// One line a frame, a column a field.
fn tshark(path: &Path, fields: &[&str]) -> String {
    let mut tshark = Command::new("tshark");
    tshark.arg("-r").arg(path);
    for protocol in ["ip", "udp", "tcp"] {
        tshark.args(["-o", &format!("{protocol}.check_checksum:TRUE")]);
    }
    tshark.args(["-T", "fields"]).args(fields.iter().flat_map(|field| ["-e", field]));
    output(&mut tshark, "tshark")
}

/// Fields that tell a fault: they are absent, or a checksum has this status.
const FAULTS: [&str; 2] = ["_ws.malformed", "tcp.analysis.flags"];
const SEVERITY: &str = "_ws.expert.severity";
const WARNING: u64 = 0x0060_0000;
/// Of the statuses 0 bad, 1 good, 2 unverified and 3 not present the first is a fault.
const STATUSES: [&str; 5] = [
    "ip.checksum.status",
    "udp.checksum.status",
    "tcp.checksum.status",
    "icmp.checksum.status",
    "icmpv6.checksum.status",
];

#[test]
fn tshark_finds_the_fields_and_no_fault() {
    let path = scratch("stacks.pcap");
    std::fs::write(&path, capture()).expect("the scratch file is ours");
    let asked = STACKS.iter().flat_map(|stack| stack.fields).map(|(field, _)| *field);
    let all: BTreeSet<&str> = asked.chain(FAULTS).chain(STATUSES).chain([SEVERITY]).collect();
    let all: Vec<&str> = all.into_iter().collect();
    let found = tshark(&path, &all);
    std::fs::remove_file(path).expect("the scratch file is ours");
    let mut lines = found.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let mut checked = BTreeSet::new();
    for stack in STACKS {
        let rows: Vec<_> = lines.by_ref().take(stack.scapy.len()).collect();
        let values = |field: &str| {
            let column = all.iter().position(|name| *name == field).expect("it was asked for");
            let cells = rows.iter().map(|row| row[column]).filter(|cell| !cell.is_empty());
            cells.collect::<Vec<_>>()
        };
        for (field, value) in stack.fields {
            assert_eq!(values(field).join(" "), *value, "{field} of {}", stack.layers);
        }
        for fault in FAULTS {
            assert!(values(fault).is_empty(), "{fault} of {}", stack.layers);
        }
        for severity in values(SEVERITY).join(",").split(',').filter(|cell| !cell.is_empty()) {
            let severity: u64 = severity.parse().expect("a number");
            assert!(severity < WARNING, "{}", stack.layers);
        }
        for status in STATUSES {
            for value in values(status).join(",").split(',').filter(|cell| !cell.is_empty()) {
                assert_ne!(value, "0", "{status} of {}", stack.layers);
                checked.extend((value == "1").then_some(status));
            }
        }
    }
    assert_eq!(lines.next(), None, "frames that no stack has");
    assert_eq!(checked.len(), STATUSES.len(), "checksums were verified: {checked:?}");
}

/// Takes the layers apart, forgets every checksum and length, and builds them again.
const REBUILD: &str = "\
import sys
from scapy.all import Ether, Raw, raw, IP, IPv6, UDP, TCP, ICMP
from scapy.contrib.geneve import GENEVE
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6ExtHdrFragment
from scapy.layers.ipsec import ESP
COMPUTED = {IP: ['ihl', 'len', 'chksum'], IPv6: ['plen'], UDP: ['len', 'chksum'],
            TCP: ['dataofs', 'chksum'], ICMP: ['chksum'], ICMPv6EchoRequest: ['cksum'],
            GENEVE: ['optionlen']}
for line in sys.stdin:
    wire = bytes.fromhex(line)
    p = Ether(wire)
    names = [layer.__name__ for layer in p.layers()]
    assert raw(p) == wire, (names, line)
    fragment = IP in p and p[IP].flags.MF or IPv6ExtHdrFragment in p
    layer = p
    while layer:
        for field in COMPUTED.get(type(layer), []):
            # Nothing but the whole datagram has the checksum of a fragment; 0 is none.
            if type(layer) is UDP and (fragment or field == 'chksum' and layer.chksum == 0):
                continue
            delattr(layer, field)
        layer = layer.payload
    again = raw(p)
    assert again == wire, (names, again.hex(), line)
    print(' '.join(names))
";

#[test]
fn scapy_finds_the_layers_and_builds_the_same() {
    let capture = capture();
    let hex = |frame: Vec<u8>| codec::types::Bytes(frame).to_string();
    let lines: Vec<_> = frames(&capture).into_iter().map(hex).collect();
    let file = scratch("stacks.hex");
    std::fs::write(&file, lines.join("\n")).expect("the scratch file is ours");
    let input = std::fs::File::open(&file).expect("it was written");
    // Debian's, which has scapy.
    let mut python = Command::new("/usr/bin/python3");
    let names = output(python.args(["-c", REBUILD]).stdin(input), "python3-scapy");
    std::fs::remove_file(&file).expect("the scratch file is ours");
    let wanted: Vec<_> = STACKS.iter().flat_map(|stack| stack.scapy).copied().collect();
    assert_eq!(names.lines().collect::<Vec<_>>(), wanted);
}
