//! `vsectl craft coverage`: the packets that the test of the XDP program runs are those that it
//! makes, and what is wrong is said.

use insta::assert_snapshot;

use crate::run::vsectl;

/// The table and the packets of the test of the XDP program.
const FOLDER: &str = "agent/src/datapath/xdp/tests/coverage";

#[test]
fn the_packets_of_the_xdp_test_are_these() {
    let table = format!("{FOLDER}/table.flows");
    let start = "2026-11-25T09:00:00Z";
    let ran = vsectl(
        &["craft", "coverage", "--in-port", "3", "--flows", &table, "--start", start, "-w", "-"],
        b"",
    );
    let said = "vsectl: not hit: priority=5,tcp: shadowed by priority=10,ip\n";
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(3), said));
    let top = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let file = std::fs::read(format!("{top}/{FOLDER}/packets.pcapng")).expect("it is committed");
    assert!(ran.stdout == file, "write it anew by the command in {table}");
}

#[test]
fn what_is_expected_stands_beside_the_packets() {
    let flows =
        b"priority=9,ip,nw_dst=10.0.0.1,actions=set_irq_core:0\npriority=1,ip,actions=drop\n";
    let packets = vsectl(&["craft", "coverage", "--flows", "-", "-w", "-"], flows);
    assert_eq!(packets.status, Some(0), "{}", packets.stderr);
    // Comments stand in the file as they are, padded with zeros.
    let text = String::from_utf8_lossy(&packets.stdout);
    let comments = text.split("expect ").skip(1).filter_map(|rest| rest.split('\0').next());
    assert_snapshot!(comments.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_table_that_nothing_hits() {
    assert_snapshot!(vsectl(
        &["craft", "coverage", "--flows", "-", "-o", "hex"],
        b"in_port=3,actions=drop\n"
    ));
}
