//! The datapath in the kernel: an XDP program that steers frames to cores through a cpumap, its maps,
//! and the agent's side of both. The program is in `agent/bpf`.
//!
//! The engine stays the master of the tables. What it changes is put into the maps
//! ([`XdpDatapath::sync`]); what the program did since it was asked last is brought into the engine
//! ([`XdpDatapath::collect`]). Steering itself needs neither: it goes on while the agent is away.

mod abi;
mod cores;
mod error;
mod inspect;
mod interfaces;
mod maps;
mod options;
mod pinned;
mod poll;
mod program;
mod publish;
mod records;
mod slots;
mod steering;
mod sync;
mod table;
mod takeover;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::Path;

use aya::maps::IterableMap;
use aya::programs::ProgramFd;
use aya::util::nr_cpus;
use codec::of10::PortNo;
use nix::fcntl::{Flock, FlockArg};

pub use error::XdpError;
pub use inspect::{
    Inspection, LAYOUT_VERSION, PinnedInterface, WaitingMove, inspect, pinned_layout,
};
pub use options::{AttachMode, Attachment, DEFAULT_FOLDER, XdpOptions};
pub use pinned::PinnedTables;
pub use program::DryProgram;
pub use table::TableError;

use self::abi::{Count, Head, LAYOUT, MAX_CORES, Rule};
use self::cores::Cores;
use self::interfaces::Interfaces;
use self::maps::{Maps, read};
use self::pinned::Pinned;
use self::program::Sizes;
use self::publish::{Publisher, active_head};
use self::records::Records;
use self::slots::Slots;
use self::table::RuleSpec;
use self::takeover::Inheritance;
use crate::measure::CpumapTrace;

/// The program, its maps, and what the agent knows of them.
pub struct XdpDatapath {
    options: XdpOptions,
    sizes: Sizes,
    maps: Maps,
    publisher: Publisher,
    slots: Slots,
    /// By slot.
    known: HashMap<u32, Known>,
    /// The rules in force, the best first; none where that is not known.
    rules: Option<Vec<RuleSpec>>,
    /// The settings in force.
    head: Option<Head>,
    cores: Cores,
    counted: Count,
    /// Frames for each core.
    core_counted: Vec<u64>,
    cpu_program: ProgramFd,
    records: Records,
    inheritance: Inheritance,
    /// Tells of drops behind the program, of the cpumap with that id; none where nothing may trace.
    trace: Option<(CpumapTrace, u32)>,
    /// Drops that it has told of, by core.
    dropped: BTreeMap<u32, u64>,
    interfaces: Interfaces,
    /// When this agent began, by the kernel's clock.
    began: u64,
    /// Held as long as the agent runs.
    _lock: Flock<File>,
}

/// What the agent knows of the state of an entry.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    changes: u64,
    used: (u64, u64),
    wish: u32,
}

/// Buckets for each rule: enough for any number of masks, with one growth of each.
const BUCKETS_PER_RULE: u32 = 8;

const MAX_CACHE_BITS: u32 = 20;

impl XdpDatapath {
    /// Makes the maps, or takes over those that are pinned in the folder. Nothing is attached, and
    /// a table that is in force stays so.
    pub fn open(options: XdpOptions) -> Result<Self, XdpError> {
        program::make_folder(&options.folder)?;
        let lock = lock(&options.folder)?;
        let mut sizes = Sizes {
            rules: options.max_rules,
            buckets: options.max_rules.saturating_mul(BUCKETS_PER_RULE),
            cache_bits: options.cache_bits.unwrap_or(0).min(MAX_CACHE_BITS),
            cpus: u32::try_from(nr_cpus().unwrap_or(1)).unwrap_or(1),
        };
        if program::has_maps(&options.folder)? {
            match Self::pinned_sizes(&options) {
                Ok(pinned) => sizes = pinned,
                Err(XdpError::StaleLayout { found, .. }) if options.rebuild => {
                    tracing::warn!(found, "removing the maps of another layout");
                    program::remove_all(&options.folder)?;
                }
                Err(error) => return Err(error),
            }
        }
        let mut object = program::load(&options.folder, sizes, 0)?;
        let cpu_program = program::load_cpu_program(&mut object)?;
        let maps = Maps::open(&options.folder)?;
        let active = active_head(&maps)?;
        let cpus = usize::try_from(MAX_CORES.min(sizes.cpus)).unwrap_or_default();
        let mut datapath = Self {
            publisher: Publisher::new(active.as_ref())?,
            slots: Slots::new(sizes.slots()),
            known: HashMap::new(),
            rules: None,
            head: None,
            cores: Cores::default(),
            counted: Count::default(),
            core_counted: vec![0; cpus],
            cpu_program,
            records: Records::new(maps::records(&options.folder)?),
            inheritance: Inheritance::default(),
            trace: None,
            dropped: BTreeMap::new(),
            interfaces: Interfaces::default(),
            began: poll::kernel_clock(),
            _lock: lock,
            options,
            sizes,
            maps,
        };
        match active {
            None => datapath.clear_vms()?,
            Some(head) => datapath.take_over(&head)?,
        }
        Ok(datapath)
    }

