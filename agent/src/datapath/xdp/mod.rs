//! The datapath in the kernel: an XDP program that steers frames to cores through a cpumap, its maps,
//! and the agent's side of both. The program is in `agent/bpf`.
//!
//! The engine stays the master of the tables. What it changes is put into the maps
//! ([`XdpDatapath::sync`]); what the program did since it was asked last is brought into the engine
//! ([`XdpDatapath::collect`]). Steering itself needs neither: it goes on while the agent is away.

mod abi;
mod cores;
mod error;
mod maps;
mod poll;
mod program;
mod publish;
mod slots;
mod steering;
mod table;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use aya::maps::PerCpuValues;
use aya::programs::ProgramFd;
use aya::util::nr_cpus;
use codec::vse::{ConfigFlags, Core};

pub use error::XdpError;
pub use program::AttachMode;
pub use table::TableError;

use self::abi::{CORE_NONE, Count, Entry, Head, LAYOUT, MAX_CORES, Rule, Use, Wish};
use self::cores::Cores;
use self::maps::{Maps, read, write};
use self::program::Sizes;
use self::publish::{Publisher, active_head};
use self::slots::Slots;
use self::table::{Half, RuleSpec};
use crate::engine::{CoreAction, Engine, EntryId, FlowEntry, RuleChange};

/// How the datapath is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XdpOptions {
    /// Where maps and links are pinned: a folder of a BPF file system.
    pub folder: PathBuf,
    /// The interfaces whose frames are steered; the first is OpenFlow port 1, and so on.
    pub interfaces: Vec<String>,
    /// How the program is attached.
    pub mode: AttachMode,
    /// Rules that the maps hold. Maps that are pinned already keep their size.
    pub max_rules: u32,
    /// 2^this exact flows on each CPU whose decision is kept, at most 2^20; none for none.
    pub cache_bits: Option<u32>,
    /// Frames that wait for a core at most, 1 to 16384.
    pub queue_size: u32,
    /// Whether maps of another layout are removed, steering with them, instead of an error.
    pub rebuild: bool,
    /// Whether redirected frames carry their rxhash in front, for programs behind the cpumap.
    pub metadata: bool,
    /// How long after the old core took an entry's last frame that frame is through the stack.
    pub settle: Duration,
}

