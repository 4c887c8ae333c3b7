//! Changes of the flow table: OpenFlow 1.0.0 section 4.6.

use codec::of10::{FlowModCommand, FlowModFlags, FlowRemovedReason, PortNo};

use super::event::{Event, RemovedFlow, RuleChange};
use super::flow_change::FlowChange;
use super::flow_entry::{Assignment, CoreAction, EntryId, FlowEntry};
use super::refusal::Refusal;
use super::tables::Engine;
use super::time::Time;

impl Engine {
    /// Changes the flow table. A change that is refused changes nothing.
    pub fn flow_mod(
        &mut self,
        change: &FlowChange,
        now: Time,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        match change.command {
            FlowModCommand::Add => self.add(change, now, events),
            FlowModCommand::Modify => {
                let entries = self.flows.covered_by(&change.matched);
                self.modify(change, &entries, now, events)
            }
            FlowModCommand::ModifyStrict => {
                let entry = self.flows.find_strict(&change.matched, change.priority);
                self.modify(change, entry.as_slice(), now, events)
            }
            FlowModCommand::Delete => {
                let entries = self.flows.covered_by(&change.matched);
                self.delete(change, &entries, now, events);
                Ok(())
            }
            FlowModCommand::DeleteStrict => {
                let entry = self.flows.find_strict(&change.matched, change.priority);
                self.delete(change, entry.as_slice(), now, events);
                Ok(())
            }
            command => Err(Refusal::Command(command.into())),
        }
    }

    /// Does all of `changes`, in their order, or none of them: the number of the one that was
    /// refused, and why.
    pub fn bundle(
        &mut self,
        changes: &[FlowChange],
        now: Time,
        events: &mut Vec<Event>,
    ) -> Result<(), (usize, Refusal)> {
        let before = (self.clone(), events.len());
        for (number, change) in changes.iter().enumerate() {
            if let Err(refusal) = self.flow_mod(change, now, events) {
                *self = before.0;
                events.truncate(before.1);
                return Err((number, refusal));
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        change: &FlowChange,
        now: Time,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        self.check_action(change.action)?;
        if change.flags.contains(FlowModFlags::CHECK_OVERLAP)
            && let Some(entry) = self.flows.overlapping(&change.matched, change.priority)
        {
            let (priority, with) = (entry.priority, entry.matched.to_string());
            return Err(Refusal::Overlap { priority, with });
        }
        let mut assignment = Assignment::of(change.action);
        if let Some(id) = self.flows.find_strict(&change.matched, change.priority) {
            // The new entry begins without counters and without a core, and no FLOW_REMOVED is
            // sent; but frames of the old one may be under way.
            let replaced = self.take(id, events);
            assignment.left = replaced.and_then(|entry| entry.assignment.in_use());
        } else if self.flows.len() >= self.settings.max_flows {
            return Err(Refusal::TableFull(self.settings.max_flows));
        }
        let id = self.flows.insert(FlowEntry {
            id: EntryId { index: 0, generation: 0 },
            priority: change.priority,
            matched: change.matched.clone(),
            action: change.action,
            cookie: change.cookie,
            idle_timeout: change.idle_timeout,
            hard_timeout: change.hard_timeout,
            flags: change.flags,
            added: now,
            last_used: now,
            packet_count: 0,
            byte_count: 0,
            assignment: Assignment::NONE,
            sequence: 0,
        });
        self.set_assignment(id, assignment);
        self.announce(RuleChange::Added(id), events);
        Ok(())
    }

    fn modify(
        &mut self,
        change: &FlowChange,
        entries: &[EntryId],
        now: Time,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        if entries.is_empty() {
            return self.add(change, now, events);
        }
        self.check_action(change.action)?;
        for id in entries {
            let Some(entry) = self.flows.get_mut(*id) else { continue };
            entry.cookie = change.cookie;
            if entry.action != change.action {
                entry.action = change.action;
                let left = entry.assignment.in_use();
                self.set_assignment(*id, Assignment { left, ..Assignment::of(change.action) });
            }
            self.announce(RuleChange::Changed(*id), events);
        }
        Ok(())
    }

    fn delete(
        &mut self,
        change: &FlowChange,
        entries: &[EntryId],
        now: Time,
        events: &mut Vec<Event>,
    ) {
        // No entry of VSE sends out of a port.
        if change.out_port != PortNo::NONE {
            return;
        }
        for id in entries {
            self.remove(*id, FlowRemovedReason::Delete, now, events);
        }
    }

    fn check_action(&self, action: CoreAction) -> Result<(), Refusal> {
        match action {
            CoreAction::Core(core) => self.cores.online(core).map(drop),
            CoreAction::Stay | CoreAction::Auto => Ok(()),
        }
    }

    /// Removes an entry, and tells those who wanted to know.
    pub(super) fn remove(
        &mut self,
        id: EntryId,
        reason: FlowRemovedReason,
        at: Time,
        events: &mut Vec<Event>,
    ) {
        if let Some(entry) = self.take(id, events)
            && entry.flags.contains(FlowModFlags::SEND_FLOW_REM)
        {
            events.push(Event::FlowRemoved(Box::new(RemovedFlow { entry, reason, at })));
        }
    }

    /// Takes an entry out of the table.
    fn take(&mut self, id: EntryId, events: &mut Vec<Event>) -> Option<FlowEntry> {
        let assignment = self.flows.get(id)?.assignment;
        self.set_assignment(id, Assignment::NONE);
        let mut entry = self.flows.remove(id)?;
        entry.assignment = assignment;
        self.announce(RuleChange::Removed(id), events);
        Some(entry)
    }

    /// Tells the datapath.
    pub(super) fn announce(&mut self, change: RuleChange, events: &mut Vec<Event>) {
        self.generation = self.generation.wrapping_add(1);
        events.push(Event::Rule(change));
    }
}
