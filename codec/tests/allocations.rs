//! What decoding allocates: nothing for messages of a fixed size, and never more than a small
//! multiple of the input.
#![allow(unsafe_code, reason = "an allocator that counts can be written in no other way")]
#![allow(clippy::expect_used, reason = "a sample that is none is wrong")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use codec::of10::Message;

/// Counts the bytes that this thread asks for.
struct Counting;

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.with(|asked| asked.set(asked.get() + layout.size()));
        // SAFETY: the caller's promises are those that are asked for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are those that are asked for.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes that decoding `wire` asks for.
fn asked(wire: &[u8]) -> usize {
    let before = ASKED.with(Cell::get);
    let decoded = Message::decode(wire);
    let asked = ASKED.with(Cell::get) - before;
    drop(decoded);
    asked
}

fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let lines = include_str!("../src/samples.ndjson").lines();
    lines
        .map(|line| {
            let message: Message = serde_json::from_str(line).expect("a sample");
            let mut wire = Vec::new();
            message.encode(&mut wire).expect("a sample");
            (line, wire)
        })
        .collect()
}

#[test]
fn fixed_sizes_need_no_memory() {
    let fixed = [
        "features_request",
        "get_config_request",
        "get_config_reply",
        "set_config",
        "flow_removed",
        "port_status",
        "port_mod",
        "barrier_request",
        "barrier_reply",
        "queue_get_config_request",
    ];
    for name in fixed {
        let head = format!(r#"{{"version":1,"type":"{name}""#);
        let mut found =
            samples().into_iter().filter(|(line, _)| line.starts_with(&head)).peekable();
        assert!(found.peek().is_some(), "{name}");
        for (line, wire) in found {
            assert_eq!(asked(&wire), 0, "{line}");
        }
    }
}

#[test]
fn never_more_than_a_small_multiple() {
    // A vector may ask for up to four items where it holds one, and grows by doubling, which asks
    // for twice of what it holds in the end.
    for (line, wire) in samples() {
        assert!(asked(&wire) <= 64 * wire.len(), "{} of {}: {line}", asked(&wire), wire.len());
    }
    // As many items as fit: actions, flow entries, queues.
    for item in [&b"\0\0\0\x08\0\x01\0\0"[..], b"\0\x03\0\x08\0\0\0\0"] {
        let mut wire = samples()
            .into_iter()
            .find(|(line, _)| line.contains("delete_strict"))
            .map(|(_, wire)| wire)
            .expect("a sample");
        while wire.len() + item.len() <= 65_528 {
            wire.extend_from_slice(item);
        }
        let length = u16::try_from(wire.len()).expect("it fits");
        wire.splice(2..4, length.to_be_bytes());
        assert!(Message::decode(&wire).is_ok());
        assert!(asked(&wire) <= 20 * wire.len(), "{} of {}", asked(&wire), wire.len());
    }
}
