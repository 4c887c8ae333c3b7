//! The way of a frame through the engine allocates nothing once its entry has a core: neither its
//! key, nor the look-up, be the flow new or seen before, nor the decision.
#![allow(unsafe_code, reason = "an allocator that counts can be written in no other way")]
#![allow(clippy::expect_used, reason = "these are tests")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use agent::engine::{CoreInfo, Engine, FlowChange, PacketKey, Settings, Time};
use codec::fcf::FcfLayout;
use codec::of10::PortNo;
use codec::text::Flow;
use codec::vse::Core;

/// Counts the calls of this thread.
struct Counting;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.with(|calls| calls.set(calls.get() + 1));
        // SAFETY: the caller's promises are those that are asked for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        CALLS.with(|calls| calls.set(calls.get() + 1));
        // SAFETY: the caller's promises are those that are asked for.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A UDP frame between these ports.
fn frame(source: u16, destination: u16) -> [u8; 60] {
    let mut frame = [0; 60];
    let parts: [(usize, &[u8]); 5] = [
        (12, &[0x08, 0x00, 0x45]),
        (23, &[17]),
        (26, &[10, 0, 0, 1, 10, 0, 0, 2]),
        (34, &source.to_be_bytes()),
        (36, &destination.to_be_bytes()),
    ];
    for (at, bytes) in parts {
        let place = frame.get_mut(at..at + bytes.len()).expect("within the frame");
        place.copy_from_slice(bytes);
    }
    frame
}

#[test]
fn a_frame_allocates_nothing() {
    let settings = Settings { seen_flows: 256, ..Settings::default() };
    let mut engine = Engine::new(settings, (0..4).map(|core| CoreInfo::new(Core(core))));
    let mut events = Vec::with_capacity(4096);
    // Several masks, so that several tables are looked into.
    for port in 0..64 {
        for text in [
            format!("priority=9,udp,tp_dst={port},actions=set_irq_core:auto"),
            format!("priority=7,ip,nw_dst=10.0.0.0/{},actions=set_irq_core:1", 8 + port % 20),
            format!("priority=5,udp,tp_src={port},actions=drop"),
        ] {
            let flow: Flow = text.parse().expect("a flow");
            let change = FlowChange::try_from(&flow.to_body()).expect("a change");
            engine.flow_mod(&change, Time::ZERO, &mut events).expect("it is done");
        }
    }
    let mut pass = |engine: &mut Engine, source: u16| {
        let before = CALLS.with(Cell::get);
        for destination in 0..128 {
            let frame = frame(source, destination);
            let key = PacketKey::extract(&frame, PortNo(1), &FcfLayout::DSCP);
            let decision =
                engine.receive(&key, frame.len(), Core(0), Time::from_secs(1), &mut events);
            assert!(decision.entry.is_some());
        }
        CALLS.with(Cell::get) - before
    };
    // The first frames give the entries their cores, which monitors are told.
    assert!(pass(&mut engine, 1000) > 0);
    // Flows seen before, then new ones, more than are remembered.
    assert_eq!(pass(&mut engine, 1000), 0);
    for source in 1001..1020 {
        assert_eq!(pass(&mut engine, source), 0, "source port {source}");
    }
}