    /// Goes on from the table that another agent put in force: nothing of it is touched before the
    /// first [`sync`](Self::sync) puts another in its place.
    fn take_over(&mut self, head: &Head) -> Result<(), XdpError> {
        let begin = (head.half & 1).saturating_mul(self.sizes.rules);
        let slots = (begin..begin.saturating_add(head.n_rules))
            .map(|at| {
                let rule = read(&self.maps.rules, "vse_rules", at)?;
                Ok(Rule::from_bytes(rule).slot)
            })
            .collect::<Result<Vec<u32>, XdpError>>()?;
        self.slots.occupied(&slots);
        self.see_placed()?;
        self.see_counts()?;
        let pinned = Pinned::open(&self.options.folder)?;
        self.see_vms(pinned.vms().into_iter());
        self.inheritance = Inheritance::read(&pinned)?;
        Ok(())
    }

    /// Rules that the maps hold.
    #[must_use]
    pub const fn max_rules(&self) -> u32 {
        self.sizes.rules
    }

    /// The sizes of the maps that are pinned; an error where they are not of this layout.
    fn pinned_sizes(options: &XdpOptions) -> Result<Sizes, XdpError> {
        let stale = |found: String| XdpError::StaleLayout {
            folder: options.folder.clone(),
            found,
            ours: LAYOUT,
        };
        let maps = Maps::open(&options.folder).map_err(|error| stale(error.to_string()))?;
        match active_head(&maps) {
            Ok(Some(head)) if head.layout != LAYOUT => Err(stale(head.layout.to_string())),
            Err(error) => Err(stale(error.to_string())),
            Ok(_) => {
                let cpus = maps.cpus.len();
                let flows = maps.cache.len().checked_div(cpus).unwrap_or(1);
                Ok(Sizes {
                    rules: maps.rules.len() / 2,
                    buckets: maps.buckets.len() / 2,
                    cache_bits: flows.checked_ilog2().unwrap_or(0),
                    cpus,
                })
            }
        }
    }

    /// The program with these maps, as it would be attached to that port.
    pub fn dry_program(&self, port: PortNo) -> Result<DryProgram, XdpError> {
        DryProgram::load(&self.options.folder, self.sizes, port.0)
    }

    /// Counts the changes that were put in force.
    #[must_use]
    pub const fn generation(&self) -> u32 {
        self.publisher.generation()
    }
}

/// What tells of drops of the cpumap. Steering does without it.
fn trace(maps: &Maps) -> Option<(CpumapTrace, u32)> {
    let map = maps.cpus.map().info().map(|info| info.id());
    match (CpumapTrace::start(), map) {
        (Ok(trace), Ok(map)) => Some((trace, map)),
        (Err(error), _) => {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "drops by core are not counted");
            None
        }
        (_, Err(error)) => {
            tracing::warn!(%error, "drops by core are not counted");
            None
        }
    }
}

/// Ends steering: takes the program off all interfaces and removes what is pinned in `folder`. An error
/// while an agent has it.
pub fn detach(folder: &Path) -> Result<Vec<String>, XdpError> {
    if !folder.exists() || !program::has_maps(folder)? && program::attached(folder)?.is_empty() {
        return Err(XdpError::NoDatapath(folder.to_owned()));
    }
    let _lock = lock(folder)?;
    let interfaces = program::attached(folder)?;
    program::remove_all(folder)?;
    Ok(interfaces.into_iter().map(|(interface, _)| interface).collect())
}

/// Makes sure that no other agent has the folder.
fn lock(folder: &Path) -> Result<Flock<File>, XdpError> {
    let error = |source| XdpError::Folder { folder: folder.to_owned(), source };
    let file = File::open(folder).map_err(error)?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| match errno {
        nix::errno::Errno::EWOULDBLOCK => XdpError::InUse(folder.to_owned()),
        errno => error(errno.into()),
    })
}

#[cfg(test)]
mod tests;
