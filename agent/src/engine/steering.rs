//! A frame's way to its core.

use codec::vse::{AssignmentEvent, Core, Reason};

use super::event::{Decided, Event, RuleChange};
use super::flow_entry::{Assignment, CoreAction, EntryId, FlowEntry};
use super::key::PacketKey;
use super::policy::{Arrival, choose};
use super::tables::Engine;
use super::time::Time;

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The entry that it matched.
    pub entry: Option<EntryId>,
    /// The core that runs the rest of the receive path.
    pub core: Core,
    /// Why.
    pub reason: Reason,
}

/// What is to be done with a frame of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// It goes to this core; nothing changes.
    Go(Core, Reason),
    /// The entry is given this core, and the frame goes there.
    Assign(Core, Reason),
    /// The entry moves to this core, and the frame goes there.
    Move(Core),
}

impl Plan {
    /// Where the frame goes, and why.
    pub(super) const fn goes(self) -> (Core, Reason) {
        match self {
            Self::Go(core, reason) | Self::Assign(core, reason) => (core, reason),
            Self::Move(core) => (core, Reason::Rebalanced),
        }
    }
}

impl Engine {
    /// The entry that a frame with this key is for. Nothing is counted.
    #[inline]
    pub fn classify(&mut self, key: &PacketKey) -> Option<EntryId> {
        self.flows.find(key)
    }

    /// Takes a frame of `len` bytes with this key that `core` received: counts it, and says which
    /// core runs the rest of the receive path.
    pub fn receive(
        &mut self,
        key: &PacketKey,
        len: usize,
        core: Core,
        now: Time,
        events: &mut Vec<Event>,
    ) -> Decision {
        let unmatched = Decision { entry: None, core, reason: Reason::NoMatch };
        let Some(id) = self.flows.find(key) else {
            self.counters.missed += 1;
            return self.sent(core, unmatched);
        };
        self.counters.matched += 1;
        let Some(previous) = self.flows.get_mut(id).map(|entry| entry.count(len, now)) else {
            return self.sent(core, unmatched);
        };
        let plan = self.flows.get(id).map(|entry| self.plan(entry, key, core, previous, now));
        let plan = plan.unwrap_or(Plan::Go(core, Reason::NoMatch));
        match plan {
            Plan::Go(..) => {}
            Plan::Assign(to, reason) => self.assign(id, key, (to, reason), now, events),
            Plan::Move(to) => self.move_entry(id, to, now, events),
        }
        let (to, reason) = plan.goes();
        self.sent(core, Decision { entry: Some(id), core: to, reason })
    }

    fn sent(&mut self, from: Core, decision: Decision) -> Decision {
        if decision.core == from {
            self.counters.passed += 1;
        } else {
            self.counters.redirected += 1;
        }
        if let Some(state) = self.cores.get_mut(decision.core) {
            state.packets += 1;
        }
        decision
    }

    /// What is to be done with a frame of `entry` that `current` received; `previous` is when the
    /// entry's frame before it came.
    pub(super) fn plan(
        &self,
        entry: &FlowEntry,
        key: &PacketKey,
        current: Core,
        previous: Time,
        now: Time,
    ) -> Plan {
        let Assignment { core, moving_to, left, .. } = entry.assignment;
        if !self.is_enabled() {
            return Plan::Go(current, Reason::Disabled);
        }
        match (entry.action, moving_to) {
            (CoreAction::Stay, _) => Plan::Go(current, Reason::NoAction),
            (CoreAction::Core(core), _) => Plan::Go(core, Reason::Predetermined),
            (CoreAction::Auto, Some(to)) if self.has_drained(core, previous, now) => Plan::Move(to),
            (CoreAction::Auto, Some(_)) => Plan::Go(core, Reason::Draining),
            (CoreAction::Auto, None) if core != Core::NONE => Plan::Go(core, Reason::Assigned),
            (CoreAction::Auto, None) => {
                if let Some(left) = left
                    && !self.has_drained(left, previous, now)
                {
                    return Plan::Go(left, Reason::Draining);
                }
                let (vm_id, is_priority) = (key.vm_id(), key.is_priority());
                let arrival = Arrival { current, vm_id, is_priority, rxhash: key.rxhash() };
                match choose(&self.cores, &self.settings.config, &arrival) {
                    Ok((core, reason)) => Plan::Assign(core, reason),
                    Err(reason) => Plan::Go(current, reason),
                }
            }
        }
    }

    /// Whether no frame that was sent to `core` at `last` or before can be under way still: a core
    /// that has gone has none.
    pub(super) fn has_drained(&self, core: Core, last: Time, now: Time) -> bool {
        let Ok(state) = self.cores.online(core) else { return true };
        now.since(last) >= self.settings.drain_time
            || state.drained.is_some_and(|drained| drained >= last)
    }

