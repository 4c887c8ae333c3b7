//! `vsectl craft openflow`: tshark and decoding read the session, and decoding gives the script
//! back.

use std::path::{Path, PathBuf};
use std::process::Command;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::run::{Ran, scratch, vsectl};

const SCRIPT: &str = "# Two VMs.\n\
    add-flow priority=5,ip,nw_dst=10.0.0.1,actions=set_irq_core:2\n\
    bare add-flow priority=6,vm_id=5,actions=set_irq_core:auto\n\
    framed del-flows --strict priority=6,vm_id=5\n\
    barrier\n\
    echo\n\
    switch {\"version\":1,\"type\":\"echo_request\",\"xid\":77,\n  \"body\":{\"data\":\"0a0b\"}}\n";

fn craft(script: &str, options: &[&str]) -> Ran {
    let args = [&["craft", "openflow", "--start", "2026-11-25T09:00:00Z"], options].concat();
    vsectl(&args, script.as_bytes())
}

/// Crafts into a scratch file, which the caller removes.
fn capture(name: &str, script: &str, options: &[&str]) -> PathBuf {
    let path = scratch(name);
    let file = path.to_str().expect("a scratch path is UTF-8");
    let ran = craft(script, &[options, &["-w", file]].concat());
    assert_eq!((ran.status, ran.text(), ran.stderr.as_str()), (Some(0), "", ""), "{ran}");
    path
}

fn decode(path: &Path, options: &[&str]) -> Ran {
    let file = path.to_str().expect("a scratch path is UTF-8");
    vsectl(&[&["decode"], options, &[file]].concat(), b"")
}

fn tshark(path: &Path, args: &[&str]) -> String {
    let ran = Command::new("tshark").arg("-r").arg(path).args(args).output();
    let ran = ran.expect("tshark is installed: apt-get install tshark");
    String::from_utf8(ran.stdout).expect("tshark writes UTF-8")
}

/// The messages that decoding finds, those within others behind them, as print writes them.
#[allow(clippy::indexing_slicing, reason = "JSON's index is null where nothing is")]
fn messages(path: &Path) -> Vec<Value> {
    fn collect(layers: &Value, found: &mut Vec<Value>) {
        for layer in layers.as_array().into_iter().flatten() {
            if layer["proto"] == "openflow" {
                let mut message = layer["fields"].clone();
                if let Some(fields) = message.as_object_mut() {
                    fields.remove("length");
                }
                found.push(message);
            }
            collect(&layer["layers"], found);
        }
    }
    let mut found = Vec::new();
    let ran = decode(path, &["-o", "ndjson"]);
    for line in ran.text().lines() {
        let frame: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(frame["problems"], json!([]), "{line}");
        collect(&frame["layers"], &mut found);
    }
    found
}

#[test]
fn decoding_gives_the_script_back() {
    let path = capture("of-script.pcapng", SCRIPT, &[]);
    assert_snapshot!(decode(&path, &[]));
    // What decoding tells encodes to the messages that the words encode to.
    let changes: Vec<Value> = messages(&path)
        .into_iter()
        .filter(|message| {
            let vse =
                message["body"]["vendor"] == "vse" && message["body"]["subtype"] == "flow_mod";
            message["type"] == "flow_mod" || vse
        })
        .collect();
    std::fs::remove_file(path).expect("the scratch file is ours");
    let decoded = changes.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let decoded = vsectl(&["encode"], decoded.as_bytes());
    let flows = SCRIPT.lines().map(|line| {
        line.trim_start_matches("bare ").trim_start_matches("framed ").to_owned() + "\n"
    });
    let flows = flows.filter(|line| line.contains("-flow")).collect::<String>();
    let words = vsectl(&["encode", "--xid", "4"], flows.as_bytes());
    assert_eq!(changes.len(), 3);
    assert_eq!(decoded.text(), words.text(), "{decoded}");
}

#[test]
fn tshark_reads_it() {
    let check = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
    let types = |path: &Path| {
        tshark(path, &["-T", "fields", "-Y", "openflow_1_0.type", "-e", "openflow_1_0.type"])
    };
    let faults = "tcp.checksum.status == 0 || ip.checksum.status == 0 || tcp.analysis.flags";
    let flows = "add-flow priority=5,ip,nw_dst=10.0.0.1,actions=output:2\necho\n";
    let path = capture("of-plain.pcapng", flows, &["--acknowledge"]);
    let all = format!("{faults} || _ws.malformed || _ws.expert.severity >= 6291456");
    assert_eq!(tshark(&path, &[&check[..], &["-Y", &all]].concat()), "");
    assert_eq!(types(&path), "0\n0\n5\n6\n14\n18\n19\n2\n3\n");
    std::fs::remove_file(path).expect("the scratch file is ours");
    // What a PACKET_OUT carries bare is no frame, and tshark says so: TCP has no fault.
    let path = capture("of-bare.pcapng", flows, &["--carry", "bare", "--acknowledge"]);
    assert_eq!(tshark(&path, &[&check[..], &["-Y", faults]].concat()), "");
    assert_eq!(types(&path), "0\n0\n5\n6\n13\n13\n10\n2\n3\n");
    std::fs::remove_file(path).expect("the scratch file is ours");
}

/// However the stream is cut, and in whatever order it comes, the messages are the same.
#[test]
fn segments_say_the_same() {
    let whole = capture("of-whole.pcapng", SCRIPT, &[]);
    let wanted = messages(&whole);
    std::fs::remove_file(whole).expect("the scratch file is ours");
    assert!(wanted.len() > 12);
    for (name, options) in [
        ("split", &["--split", "7"][..]),
        ("merge", &["--merge"]),
        ("merged-and-split", &["--merge", "--split", "33"]),
        ("reorder", &["--split", "20", "--reorder", "3,9-15+2"]),
        ("duplicate", &["--duplicate", "1-100"]),
    ] {
        let path = capture(&format!("of-{name}.pcapng"), SCRIPT, options);
        let mut found = messages(&path);
        std::fs::remove_file(path).expect("the scratch file is ours");
        // Messages of the two directions may have changed places.
        let mut wanted = wanted.clone();
        for list in [&mut found, &mut wanted] {
            list.sort_by_key(Value::to_string);
        }
        assert_eq!(found, wanted, "{name}");
    }
}

#[test]
fn what_is_lost_is_a_gap() {
    let path = capture("of-lost.pcapng", SCRIPT, &["--lose", "6"]);
    let ran = decode(&path, &["-q", "-z", "problems"]);
    assert!(ran.text().contains("gap"), "{ran}");
    let lost = tshark(&path, &["-Y", "tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment"]);
    assert!(lost.lines().count() >= 1, "{lost}");
    std::fs::remove_file(path).expect("the scratch file is ours");
}

#[test]
fn bad_scripts() {
    for (name, script, options) in [
        ("of_unknown_word", "add-flow ip,actions=drop\nadd-flows ip", &[][..]),
        ("of_bad_flow", "\n\nbare add-flow nw_dst=10.0.0.1,actions=drop", &[]),
        ("of_no_message", "switch\n", &[]),
        ("of_bad_json", "echo\n{\"type\":\"hello\"", &[]),
        ("of_no_such_segment", "echo", &["--lose", "99"]),
    ] {
        assert_snapshot!(name, craft(script, &[options, &["-o", "hex"]].concat()));
    }
}
