//! What another agent left in the maps, taken over: the cores of its entries, their counters, and the
//! entries themselves where nothing else has kept them.

use std::collections::HashMap;
use std::time::Duration;

use codec::vse::{CoreFlags, DatapathStats};

use super::abi::{CORE_NONE, Count, Placed, Wish};
use super::error::XdpError;
use super::maps::read;
use super::pinned::{Pinned, PinnedFlow, unix_now};
use super::poll::kernel_clock;
use super::{Known, XdpDatapath};
use crate::engine::{
    Counters, Engine, EntryId, FlowEntry, FlowMatch, FlowSnapshot, KEY_WORDS, LeftOut,
    RestoreError, Snapshot, Time, core_action,
};

/// What makes two entries of different agents the same: mask, value and priority.
type Identity = ([u64; KEY_WORDS], [u64; KEY_WORDS], u16);

/// What another agent left, as far as nobody has taken it.
#[derive(Default)]
pub(super) struct Inheritance {
    flows: HashMap<Identity, PinnedFlow>,
    /// The order in which they win.
    order: Vec<Identity>,
    /// Counters of before the maps.
    base: Option<DatapathStats>,
    vms: Vec<codec::vse::VmStats>,
    ineligible: Vec<codec::vse::Core>,
}

impl Inheritance {
    pub(super) fn read(pinned: &Pinned) -> Result<Self, XdpError> {
        let mut inheritance = Self {
            base: pinned.base().copied(),
            vms: pinned.vms(),
            ineligible: pinned
                .cores()?
                .into_iter()
                .filter(|core| !core.flags.contains(CoreFlags::ELIGIBLE))
                .map(|core| core.core)
                .collect(),
            ..Self::default()
        };
        for flow in pinned.flows()? {
            let record = &flow.record;
            let Ok(matched) = FlowMatch::new(&record.r#match, &record.tlvs) else { continue };
            let identity = identity(&matched, record.priority);
            inheritance.order.push(identity);
            inheritance.flows.insert(identity, flow);
        }
        Ok(inheritance)
    }
}

fn identity(matched: &FlowMatch, priority: u16) -> Identity {
    (*matched.mask(), *matched.value(), priority)
}

impl XdpDatapath {
    /// Fills the empty tables of a new engine with what another agent left in the maps, whose moment
    /// is taken for `now`. For an agent that has kept nothing itself.
    pub fn restore(&self, engine: &mut Engine, now: Time) -> Result<Vec<LeftOut>, RestoreError> {
        let inheritance = &self.inheritance;
        let flows = inheritance.order.iter().filter_map(|identity| {
            let flow = inheritance.flows.get(identity)?;
            snapshot(flow)
        });
        let snapshot = Snapshot {
            config: *engine.config(),
            ineligible: inheritance.ineligible.clone(),
            vms: inheritance.vms.clone(),
            flows: flows.collect(),
            counters: inheritance.base.as_ref().map(counters).unwrap_or_default(),
            ..engine.snapshot(now)
        };
        engine.restore(&snapshot, now)
    }

    /// Gives an entry of the engine the slot that it had with the agent before, if it had one: its
    /// core and its counters stay as they are, and the engine will hear of them.
    pub(super) fn inherit(&mut self, id: EntryId, entry: &FlowEntry) -> Result<bool, XdpError> {
        let identity = identity(&entry.matched, entry.priority);
        let Some(flow) = self.inheritance.flows.remove(&identity) else { return Ok(false) };
        if !self.slots.inherit(id, flow.slot) {
            return Ok(false);
        }
        let knows = entry.assignment.core == flow.core() || flow.state.core == CORE_NONE;
        let known = Known {
            // Another number than the program's: the engine will be told.
            changes: if knows { flow.state.changes } else { flow.state.changes.wrapping_sub(1) },
            // What the engine has counted of it, and what came since.
            used: (
                entry.packet_count.wrapping_sub(flow.record.packet_count),
                entry.byte_count.wrapping_sub(flow.record.byte_count),
            ),
            wish: flow.wish.number,
        };
        self.known.insert(flow.slot, known);
        // A wish of the other agent is done or not; this one has its own.
        if flow.wish.number != flow.state.wish && entry.assignment.moving_to.is_none() {
            let number = flow.state.wish;
            self.wish(flow.slot, Wish { number, ..Wish::default() })?;
        }
        Ok(true)
    }

    /// Takes counters over: what the engine has not counted yet is new to it.
    pub(super) fn inherit_counts(&mut self, engine: &Engine) {
        let counters = engine.counters();
        let Some(base) = self.inheritance.base.take() else { return };
        self.counted = Count {
            matched: counters.matched.wrapping_sub(base.matched),
            missed: counters.missed.wrapping_sub(base.missed),
            passed: counters.passed.wrapping_sub(base.passed),
            redirected: counters.redirected.wrapping_sub(base.redirected),
            errors: counters.errors.wrapping_sub(base.errors),
            ..self.counted
        };
    }

    /// What the program placed on cores before this agent came is what its entries show.
    pub(super) fn see_placed(&mut self) -> Result<(), XdpError> {
        for core in 0..self.maps.placed.len() {
            let placed = Placed::from_bytes(read(&self.maps.placed, "vse_placed", core)?);
            self.cores.see_all(core, placed.provisional, placed.n_priority);
        }
        Ok(())
    }
}

fn counters(base: &DatapathStats) -> Counters {
    Counters {
        matched: base.matched,
        missed: base.missed,
        passed: base.passed,
        redirected: base.redirected,
        errors: base.errors,
        moves: base.moves,
        deferred: base.deferred,
    }
}

/// An entry for the engine, with the counters that it had before the maps.
fn snapshot(flow: &PinnedFlow) -> Option<FlowSnapshot> {
    let now = unix_now();
    let stats = flow.stats(now);
    let key = flow.key();
    let nanos = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    let age = nanos(Duration::new(stats.duration_sec.into(), stats.duration_nsec));
    let idle = match flow.state.last_ns {
        0 => age,
        last => i64::try_from(kernel_clock().saturating_sub(last)).unwrap_or(age).min(age),
    };
    let has_core = stats.core != codec::vse::Core::NONE;
    Some(FlowSnapshot {
        priority: stats.priority,
        r#match: stats.r#match,
        action: core_action(&stats.actions).ok()?,
        cookie: stats.cookie.0,
        idle_timeout: stats.idle_timeout,
        hard_timeout: stats.hard_timeout,
        flags: stats.flags.bits(),
        age,
        idle,
        packet_count: flow.record.packet_count,
        byte_count: flow.record.byte_count,
        core: stats.core,
        reason: stats.reason,
        rxhash: stats.rxhash.0,
        assigned: (has_core && stats.assigned != 0)
            .then(|| i64::try_from(now.saturating_sub(stats.assigned)).unwrap_or(0)),
        vm_id: key.vm_id(),
        is_priority: key.is_priority(),
        moving_to: None,
        left: None,
        vse_match: stats.tlvs,
    })
}
