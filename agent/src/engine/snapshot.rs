//! The tables as they can be stored and read back: what a restart must not lose.
//!
//! Times are ages, so that a snapshot means the same under another clock. Loads are not in it:
//! they are measured again.

use std::time::Duration;

use codec::of10::{FlowModFlags, Match};
use codec::vse::{Config, Core, Reason, Tlvs, VmStats};
use serde::{Deserialize, Serialize};

use super::flow_entry::{Assignment, CoreAction, EntryId, FlowEntry};
use super::flow_match::FlowMatch;
use super::refusal::Refusal;
use super::tables::{Counters, Engine};
use super::time::Time;

/// The version of the form that this engine writes and reads.
const VERSION: u32 = 1;

/// The tables of an engine at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The version of the form.
    pub version: u32,
    /// The configuration.
    pub config: Config,
    /// What the datapath has done.
    pub counters: Counters,
    /// The cores that may not be chosen because somebody said so.
    pub ineligible: Vec<Core>,
    /// The cores that may be chosen because somebody said so, isolated though they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub eligible: Vec<Core>,
    /// The VMs.
    pub vms: Vec<VmStats>,
    /// The entries, in the order in which they were added.
    pub flows: Vec<FlowSnapshot>,
}

/// An entry at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are those of FlowEntry and Assignment")]
pub struct FlowSnapshot {
    pub priority: u16,
    pub r#match: Match,
    #[serde(default, skip_serializing_if = "Tlvs::is_empty")]
    pub vse_match: Tlvs,
    pub action: CoreAction,
    pub cookie: u64,
    pub idle_timeout: u16,
    pub hard_timeout: u16,
    pub flags: u16,
    /// Nanoseconds since it was added.
    pub age: i64,
    /// Nanoseconds since its latest frame.
    pub idle: i64,
    pub packet_count: u64,
    pub byte_count: u64,
    pub core: Core,
    pub reason: Reason,
    pub rxhash: u32,
    /// Nanoseconds since it was given its core.
    pub assigned: Option<i64>,
    pub vm_id: u16,
    pub is_priority: bool,
    pub moving_to: Option<Core>,
    pub left: Option<Core>,
}

/// A snapshot that cannot be read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// It is of another version.
    #[error("the snapshot has version {0}; this engine reads version {VERSION}")]
    Version(u32),
    /// Its configuration makes no sense.
    #[error("the configuration of the snapshot: {0}")]
    Config(#[source] Refusal),
}

/// Something in a snapshot that the host no longer has, and that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The entry or the VM, in words.
    pub what: String,
    /// Why.
    pub why: Refusal,
}

impl Engine {
    /// Everything that a restart must not lose.
    #[must_use]
    pub fn snapshot(&self, now: Time) -> Snapshot {
        let mut entries: Vec<_> = self.flows.iter().collect();
        entries.sort_by_key(|entry| entry.sequence);
        let said = |is_eligible| {
            let cores = self.cores.iter().filter(move |state| {
                state.info.is_eligible == is_eligible && state.is_eligible_by_itself != is_eligible
            });
            cores.map(|state| state.info.core).collect()
        };
        Snapshot {
            version: VERSION,
            config: *self.config(),
            counters: self.counters,
            ineligible: said(false),
            eligible: said(true),
            vms: self.cores.vms().copied().collect(),
            flows: entries.into_iter().map(|entry| FlowSnapshot::new(entry, now)).collect(),
        }
    }

    /// Fills the empty tables of a new engine from a snapshot, whose moment is taken for `now`.
    /// Cores and VMs that the host no longer has are left out, with the entries that name them; an
    /// entry that VSE had put on such a core is without one.
    pub fn restore(&mut self, from: &Snapshot, now: Time) -> Result<Vec<LeftOut>, RestoreError> {
        if from.version != VERSION {
            return Err(RestoreError::Version(from.version));
        }
        self.configure(from.config).map_err(RestoreError::Config)?;
        self.counters = from.counters;
        let said = [(&from.ineligible, false), (&from.eligible, true)];
        for (core, is_eligible) in said.iter().flat_map(|(c, e)| c.iter().map(move |c| (*c, *e))) {
            if let Some(state) = self.cores.get_mut(core) {
                state.info.is_eligible = is_eligible;
            }
        }
        let mut left_out = Vec::new();
        for vm in &from.vms {
            if let Err(why) = self.bind_vm(*vm) {
                left_out.push(LeftOut { what: format!("VM {}", vm.vm_id), why });
            }
        }
        for flow in &from.flows {
            if let Err(why) = self.restore_flow(flow, now) {
                let what = format!("entry priority={},{}", flow.priority, flow.r#match);
                left_out.push(LeftOut { what, why });
            }
        }
        Ok(left_out)
    }

    pub(super) fn restore_flow(
        &mut self,
        flow: &FlowSnapshot,
        now: Time,
    ) -> Result<EntryId, Refusal> {
        let matched = FlowMatch::new(&flow.r#match, &flow.vse_match)?;
        let named = match flow.action {
            CoreAction::Core(core) => self.cores.online(core).map(drop),
            CoreAction::Stay | CoreAction::Auto => Ok(()),
        };
        named?;
        if self.flows.len() >= self.settings.max_flows {
            return Err(Refusal::TableFull(self.settings.max_flows));
        }
        let ago = |nanos: i64| now - Duration::from_nanos(u64::try_from(nanos).unwrap_or(0));
        let id = self.put_in(FlowEntry {
            id: EntryId { index: 0, generation: 0 },
            priority: flow.priority,
            matched,
            action: flow.action,
            cookie: flow.cookie,
            idle_timeout: flow.idle_timeout,
            hard_timeout: flow.hard_timeout,
            flags: FlowModFlags::from_bits_retain(flow.flags),
            added: ago(flow.age),
            last_used: ago(flow.idle),
            packet_count: flow.packet_count,
            byte_count: flow.byte_count,
            assignment: Assignment::NONE,
            watched_from: 0,
            sequence: 0,
        });
        let assignment = match flow.core {
            Core::NONE => Assignment { left: flow.left, ..Assignment::NONE },
            core if self.cores.online(core).is_err() => Assignment::NONE,
            core => Assignment {
                core,
                reason: flow.reason,
                rxhash: flow.rxhash,
                at: flow.assigned.map(ago),
                vm_id: flow.vm_id,
                is_priority: flow.is_priority,
                moving_to: flow.moving_to,
                left: flow.left,
            },
        };
        self.set_assignment(id, assignment);
        Ok(id)
    }
}

impl FlowSnapshot {
    fn new(entry: &FlowEntry, now: Time) -> Self {
        let ago = |then: Time| i64::try_from(now.since(then).as_nanos()).unwrap_or(i64::MAX);
        let assignment = &entry.assignment;
        Self {
            priority: entry.priority,
            r#match: *entry.matched.openflow(),
            vse_match: entry.matched.tlvs().clone(),
            action: entry.action,
            cookie: entry.cookie,
            idle_timeout: entry.idle_timeout,
            hard_timeout: entry.hard_timeout,
            flags: entry.flags.bits(),
            age: ago(entry.added),
            idle: ago(entry.last_used),
            packet_count: entry.packet_count,
            byte_count: entry.byte_count,
            core: assignment.core,
            reason: assignment.reason,
            rxhash: assignment.rxhash,
            assigned: assignment.at.map(ago),
            vm_id: assignment.vm_id,
            is_priority: assignment.is_priority,
            moving_to: assignment.moving_to,
            left: assignment.left,
        }
    }
}
