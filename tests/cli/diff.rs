//! `vsectl diff`: captures and tables by what they mean.

use std::fs;

use crate::run::{scratch, vsectl};

fn file(name: &str, text: &str) -> String {
    let path = scratch(name);
    fs::write(&path, text).expect("the scratch folder is ours");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn the_same_session_in_other_segments_is_the_same() {
    for other in ["out-of-order", "retransmitted-overlap", "sequence-wrap"] {
        let other = format!("pcaps/openflow-{other}.pcap");
        let ran = vsectl(&["diff", "pcaps/flow-mods.pcap", &other], b"");
        assert_eq!(ran.status, Some(0), "{other}: {ran}");
    }
}

#[test]
fn what_is_missing_is_told() {
    let ran = vsectl(&["diff", "pcaps/flow-mods.pcap", "pcaps/openflow-gap-resync.pcap"], b"");
    assert_eq!(ran.status, Some(1), "{ran}");
    insta::assert_snapshot!(ran);
}

#[test]
fn bare_and_framed_differ_in_the_packet_out() {
    let ran = vsectl(&["diff", "pcaps/packet-out-bare.pcap", "pcaps/packet-out-framed.pcap"], b"");
    insta::assert_snapshot!(ran);
    let args = ["--ignore", "xid,keepalives,times,datapath_id,data,ports", "-o", "json"];
    let both = ["diff", "pcaps/packet-out-framed.pcap", "pcaps/packet-out-signed.pcap"];
    let ran = vsectl(&[&both[..], &args].concat(), b"");
    let json: serde_json::Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    assert_eq!(json["schema"], "vsectl.capture-diff/1");
    assert_eq!(json["conversations"].as_array().expect("an array").len(), 1, "{json}");
}

#[test]
fn xids_and_cookies_can_be_ignored() {
    let session = |name: &str, flow: &str, xid: &str| {
        let path = scratch(name).to_str().expect("UTF-8").to_owned();
        let ran = vsectl(&["encode", "add-flow", flow, "--xid", xid, "-w", &path], b"");
        assert_eq!(ran.status, Some(0), "{ran}");
        path
    };
    let a = session("diff-a.pcapng", "cookie=1,priority=5,ip,actions=set_irq_core:1", "1");
    let b = session("diff-b.pcapng", "cookie=2,priority=5,ip,actions=set_irq_core:1", "9");
    let c = session("diff-c.pcapng", "cookie=1,priority=5,ip,actions=set_irq_core:2", "1");
    let run = |args: &[&str]| vsectl(&[&["diff"], args].concat(), b"");
    assert_eq!(run(&[&a, &a]).status, Some(0));
    assert_eq!(run(&[&a, &b]).status, Some(1));
    assert_eq!(run(&[&a, &b, "--ignore", "xid"]).status, Some(1));
    assert_eq!(run(&[&a, &b, "--ignore", "xid,cookie"]).status, Some(0));
    let ran = run(&[&a, &c]);
    assert!(ran.text().contains("body.actions[0].core: 1 → 2"), "{ran}");
}

#[test]
fn tables_of_flow_texts_and_of_json() {
    let a =
        file("diff-a.flows", "priority=5,ip,cookie=1,actions=set_irq_core:1\narp,actions=drop\n");
    let b =
        file("diff-b.flows", "priority=5,ip,cookie=2,actions=set_irq_core:1\nudp,actions=drop\n");
    let ran = vsectl(&["diff", &a, &b], b"");
    assert_eq!(ran.status, Some(1), "{ran}");
    assert_eq!(ran.text(), vsectl(&["flow", "diff", &a, &b], b"").text(), "one house");
    let ran = vsectl(&["diff", &a, &b, "--ignore", "cookie"], b"");
    assert_eq!(ran.text(), "-arp actions=drop\n+udp actions=drop\n");
    let state = |frame: &str| {
        let args = ["state-at", "pcaps/vse-session.pcap", "-t", frame, "-o", "json"];
        file(&format!("state-{}.json", frame.replace(' ', "-")), vsectl(&args, b"").text())
    };
    let (before, after) = (state("frame 13"), state("end"));
    let ran = vsectl(&["diff", &before, &after], b"");
    insta::assert_snapshot!(ran);
    let ran = vsectl(&["diff", &before, &before, "-o", "json"], b"");
    assert_eq!(ran.status, Some(0), "{ran}");
}

#[test]
fn trouble_is_two() {
    let flows = file("diff-c.flows", "arp,actions=drop\n");
    for args in [
        &["pcaps/handshake.pcap", &flows][..],
        &["pcaps/handshake.pcap", "pcaps/no-such.pcap"],
        &["pcaps/handshake.pcap", "pcaps/form-truncated.pcap"],
        &[&flows, &flows, "--ignore", "colour"],
    ] {
        let ran = vsectl(&[&["diff"], args].concat(), b"");
        assert_eq!(ran.status, Some(2), "{args:?}: {ran}");
    }
}
