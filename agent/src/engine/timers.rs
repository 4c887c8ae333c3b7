//! When entries are to be looked at for their timeouts.
//!
//! An entry has at most one timer that counts. It is not moved by each frame: when it is due, the
//! entry is looked at, and gets another where it is not time yet. So neither a frame nor the
//! passing of time costs a walk over the table.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::flow_entry::EntryId;
use super::time::Time;

/// Timers that no longer count, beyond as many as do, before they are swept out.
const SLACK: usize = 1024;

/// The timers of the entries.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timers {
    due: BinaryHeap<Reverse<(Time, EntryId)>>,
    /// By index of the entry: the timer that counts.
    set: Vec<Option<(Time, u32)>>,
    count: usize,
}

impl Timers {
    /// Looks at the entry at `time`, or before.
    pub(crate) fn set(&mut self, id: EntryId, time: Time) {
        let Ok(index) = usize::try_from(id.index) else { return };
        if self.set.len() <= index {
            self.set.resize(index + 1, None);
        }
        let Some(set) = self.set.get_mut(index) else { return };
        match set {
            Some((sooner, generation)) if *generation == id.generation && *sooner <= time => return,
            Some(_) => {}
            None => self.count += 1,
        }
        *set = Some((time, id.generation));
        self.due.push(Reverse((time, id)));
        if self.due.len() > 2 * self.count + SLACK {
            let set = &self.set;
            self.due.retain(|Reverse((time, id))| counts(set, *time, *id));
        }
    }

    /// The entry has gone.
    pub(crate) fn unset(&mut self, id: EntryId) {
        let set = usize::try_from(id.index).ok().and_then(|index| self.set.get_mut(index));
        if set.is_some_and(|set| set.take().is_some()) {
            self.count -= 1;
        }
    }

    /// An entry that is to be looked at by `now`; its timer is spent.
    pub(crate) fn next_due(&mut self, now: Time) -> Option<EntryId> {
        while self.due.peek().is_some_and(|Reverse((time, _))| *time <= now) {
            let Reverse((time, id)) = self.due.pop()?;
            if counts(&self.set, time, id) {
                self.unset(id);
                return Some(id);
            }
        }
        None
    }

    /// When the next is due; it may be one that no longer counts.
    pub(crate) fn next(&self) -> Option<Time> {
        self.due.peek().map(|Reverse((time, _))| *time)
    }
}

fn counts(set: &[Option<(Time, u32)>], time: Time, id: EntryId) -> bool {
    let set = usize::try_from(id.index).ok().and_then(|index| set.get(index));
    set.is_some_and(|set| *set == Some((time, id.generation)))
}
