//! `vsectl.datapath/1`: the XDP datapath in the kernel.

use std::collections::BTreeMap;

use agent::datapath::{Inspection, WaitingMove};
use agent::measure::Activity;
use codec::vse::{Core, Reason};
use serde::Serialize;

use super::{CoreView, FlowView};

/// The datapath.
#[derive(Debug, Serialize)]
pub(crate) struct DatapathView {
    pub(crate) schema: &'static str,
    /// The folder of the pins.
    pub(crate) folder: String,
    /// The version of what is pinned.
    pub(crate) layout: u32,
    /// Tables that were put in force.
    pub(crate) generation: u32,
    /// Entries, and masks among them.
    pub(crate) flows: u32,
    pub(crate) masks: u32,
    /// Entries that the maps hold.
    pub(crate) max_flows: u32,
    /// The kernel's number of the cpumap.
    pub(crate) cpumap: Option<u32>,
    /// Frames that wait for a core at most.
    pub(crate) queue_size: u32,
    pub(crate) interfaces: Vec<InterfaceView>,
    /// Frames, by what became of them; and moves.
    pub(crate) counters: BTreeMap<&'static str, u64>,
    pub(crate) cores: Vec<CoreActivityView>,
    /// Moves that wait, since a frame would be overtaken.
    pub(crate) waiting_moves: Vec<WaitingMoveView>,
}

/// An interface with the program.
#[derive(Debug, Serialize)]
pub(crate) struct InterfaceView {
    pub(crate) name: String,
    /// `native` or `generic`.
    pub(crate) mode: &'static str,
    pub(crate) program: Option<u32>,
    /// As bpftool writes it.
    pub(crate) tag: Option<String>,
}

/// A core and the time that it spends with frames.
#[derive(Debug, Serialize)]
pub(crate) struct CoreActivityView {
    #[serde(flatten)]
    pub(crate) core: CoreView,
    /// Seconds in softirqs, since boot.
    pub(crate) softirq_seconds: f64,
    /// Seconds of the cpumap's thread, since it was made.
    pub(crate) thread_seconds: f64,
}

/// A move that waits.
#[derive(Debug, Serialize)]
pub(crate) struct WaitingMoveView {
    pub(crate) flow: FlowView,
    pub(crate) to: Core,
    pub(crate) reason: Reason,
    /// Frames that kept it waiting.
    pub(crate) frames: u64,
}

impl DatapathView {
    pub(crate) fn new(found: Inspection, layout: u32, activity: &Activity) -> Self {
        let interfaces = found.interfaces.into_iter().map(|interface| InterfaceView {
            name: interface.name,
            mode: if interface.is_native { "native" } else { "generic" },
            program: interface.program_id,
            // The kernel's bytes in their order.
            tag: interface.tag.map(|tag| format!("{:016x}", tag.swap_bytes())),
        });
        let stats = found.datapath;
        let counters = stats.iter().flat_map(|stats| {
            [
                ("matched", stats.matched),
                ("missed", stats.missed),
                ("passed", stats.passed),
                ("redirected", stats.redirected),
                ("errors", stats.errors),
                ("moves", stats.moves),
                ("deferred", stats.deferred),
            ]
        });
        let cores = found.cores.into_iter().map(|core| {
            let seen = activity.cores.get(&u32::from(core.core.0)).copied().unwrap_or_default();
            CoreActivityView {
                core: CoreView::from(core),
                softirq_seconds: seen.time.softirq.as_secs_f64(),
                thread_seconds: seen.cpumap_thread.as_secs_f64(),
            }
        });
        Self {
            schema: "vsectl.datapath/1",
            folder: found.folder.display().to_string(),
            layout,
            generation: found.generation,
            flows: stats.map_or(0, |stats| stats.n_flows),
            masks: found.masks,
            max_flows: found.max_rules,
            cpumap: found.cpumap,
            queue_size: found.queue_size,
            interfaces: interfaces.collect(),
            counters: counters.collect(),
            cores: cores.collect(),
            waiting_moves: found.waiting.into_iter().map(WaitingMoveView::from).collect(),
        }
    }
}

impl From<WaitingMove> for WaitingMoveView {
    fn from(waiting: WaitingMove) -> Self {
        let WaitingMove { flow, to, reason, frames } = waiting;
        Self { flow: FlowView::from(flow), to, reason, frames }
    }
}
