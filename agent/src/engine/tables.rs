//! The engine: its tables, its configuration, and what the host tells it.

use codec::of10::{FlowRemovedReason, PortNo};
use codec::types::{FixedStr, MacAddr, Pad};
use codec::vse::MatchField;
use codec::vse::{
    Config, ConfigFlags, Core, CoreCommand, CoreMod, Policy, Reason, VmSource, VmStats,
};

use super::changes::Undo;
use super::core_table::{CoreInfo, CoreTable};
use super::event::Event;
use super::flow_entry::{CoreAction, EntryId, FlowEntry};
use super::flow_match::FlowMatch;
use super::flow_table::FlowTable;
use super::refusal::Refusal;
use super::settings::Settings;
use super::time::Time;
use super::timers::Timers;

/// The flow table, the core table and the policy. See the module.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(super) settings: Settings,
    pub(super) flows: FlowTable,
    pub(super) cores: CoreTable,
    pub(super) counters: Counters,
    pub(super) generation: u32,
    pub(super) timers: Timers,
    /// While a bundle is under way, what would take it back.
    pub(super) journal: Option<Vec<Undo>>,
    /// When it was last looked at whether entries should move.
    pub(super) balanced: Option<Time>,
}

/// What the datapath has done, in frames; and what became of moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counters {
    /// Frames that an entry matched.
    pub matched: u64,
    /// Frames that no entry matched.
    pub missed: u64,
    /// Frames that stayed on the core that received them.
    pub passed: u64,
    /// Frames that were sent to another core.
    pub redirected: u64,
    /// Frames that could not be parsed or redirected.
    pub errors: u64,
    /// Entries that were moved to another core.
    pub moves: u64,
    /// Moves that were put off.
    pub deferred: u64,
}

impl Engine {
    /// An engine with empty tables on a host with these cores. The configuration of `settings` is
    /// taken as it is; see [`configure`](Self::configure) for what it must be.
    #[must_use]
    pub fn new(settings: Settings, cores: impl IntoIterator<Item = CoreInfo>) -> Self {
        Self {
            flows: FlowTable::new(settings.seen_flows, settings.hash_seed),
            settings,
            cores: CoreTable::new(cores),
            counters: Counters::default(),
            generation: 0,
            timers: Timers::default(),
            journal: None,
            balanced: None,
        }
    }

