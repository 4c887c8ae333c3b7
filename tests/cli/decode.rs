//! `vsectl decode`, beside the golden captures.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use insta::assert_snapshot;

use crate::run::vsectl;

const CAPTURE: &str = "pcaps/handshake.pcap";

fn capture() -> Vec<u8> {
    fs::read("../pcaps/handshake.pcap").expect("the golden capture is there")
}

#[test]
fn standard_input() {
    let piped = vsectl(&["decode", "-"], &capture());
    let file = vsectl(&["decode", CAPTURE], b"");
    assert_eq!((piped.status, piped.text()), (Some(0), file.text()));
}

#[test]
fn a_file_that_is_cut_off() {
    let whole = capture();
    assert_snapshot!(vsectl(&["decode", "-", "-c", "3"], &whole[..200]));
}

#[test]
fn every_cut_gives_what_is_before_it() {
    let whole = capture();
    let lines = vsectl(&["decode", "-"], &whole).text().lines().count();
    for end in (0..whole.len()).step_by(97) {
        let ran = vsectl(&["decode", "-"], &whole[..end]);
        assert!(matches!(ran.status, Some(0 | 1 | 3)), "{end}: {ran}");
        assert!(ran.text().lines().count() <= lines, "{end}");
        assert!(ran.status == Some(0) || ran.stderr.contains("byte"), "{end}: {ran}");
    }
}

#[test]
fn what_is_no_capture() {
    assert_snapshot!(vsectl(&["decode", "-"], b"hello world"));
}

#[test]
fn a_missing_file() {
    assert_snapshot!(vsectl(&["decode", "no/such/file"], b""));
}

#[test]
fn a_wrong_port() {
    assert_snapshot!(vsectl(&["decode", "-d", "udp.port==1,openflow", CAPTURE], b""));
}

#[test]
fn one_json_document() {
    let ran = vsectl(&["decode", "-o", "json", CAPTURE], b"");
    let frames: Vec<serde_json::Value> = serde_json::from_slice(&ran.stdout).expect("valid JSON");
    assert!(frames.iter().all(|frame| frame["schema"] == "vsectl.frame/1"));
}

/// tshark agrees on the types and transaction ids of every frame of every golden capture.
#[test]
fn tshark_agrees() {
    for entry in fs::read_dir("../pcaps").expect("pcaps/ exists") {
        let path = entry.expect("pcaps/ can be read").path();
        if path.extension().is_none_or(|ending| ending != "pcap") {
            continue;
        }
        let tshark = Command::new("tshark")
            .arg("-r")
            .arg(&path)
            .args(["-Y", "openflow_v1", "-T", "fields", "-E", "aggregator=,"])
            .args(["-e", "frame.number", "-e", "openflow.xid"])
            .output()
            .expect("tshark is installed: apt-get install tshark");
        let theirs = String::from_utf8(tshark.stdout).expect("tshark writes UTF-8");
        let file = format!("pcaps/{}", path.file_name().expect("a name").to_string_lossy());
        let ran = vsectl(&["decode", "--no-nested", "-o", "ndjson", &file], b"");
        let mut ours = String::new();
        for line in ran.text().lines() {
            let frame: serde_json::Value = serde_json::from_str(line).expect("valid JSON");
            let layers = frame["layers"].as_array().expect("layers").iter();
            let xids: Vec<String> = layers
                .filter(|layer| layer["proto"] == "openflow")
                .map(|layer| layer["fields"]["xid"].to_string())
                .collect();
            if !xids.is_empty() {
                writeln!(ours, "{}\t{}", frame["number"], xids.join(","))
                    .expect("writing to a string does not fail");
            }
        }
        // tshark also shows the message that an ERROR is about, without being asked.
        let first = |text: &str| -> Vec<String> {
            let lines = text.lines().map(|line| line.split(',').next().unwrap_or(line).to_owned());
            lines.collect()
        };
        assert_eq!(first(&ours), first(&theirs), "{file}");
    }
}
