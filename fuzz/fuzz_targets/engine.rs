//! Changes, frames and time on the engine: a trace foretells each decision, the counts are right,
//! and a snapshot gives back the tables.
#![no_main]

use std::time::Duration;

use agent::engine::{CoreInfo, Engine, FlowChange, PacketKey, Settings, Time};
use codec::of10::{Message, PortNo};
use codec::vse::Core;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let engine = || {
        let settings = Settings { max_flows: 32, seen_flows: 16, ..Settings::default() };
        Engine::new(settings, (0..3).map(|core| CoreInfo::new(Core(core))))
    };
    let mut tables = engine();
    let (mut now, mut rest) = (Time::from_secs(1), bytes);
    let mut events = Vec::new();
    // A step: what, of how many bytes, the bytes.
    while let [what, len, after @ ..] = rest {
        let (step, after) = after.split_at(usize::from(*len).min(after.len()));
        rest = after;
        match what % 5 {
            0 | 1 => {
                let Ok((message, _)) = Message::decode(step) else { continue };
                let Ok(change) = FlowChange::try_from(&message.body) else { continue };
                let before = tables.snapshot(now);
                if tables.flow_mod(&change, now, &mut events).is_err() {
                    assert_eq!(tables.snapshot(now), before, "a refused change changes nothing");
                }
            }
            2 => {
                let key = PacketKey::extract(step, PortNo(1), &tables.config().fcf_layout);
                let trace = tables.trace(&key, Core(0), now);
                let foretold = (trace.winner(), trace.core, trace.reason);
                let decision = tables.receive(&key, step.len(), Core(0), now, &mut events);
                assert_eq!(foretold, (decision.entry, decision.core, decision.reason));
            }
            3 => {
                now = now + Duration::from_millis(u64::from(*len) * 100);
                tables.advance(now, &mut events);
            }
            _ => {
                let load = u16::from(step.first().copied().unwrap_or(0)) * 4;
                tables.set_load(Core(u16::from(*len % 3)), load, now);
            }
        }
    }
    for core in tables.cores().iter() {
        let own = tables.flows().filter(|flow| flow.assignment.core == core.info.core).count();
        assert_eq!(u32::try_from(own), Ok(core.n_flows));
    }
    let snapshot = tables.snapshot(now);
    let mut again = engine();
    assert_eq!(again.restore(&snapshot, now), Ok(Vec::new()));
    assert_eq!(again.snapshot(now), snapshot);
});
