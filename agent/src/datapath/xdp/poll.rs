//! What the program did, brought into the engine: counters, cores that it gave to entries, moves.

use codec::types::Pad;
use codec::vse::{Core, DatapathStats, Reason};

use super::XdpDatapath;
use super::abi::{CORE_NONE, Count, Entry};
use super::error::XdpError;
use super::maps::read;
use super::pinned::{core_packets, counts, used};
use crate::datapath::{Datapath, Description};
use crate::engine::{Counters, Engine, EntryId, Event, KEY_WORDS, PacketKey, Time};

impl XdpDatapath {
    /// Brings into the engine what the program did since this was called last. The times of the kernel
    /// are set off against `now`.
    pub fn collect(
        &mut self,
        engine: &mut Engine,
        now: Time,
        events: &mut Vec<Event>,
    ) -> Result<(), XdpError> {
        let clock = Clock { now, kernel: kernel_clock() };
        let entries: Vec<_> = self.slots.iter().collect();
        for (id, slot) in entries {
            self.poll_entry(engine, (id, slot), clock, events)?;
        }
        self.poll_counts(engine)?;
        self.write_cores(engine)
    }

    fn poll_entry(
        &mut self,
        engine: &mut Engine,
        (id, slot): (EntryId, u32),
        clock: Clock,
        events: &mut Vec<Event>,
    ) -> Result<(), XdpError> {
        let state = Entry::from_bytes(read(&self.maps.entries, "vse_entries", slot)?);
        let used = used(&self.maps, slot)?;
        let Some(known) = self.known.get_mut(&slot) else { return Ok(()) };
        let before = std::mem::replace(&mut known.used, used);
        if used != before {
            let (packets, bytes) = (used.0.wrapping_sub(before.0), used.1.wrapping_sub(before.1));
            engine.credit(id, packets, bytes, clock.time(state.last_ns));
        }
        if std::mem::replace(&mut known.changes, state.changes) != state.changes {
            self.adopt(engine, id, &state, clock, events);
        }
        Ok(())
    }

    /// Tells the engine of a core that the program gave to an entry.
    fn adopt(
        &mut self,
        engine: &mut Engine,
        id: EntryId,
        state: &Entry,
        clock: Clock,
        events: &mut Vec<Event>,
    ) {
        let mut words = [0; KEY_WORDS];
        [words[2], words[3], words[4]] = state.flow;
        let key = PacketKey::from_words(words);
        let core = Core(u16::try_from(state.core).unwrap_or(u16::MAX));
        let reason = Reason::from(u8::try_from(state.reason).unwrap_or(u8::MAX));
        let at = clock.time(state.assigned_ns);
        let moving_to = engine.flow(id).and_then(|entry| entry.assignment.moving_to);
        let was_rebalanced = reason == Reason::Rebalanced;
        if was_rebalanced && moving_to == Some(core) {
            engine.confirm_move(id, at, events);
        } else if state.core != CORE_NONE {
            // What was placed before this agent came has been seen.
            if !was_rebalanced && state.assigned_ns >= self.began {
                let share = u32::from(engine.settings().provisional_load).saturating_mul(256);
                self.cores.see(state.core, share, key.is_priority());
            }
            engine.adopt(id, &key, (core, reason), at, events);
        }
    }

    /// What was counted before this agent came is not new; but the engine keeps no packets by core.
    pub(super) fn see_counts(&mut self) -> Result<(), XdpError> {
        self.new_counts()?;
        self.core_counted.fill(0);
        Ok(())
    }

    /// The datapath, with the counters of before the maps.
    pub(super) fn base(&self, engine: &Engine) -> DatapathStats {
        let (all, counted) = (engine.counters(), &self.counted);
        let Description { name, mode, .. } = self.describe();
        DatapathStats {
            name,
            mode,
            pad: Pad::default(),
            n_cores: u16::try_from(engine.cores().iter().len()).unwrap_or(u16::MAX),
            generation: engine.generation(),
            n_flows: 0,
            max_flows: self.sizes.rules,
            matched: all.matched.wrapping_sub(counted.matched),
            missed: all.missed.wrapping_sub(counted.missed),
            passed: all.passed.wrapping_sub(counted.passed),
            redirected: all.redirected.wrapping_sub(counted.redirected),
            errors: all.errors.wrapping_sub(counted.errors),
            moves: all.moves.wrapping_sub(counted.moves),
            deferred: all.deferred.wrapping_sub(counted.deferred),
        }
    }

