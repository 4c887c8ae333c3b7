//! `vsectl craft traffic`: what tshark and scapy make of it, and what is refused.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;

use crate::run::{Ran, scratch, vsectl};

fn craft(layers: &str, options: &[&str]) -> Ran {
    let mut args = vec!["craft", "traffic", layers, "--start", "2026-11-25T09:00:00Z"];
    args.extend(options);
    vsectl(&args, b"")
}

/// Crafts into a scratch file, which the caller removes.
fn capture(name: &str, layers: &str) -> std::path::PathBuf {
    let path = scratch(name);
    let ran = craft(layers, &["-w", path.to_str().expect("a scratch path is UTF-8")]);
    assert_eq!((ran.status, ran.text()), (Some(0), ""), "{ran}");
    path
}

fn tshark(path: &Path, args: &[&str]) -> String {
    let ran = Command::new("tshark")
        .arg("-r")
        .arg(path)
        .args(["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"])
        .args(["-o", "tcp.check_checksum:TRUE"])
        .args(args)
        .output()
        .expect("tshark is installed: apt-get install tshark");
    String::from_utf8(ran.stdout).expect("tshark writes UTF-8")
}

/// Layers, the fields that tshark is to find, and their values.
const DISSECTED: [(&str, &[&str], &str); 12] = [
    (
        "eth dst=02:00:00:00:00:09 / ip src=10.0.0.1 dst=10.0.0.2 ttl=9 / udp sport=7 dport=9 / payload len=30",
        &["eth.dst", "ip.src", "ip.dst", "ip.ttl", "udp.srcport", "udp.dstport", "udp.length"],
        "02:00:00:00:00:09\t10.0.0.1\t10.0.0.2\t9\t7\t9\t38\n",
    ),
    (
        "qinq id=7 pcp=3 / vlan fcf vm=5 prio / ip fcf vm=5 prio / udp",
        &["ieee8021ad.id", "vlan.id", "vlan.priority", "ip.dsfield"],
        "7\t5\t4\t0x94\n",
    ),
    (
        "arp op=2 spa=10.0.0.1 tpa=10.0.0.2",
        &["arp.opcode", "arp.src.proto_ipv4", "arp.dst.proto_ipv4"],
        "2\t10.0.0.1\t10.0.0.2\n",
    ),
    (
        "ip options=94040000 / icmp id=3 seq=4 / payload len=16",
        &["ip.opt.type", "icmp.type", "icmp.seq"],
        "148\t8\t4\n",
    ),
    (
        "ip6 flow=0x12345 hlim=9 / icmp6 id=3 / payload len=7",
        &["ipv6.flow", "ipv6.hlim", "icmpv6.type"],
        "0x012345\t9\t128\n",
    ),
    (
        "ip6 / tcp flags=SA seq=5 ack=6 win=77",
        &["tcp.flags", "tcp.seq_raw", "tcp.ack_raw", "tcp.window_size_value"],
        "0x0012\t5\t6\t77\n",
    ),
    (
        "ip / vxlan vni=77 / eth / ip dst=10.0.0.9 / udp dport=53 checksum=0",
        &["vxlan.vni", "udp.dstport", "ip.dst"],
        "77\t4789,53\t192.0.2.2,10.0.0.9\n",
    ),
    ("ip / udp sum / vxlan vni=77 / eth / ip6 / tcp", &["vxlan.vni", "tcp.dstport"], "77\t80\n"),
    ("ip6 / geneve vni=78 / eth / ip / icmp", &["geneve.vni", "icmp.type"], "0x00004e\t8\n"),
    (
        "ip / nvgre vsid=79 flow=3 / eth / ip / udp",
        &["gre.key", "gre.proto"],
        "0x00004f03\t0x6558\n",
    ),
    ("ip / esp spi=0x99 seq=5 / tcp", &["esp.spi", "esp.sequence"], "0x00000099\t5\n"),
    ("eth type=0x88b5 / payload hex=0011", &["eth.type"], "0x88b5\n"),
];

#[test]
fn tshark_finds_the_fields_and_no_fault() {
    for (index, (layers, fields, values)) in DISSECTED.iter().enumerate() {
        let path = capture(&format!("craft-{index}.pcapng"), layers);
        let mut args = vec!["-T", "fields"];
        args.extend(fields.iter().flat_map(|field| ["-e", field]));
        assert_eq!(tshark(&path, &args), *values, "{layers}");
        let faults = "_ws.malformed || _ws.expert.severity >= 6291456 || ip.checksum.status == 0 || \
                      udp.checksum.status == 0 || tcp.checksum.status == 0";
        assert_eq!(tshark(&path, &["-Y", faults]), "", "{layers}");
        std::fs::remove_file(path).expect("the scratch file is ours");
    }
}

#[test]
fn tshark_sees_what_is_wrong_on_purpose() {
    let path = capture("craft-wrong.pcapng", "ip bad-checksum / udp bad-checksum / payload len=9");
    let status = ["-T", "fields", "-e", "ip.checksum.status", "-e", "udp.checksum.status"];
    assert_eq!(tshark(&path, &status), "0\t0\n");
    std::fs::remove_file(path).expect("the scratch file is ours");
}

