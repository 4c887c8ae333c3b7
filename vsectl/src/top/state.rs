//! What is on the screen, without a screen.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use codec::vse::DatapathStats;

use super::filter_line::FilterLine;
use super::rates::{CoreRow, CoreSort, Counters, FlowRow, FlowSort, rate};
use crate::view::{AssignmentView, CoreView, FlowView};

/// Loads that are remembered of each core.
pub(super) const HISTORY: usize = 120;
/// Decisions that are remembered.
const DECISIONS: usize = 1000;
/// The shortest and the longest time between two looks.
const INTERVALS: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(60)];

/// What the command line says.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The agent, for the title.
    pub(crate) target: String,
    /// Time between two looks.
    pub(crate) interval: Duration,
    /// What entries are sorted by at first.
    pub(crate) sort: FlowSort,
    /// Whether there are colours.
    pub(crate) color: bool,
}

/// What an agent told in one look.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// When, on a clock that only goes forward.
    pub(crate) at: Duration,
    /// The time of day, for the title.
    pub(crate) clock: String,
    pub(crate) cores: Vec<CoreView>,
    pub(crate) flows: Vec<FlowView>,
    pub(crate) datapath: DatapathStats,
}

/// A part of the screen that can be scrolled and sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Pane {
    Cores,
    #[default]
    Flows,
    Decisions,
}

impl Pane {
    pub(super) const ALL: [Self; 3] = [Self::Cores, Self::Flows, Self::Decisions];
}

/// What the datapath does, a second.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) matched: f64,
    pub(super) missed: f64,
    pub(super) redirected: f64,
    pub(super) passed: f64,
    pub(super) errors: f64,
}

/// The state.
#[derive(Debug)]
pub(crate) struct State {
    pub(super) options: Options,
    pub(super) clock: String,
    pub(super) datapath: Option<DatapathStats>,
    pub(super) totals: Totals,
    pub(super) cores: Vec<CoreRow>,
    pub(super) flows: Vec<FlowRow>,
    /// Entries of the table, those that the filter hides among them.
    pub(super) all_flows: usize,
    /// The latest first.
    pub(super) decisions: VecDeque<AssignmentView>,
    /// The loads of each core, the latest last.
    pub(super) history: BTreeMap<u16, VecDeque<u16>>,
    /// Why there is no agent; nothing while there is one.
    pub(super) lost: Option<String>,
    pub(super) focus: Pane,
    pub(super) flow_sort: FlowSort,
    pub(super) core_sort: CoreSort,
    pub(super) is_reversed: bool,
    pub(super) is_paused: bool,
    pub(super) shows_help: bool,
    pub(super) filter: FilterLine,
    /// Rows of each pane that are above its window.
    pub(super) scrolled: [usize; 3],
    /// Rows of a page of each pane, as it was drawn last.
    pub(super) pages: [usize; 3],
    counters: Counters,
    before: Option<(Duration, DatapathStats)>,
    /// What came while it was paused, the latest alone.
    held: Option<Sample>,
}

impl State {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            flow_sort: options.sort,
            options,
            clock: String::new(),
            datapath: None,
            totals: Totals::default(),
            cores: Vec::new(),
            flows: Vec::new(),
            all_flows: 0,
            decisions: VecDeque::new(),
            history: BTreeMap::new(),
            lost: None,
            focus: Pane::default(),
            core_sort: CoreSort::default(),
            is_reversed: false,
            is_paused: false,
            shows_help: false,
            filter: FilterLine::default(),
            scrolled: [0; 3],
            pages: [1; 3],
            counters: Counters::default(),
            before: None,
            held: None,
        }
    }

    /// Takes what an agent told.
    pub(crate) fn sample(&mut self, sample: Sample) {
        if self.lost.take().is_some() {
            // Another agent may count from the beginning.
            self.before = None;
            self.counters = Counters::default();
        }
        for core in &sample.cores {
            let loads = self.history.entry(core.core.0).or_default();
            loads.push_back(core.load);
            if loads.len() > HISTORY {
                loads.pop_front();
            }
        }
        if self.is_paused {
            self.held = Some(sample);
        } else {
            self.show(sample);
        }
    }

    fn show(&mut self, sample: Sample) {
        let now = sample.datapath;
        let seconds = self.before.map(|(at, _)| sample.at.saturating_sub(at).as_secs_f64());
        let before = self.before.map_or(now, |(_, before)| before);
        let of = |count: fn(&DatapathStats) -> u64| rate(count(&before), count(&now), seconds);
        self.totals = Totals {
            matched: of(|stats| stats.matched),
            missed: of(|stats| stats.missed),
            redirected: of(|stats| stats.redirected),
            passed: of(|stats| stats.passed),
            errors: of(|stats| stats.errors),
        };
        self.all_flows = sample.flows.len();
        self.flows = self.counters.flows(sample.flows, seconds);
        self.cores = self.counters.cores(sample.cores, seconds);
        self.clock = sample.clock;
        self.datapath = Some(now);
        self.before = Some((sample.at, now));
        self.sort();
    }

    /// Takes a decision, in a pause too: it does not come again.
    pub(crate) fn decided(&mut self, decision: AssignmentView) {
        self.decisions.push_front(decision);
        self.decisions.truncate(DECISIONS);
        if self.is_paused {
            // What is looked at stays where it is.
            self.scroll(Pane::Decisions, 1);
        }
    }

    /// There is no agent any more, and why.
    pub(crate) fn lost(&mut self, why: String) {
        self.lost = Some(why);
    }

    pub(super) fn sort(&mut self) {
        let (by, reversed) = (self.flow_sort, self.is_reversed);
        self.flows.sort_by(|a, b| {
            let order = by.compare(a, b);
            if reversed { order.reverse() } else { order }
        });
        let by = self.core_sort;
        self.cores.sort_by(|a, b| by.compare(a, b));
    }

    /// The entries that the filter lets through, in their order.
    pub(super) fn shown_flows(&self) -> impl Iterator<Item = &FlowRow> {
        self.flows.iter().filter(|row| self.filter.takes(&row.flow.flow))
    }

    /// The decisions that it lets through.
    pub(super) fn shown_decisions(&self) -> impl Iterator<Item = &AssignmentView> {
        self.decisions.iter().filter(|told| self.filter.takes(&told.matched))
    }

    pub(super) fn pause(&mut self) {
        self.is_paused = !self.is_paused;
        if let Some(sample) = self.held.take().filter(|_| !self.is_paused) {
            self.show(sample);
        }
    }

    /// Makes the time between two looks longer or shorter.
    pub(super) fn pace(&mut self, is_longer: bool) {
        let [least, most] = INTERVALS;
        let now = self.options.interval;
        let next = if is_longer { now * 2 } else { now / 2 };
        self.options.interval = next.clamp(least, most);
    }

    pub(super) fn scroll(&mut self, pane: Pane, rows: isize) {
        let last = self.rows(pane).saturating_sub(1);
        let at = self.scrolled(pane).saturating_add_signed(rows).min(last);
        if let Some(scrolled) = self.scrolled.get_mut(pane as usize) {
            *scrolled = at;
        }
    }

    /// Rows above the window of a pane: no more than there are.
    pub(super) fn scrolled(&self, pane: Pane) -> usize {
        let at = self.scrolled.get(pane as usize).copied().unwrap_or(0);
        at.min(self.rows(pane).saturating_sub(1))
    }

    pub(super) fn rows(&self, pane: Pane) -> usize {
        match pane {
            Pane::Cores => self.cores.len(),
            Pane::Flows => self.shown_flows().count(),
            Pane::Decisions => self.shown_decisions().count(),
        }
    }
}
