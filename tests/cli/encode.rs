//! `vsectl encode`.

use std::process::Command;

use insta::assert_snapshot;

use crate::run::{scratch, vsectl};

const BARRIER: &str = r#"{"type":"barrier_request","xid":7,"body":{}}"#;
const ECHO: &str = r#"{"type":"echo_request","xid":8,"body":{"data":"00ff"}}"#;

#[test]
fn json_in_any_arrangement() {
    let expected = "0112000800000007\n0102000a0000000800ff\n";
    for input in [
        format!("[{BARRIER},{ECHO}]"),
        format!("{BARRIER}\n{ECHO}\n"),
        format!("{BARRIER} [{ECHO}]"),
    ] {
        let ran = vsectl(&["encode"], input.as_bytes());
        assert_eq!((ran.status, ran.text()), (Some(0), expected), "{input}");
    }
}

#[test]
fn binary() {
    let ran = vsectl(&["encode", "-o", "binary", BARRIER], b"");
    assert_eq!(ran.stdout, b"\x01\x12\0\x08\0\0\0\x07");
}

#[test]
fn a_wrong_length_is_refused() {
    let json = r#"{"type":"barrier_request","length":9,"xid":7,"body":{}}"#;
    assert_snapshot!(vsectl(&["encode", json], b""));
}

#[test]
fn a_wrong_field_is_named_by_its_path() {
    let json = r#"[{"type":"packet_out","xid":7,"body":{"buffer_id":"none","in_port":"none",
        "actions":[{"type":"output","port":"upstairs","max_len":0}]}}]"#;
    assert_snapshot!(vsectl(&["encode", json], b""));
}

#[test]
fn broken_json() {
    assert_snapshot!(vsectl(&["encode", r#"{"type":"#], b""));
}

#[test]
fn nothing_to_encode() {
    assert_snapshot!(vsectl(&["encode"], b" \n"));
}

#[test]
fn a_capture_where_none_can_be_written() {
    assert_snapshot!(vsectl(&["encode", BARRIER, "-w", "no/such/folder/x.pcapng"], b""));
}

/// tshark is the judge of what a capture says.
#[test]
fn tshark_reads_the_capture() {
    let long = format!(
        r#"{{"type":"packet_out","xid":9,"body":{{"buffer_id":"none","in_port":"none",
            "actions":[],"data":"{}"}}}}"#,
        "5a".repeat(4000)
    );
    let input = format!("{BARRIER}{ECHO}{long}{BARRIER}");
    for format in ["pcapng", "pcap"] {
        let file = scratch(&format!("encode.{format}"));
        let path = file.to_str().expect("a scratch path is UTF-8");
        let ran = vsectl(&["encode", "-w", path, "-F", format], input.as_bytes());
        assert_eq!(ran.status, Some(0), "{ran}");
        let tshark = Command::new("tshark")
            .args(["-r", path, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"])
            .args(["-Y", "openflow_v1", "-T", "fields", "-e", "openflow_1_0.type"])
            .args(["-e", "openflow.length", "-e", "openflow.xid", "-e", "tcp.checksum.status"])
            .output()
            .expect("tshark is installed: apt-get install tshark");
        let read = String::from_utf8(tshark.stdout).expect("tshark writes UTF-8");
        assert_eq!(read, "18\t8\t7\t1\n2\t10\t8\t1\n13\t4016\t9\t1\n18\t8\t7\t1\n", "{format}");
        std::fs::remove_file(file).expect("the scratch file is ours");
    }
}
