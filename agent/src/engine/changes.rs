//! Changes of the flow table: OpenFlow 1.0.0 section 4.6.

use codec::of10::{FlowModCommand, FlowModFlags, FlowRemovedReason, PortNo};

use super::event::{Event, RemovedFlow, RuleChange};
use super::flow_change::FlowChange;
use super::flow_entry::{Assignment, CoreAction, EntryId, FlowEntry};
use super::refusal::Refusal;
use super::tables::Engine;
use super::time::Time;

/// What takes a change back.
#[derive(Debug, Clone)]
pub(super) enum Undo {
    /// An entry was added.
    Add(EntryId),
    /// An entry was taken out.
    Take(Box<FlowEntry>),
    /// An entry was modified: what it was.
    Modify { id: EntryId, action: CoreAction, cookie: u64, assignment: Assignment },
}

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
        self.journaled(changes, now, events).map(drop)
    }

    /// The same; returns what takes the changes back, and how long that was after each of them.
    pub(super) fn journaled(
        &mut self,
        changes: &[FlowChange],
        now: Time,
        events: &mut Vec<Event>,
    ) -> Result<(Vec<Undo>, Vec<usize>), (usize, Refusal)> {
        let (told, generation) = (events.len(), self.generation);
        self.journal = Some(Vec::new());
        let mut numbered = changes.iter().enumerate();
        let mut ends = Vec::with_capacity(changes.len());
        let done = numbered.try_for_each(|(number, change)| {
            self.flow_mod(change, now, events).map_err(|refusal| (number, refusal))?;
            ends.push(self.journal.as_ref().map_or(0, Vec::len));
            Ok(())
        });
        let journal = self.journal.take().unwrap_or_default();
        if let Err(refused) = done {
            journal.into_iter().rev().for_each(|undo| self.undo(undo));
            events.truncate(told);
            self.generation = generation;
            return Err(refused);
        }
        Ok((journal, ends))
    }

    fn note(&mut self, undo: impl FnOnce() -> Undo) {
        if let Some(journal) = &mut self.journal {
            journal.push(undo());
        }
    }

    pub(super) fn undo(&mut self, undo: Undo) {
        match undo {
            Undo::Add(id) => {
                self.set_assignment(id, Assignment::NONE);
                self.flows.remove(id);
                self.timers.unset(id);
            }
            Undo::Take(mut entry) => {
                let (id, assignment) = (entry.id, entry.assignment);
                entry.assignment = Assignment::NONE;
                self.flows.put_back(*entry);
                self.set_assignment(id, assignment);
                self.set_timer(id);
            }
            Undo::Modify { id, action, cookie, assignment } => {
                if let Some(entry) = self.flows.get_mut(id) {
                    entry.action = action;
                    entry.cookie = cookie;
                }
                self.set_assignment(id, assignment);
                self.set_timer(id);
            }
        }
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
        let id = self.put_in(FlowEntry {
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
            watched_from: 0,
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
            let Some(entry) = self.flows.get(*id) else { continue };
            let FlowEntry { id, action, cookie, assignment, .. } = *entry;
            self.note(|| Undo::Modify { id, action, cookie, assignment });
            let Some(entry) = self.flows.get_mut(id) else { continue };
            entry.cookie = change.cookie;
            if entry.action != change.action {
                entry.action = change.action;
                let left = entry.assignment.in_use();
                self.set_assignment(id, Assignment { left, ..Assignment::of(change.action) });
            }
            self.announce(RuleChange::Changed(id), events);
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
        self.timers.unset(id);
        self.note(|| Undo::Take(Box::new(entry.clone())));
        self.announce(RuleChange::Removed(id), events);
        Some(entry)
    }

    /// Puts an entry into the table.
    pub(super) fn put_in(&mut self, entry: FlowEntry) -> EntryId {
        let id = self.flows.insert(entry);
        self.note(|| Undo::Add(id));
        self.set_timer(id);
        id
    }

    /// Tells the datapath.
    pub(super) fn announce(&mut self, change: RuleChange, events: &mut Vec<Event>) {
        self.generation = self.generation.wrapping_add(1);
        events.push(Event::Rule(change));
    }
}
