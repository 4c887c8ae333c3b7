//! Frames joined to the FLOW_MODs that govern them: `vse.set_by`.

use crate::run::{scratch, vsectl};

/// A capture of two FLOW_MODs, and one of frames that they are for, or not.
fn captures(name: &str) -> [String; 2] {
    let path = |part: &str| scratch(&format!("{name}-{part}")).to_str().expect("UTF-8").to_owned();
    let [control, data] = [path("control.pcapng"), path("data.pcap")];
    let texts = b"add-flow priority=9,ip,nw_dst=10.0.0.1,actions=set_irq_core:1\n\
                  add-flow priority=8,udp,vm_id=5,actions=set_irq_core:auto\n";
    let ran = vsectl(&["encode", "-", "-w", &control], texts);
    assert_eq!(ran.status, Some(0), "{ran}");
    let frames = ["ip", "dst=10.0.0.0/30", "/", "udp", "dport=53"];
    let ran =
        vsectl(&[&["craft", "traffic"], &frames[..], &["-F", "pcap", "-w", &data]].concat(), b"");
    assert_eq!(ran.status, Some(0), "{ran}");
    [control, data]
}

fn decode(files: &[String; 2], args: &[&str]) -> String {
    let ran = vsectl(&[&["decode", &files[0], &files[1]], args].concat(), b"");
    assert_eq!(ran.status, Some(0), "{ran}");
    ran.text().to_owned()
}

#[test]
fn a_frame_is_joined_to_the_flow_mod_before_it() {
    let files = captures("joined");
    let columns =
        ["-e", "ip.dst", "-e", "vse.set_by", "-e", "vse.set_by.xid", "-e", "vse.entry.flow"];
    let joined = decode(&files, &[&["-Y", "udp"], &columns[..]].concat());
    let lines: Vec<&str> = joined.lines().collect();
    assert_eq!(lines.len(), 4, "{joined}");
    // The FLOW_MODs are in the frame, or frames, with the type 14.
    let set = decode(
        &files,
        &["-Y", "openflow_1_0.type == 14", "-e", "frame.number", "-e", "openflow.xid"],
    );
    let first: Vec<&str> = set.lines().next().expect("a FLOW_MOD").split('\t').collect();
    let xid: u32 = first[1].split(',').next().expect("an xid").parse().expect("a number");
    let wanted = format!(
        "10.0.0.1\t{}\t{xid:#x}\tpriority=9,ip,nw_dst=10.0.0.1 actions=set_irq_core:1",
        first[0]
    );
    assert_eq!(lines[1], wanted);
    for line in [lines[0], lines[2], lines[3]] {
        assert!(line.ends_with("\t\t\t"), "{line:?} is governed by nothing");
    }
}

#[test]
fn filter_tree_and_json_have_it_where_it_is_asked_for() {
    let files = captures("forms");
    assert_eq!(decode(&files, &["-Y", "vse.set_by", "-e", "ip.dst"]), "10.0.0.1\n");
    assert_eq!(decode(&files, &["-Y", "vse.set_by == 999", "-e", "ip.dst"]), "");
    let tree = decode(&files, &["-V", "--set-by", "-Y", "ip.dst == 10.0.0.1"]);
    assert!(tree.contains("VSE entry"), "{tree}");
    assert!(tree.contains("that governs this frame: "), "{tree}");
    let json = decode(&files, &["-o", "json", "--set-by", "-Y", "ip.dst == 10.0.0.1"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let layers = json[0]["layers"].as_array().expect("layers");
    let layer = layers.iter().find(|layer| layer["proto"] == "vse.entry").expect("the entry");
    assert!(layer["fields"]["set_by"].is_u64(), "{layer}");
    let plain = decode(&files, &["-o", "json"]);
    assert!(!plain.contains("vse.entry"), "nobody asked");
    let listed = vsectl(&["decode", "--list-fields"], b"");
    assert!(listed.text().contains("vse.set_by"), "{listed}");
}

#[test]
fn the_last_change_counts_and_what_went_governs_nothing() {
    let bare = ["decode", "pcaps/vse-session.pcap", "-Y", "vse.set_by", "-e", "frame.number"];
    let ran = vsectl(&bare, b"");
    assert_eq!((ran.status, ran.text()), (Some(0), ""), "control frames are governed by nothing");
}