impl Default for XdpOptions {
    /// `/sys/fs/bpf/vse`, no interface, native, 4,096 rules, 4,096 exact flows, queues of 2,048.
    fn default() -> Self {
        Self {
            folder: PathBuf::from("/sys/fs/bpf/vse"),
            interfaces: Vec::new(),
            mode: AttachMode::Native,
            max_rules: 4096,
            cache_bits: Some(12),
            queue_size: 2048,
            rebuild: false,
            metadata: false,
            settle: Duration::from_millis(1),
        }
    }
}

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
        self.see_counts()
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

    /// Attaches the program to the interfaces, or puts it in the place of the one that is there, and
    /// takes it off those that were left out.
    pub fn attach(&mut self) -> Result<(), XdpError> {
        let folder = self.options.folder.clone();
        for (interface, _) in program::attached(&folder)? {
            if !self.options.interfaces.contains(&interface) {
                program::detach(&folder, &interface)?;
            }
        }
        for (port, interface) in (1_u16..).zip(&self.options.interfaces) {
            let mut object = program::load(&folder, self.sizes, port)?;
            let attach = |object: &mut _, mode| program::attach(object, &folder, interface, mode);
            match (attach(&mut object, self.options.mode), self.options.mode) {
                (Err(XdpError::NotNative { source, .. }), AttachMode::NativeOrGeneric) => {
                    tracing::warn!(
                        interface,
                        %source,
                        "no native XDP: the generic mode copies every frame, and is slower"
                    );
                    attach(&mut object, AttachMode::Generic)?;
                }
                (attached, _) => attached?,
            }
        }
        Ok(())
    }

    /// Takes the program off all interfaces and removes the maps: steering ends.
    pub fn detach(self) -> Result<(), XdpError> {
        program::remove_all(&self.options.folder)
    }

    /// Brings the maps in step with the engine, in which `changes` were made. All of them are in force for
    /// frames at one moment; those that make no difference to frames cost nothing.
    pub fn sync(&mut self, engine: &Engine, changes: &[RuleChange]) -> Result<(), XdpError> {
        for change in changes {
            match change {
                RuleChange::Added(id) => self.add(engine, *id)?,
                RuleChange::Changed(id) => self.change(engine, *id)?,
                RuleChange::Removed(id) => {
                    if let Some(slot) = self.slots.leave(*id) {
                        self.known.remove(&slot);
                    }
                }
            }
        }
        self.write_cores(engine)?;
        let head = self.settings(engine);
        let rules: Vec<RuleSpec> = engine.flows().filter_map(|entry| self.rule(entry)).collect();
        if self.rules.as_ref() != Some(&rules) {
            let (max_rules, max_buckets) = (self.sizes.rules, self.sizes.buckets);
            let table = Half::build(&rules, max_rules, max_buckets)?;
            self.publisher.publish(&mut self.maps, table, head, (max_rules, max_buckets))?;
            self.slots.left();
            self.rules = Some(rules);
        } else if self.head != Some(head) {
            self.publisher.reconfigure(&mut self.maps, head)?;
        }
        self.head = Some(head);
        Ok(())
    }

    /// Counts the changes that were put in force.
    #[must_use]
    pub const fn generation(&self) -> u32 {
        self.publisher.generation()
    }

    fn rule(&self, entry: &FlowEntry) -> Option<RuleSpec> {
        Some(RuleSpec {
            slot: self.slots.get(entry.id)?,
            mask: *entry.matched.mask(),
            value: *entry.matched.value(),
            action: entry.action,
        })
    }

    /// The head for the settings of the engine; where the table is, is left open.
    fn settings(&self, engine: &Engine) -> Head {
        let (settings, config) = (engine.settings(), engine.config());
        let layout = config.fcf_layout;
        let mut flags = 0;
        if config.flags.contains(ConfigFlags::ENABLED) {
            flags |= abi::ENABLED;
        }
        if self.options.metadata {
            flags |= abi::META;
        }
        if self.options.cache_bits.is_some() {
            flags |= abi::CACHE;
        }
        let shift = layout.vm_id_mask.trailing_zeros();
        Head {
            layout: LAYOUT,
            generation: 0,
            half: 0,
            n_masks: 0,
            n_rules: 0,
            n_cores: self.cores.end(),
            flags,
            fcf_priority_mask: layout.priority_mask,
            fcf_vm_id_mask: layout.vm_id_mask,
            fcf_carrier: u8::from(layout.carrier),
            fcf_shift: u8::try_from(shift).unwrap_or(0),
            policy: u8::from(config.policy),
            pad: 0,
            share: u32::from(settings.provisional_load).saturating_mul(256),
            idle_gap_ns: nanos(settings.drain_time),
            settle_ns: nanos(self.options.settle),
        }
    }

    /// A slot for a new entry, with what the engine knows of its core.
    fn add(&mut self, engine: &Engine, id: EntryId) -> Result<(), XdpError> {
        let Some(entry) = engine.flow(id) else { return Ok(()) };
        let full = || TableError::Rules { rules: engine.flow_count(), max: self.sizes.rules };
        let Some(slot) = self.slots.take(id) else { return Err(full().into()) };
        self.known.insert(slot, Known::default());
        let cpus = nr_cpus().unwrap_or(1);
        let zero = PerCpuValues::try_from(vec![[0; Use::LEN]; cpus])
            .map_err(|source| XdpError::Map { name: "vse_uses", source: source.into() })?;
        self.maps
            .uses
            .set(slot, zero, 0)
            .map_err(|source| XdpError::Map { name: "vse_uses", source })?;
        self.give(slot, entry, Known::default())
    }

    /// Writes an entry that no program looks at as one whose core VSE chooses: with the core that it has.
    fn give(&mut self, slot: u32, entry: &FlowEntry, known: Known) -> Result<(), XdpError> {
        let assignment = &entry.assignment;
        let core = Some(assignment.core).filter(|core| *core != Core::NONE).or(assignment.left);
        let state = Entry {
            id: u64::from(entry.id.generation) << 32 | u64::from(entry.id.index),
            core: core.map_or(CORE_NONE, |core| core.0.into()),
            reason: u8::from(assignment.reason).into(),
            changes: known.changes,
            // Where it has left a core, frames may be under way there.
            last_ns: if core.is_some() { poll::kernel_clock() } else { 0 },
            wish: known.wish,
            ..Entry::default()
        };
        write(&mut self.maps.entries, "vse_entries", slot, state.to_bytes())?;
        let gives_back = assignment.core == Core::NONE && assignment.left.is_some();
        let number = known.wish.wrapping_add(u32::from(gives_back));
        self.wish(slot, Wish { number, core: CORE_NONE, reason: 0, pad: 0 })
    }

    fn wish(&mut self, slot: u32, wish: Wish) -> Result<(), XdpError> {
        if let Some(known) = self.known.get_mut(&slot) {
            known.wish = wish.number;
        }
        write(&mut self.maps.wishes, "vse_wishes", slot, wish.to_bytes())
    }

    /// What the engine decided about an entry that is in the maps.
    fn change(&mut self, engine: &Engine, id: EntryId) -> Result<(), XdpError> {
        let (Some(entry), Some(slot)) = (engine.flow(id), self.slots.get(id)) else {
            return Ok(());
        };
        let Some(known) = self.known.get(&slot).copied() else { return Ok(()) };
        if entry.action != CoreAction::Auto {
            return Ok(());
        }
        let in_force = |rule: &&RuleSpec| rule.slot == slot;
        let was = self.rules.as_ref().and_then(|rules| rules.iter().find(in_force));
        if was.is_some_and(|rule| rule.action != CoreAction::Auto) {
            return self.give(slot, entry, known);
        }
        let state = Entry::from_bytes(read(&self.maps.entries, "vse_entries", slot)?);
        let assignment = &entry.assignment;
        // What is wanted, where the program has not done something that the engine must hear first.
        let wanted = match assignment.moving_to {
            _ if state.changes != known.changes => return Ok(()),
            Some(to) => Some((u32::from(to.0), codec::vse::Reason::Rebalanced)),
            None if assignment.core == Core::NONE && state.core != CORE_NONE => {
                Some((CORE_NONE, assignment.reason))
            }
            None => None,
        };
        match wanted {
            Some((core, reason)) => self.wish(
                slot,
                Wish {
                    number: known.wish.wrapping_add(1),
                    core,
                    reason: u8::from(reason).into(),
                    pad: 0,
                },
            ),
            // A wish that is no longer one.
            None if state.wish != known.wish => {
                self.wish(slot, Wish { number: state.wish, core: CORE_NONE, reason: 0, pad: 0 })
            }
            None => Ok(()),
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
