//! The engine's tables into the maps.

use std::time::Duration;

use aya::maps::PerCpuValues;
use aya::util::nr_cpus;
use codec::vse::{ConfigFlags, Core, Reason};

use super::abi::{self, CORE_NONE, Entry, Head, LAYOUT, Use, Wish};
use super::error::XdpError;
use super::maps::{read, write};
use super::records::{About, Fact};
use super::table::{Half, RuleSpec, TableError};
use super::{Known, XdpDatapath, poll};
use crate::engine::{CoreAction, Engine, EntryId, FlowEntry, RuleChange, Time, UnixOffset};

/// A tick of the slowest kernel (`CONFIG_HZ=100`). The program knows the time of an entry's last frame to a
/// tick, and silence that it takes for longer than it was must not let an entry move.
const LONGEST_TICK: Duration = Duration::from_millis(10);

impl XdpDatapath {
    /// Brings the maps in step with the engine, in which `changes` were made. All of them are in force for
    /// frames at one moment; those that make no difference to frames cost nothing.
    pub fn sync(&mut self, engine: &Engine, changes: &[RuleChange]) -> Result<(), XdpError> {
        let mut gone = Vec::new();
        for change in changes {
            match change {
                RuleChange::Added(id) => self.add(engine, *id)?,
                RuleChange::Changed(id) => self.change(engine, *id)?,
                RuleChange::Removed(id) => {
                    if let Some(slot) = self.slots.leave(*id) {
                        self.known.remove(&slot);
                        gone.push(slot);
                    }
                }
            }
        }
        self.write_cores(engine)?;
        let head = self.settings(engine);
        let is_first = self.rules.is_none();
        if is_first || !changes.is_empty() {
            let rules: Vec<RuleSpec> =
                engine.flows().filter_map(|entry| self.rule(entry)).collect();
            if self.rules.as_ref() != Some(&rules) {
                let (max_rules, max_buckets) = (self.sizes.rules, self.sizes.buckets);
                let table = Half::build(&rules, max_rules, max_buckets)?;
                self.publisher.publish(&mut self.maps, table, head, (max_rules, max_buckets))?;
                self.slots.left();
                self.rules = Some(rules);
                self.head = Some(head);
            }
        }
        if self.head != Some(head) {
            self.publisher.reconfigure(&mut self.maps, head)?;
            self.head = Some(head);
        }
        for slot in gone {
            // A slot that another entry has by now has its record.
            if !self.known.contains_key(&slot) {
                self.records.remove(About::Flow(slot))?;
            }
        }
        if is_first {
            self.begin(engine)?;
        }
        Ok(())
    }

    /// What is done once, when the first table is in force.
    fn begin(&mut self, engine: &Engine) -> Result<(), XdpError> {
        self.inherit_counts(engine);
        let base = self.base(engine);
        self.records.write(About::Datapath, Fact::Datapath(Box::new(base)))?;
        let known = &self.known;
        self.records.keep(|about| match about {
            About::Flow(slot) => known.contains_key(&slot),
            _ => true,
        })
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
            idle_gap_ns: nanos(settings.drain_time.saturating_add(LONGEST_TICK)),
            settle_ns: nanos(self.options.settle),
        }
    }

    /// A slot for a new entry, with what the engine knows of its core.
    fn add(&mut self, engine: &Engine, id: EntryId) -> Result<(), XdpError> {
        let Some(entry) = engine.flow(id) else { return Ok(()) };
        // It was begun before, and an error came between.
        if self.slots.get(id).is_some() {
            return self.change(engine, id);
        }
        if self.inherit(id, entry)? {
            return self.change(engine, id);
        }
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
        self.give(slot, entry, Known::default())?;
        self.record(slot, entry)
    }

    /// Writes what the program does not need of an entry.
    fn record(&mut self, slot: u32, entry: &FlowEntry) -> Result<(), XdpError> {
        let used = self.known.get(&slot).map_or((0, 0), |known| known.used);
        let mut stats = entry.to_stats(entry.added, UnixOffset::default());
        let added = entry.added.since(Time::ZERO);
        stats.duration_sec = u32::try_from(added.as_secs()).unwrap_or(u32::MAX);
        stats.duration_nsec = added.subsec_nanos();
        stats.packet_count = stats.packet_count.wrapping_sub(used.0);
        stats.byte_count = stats.byte_count.wrapping_sub(used.1);
        self.records.write(About::Flow(slot), Fact::Flow(Box::new(stats)))
    }

    /// Writes an entry that no program looks at as one whose core VSE chooses: with the core that it has.
    fn give(&mut self, slot: u32, entry: &FlowEntry, known: Known) -> Result<(), XdpError> {
        let assignment = &entry.assignment;
        let core = Some(assignment.core).filter(|core| *core != Core::NONE).or(assignment.left);
        let state = Entry {
            id: u64::from(entry.id.generation) << 32 | u64::from(entry.id.index),
            core: core.map_or(CORE_NONE, |core| core.0.into()),
            reason: u8::from(assignment.reason).into(),
            // VM and priority, where a key has them.
            flow: [
                0,
                0,
                u64::from(assignment.vm_id) << 48 | u64::from(assignment.is_priority) << 24,
            ],
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

    pub(super) fn wish(&mut self, slot: u32, wish: Wish) -> Result<(), XdpError> {
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
        self.record(slot, entry)?;
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
            Some(to) => Some((u32::from(to.0), Reason::Rebalanced)),
            None if state.core == CORE_NONE => None,
            None if assignment.core == Core::NONE => Some((CORE_NONE, assignment.reason)),
            // The engine took the entry for idle and moved it; the program knows better whether it is.
            None if state.core != u32::from(assignment.core.0) => {
                Some((assignment.core.0.into(), Reason::Rebalanced))
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
