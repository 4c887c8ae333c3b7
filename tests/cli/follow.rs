//! `vsectl decode --follow`: a file that grows, is replaced, is cut.

use std::fs::{self, OpenOptions};
use std::io::Write;

use crate::run::{scratch, vsectl};
use crate::running::Running;

const PROGRAM: &str = env!("CARGO_BIN_EXE_vsectl");
/// Bytes of a pcap file before its first frame.
const HEAD: usize = 24;

fn golden(name: &str) -> Vec<u8> {
    fs::read(format!("../pcaps/{name}")).expect("the golden capture is there")
}

#[test]
fn a_file_grows_and_is_replaced() {
    let path = scratch("grows.pcap");
    let name = path.to_str().expect("a scratch path is UTF-8");
    let (handshake, arp) = (golden("handshake.pcap"), golden("arp.pcap"));
    let lines = |file: &str| vsectl(&["decode", file], b"").text().lines().count();
    let (many, few) = (lines("pcaps/handshake.pcap"), lines("pcaps/arp.pcap"));
    // A frame that is not whole yet is waited for.
    let (first, second) = handshake.split_at(handshake.len() - 7);
    fs::write(&path, first).expect("the scratch folder is ours");
    let running = Running::start(
        PROGRAM,
        &["decode", "--follow", "-T", "fields", "-e", "frame.number", "-z", "phs", name],
    );
    let numbers = |from: usize, to: usize| {
        for number in from..to {
            assert_eq!(running.line(), number.to_string());
        }
    };
    numbers(1, many);
    let mut file = OpenOptions::new().append(true).open(&path).expect("it is there");
    file.write_all(second).expect("it grows");
    numbers(many, many + 1);
    // Another file takes its name.
    let other = scratch("other.pcap");
    fs::write(&other, &arp).expect("the scratch folder is ours");
    fs::rename(&other, &path).expect("the scratch folder is ours");
    numbers(many + 1, many + few + 1);
    // The same file is cut, and written anew, up to less than it had.
    let shorter = 3;
    let end = (0..shorter).fold(HEAD, |at, _| {
        let caplen: [u8; 4] = arp[at + 8..at + 12].try_into().expect("four bytes");
        at + 16 + u32::from_le_bytes(caplen) as usize
    });
    fs::write(&path, &arp[..end]).expect("the scratch folder is ours");
    numbers(many + few + 1, many + few + shorter + 1);
    running.signal("TERM");
    let (status, rest, errors) = running.end();
    fs::remove_file(&path).expect("the scratch folder is ours");
    assert_eq!((status, errors), (Some(0), Vec::new()));
    let all = (many + few + shorter).to_string();
    let counted = rest.iter().any(|line| line.starts_with(" eth") && line.contains(&all));
    assert!(counted, "statistics of {all} frames: {rest:#?}");
}

#[test]
fn json_is_whole_when_it_is_interrupted() {
    let running =
        Running::start(PROGRAM, &["decode", "--follow", "-o", "json", "pcaps/handshake.pcap"]);
    let first = running.line();
    running.signal("INT");
    let (status, rest, _) = running.end();
    let text = [vec![first], rest].concat().join("\n");
    let frames: Vec<serde_json::Value> = serde_json::from_str(&text).expect("valid JSON");
    assert_eq!(status, Some(0));
    assert!(!frames.is_empty());
}

/// A ring of files is one capture, whose writer may be faster than its reader.
#[test]
fn a_ring_is_gone_round() {
    let folder = scratch("ring");
    fs::create_dir_all(&folder).expect("the scratch folder is ours");
    let (handshake, arp) = (golden("handshake.pcap"), golden("arp.pcap"));
    let lines = |file: &str| vsectl(&["decode", file], b"").text().lines().count();
    let (many, few) = (lines("pcaps/handshake.pcap"), lines("pcaps/arp.pcap"));
    let file = |number: usize| folder.join(format!("ring_{number:05}_2026112612000{number}.pcap"));
    let write = |number: usize, bytes: &[u8]| {
        fs::write(file(number), bytes).expect("the scratch folder is ours");
    };
    // By the name that was given to the writer, of which there is no file.
    let name = folder.join("ring.pcap");
    let (first, second) = handshake.split_at(handshake.len() - 7);
    write(1, first);
    let fields = ["decode", "--follow", "-T", "fields", "-e", "frame.number"];
    let running = Running::start(
        PROGRAM,
        &[fields.as_slice(), &[name.to_str().expect("a scratch path is UTF-8")]].concat(),
    );
    let mut number = 0;
    let mut numbers = |count: usize| {
        for _ in 0..count {
            number += 1;
            assert_eq!(running.line(), number.to_string());
        }
    };
    numbers(many - 1);
    let mut growing = OpenOptions::new().append(true).open(file(1)).expect("it is there");
    growing.write_all(second).expect("it grows");
    // The head of the next file alone; then the rest of it, and the one that comes behind it.
    write(2, &arp[..HEAD]);
    numbers(1);
    let mut growing = OpenOptions::new().append(true).open(file(2)).expect("it is there");
    growing.write_all(&arp[HEAD..]).expect("it grows");
    numbers(few);
    write(5, &handshake);
    numbers(many);
    assert!(running.diagnostic().contains("2 files between"));
    running.signal("TERM");
    let (status, rest, errors) = running.end();
    fs::remove_dir_all(&folder).expect("the scratch folder is ours");
    assert_eq!((status, rest, errors), (Some(0), Vec::new(), Vec::new()));
}

/// Of several files, the last is followed.
#[test]
fn behind_other_files() {
    let lines = |file: &str| vsectl(&["decode", file], b"").text().lines().count();
    let both = lines("pcaps/arp.pcap") + lines("pcaps/icmp.pcap");
    let running =
        Running::start(PROGRAM, &["decode", "--follow", "pcaps/arp.pcap", "pcaps/icmp.pcap"]);
    for _ in 0..both {
        running.line();
    }
    running.signal("TERM");
    let (status, rest, errors) = running.end();
    assert_eq!((status, rest, errors), (Some(0), Vec::new(), Vec::new()));
}
