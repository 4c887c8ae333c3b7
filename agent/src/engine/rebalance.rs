//! Moving entries away from cores that stay highly loaded.
//!
//! Off by default. An entry is moved only
//! - from a core every sample of which was at least `high_load` for `rebalance_interval`;
//! - to a core of the same NUMA node that the policy would choose, which stays below `high_load`
//!   with the entry and is, with it, by `rebalance_improvement` less loaded than the old core is;
//! - once in `rebalance_interval`, and one from each core at a time;
//! - when the old core has drained: see [`Engine::drained`].

use std::time::Duration;

use codec::vse::{AssignmentEvent, ConfigFlags, Core, Policy, Reason};

use super::core_table::CoreState;
use super::event::{Event, RuleChange};
use super::flow_entry::{Assignment, CoreAction, EntryId, FlowEntry};
use super::policy::choose_among;
use super::tables::Engine;
use super::time::Time;

/// An entry that should move, and where to.
struct Move {
    id: EntryId,
    to: Core,
    /// The load that goes with it, per mille.
    share: u16,
}

impl Engine {
    fn is_rebalancing(&self) -> bool {
        let config = self.config();
        let on = config.flags.contains(ConfigFlags::ENABLED | ConfigFlags::REBALANCE);
        on && config.policy == Policy::Adaptive
    }

    /// Time of high load before a move, and between two.
    fn rebalance_interval(&self) -> Duration {
        Duration::from_secs(self.config().rebalance_interval.max(1).into())
    }

    /// When a core will have been highly loaded for long enough.
    pub(super) fn next_rebalance(&self) -> Option<Time> {
        if !self.is_rebalancing() {
            return None;
        }
        let high = self.cores.iter().filter_map(|state| state.high_since).min()?;
        let interval = self.rebalance_interval();
        Some(self.balanced.map_or(high, |last| last.max(high)) + interval)
    }

    /// Decides on moves, where it is time.
    pub(super) fn rebalance(&mut self, now: Time, events: &mut Vec<Event>) {
        if self.next_rebalance().is_none_or(|at| at > now) {
            return;
        }
        self.balanced = Some(now);
        let interval = self.rebalance_interval();
        let is_high =
            |state: &&CoreState| state.high_since.is_some_and(|since| since + interval <= now);
        let high: Vec<_> = self.cores.iter().filter(is_high).map(|state| state.info.core).collect();
        for core in high {
            if let Some(chosen) = self.best_move(core, now) {
                self.begin_move(&chosen, core, now, events);
            }
            self.watch_shares(core);
        }
    }

    /// Begins to count what each entry of a core adds to its load.
    pub(super) fn watch_shares(&mut self, core: Core) {
        let there = |entry: &&FlowEntry| entry.assignment.core == core;
        let there: Vec<_> = self.flows.iter().filter(there).map(|entry| entry.id).collect();
        for id in there {
            if let Some(entry) = self.flows.get_mut(id) {
                entry.watched_from = entry.packet_count;
            }
        }
    }

    /// The entry whose move away from `from` is best: a priority flow before others, then the one
    /// with the largest share.
    fn best_move(&self, from: Core, now: Time) -> Option<Move> {
        let old = self.cores.get(from)?;
        let there = self.flows.iter().filter(|entry| entry.assignment.core == from);
        let frames = |entry: &FlowEntry| entry.packet_count.saturating_sub(entry.watched_from);
        let all = there.clone().map(frames).fold(0, u64::saturating_add);
        let moves = there.filter_map(|entry| {
            let share = u64::from(old.load()).saturating_mul(frames(entry)).checked_div(all)?;
            let share = u16::try_from(share).ok().filter(|share| *share > 0)?;
            let to = self.target(entry, old, share, now)?;
            let order = (entry.assignment.is_priority, share, std::cmp::Reverse(entry.sequence));
            Some((order, Move { id: entry.id, to, share }))
        });
        moves.max_by_key(|(order, _)| *order).map(|(_, chosen)| chosen)
    }

    /// Where an entry with this share of its core's load should move, if anywhere.
    fn target(&self, entry: &FlowEntry, old: &CoreState, share: u16, now: Time) -> Option<Core> {
        let config = self.config();
        let is_free = entry.action == CoreAction::Auto && entry.assignment.moving_to.is_none();
        let settled = entry.assignment.at.is_none_or(|at| at + self.rebalance_interval() <= now);
        if !is_free || !settled {
            return None;
        }
        let load = |state: &CoreState| state.load().saturating_add(state.provisional());
        let would_gain = |state: &&CoreState| {
            let then = load(state).saturating_add(share);
            let gain = old.load().saturating_sub(then);
            then < config.high_load && gain > 0 && gain >= config.rebalance_improvement
        };
        let near = self.cores.iter().filter(|state| {
            let is_other = state.info.core != old.info.core;
            is_other && state.info.numa_node == old.info.numa_node && state.is_available()
        });
        let Assignment { vm_id, is_priority, .. } = entry.assignment;
        let own = self.cores.vm(vm_id).map_or(Core::NONE, |vm| vm.core);
        choose_among(near.filter(would_gain), own, is_priority).map(|(core, _)| core)
    }

    fn begin_move(&mut self, chosen: &Move, old: Core, now: Time, events: &mut Vec<Event>) {
        let Move { id, to, share } = *chosen;
        let Some(entry) = self.flows.get(id) else { return };
        let (assignment, last) = (entry.assignment, entry.last_used);
        self.cores.expect(to, share);
        if self.has_drained(old, last, now) {
            self.set_assignment(id, Assignment { moving_to: Some(to), ..assignment });
            return self.confirm_move(id, now, events);
        }
        self.set_assignment(id, Assignment { moving_to: Some(to), ..assignment });
        self.counters.deferred += 1;
        let event = AssignmentEvent::Deferred;
        self.decided(id, event, (old, old), Reason::Draining, now, events);
        self.announce(RuleChange::Changed(id), events);
    }

    /// A core may not be chosen any more: nothing moves there.
    pub(super) fn cancel_moves_to(&mut self, core: Core) {
        let moving = |entry: &&FlowEntry| entry.assignment.moving_to == Some(core);
        let moving: Vec<_> = self.flows.iter().filter(moving).map(|entry| entry.id).collect();
        for id in moving {
            if let Some(entry) = self.flows.get_mut(id) {
                entry.assignment.moving_to = None;
            }
        }
    }
}
