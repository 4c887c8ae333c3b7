//! How fast messages are read and written. Compare within one run.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark that cannot run has to stop")]

use codec::of10::Message;
use codec::text::Flow;
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const FLOW: &str = "priority=5,tcp,nw_dst=10.0.0.1,tp_dst=80,actions=mod_vlan_vid:7,output:2";

fn message(json: &str) -> Vec<u8> {
    let message: Message = serde_json::from_str(json).unwrap();
    let mut out = Vec::new();
    message.encode(&mut out).unwrap();
    out
}

fn flow_mod() -> Vec<u8> {
    let flow: Flow = FLOW.parse().unwrap();
    let mut out = Vec::new();
    Message::new(1, flow.to_body()).encode(&mut out).unwrap();
    out
}

#[divan::bench]
fn parse_flow_mod_with_two_actions(bencher: Bencher) {
    let wire = flow_mod();
    bencher.bench(|| Message::decode(black_box(&wire)).unwrap().0);
}

#[divan::bench]
fn encode_flow_mod_with_two_actions(bencher: Bencher) {
    let wire = flow_mod();
    let (message, _) = Message::decode(&wire).unwrap();
    let mut out = Vec::with_capacity(1024);
    bencher.bench_local(move || {
        out.clear();
        black_box(&message).encode(&mut out).unwrap();
        out.len()
    });
}

#[divan::bench]
fn parse_barrier_request(bencher: Bencher) {
    bencher.bench(|| Message::decode(black_box(&[1, 18, 0, 8, 0, 0, 0, 7])).unwrap().0);
}

#[divan::bench]
fn parse_flow_removed(bencher: Bencher) {
    let wire = message(
        r#"{"type":"flow_removed","xid":1,"body":{"match":{},"cookie":0,"priority":1,"reason":"delete",
        "duration_sec":1,"duration_nsec":2,"idle_timeout":3,"packet_count":4,"byte_count":5}}"#,
    );
    bencher.bench(|| Message::decode(black_box(&wire)).unwrap().0);
}

#[divan::bench(args = [100, 1_000, 10_000])]
fn parse_messages(bencher: Bencher, count: usize) {
    let wire = flow_mod().repeat(count);
    bencher.counter(ItemsCount::new(count)).bench(|| {
        let (mut left, mut read) = (black_box(&wire[..]), 0);
        while !left.is_empty() {
            left = Message::decode(left).unwrap().1;
            read += 1;
        }
        read
    });
}

#[divan::bench]
fn parse_flow_text() -> Flow {
    black_box(FLOW).parse().unwrap()
}
