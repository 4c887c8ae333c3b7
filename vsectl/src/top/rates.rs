//! Rates from counters: what each entry and each core did between two looks.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;

use crate::view::{CoreView, FlowView};

/// An entry and what it does now.
#[derive(Debug, Clone)]
pub(super) struct FlowRow {
    pub(super) flow: FlowView,
    /// Frames a second.
    pub(super) packets: f64,
    /// Bits a second.
    pub(super) bits: f64,
}

/// A core and what it does now.
#[derive(Debug, Clone)]
pub(super) struct CoreRow {
    pub(super) core: CoreView,
    /// Frames a second that are sent to it.
    pub(super) packets: f64,
}

/// By what entries are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum FlowSort {
    /// Frames a second.
    #[default]
    Rate,
    /// Bits a second.
    Bits,
    /// Frames in all.
    Packets,
    Priority,
    Core,
    Age,
    Match,
}

/// By what cores are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum CoreSort {
    #[default]
    Number,
    Load,
    Rate,
    Entries,
}

/// Counters of the look before.
#[derive(Debug, Default)]
pub(super) struct Counters {
    flows: HashMap<(u16, String), (u64, u64)>,
    cores: HashMap<u16, u64>,
}

impl Counters {
    /// The entries with their rates over `seconds`; one that is new has none yet.
    pub(super) fn flows(&mut self, flows: Vec<FlowView>, seconds: Option<f64>) -> Vec<FlowRow> {
        let mut now = HashMap::with_capacity(flows.len());
        let rows = flows.into_iter().map(|flow| {
            let (packets, bytes) =
                flow.stats.as_ref().map_or((0, 0), |done| (done.packets, done.bytes));
            let key = (flow.priority, flow.matched());
            let before = self.flows.get(&key).copied();
            now.insert(key, (packets, bytes));
            let (before_packets, before_bytes) = before.unwrap_or((packets, bytes));
            FlowRow {
                packets: rate(before_packets, packets, seconds),
                bits: rate(before_bytes, bytes, seconds) * 8.0,
                flow,
            }
        });
        let rows = rows.collect();
        self.flows = now;
        rows
    }

    /// The cores with their rates over `seconds`.
    pub(super) fn cores(&mut self, cores: Vec<CoreView>, seconds: Option<f64>) -> Vec<CoreRow> {
        let rows = cores.into_iter().map(|core| {
            let before = self.cores.insert(core.core.0, core.packets).unwrap_or(core.packets);
            CoreRow { packets: rate(before, core.packets, seconds), core }
        });
        rows.collect()
    }
}

/// A counter that went back began anew: an entry was deleted and added again.
#[allow(clippy::cast_precision_loss, reason = "a rate for people")]
pub(super) fn rate(before: u64, now: u64, seconds: Option<f64>) -> f64 {
    let done = now.checked_sub(before).unwrap_or(now);
    seconds.filter(|seconds| *seconds > 0.0).map_or(0.0, |seconds| done as f64 / seconds)
}

impl FlowSort {
    pub(super) const ALL: [Self; 7] =
        [Self::Rate, Self::Bits, Self::Packets, Self::Priority, Self::Core, Self::Age, Self::Match];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Bits => "bits",
            Self::Packets => "packets",
            Self::Priority => "priority",
            Self::Core => "core",
            Self::Age => "age",
            Self::Match => "match",
        }
    }

    /// What people want to see first comes first: the most, but the lowest core and the first word.
    pub(super) fn compare(self, a: &FlowRow, b: &FlowRow) -> Ordering {
        let done = |row: &FlowRow| {
            row.flow.stats.as_ref().map(|done| (done.packets, done.core, done.duration))
        };
        let packets = |row: &FlowRow| done(row).map(|(packets, ..)| packets);
        let age = |row: &FlowRow| done(row).map_or(0.0, |(.., age)| age);
        let by = match self {
            Self::Rate => b.packets.total_cmp(&a.packets),
            Self::Bits => b.bits.total_cmp(&a.bits),
            Self::Packets => packets(b).cmp(&packets(a)),
            Self::Priority => b.flow.priority.cmp(&a.flow.priority),
            Self::Core => done(a).map(|(_, core, _)| core).cmp(&done(b).map(|(_, core, _)| core)),
            Self::Age => age(b).total_cmp(&age(a)),
            Self::Match => a.flow.matched().cmp(&b.flow.matched()),
        };
        // Rows that are alike keep their places from look to look.
        by.then_with(|| Reverse(a.flow.priority).cmp(&Reverse(b.flow.priority)))
            .then_with(|| a.flow.flow.cmp(&b.flow.flow))
    }
}

impl CoreSort {
    pub(super) const ALL: [Self; 4] = [Self::Number, Self::Load, Self::Rate, Self::Entries];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Load => "load",
            Self::Rate => "rate",
            Self::Entries => "entries",
        }
    }

    pub(super) fn compare(self, a: &CoreRow, b: &CoreRow) -> Ordering {
        let by = match self {
            Self::Number => Ordering::Equal,
            Self::Load => b.core.load.cmp(&a.core.load),
            Self::Rate => b.packets.total_cmp(&a.packets),
            Self::Entries => b.core.entries.cmp(&a.core.entries),
        };
        by.then_with(|| a.core.core.cmp(&b.core.core))
    }
}

/// The one after `now` in `all`, or with `back` the one before, around the end.
pub(super) fn next<T: Copy + PartialEq>(all: &[T], now: T, back: bool) -> T {
    let at = all.iter().position(|one| *one == now).unwrap_or(0);
    let at = if back { at + all.len() - 1 } else { at + 1 };
    all.get(at % all.len().max(1)).copied().unwrap_or(now)
}