    /// Limits and times.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What SET_CONFIG set last.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.settings.config
    }

    /// Whether VSE chooses cores at all.
    pub(super) const fn is_enabled(&self) -> bool {
        self.settings.config.flags.contains(ConfigFlags::ENABLED)
    }

    /// Sets the configuration; an error, and no change, where it makes no sense.
    pub fn configure(&mut self, config: Config) -> Result<(), Refusal> {
        if let Policy::Unknown(policy) = config.policy {
            return Err(Refusal::Config(format!("the policy {policy} is unknown: want 0 to 2")));
        }
        if config.high_load > 1000 {
            let load = config.high_load;
            return Err(Refusal::Config(format!("high_load {load} is above 1000 per mille")));
        }
        config.fcf_layout.checked().map_err(|error| Refusal::Config(error.to_string()))?;
        self.settings.config = config;
        self.generation = self.generation.wrapping_add(1);
        self.set_all_timers();
        Ok(())
    }

    /// The entries, the one that wins first.
    pub fn flows(&self) -> impl Iterator<Item = &FlowEntry> {
        self.flows.ranked().into_iter()
    }

    /// Entries in the flow table.
    #[must_use]
    pub fn flow_count(&self) -> usize {
        self.flows.len()
    }

    /// The entry of that name, if it is in the table still.
    #[must_use]
    pub fn flow(&self, id: EntryId) -> Option<&FlowEntry> {
        self.flows.get(id)
    }

    /// The entries that are at least as specific as `matched`, in the order in which they were
    /// added.
    pub fn flows_covered_by(&self, matched: &FlowMatch) -> impl Iterator<Item = &FlowEntry> {
        self.flows.covered_by(matched).into_iter().filter_map(|id| self.flows.get(id))
    }

    /// The cores, and the VMs on them.
    #[must_use]
    pub const fn cores(&self) -> &CoreTable {
        &self.cores
    }

    /// What the datapath has done.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Counts the changes of what a datapath has to know; it wraps.
    #[must_use]
    pub const fn generation(&self) -> u32 {
        self.generation
    }

    /// Takes a sample of a core's load, per mille.
    pub fn set_load(&mut self, core: Core, load: u16, now: Time) {
        let since = |engine: &Self| engine.cores.get(core).and_then(|state| state.high_since);
        let before = since(self);
        self.cores.sample(core, load, self.settings.config.high_load, now);
        if before.is_none() && since(self).is_some() {
            self.watch_shares(core);
        }
    }

    /// Does what CORE_MOD asks for.
    pub fn core_mod(
        &mut self,
        change: &CoreMod,
        now: Time,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        match change.command {
            CoreCommand::Bind => {
                self.cores.online(change.core)?;
                let known = self.cores.vm(change.vm_id).copied();
                let vm = VmStats { core: change.core, ..known.unwrap_or(new_vm(change.vm_id)) };
                self.bind_vm(vm)
            }
            CoreCommand::Unbind => {
                let (vm_id, core) = (change.vm_id, change.core);
                match self.cores.vm(vm_id) {
                    Some(vm) if vm.core == core || core == Core::NONE => {
                        self.cores.unbind(vm_id);
                        Ok(())
                    }
                    _ => Err(Refusal::NotBound { vm_id, core }),
                }
            }
            CoreCommand::Eligible => self.set_eligible(change.core, true, now, events),
            CoreCommand::Ineligible => self.set_eligible(change.core, false, now, events),
            command => Err(Refusal::CoreCommand(command.into())),
        }
    }

    /// Puts a VM into the core table, or changes what is known of it. It runs on `vm.core` and on
    /// no other; [`Core::NONE`] where that is not known.
    pub fn bind_vm(&mut self, vm: VmStats) -> Result<(), Refusal> {
        self.cores.bind(vm, self.settings.max_vms)
    }

    /// Takes a VM out of the core table. Its entries stay.
    pub fn unbind_vm(&mut self, vm_id: u16) -> Option<VmStats> {
        self.cores.unbind(vm_id)
    }

    /// A VM is no more: takes it out of the core table, and out of the flow table the entries that
    /// match its id.
    pub fn vm_gone(&mut self, vm_id: u16, now: Time, events: &mut Vec<Event>) {
        self.cores.unbind(vm_id);
        let its =
            |entry: &&FlowEntry| entry.matched.exactly(MatchField::VmId) == Some(vm_id.into());
        let gone: Vec<_> = self.flows.iter().filter(its).map(|entry| entry.id).collect();
        for id in gone {
            self.remove(id, FlowRemovedReason::VmGone, now, events);
        }
    }

    /// Makes a core eligible or not. Entries that VSE put on one that is no longer give it back.
    pub fn set_eligible(
        &mut self,
        core: Core,
        is_eligible: bool,
        now: Time,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let state = self.cores.get_mut(core).ok_or(Refusal::NoCore(core))?;
        state.info.is_eligible = is_eligible;
        if !is_eligible {
            self.release_all(core, now, events);
        }
        Ok(())
    }

    /// A core came or went. Entries that name one that went are removed, those that VSE put there
    /// give it back.
    pub fn set_online(
        &mut self,
        core: Core,
        is_online: bool,
        now: Time,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let state = self.cores.get_mut(core).ok_or(Refusal::NoCore(core))?;
        state.info.is_online = is_online;
        if !is_online {
            self.release_all(core, now, events);
            let named = |entry: &&FlowEntry| entry.action == CoreAction::Core(core);
            let gone: Vec<_> = self.flows.iter().filter(named).map(|entry| entry.id).collect();
            for id in gone {
                self.remove(id, FlowRemovedReason::CoreGone, now, events);
            }
        }
        Ok(())
    }

    fn release_all(&mut self, core: Core, now: Time, events: &mut Vec<Event>) {
        let put =
            |entry: &&FlowEntry| entry.action == CoreAction::Auto && entry.assignment.core == core;
        let there: Vec<_> = self.flows.iter().filter(put).map(|entry| entry.id).collect();
        for id in there {
            self.release(id, Reason::CoreGone, now, events);
        }
        self.cancel_moves_to(core);
    }

    /// Adds what a datapath outside has counted for an entry since it was asked last; `last_used`
    /// is the time of the latest frame.
    pub fn credit(&mut self, id: EntryId, packets: u64, bytes: u64, last_used: Time) {
        if let Some(entry) = self.flows.get_mut(id) {
            entry.packet_count = entry.packet_count.saturating_add(packets);
            entry.byte_count = entry.byte_count.saturating_add(bytes);
            entry.last_used = entry.last_used.max(last_used);
        }
    }

    /// Adds what a datapath outside has counted for a core.
    pub fn credit_core(&mut self, core: Core, packets: u64, drops: u64) {
        if let Some(state) = self.cores.get_mut(core) {
            state.packets = state.packets.saturating_add(packets);
            state.drops = state.drops.saturating_add(drops);
        }
    }

    /// Adds what a datapath outside has counted altogether.
    pub fn credit_all(&mut self, counted: &Counters) {
        let all = &mut self.counters;
        for (sum, counted) in [
            (&mut all.matched, counted.matched),
            (&mut all.missed, counted.missed),
            (&mut all.passed, counted.passed),
            (&mut all.redirected, counted.redirected),
            (&mut all.errors, counted.errors),
            (&mut all.moves, counted.moves),
            (&mut all.deferred, counted.deferred),
        ] {
            *sum = sum.saturating_add(counted);
        }
    }
}

/// A VM of which nothing is known but its number.
fn new_vm(vm_id: u16) -> VmStats {
    VmStats {
        vm_id,
        core: Core::NONE,
        port_no: PortNo::NONE,
        tenant_id: 0,
        pid: 0,
        hw_addr: MacAddr::default(),
        source: VmSource::Manual,
        pad: Pad::default(),
        name: FixedStr::default(),
    }
}
