//! What traffic like that of a capture would do to the cores: the engine itself passes the frames
//! through a copy of the tables, at the times of the capture.

use std::collections::BTreeMap;

use agent::engine::{Decision, Engine, PacketKey, Time, UnixOffset};
use codec::of10::PortNo;
use codec::vse::{Core, Reason};

use crate::ethernet_frames::EthernetFrame;
use crate::view::{CoreForecast, CoreView, EntryForecast, FlowView, ForecastView};

/// Passes frames through an engine, and counts.
pub(crate) struct Forecast {
    engine: Engine,
    /// The core that receives the frames.
    receives: Core,
    cores: BTreeMap<Core, CoreCount>,
    unmatched: u64,
    frames: u64,
    /// The first frame's time, and the last one's.
    times: Option<(u64, u64)>,
}

/// What goes to a core.
#[derive(Debug, Clone, Copy, Default)]
struct CoreCount {
    frames: u64,
    bytes: u64,
    /// Those that were sent there from the core that received them.
    redirected: u64,
}

impl Forecast {
    /// The forecast of the tables of `engine`, all frames received by one core.
    pub(crate) fn new(engine: Engine, receives: Core) -> Self {
        let cores = engine.cores().iter().map(|core| (core.info.core, CoreCount::default()));
        Self { cores: cores.collect(), engine, receives, unmatched: 0, frames: 0, times: None }
    }

    /// Passes a frame.
    pub(crate) fn frame(&mut self, frame: &EthernetFrame) {
        let (first, last) = self.times.unwrap_or((frame.time, frame.time));
        // Frames of several interfaces may be in disorder; the engine's time only goes forward.
        let last = last.max(frame.time);
        self.times = Some((first, last));
        let now = Time::from_nanos(last.saturating_sub(first));
        let mut events = Vec::new();
        self.engine.advance(now, &mut events);
        let layout = self.engine.config().fcf_layout;
        let key = PacketKey::extract(&frame.bytes, PortNo(1), &layout);
        let Decision { core, reason, .. } =
            self.engine.receive(&key, frame.len, self.receives, now, &mut events);
        self.frames += 1;
        self.unmatched += u64::from(reason == Reason::NoMatch);
        let count = self.cores.entry(core).or_default();
        count.frames += 1;
        count.bytes = count.bytes.saturating_add(u64::try_from(frame.len).unwrap_or(0));
        count.redirected += u64::from(core != self.receives);
    }

    /// What came of it. `loads` are the cores as they are without this traffic.
    pub(crate) fn view(&self, loads: &[CoreView]) -> ForecastView {
        let (first, last) = self.times.unwrap_or_default();
        let seconds = as_number(last.saturating_sub(first)) / 1e9;
        let rate = |count: u64| (seconds > 0.0).then(|| as_number(count) / seconds);
        let share = |count: u64| {
            if self.frames == 0 { 0.0 } else { as_number(count) / as_number(self.frames) }
        };
        let entries_of = |core| {
            let state = self.engine.cores().get(core);
            state.map_or(0, |state| state.n_flows)
        };
        let cores = self.cores.iter().map(|(core, count)| CoreForecast {
            core: *core,
            load: loads.iter().find(|stats| stats.core == *core).map_or(0, |stats| stats.load),
            frames: count.frames,
            bytes: count.bytes,
            share: share(count.frames),
            frames_per_second: rate(count.frames),
            bits_per_second: rate(count.bytes.saturating_mul(8)),
            redirected: count.redirected,
            entries: entries_of(*core),
        });
        let entries = self.engine.flows().map(|entry| EntryForecast {
            flow: FlowView::from(entry.to_stats(Time::ZERO, UnixOffset(0))).flow,
            core: entry.assignment.core,
            reason: entry.assignment.reason,
            frames: entry.packet_count,
            share: share(entry.packet_count),
        });
        ForecastView {
            frames: self.frames,
            unmatched: self.unmatched,
            seconds,
            received_on: self.receives,
            cores: cores.collect(),
            entries: entries.collect(),
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "shares and rates are for people")]
fn as_number(count: u64) -> f64 {
    count as f64
}
