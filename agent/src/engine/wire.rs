//! What the tables hold, as the statistics and messages of vse-protocol(7).
//!
//! The engine's time is that of any clock; whoever reports says how far 1970-01-01 00:00 UTC is
//! from its zero.

use codec::of10::{Action, FlowRemoved};
use codec::types::{Bytes, Hex, Pad};
use codec::vse::{
    self, Core, CoreFlags, CoreStats, MatchField, TraceCandidate, TraceReply, VseAction,
    VseFlowRemoved, VseFlowStats,
};

use super::core_table::{CoreState, CoreTable};
use super::event::{Decided, RemovedFlow};
use super::flow_entry::{CoreAction, FlowEntry};
use super::time::Time;
use super::trace::Trace;

/// Nanoseconds from 1970-01-01 00:00 UTC to the zero of the engine's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnixOffset(pub i64);

impl UnixOffset {
    /// Nanoseconds since 1970 at `time`; 0 before.
    #[must_use]
    pub fn unix_nanos(self, time: Time) -> u64 {
        u64::try_from(time.nanos().saturating_add(self.0)).unwrap_or(0)
    }
}

impl FlowEntry {
    /// The actions as they were asked for, with the hash that VSE wrote.
    #[must_use]
    pub fn actions(&self) -> Vec<Action> {
        let core = match self.action {
            CoreAction::Stay => return Vec::new(),
            CoreAction::Core(core) => core,
            CoreAction::Auto => Core::NONE,
        };
        let rxhash = Hex(self.assignment.rxhash);
        vec![Action::Vse(VseAction::SetIrqCore { core, rxhash })]
    }

    /// The entry as an entry of the statistics FLOW.
    #[must_use]
    pub fn to_stats(&self, now: Time, offset: UnixOffset) -> VseFlowStats {
        let (duration_sec, duration_nsec) = duration(now, self.added);
        VseFlowStats {
            table_id: 0,
            reason: self.assignment.reason,
            r#match: *self.matched.openflow(),
            duration_sec,
            duration_nsec,
            priority: self.priority,
            idle_timeout: self.idle_timeout,
            hard_timeout: self.hard_timeout,
            core: self.assignment.core,
            rxhash: Hex(self.assignment.rxhash),
            flags: self.flags,
            pad: Pad::default(),
            cookie: Hex(self.cookie),
            packet_count: self.packet_count,
            byte_count: self.byte_count,
            assigned: self.assignment.at.map_or(0, |at| offset.unix_nanos(at)),
            tlvs: self.matched.tlvs().clone(),
            actions: self.actions(),
        }
    }
}

/// Whole seconds from `begin` to `now`, and the nanoseconds beyond those.
fn duration(now: Time, begin: Time) -> (u32, u32) {
    let lived = now.since(begin);
    (u32::try_from(lived.as_secs()).unwrap_or(u32::MAX), lived.subsec_nanos())
}

impl RemovedFlow {
    /// The extended message; its part `removed` is the plain one.
    #[must_use]
    pub fn to_message(&self) -> VseFlowRemoved {
        let Self { entry, reason, at } = self;
        let (duration_sec, duration_nsec) = duration(*at, entry.added);
        VseFlowRemoved {
            removed: FlowRemoved {
                r#match: *entry.matched.openflow(),
                cookie: Hex(entry.cookie),
                priority: entry.priority,
                reason: *reason,
                pad: Pad::default(),
                duration_sec,
                duration_nsec,
                idle_timeout: entry.idle_timeout,
                pad2: Pad::default(),
                packet_count: entry.packet_count,
                byte_count: entry.byte_count,
            },
            core: entry.assignment.core,
            pad: Pad::default(),
            tlvs: entry.matched.tlvs().clone(),
        }
    }

    /// Whether the plain message says all: no TLVs, no core, and a reason of OpenFlow.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let Self { entry, reason, .. } = self;
        let is_openflow = u8::from(*reason) < 0x80;
        is_openflow && entry.matched.tlvs().is_empty() && entry.assignment.core == Core::NONE
    }
}

impl Decided {
    /// The message to the subscription of that number.
    #[must_use]
    pub fn to_message(&self, monitor_id: u32, offset: UnixOffset) -> vse::Assignment {
        let entry = &self.entry;
        vse::Assignment {
            monitor_id,
            event: self.event,
            reason: self.reason,
            priority: entry.priority,
            cookie: Hex(entry.cookie),
            r#match: *entry.matched.openflow(),
            old_core: self.old_core,
            new_core: self.new_core,
            rxhash: Hex(entry.assignment.rxhash),
            time: offset.unix_nanos(self.at),
            vm_id: entry.assignment.vm_id,
            load: self.load,
            pad: Pad::default(),
            tlvs: entry.matched.tlvs().clone(),
        }
    }
}

impl CoreTable {
    /// A core as an entry of the statistics CORE.
    #[must_use]
    pub fn to_stats(&self, state: &CoreState, high_load: u16) -> CoreStats {
        let mut flags = CoreFlags::empty();
        flags.set(CoreFlags::ONLINE, state.info.is_online);
        flags.set(CoreFlags::ELIGIBLE, state.info.is_eligible);
        flags.set(CoreFlags::HIGH, state.is_high(high_load));
        flags.set(CoreFlags::PRIORITY, state.n_priority > 0);
        CoreStats {
            core: state.info.core,
            load: state.load(),
            provisional: state.provisional(),
            flags,
            numa_node: state.info.numa_node,
            n_flows: state.n_flows,
            packets: state.packets,
            drops: state.drops,
            vms: self.vms_on(state.info.core).collect(),
            pad: Bytes::default(),
        }
    }
}

impl Trace<'_> {
    /// The message; all candidates are in it, which may be more than one can hold.
    #[must_use]
    pub fn to_message(&self) -> TraceReply {
        let candidates = self.candidates.iter().map(|candidate| TraceCandidate {
            outcome: candidate.outcome,
            field: candidate.field.unwrap_or(MatchField::Unknown(0)),
            core: candidate.entry.assignment.core,
            priority: candidate.entry.priority,
            cookie: Hex(candidate.entry.cookie),
            r#match: *candidate.entry.matched.openflow(),
            pad: Pad::default(),
            tlvs: candidate.entry.matched.tlvs().clone(),
        });
        TraceReply {
            reason: self.reason,
            pad: Pad::default(),
            core: self.core,
            pad2: Pad::default(),
            candidates: candidates.collect(),
        }
    }
}
