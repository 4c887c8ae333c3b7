//! What time does to entries: idle and hard timeouts (OpenFlow 1.0.0 section 4.7), and the idle
//! timeout of the configuration, after which an entry gives back the core that VSE gave it.

use std::time::Duration;

use codec::of10::FlowRemovedReason;
use codec::vse::{Core, Reason};

use super::event::Event;
use super::flow_entry::{CoreAction, EntryId, FlowEntry};
use super::tables::Engine;
use super::time::Time;

impl Engine {
    /// Does what is due: entries whose timeouts have passed go, those that had no frame for the
    /// configuration's idle timeout give back the core that VSE gave them, and entries are moved
    /// away from cores that stay highly loaded.
    pub fn advance(&mut self, now: Time, events: &mut Vec<Event>) {
        while let Some(id) = self.timers.next_due(now) {
            let Some(entry) = self.flows.get(id) else { continue };
            if let Some(reason) = expired(entry, now) {
                self.remove(id, reason, now, events);
                continue;
            }
            if self.gives_back(entry).is_some_and(|at| at <= now) {
                self.release(id, Reason::Idle, now, events);
            }
            self.set_timer(id);
        }
        self.rebalance(now, events);
    }

    /// When [`advance`](Self::advance) has something to do next, if nothing happens before; it may
    /// be early.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        self.timers.next().into_iter().chain(self.next_rebalance()).min()
    }

    /// Sees to it that an entry is looked at when something about it may be due.
    pub(super) fn set_timer(&mut self, id: EntryId) {
        let Some(entry) = self.flows.get(id) else { return };
        let due = entry.expires().into_iter().chain(self.gives_back(entry)).min();
        if let Some(due) = due {
            self.timers.set(id, due);
        }
    }

    /// The same for all entries, after the configuration has changed.
    pub(super) fn set_all_timers(&mut self) {
        let all: Vec<_> = self.flows.iter().map(|entry| entry.id).collect();
        for id in all {
            self.set_timer(id);
        }
    }

    /// When an entry that VSE gave a core gives it back, as things are.
    fn gives_back(&self, entry: &FlowEntry) -> Option<Time> {
        let idle = Duration::from_secs(self.settings.config.idle_timeout.into());
        let has = entry.action == CoreAction::Auto && entry.assignment.core != Core::NONE;
        (has && !idle.is_zero()).then(|| entry.last_used + idle)
    }
}

/// Why the entry is to go, if it is.
fn expired(entry: &FlowEntry, now: Time) -> Option<FlowRemovedReason> {
    let passed = |from: Time, seconds: u16| {
        seconds != 0 && now.since(from) >= Duration::from_secs(seconds.into())
    };
    if passed(entry.added, entry.hard_timeout) {
        Some(FlowRemovedReason::HardTimeout)
    } else if passed(entry.last_used, entry.idle_timeout) {
        Some(FlowRemovedReason::IdleTimeout)
    } else {
        None
    }
}
