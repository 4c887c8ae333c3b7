//! A long capture is decoded in several threads, a short one, or one line at a time, in one: what is
//! printed is the same.

use std::fs;

use crate::golden::captures;
use crate::run::{scratch, vsectl};

/// How to look at a capture, and how often its frames are repeated for that.
const WAYS: [&[&str]; 12] = [
    &[],
    &["-V"],
    &["-o", "json"],
    &["-o", "ndjson"],
    &["-x"],
    &["-t", "dd"],
    &["-T", "fields", "-e", "frame.number", "-e", "frame.time_delta", "-e", "openflow_1_0.type"],
    &["-Y", "openflow_1_0.type == flow_mod || icmp", "-t", "d", "-o", "json"],
    &["-Y", "frame.time_delta_displayed < 0.5", "-t", "dd"],
    &["-q", "-z", "openflow"],
    &["-q", "-z", "phs", "-z", "latency", "-z", "problems"],
    &["-c", "700"],
];

/// All captures in one, several times over, long enough for many batches.
fn long_capture() -> Vec<u8> {
    let names: Vec<String> = captures().iter().map(|name| format!("pcaps/{name}")).collect();
    let mut arguments = vec!["decode", "-w", "-"];
    for _ in 0..4 {
        arguments.extend(names.iter().map(String::as_str));
    }
    let capture = vsectl(&arguments, b"").stdout;
    assert!(capture.len() > 512 * 1024, "{}", capture.len());
    capture
}

fn same_in_one_thread(capture: &[u8], name: &str) {
    let path = scratch(name);
    fs::write(&path, capture).expect("it can be written");
    let file = path.to_str().expect("the path is UTF-8");
    for way in WAYS {
        let several = vsectl(&[&["decode"], way, &[file]].concat(), b"");
        let one = vsectl(&[&["decode", "-l"], way, &[file]].concat(), b"");
        assert_eq!(several.status, one.status, "{way:?}");
        assert_eq!(several.stderr, one.stderr, "{way:?}");
        assert!(several.stdout == one.stdout, "{way:?}");
        assert!(!one.stdout.is_empty(), "{way:?}");
    }
    fs::remove_file(&path).expect("it is there");
}

#[test]
fn whole() {
    same_in_one_thread(&long_capture(), "whole.pcapng");
}

#[test]
fn damaged() {
    let mut capture = long_capture();
    // Where the damage breaks the file itself, all before is decoded.
    let mut state = 1_u64;
    for _ in 0..400 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(state >> 20).expect("64 bits") % capture.len();
        if let Some(byte) = capture.get_mut(at).filter(|_| at > 128 * 1024) {
            *byte ^= 1 << (state >> 61);
        }
    }
    same_in_one_thread(&capture, "damaged.pcapng");
}

#[test]
fn nobody_reads_on() {
    let path = scratch("unread.pcapng");
    fs::write(&path, long_capture()).expect("it can be written");
    let file = path.to_str().expect("the path is UTF-8");
    let command = format!("{} decode -o ndjson {file} | head -n 1", env!("CARGO_BIN_EXE_vsectl"));
    let ran = std::process::Command::new("sh").args(["-c", &command]).output().expect("it runs");
    assert!(ran.status.success() && ran.stderr.is_empty(), "{ran:?}");
    assert_eq!(String::from_utf8_lossy(&ran.stdout).lines().count(), 1);
    fs::remove_file(&path).expect("it is there");
}
