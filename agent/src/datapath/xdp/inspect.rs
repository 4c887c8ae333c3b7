//! The datapath in the kernel, looked at from outside: what is attached, and what it does.

use std::path::{Path, PathBuf};

use aya::maps::IterableMap;
use codec::vse::{Core, CoreStats, DatapathStats, Reason, VseFlowStats};

use super::abi::{CORE_NONE, LAYOUT};
use super::error::XdpError;
use super::pinned::{Pinned, PinnedFlow, unix_now};
use super::program;

/// The version of all that is pinned.
pub const LAYOUT_VERSION: u32 = LAYOUT;

/// What is in the kernel.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The folder of the pins.
    pub folder: PathBuf,
    /// Tables that were put in force since the maps were made.
    pub generation: u32,
    /// Masks of the table in force.
    pub masks: u32,
    /// Rules that the maps hold.
    pub max_rules: u32,
    /// The kernel's number of the cpumap.
    pub cpumap: Option<u32>,
    /// Frames that wait for a core at most; 0 where frames go to none.
    pub queue_size: u32,
    /// Where the program is attached.
    pub interfaces: Vec<PinnedInterface>,
    /// What it has done; none where no agent has told what was before.
    pub datapath: Option<DatapathStats>,
    /// The cores.
    pub cores: Vec<CoreStats>,
    /// Moves that wait.
    pub waiting: Vec<WaitingMove>,
}

/// An interface with the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedInterface {
    /// Its name.
    pub name: String,
    /// Whether the program runs in the driver.
    pub is_native: bool,
    /// The kernel's number of the program.
    pub program_id: Option<u32>,
    /// The kernel's digest of its instructions.
    pub tag: Option<u64>,
}

/// A move that the agent wants, and that would overtake a frame.
#[derive(Debug, Clone)]
pub struct WaitingMove {
    /// The entry.
    pub flow: VseFlowStats,
    /// Where it shall go; [`Core::NONE`]: where VSE then chooses.
    pub to: Core,
    /// Why.
    pub reason: Reason,
    /// Frames for which it had to wait, since it has its place.
    pub frames: u64,
}

/// Looks at what is pinned in `folder`.
pub fn inspect(folder: &Path) -> Result<Inspection, XdpError> {
    let pinned = Pinned::open(folder)?;
    let flows = pinned.flows()?;
    let cpus = &pinned.maps.cpus;
    let queues = (0..cpus.len()).filter_map(|core| cpus.get(core, 0).ok());
    Ok(Inspection {
        folder: folder.to_owned(),
        generation: pinned.head.generation,
        masks: pinned.head.n_masks,
        max_rules: pinned.maps.rules.len() / 2,
        cpumap: cpus.map().info().ok().map(|info| info.id()),
        queue_size: queues.map(|queue| queue.queue_size).max().unwrap_or(0),
        interfaces: program::interfaces(folder)?,
        datapath: pinned.datapath()?,
        cores: pinned.cores()?,
        waiting: flows.iter().filter(|flow| waits(flow)).map(waiting).collect(),
    })
}

fn waits(flow: &PinnedFlow) -> bool {
    let has_wish = flow.wish.number != flow.state.wish;
    flow.is_auto && flow.state.core != CORE_NONE && has_wish
}

fn waiting(flow: &PinnedFlow) -> WaitingMove {
    WaitingMove {
        flow: flow.stats(unix_now()),
        to: Core(u16::try_from(flow.wish.core).unwrap_or(u16::MAX)),
        reason: Reason::from(u8::try_from(flow.wish.reason).unwrap_or(u8::MAX)),
        frames: flow.state.deferred,
    }
}

/// The layout of what is pinned in `folder`, and the cores that its cpumap has room for, where it can
/// be read; 0 where the layout has not even a number. Nothing where nothing is pinned, or nothing may
/// be seen.
#[must_use]
pub fn pinned_layout(folder: &Path) -> Option<(u32, Option<u32>)> {
    match Pinned::open(folder) {
        Ok(pinned) => Some((LAYOUT, Some(pinned.maps.cpus.len()))),
        Err(XdpError::StaleLayout { found, .. }) => Some((found.parse().unwrap_or(0), None)),
        Err(_) => None,
    }
}