#[test]
fn tshark_follows_a_session_and_fragments() {
    let path =
        capture("craft-session.pcapng", "ip / tcp session mss=100 / payload text=hello len=250");
    let flags = ["-T", "fields", "-e", "tcp.flags.str", "-e", "tcp.len"];
    assert_snapshot!("session", tshark(&path, &flags));
    assert_eq!(tshark(&path, &["-Y", "tcp.analysis.flags"]), "");
    std::fs::remove_file(path).expect("the scratch file is ours");
    for order in ["sorted", "reversed", "shuffled"] {
        let layers = format!("ip frag mtu=500 order={order} / udp dport=7777 / payload len=3000");
        let path = capture(&format!("craft-{order}.pcapng"), &layers);
        let whole = ["-T", "fields", "-Y", "udp", "-e", "udp.length", "-e", "udp.checksum.status"];
        assert_eq!(tshark(&path, &whole), "3008\t1\n", "{order}");
        std::fs::remove_file(path).expect("the scratch file is ours");
    }
}

/// scapy builds the checksums and lengths anew, and they are what they were.
#[test]
fn scapy_agrees() {
    let script = "import sys\n\
        from scapy.all import Ether, raw, IP, UDP, TCP, ICMP, ARP, Dot1Q, VXLAN, IPv6\n\
        for line in sys.stdin:\n\
        \x20   wire = bytes.fromhex(line)\n\
        \x20   p = Ether(wire)\n\
        \x20   names = [l.__name__ for l in p.layers()]\n\
        \x20   assert raw(p) == wire\n\
        \x20   for layer in (IP, UDP, TCP, ICMP):\n\
        \x20       for n in range(1, 3):\n\
        \x20           found = p.getlayer(layer, n)\n\
        \x20           if found is not None and not (layer is UDP and found.chksum == 0):\n\
        \x20               del found.chksum\n\
        \x20   again = raw(Ether(raw(p)))\n\
        \x20   assert again == wire, (names, again.hex(), line)\n\
        \x20   print(' '.join(names))\n";
    let mut hex = String::new();
    for layers in [
        "ip src=10.0.0.1 / udp dport=9 / payload len=5",
        "vlan id=5 / ip / tcp dport=443 / payload len=9",
        "ip / icmp / payload len=3",
        "arp",
        "ip / vxlan vni=5 / eth / ip / udp dport=4444",
    ] {
        hex += craft(layers, &["-o", "hex"]).text();
    }
    let file = scratch("scapy.hex");
    std::fs::write(&file, hex).expect("the scratch file is ours");
    let ran = Command::new("/usr/bin/python3")
        .args(["-c", script])
        .stdin(std::fs::File::open(&file).expect("it was written"))
        .output()
        .expect("python3 is installed");
    std::fs::remove_file(&file).expect("the scratch file is ours");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "apt-get install python3-scapy? {said}");
    assert_snapshot!("scapy", String::from_utf8_lossy(&ran.stdout));
}

/// What decoding tells is what was asked for.
#[test]
fn decode_gives_back_the_specification() {
    let layers = "eth dst=02:00:00:00:00:09 / vlan fcf vm=77 / ip src=10.1.2.3 ttl=7 id=0x55 / \
                  udp sport=1234 dport=4321 / payload len=12";
    let path = capture("craft-decode.pcapng", layers);
    let name = path.to_str().expect("a scratch path is UTF-8");
    let ran = vsectl(
        &[
            "decode",
            "--fcf",
            "vlan",
            "-T",
            "fields",
            "-e",
            "eth.dst",
            "-e",
            "vse.fcf.vm_id",
            "-e",
            "ip.src",
            "-e",
            "ip.ttl",
            "-e",
            "ip.id",
            "-e",
            "udp.srcport",
            "-e",
            "udp.dstport",
            "-e",
            "udp.length",
            name,
        ],
        b"",
    );
    std::fs::remove_file(&path).expect("the scratch file is ours");
    let values = "02:00:00:00:00:09\t77\t10.1.2.3\t7\t0x55\t1234\t4321\t20\n";
    assert_eq!((ran.status, ran.text()), (Some(0), values), "{ran}");
}

#[test]
fn a_family_as_hex() {
    assert_snapshot!(craft("ip src=10.0.0.0/31 / udp dport=5000-5002+2", &["-o", "hex"]));
}

#[test]
fn a_specification_is_printed_and_read() {
    let layers = "vlan fcf vm=1,3,5 prio / ip src=10.0.0.0/24 / udp / payload probe";
    let toml = craft(layers, &["--print-spec", "--count", "9", "--seed", "4"]);
    assert_snapshot!(toml);
    let again = vsectl(&["craft", "traffic", "--spec", "-", "--print-spec=json"], &toml.stdout);
    let toml_again = vsectl(&["craft", "traffic", "--spec", "-", "--print-spec"], &again.stdout);
    assert_eq!(toml_again.text(), toml.text());
}

#[test]
fn bad_input() {
    for (name, layers) in [
        ("vm_out_of_range", "eth / ip fcf vm=32 / udp"),
        ("fragment_under_the_header", "ip frag mtu=20 / udp / payload len=100"),
        ("an_unknown_field", "eth / ip sorce=10.0.0.1 / udp"),
        ("an_unknown_layer", "eth / ipx"),
        ("what_cannot_follow", "eth / udp"),
        ("a_word_without_its_clause", "ip vm=5 / udp"),
        ("a_value_that_is_none", "ip src=10.0.0 / udp"),
        ("too_long", "ip / udp / payload len=65535"),
        ("too_many", "ip src=0.0.0.0/0 / udp dport=0-65535"),
        ("a_short_probe", "ip / udp / payload probe len=10"),
    ] {
        assert_snapshot!(name, craft(layers, &["-o", "hex"]));
    }
}

#[test]
fn a_bad_specification() {
    let toml = b"[[layers]]\nlayer = \"ip\"\nfcf = true\nvm = 40\n";
    assert_snapshot!(vsectl(&["craft", "traffic", "--spec", "-", "-o", "hex"], toml));
}
