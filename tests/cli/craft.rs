//! `vsectl craft traffic`: what tshark makes of whole conversations, and what is refused.

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
    let values = "02:00:00:00:00:09\t77\t10.1.2.3\t7\t0x0055\t1234\t4321\t20\n";
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
        ("a_word_without_its_field", "ip frag shuffled / udp"),
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
