//! For an engine that follows the tables of a VSE elsewhere, by the messages that go to it and come
//! from it: changes that may turn out to have been refused, and what that VSE tells of its tables.

use codec::types::Pad;
use codec::vse::{
    self, AssignmentEvent, CoreFlags, CoreStats, VmEvent, VmInfo, VmSource, VmStats, VseFlowStats,
};

use super::changes::Undo;
use super::core_table::CoreInfo;
use super::event::Event;
use super::flow_change::{FlowChange, core_action};
use super::flow_entry::{Assignment, EntryId};
use super::flow_match::FlowMatch;
use super::refusal::Refusal;
use super::snapshot::FlowSnapshot;
use super::tables::Engine;
use super::time::Time;
use super::wire::UnixOffset;

/// What takes changes of the flow table back that turn out to have been refused elsewhere.
#[derive(Debug, Clone)]
pub struct TakeBack {
    undo: Vec<Undo>,
    /// How much of it was there after each change.
    ends: Vec<usize>,
}

impl TakeBack {
    /// Whether the changes did nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.undo.is_empty()
    }

    /// The entries that were added or modified, each with the number of the change that did it.
    pub fn entries(&self) -> impl Iterator<Item = (usize, EntryId)> + '_ {
        self.undo.iter().enumerate().filter_map(|(at, undo)| match undo {
            Undo::Add(id) | Undo::Modify { id, .. } => {
                Some((self.ends.partition_point(|end| *end <= at), *id))
            }
            Undo::Take(_) => None,
        })
    }
}

impl Engine {
    /// Puts a core into the core table, if it is not there.
    pub fn add_core(&mut self, info: CoreInfo) {
        self.cores.add(info);
    }

    /// Takes changes back, as far as later ones have not overwritten them.
    pub fn take_back(&mut self, changes: TakeBack) {
        for undo in changes.undo.into_iter().rev() {
            let overwritten = match &undo {
                Undo::Take(entry) => {
                    self.flows.find_strict(&entry.matched, entry.priority).is_some()
                }
                Undo::Add(id) | Undo::Modify { id, .. } => self.flows.get(*id).is_none(),
            };
            if !overwritten {
                self.undo(undo);
            }
        }
        self.generation = self.generation.wrapping_add(1);
    }

    /// The entry of that match and priority.
    #[must_use]
    pub fn flow_of(&self, matched: &FlowMatch, priority: u16) -> Option<EntryId> {
        self.flows.find_strict(matched, priority)
    }

    /// Takes an entry as its VSE told it; times of `stats` are of the clock that `offset` is about.
    /// The entry of that match and priority, if there is one, becomes what was told.
    pub fn told_flow(
        &mut self,
        stats: &VseFlowStats,
        now: Time,
        offset: UnixOffset,
    ) -> Result<EntryId, Refusal> {
        let nanos = |time: u64| i64::try_from(time).unwrap_or(i64::MAX);
        let age = u64::from(stats.duration_sec) * 1_000_000_000 + u64::from(stats.duration_nsec);
        let since = |time: u64| nanos(offset.unix_nanos(now).saturating_sub(time));
        let told = FlowSnapshot {
            priority: stats.priority,
            r#match: stats.r#match,
            vse_match: stats.tlvs.clone(),
            action: core_action(&stats.actions)?,
            cookie: stats.cookie.0,
            idle_timeout: stats.idle_timeout,
            hard_timeout: stats.hard_timeout,
            flags: stats.flags.bits(),
            age: nanos(age),
            idle: 0,
            packet_count: stats.packet_count,
            byte_count: stats.byte_count,
            core: stats.core,
            reason: stats.reason,
            rxhash: stats.rxhash.0,
            assigned: (stats.assigned != 0).then(|| since(stats.assigned)),
            vm_id: 0,
            is_priority: false,
            moving_to: None,
            left: None,
        };
        let known = FlowMatch::new(&told.r#match, &told.vse_match)?;
        if let Some(id) = self.flows.find_strict(&known, told.priority) {
            self.forget(id);
        }
        self.restore_flow(&told, now)
    }

    /// Takes it that an entry is no more, and that nobody here has to be told.
    pub fn forget(&mut self, id: EntryId) {
        self.set_assignment(id, Assignment::NONE);
        self.flows.remove(id);
        self.timers.unset(id);
        self.generation = self.generation.wrapping_add(1);
    }

    /// Takes a core as its VSE told it.
    pub fn told_core(&mut self, stats: &CoreStats) {
        self.cores.add(CoreInfo {
            core: stats.core,
            numa_node: stats.numa_node,
            is_online: stats.flags.contains(CoreFlags::ONLINE),
            is_eligible: stats.flags.contains(CoreFlags::ELIGIBLE),
        });
        self.cores.told(stats);
    }

    /// Takes a decision of its VSE about an entry, which is returned if it is here.
    pub fn told_assignment(
        &mut self,
        told: &vse::Assignment,
        now: Time,
    ) -> Result<Option<EntryId>, Refusal> {
        let matched = FlowMatch::new(&told.r#match, &told.tlvs)?;
        let Some(id) = self.flows.find_strict(&matched, told.priority) else { return Ok(None) };
        let assignment = if told.event == AssignmentEvent::Released {
            Assignment { reason: told.reason, ..Assignment::NONE }
        } else {
            self.cores.add(CoreInfo::new(told.new_core));
            Assignment {
                core: told.new_core,
                reason: told.reason,
                rxhash: told.rxhash.0,
                at: Some(now),
                vm_id: told.vm_id,
                ..Assignment::NONE
            }
        };
        self.set_assignment(id, assignment);
        Ok(Some(id))
    }

    /// Does what VM_INFO tells: a VM came, runs elsewhere, or has gone with its entries.
    pub fn vm_info(
        &mut self,
        vm: &VmInfo,
        now: Time,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let known = self.cores.vm(vm.vm_id).copied();
        let missing = Refusal::NotBound { vm_id: vm.vm_id, core: vm.core };
        match vm.event {
            VmEvent::Up => self.bind_vm(VmStats {
                vm_id: vm.vm_id,
                core: vm.core,
                port_no: vm.port_no,
                tenant_id: vm.tenant_id,
                pid: vm.pid,
                hw_addr: vm.hw_addr,
                source: if vm.pid == 0 { VmSource::Manual } else { VmSource::Pid },
                pad: Pad::default(),
                name: vm.name,
            }),
            VmEvent::Moved => {
                let known = known.ok_or(missing)?;
                self.bind_vm(VmStats { core: vm.core, ..known })
            }
            VmEvent::Down => {
                known.ok_or(missing)?;
                self.vm_gone(vm.vm_id, now, events);
                Ok(())
            }
            event => Err(Refusal::VmEvent(event.into())),
        }
    }

    /// Does all of `changes`, in their order, or none of them, and says what takes them back; or
    /// the number of the one that was refused, and why.
    pub fn follow(
        &mut self,
        changes: &[FlowChange],
        now: Time,
        events: &mut Vec<Event>,
    ) -> Result<TakeBack, (usize, Refusal)> {
        let (undo, ends) = self.journaled(changes, now, events)?;
        Ok(TakeBack { undo, ends })
    }
}