    fn assign(
        &mut self,
        id: EntryId,
        key: &PacketKey,
        (core, reason): (Core, Reason),
        now: Time,
        events: &mut Vec<Event>,
    ) {
        let assignment = Assignment {
            core,
            reason,
            rxhash: key.rxhash(),
            at: Some(now),
            vm_id: key.vm_id(),
            is_priority: key.is_priority(),
            moving_to: None,
            left: None,
        };
        self.set_assignment(id, assignment);
        self.set_timer(id);
        self.cores.expect(core, self.settings.provisional_load);
        self.decided(id, AssignmentEvent::Assigned, (Core::NONE, core), reason, now, events);
        self.announce(RuleChange::Changed(id), events);
    }

    pub(super) fn move_entry(&mut self, id: EntryId, to: Core, now: Time, events: &mut Vec<Event>) {
        let Some(entry) = self.flows.get(id) else { return };
        let (before, reason) = (entry.assignment, Reason::Rebalanced);
        let after = Assignment { core: to, reason, at: Some(now), moving_to: None, ..before };
        self.set_assignment(id, after);
        self.counters.moves += 1;
        self.decided(id, AssignmentEvent::Moved, (before.core, to), reason, now, events);
        self.announce(RuleChange::Changed(id), events);
    }

    /// An entry gives its core back.
    pub(super) fn release(
        &mut self,
        id: EntryId,
        reason: Reason,
        now: Time,
        events: &mut Vec<Event>,
    ) {
        let Some(entry) = self.flows.get(id) else { return };
        let left = entry.assignment.in_use();
        let old = entry.assignment.core;
        self.set_assignment(id, Assignment { reason, left, ..Assignment::NONE });
        self.decided(id, AssignmentEvent::Released, (old, Core::NONE), reason, now, events);
        self.announce(RuleChange::Changed(id), events);
    }

    /// Sets what is decided about an entry, and keeps the counts of the cores in step.
    pub(super) fn set_assignment(&mut self, id: EntryId, assignment: Assignment) {
        let Some(entry) = self.flows.get_mut(id) else { return };
        let before = std::mem::replace(&mut entry.assignment, assignment);
        if let Some(state) = self.cores.get_mut(before.core) {
            state.n_flows -= 1;
            state.n_priority -= u32::from(before.is_priority);
        }
        if let Some(state) = self.cores.get_mut(assignment.core) {
            state.n_flows += 1;
            state.n_priority += u32::from(assignment.is_priority);
        }
    }

    pub(super) fn decided(
        &self,
        id: EntryId,
        event: AssignmentEvent,
        (old_core, new_core): (Core, Core),
        reason: Reason,
        at: Time,
        events: &mut Vec<Event>,
    ) {
        let Some(entry) = self.flows.get(id).cloned() else { return };
        let state = self.cores.get(new_core);
        let load = state.map_or(0, |state| state.load().saturating_add(state.provisional()));
        let decided = Decided { event, reason, old_core, new_core, load, entry, at };
        events.push(Event::Decided(Box::new(decided)));
    }

    /// Every frame that was sent to `core` up to `through` has been processed: entries that wait
    /// to leave it may do so with their next frame.
    pub fn drained(&mut self, core: Core, through: Time) {
        if let Some(state) = self.cores.get_mut(core) {
            state.drained = state.drained.max(Some(through));
        }
    }

    /// A datapath outside gave an entry a core, by the rules of this engine, when a frame with this
    /// key came. Where the engine has it on another core, it was not told of something: the
    /// datapath is right, as the frames go where it says.
    pub fn adopt(
        &mut self,
        id: EntryId,
        key: &PacketKey,
        chosen: (Core, Reason),
        now: Time,
        events: &mut Vec<Event>,
    ) {
        let differs = |entry: &FlowEntry| {
            entry.action == CoreAction::Auto && entry.assignment.core != chosen.0
        };
        if self.flows.get(id).is_some_and(differs) && self.cores.online(chosen.0).is_ok() {
            self.assign(id, key, chosen, now, events);
        }
    }

    /// A datapath outside moved an entry to the core that it was to move to.
    pub fn confirm_move(&mut self, id: EntryId, now: Time, events: &mut Vec<Event>) {
        if let Some(to) = self.flows.get(id).and_then(|entry| entry.assignment.moving_to) {
            self.move_entry(id, to, now, events);
        }
    }
}

impl Assignment {
    /// The core that frames of the entry may be under way to.
    pub(super) fn in_use(&self) -> Option<Core> {
        Some(self.core).filter(|core| *core != Core::NONE).or(self.left)
    }
}
