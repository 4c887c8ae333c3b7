//! Nicira's extensions as ovs-ofctl prints them: every such message of the captures, the real
//! program beside ours.

#![allow(clippy::indexing_slicing, reason = "a capture that is no capture has to fail the test")]

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use crate::run::vsectl;

/// Messages that ovs-ofctl writes as a table of several lines, and we in one line of our own.
const TABLES: [&str; 3] = ["NXT_SET_ASYNC_CONFIG", "NXT_TLV_TABLE_", "NXT_30583"];

/// The OpenFlow messages of a capture of IPv4 on Ethernet, in which no segment is missing.
fn messages(file: &str) -> Vec<Vec<u8>> {
    let bytes = fs::read(file).expect("the capture can be read");
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let mut streams: BTreeMap<[u8; 4], Vec<u8>> = BTreeMap::new();
    let mut at = 24;
    while at < bytes.len() {
        let len = usize::try_from(word(at + 8)).expect("a length");
        let ip = &bytes[at + 16 + 14..at + 16 + len];
        at += 16 + len;
        let total = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
        if ip[0] >> 4 == 4 && ip[9] == 6 {
            let tcp = &ip[usize::from(ip[0] & 15) * 4..total];
            let ports = tcp[..4].try_into().expect("four bytes");
            streams.entry(ports).or_default().extend(&tcp[usize::from(tcp[12] >> 4) * 4..]);
        }
    }
    let mut messages = Vec::new();
    for mut stream in streams.into_values().map(|stream| stream.into_iter().peekable()) {
        while stream.peek().is_some() {
            let mut message: Vec<u8> = stream.by_ref().take(8).collect();
            let len = usize::from(u16::from_be_bytes([message[2], message[3]]));
            message.extend(stream.by_ref().take(len - 8));
            messages.push(message);
        }
    }
    messages
}

/// What is the same in both programs: one line, commands by their short names.
fn normal(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ").replace("; ", " ");
    let line = line.replace(": MODIFY", ": MOD").replace(": DELETE", ": DEL");
    // ovs-ofctl leaves out a monitored entry's priority.
    match line.strip_prefix("NXST_FLOW_MONITOR") {
        Some(rest) => format!("NXST_FLOW_MONITOR{}", rest.replace("priority=1,", "")),
        None => line.trim_end_matches(':').to_owned(),
    }
}

#[test]
fn as_ovs_ofctl_prints_them() {
    let (mut compared, mut refused) = (0, 0);
    for name in ["controller", "flows", "monitor", "packet-in", "packet-in2", "table-id"] {
        for message in messages(&format!("../pcaps/nicira-{name}.pcap")) {
            let nicira = message.windows(4).any(|four| four == [0, 0, 0x23, 0x20]);
            // An ERROR quotes what is looked at by itself.
            if !nicira || message[1] == 1 {
                continue;
            }
            let digits: Vec<String> = message.iter().map(|byte| format!("{byte:02x}")).collect();
            let hex = digits.concat();
            let ours = vsectl(&["print", &hex], b"");
            assert_eq!(ours.status, Some(0), "{hex}: {}", ours.stderr);
            let ran = Command::new("ovs-ofctl")
                .args(["ofp-print", &hex])
                .output()
                .expect("ovs-ofctl is installed: apt-get install openvswitch-switch");
            let theirs = String::from_utf8(ran.stdout).expect("ovs-ofctl writes UTF-8");
            if theirs.contains("decode error") {
                refused += 1;
                continue;
            }
            if TABLES.iter().any(|table| ours.text().starts_with(table)) {
                continue;
            }
            compared += 1;
            let (ours, theirs) = (normal(ours.text()), normal(&theirs));
            if ours.starts_with("NXT_PACKET_IN") || ours.starts_with("NXT_RESUME") {
                // ovs-ofctl goes on with the frame and the continuation.
                let line = ours.split(" continuation_len=").next().expect("a beginning");
                assert!(theirs.starts_with(line), "{hex}\n{ours}\n{theirs}");
            } else {
                assert_eq!(ours, theirs, "{hex}");
            }
        }
    }
    // The role 9 and the subtype 30583 are there to be refused.
    assert_eq!((compared, refused), (76, 2));
}