    fn poll_counts(&mut self, engine: &mut Engine) -> Result<(), XdpError> {
        let (new, packets) = self.new_counts()?;
        engine.credit_all(&Counters {
            matched: new.matched,
            missed: new.missed,
            passed: new.passed,
            redirected: new.redirected,
            errors: new.errors,
            // The engine counts those itself, when it decides or is told.
            moves: 0,
            deferred: 0,
        });
        for (core, packets) in (0_u16..).map(Core).zip(packets) {
            engine.credit_core(core, packets, 0);
        }
        for (core, drops) in self.new_drops() {
            engine.credit_core(core, 0, drops);
            // No map has them, so whoever reads the pins has them from the record.
            if let Some(state) = engine.cores().get(core) {
                self.record_core(engine, state)?;
            }
        }
        Ok(())
    }

    /// Frames that were lost behind the program since the last call, by core: it has returned when the
    /// queue of a core is found full, so only the tracepoint tells.
    fn new_drops(&mut self) -> Vec<(Core, u64)> {
        let Some((trace, map)) = &self.trace else { return Vec::new() };
        let Ok(by_core) = trace.by_core(Some(*map)) else { return Vec::new() };
        let mut new = Vec::new();
        for (core, counts) in by_core {
            let drops = counts.queue_drops.saturating_add(counts.thread_drops);
            let before = self.dropped.insert(core, drops).unwrap_or(0);
            if let Ok(core) = u16::try_from(core)
                && drops > before
            {
                new.push((Core(core), drops - before));
            }
        }
        new
    }

    /// What was counted since the last call: by the program, and frames for each core.
    fn new_counts(&mut self) -> Result<(Count, Vec<u64>), XdpError> {
        let counts = counts(&self.maps)?;
        let sum = counts.iter().fold(Count::default(), |sum, on_cpu| sum.plus(on_cpu));
        let new = sum.minus(&std::mem::replace(&mut self.counted, sum));
        let mut packets = Vec::new();
        for (core, counted) in (0_u32..).zip(&mut self.core_counted) {
            let total = core_packets(&self.maps, core, &counts)?;
            packets.push(total.wrapping_sub(std::mem::replace(counted, total)));
        }
        Ok((new, packets))
    }
}

/// The engine's clock and the kernel's at one moment.
#[derive(Debug, Clone, Copy)]
struct Clock {
    now: Time,
    kernel: u64,
}

impl Clock {
    /// The engine's time of the kernel's `nanos`.
    fn time(self, nanos: u64) -> Time {
        self.now - std::time::Duration::from_nanos(self.kernel.saturating_sub(nanos))
    }
}

/// The clock of `bpf_ktime_get_ns()`: CLOCK_MONOTONIC, nanoseconds.
pub(super) fn kernel_clock() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(now.tv_nsec).unwrap_or(0))
}

impl Count {
    pub(super) fn plus(&self, other: &Self) -> Self {
        self.with(other, u64::wrapping_add)
    }

    fn minus(&self, other: &Self) -> Self {
        self.with(other, u64::wrapping_sub)
    }

    fn with(&self, other: &Self, done: fn(u64, u64) -> u64) -> Self {
        Self {
            matched: done(self.matched, other.matched),
            missed: done(self.missed, other.missed),
            passed: done(self.passed, other.passed),
            redirected: done(self.redirected, other.redirected),
            errors: done(self.errors, other.errors),
            moves: done(self.moves, other.moves),
            deferred: done(self.deferred, other.deferred),
            cached: done(self.cached, other.cached),
        }
    }
}
