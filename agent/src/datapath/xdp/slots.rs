//! Which slot of the maps each entry has.
//!
//! A slot holds what the datapath knows of an entry: its core and its counters. It is given to another
//! entry only when no program can look at it any more, that is after a table without it was
//! put in force. So there are twice as many slots as rules: a whole table can be replaced in one step.

use std::collections::HashMap;

use crate::engine::EntryId;

#[derive(Debug, Default)]
pub(super) struct Slots {
    of: HashMap<EntryId, u32>,
    free: Vec<u32>,
    /// Their entries have gone, but a table with them is in force.
    leaving: Vec<u32>,
    /// Slots from here on were never used.
    fresh: u32,
    max: u32,
}

impl Slots {
    pub(super) fn new(max: u32) -> Self {
        Self { max, ..Self::default() }
    }

    /// The slot of an entry.
    pub(super) fn get(&self, id: EntryId) -> Option<u32> {
        self.of.get(&id).copied()
    }

    /// Entries and their slots, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (EntryId, u32)> {
        self.of.iter().map(|(id, slot)| (*id, *slot))
    }

    /// A slot for a new entry; none where all are taken.
    pub(super) fn take(&mut self, id: EntryId) -> Option<u32> {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None if self.fresh < self.max => {
                self.fresh += 1;
                self.fresh - 1
            }
            None => return None,
        };
        self.of.insert(id, slot);
        Some(slot)
    }

    /// A table that another agent put in force has these slots: free once a table without them is.
    pub(super) fn occupied(&mut self, slots: &[u32]) {
        let mut slots: Vec<u32> = slots.iter().copied().filter(|slot| *slot < self.max).collect();
        slots.sort_unstable();
        slots.dedup();
        for slot in &slots {
            self.free.extend(self.fresh..*slot);
            self.fresh = slot.saturating_add(1);
        }
        self.leaving = slots;
    }

    /// Gives an entry the slot that it had with another agent; whether it is there to be given.
    pub(super) fn inherit(&mut self, id: EntryId, slot: u32) -> bool {
        let Some(at) = self.leaving.iter().position(|leaving| *leaving == slot) else {
            return false;
        };
        self.leaving.swap_remove(at);
        self.of.insert(id, slot);
        true
    }

    /// The entry has gone; its slot is free once [`left`](Self::left) is called.
    pub(super) fn leave(&mut self, id: EntryId) -> Option<u32> {
        let slot = self.of.remove(&id)?;
        self.leaving.push(slot);
        Some(slot)
    }

    /// A table without the entries that have gone is in force.
    pub(super) fn left(&mut self) {
        self.free.append(&mut self.leaving);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(index: u32) -> EntryId {
        EntryId { index, generation: 0 }
    }

    #[test]
    fn a_slot_is_not_given_away_while_a_table_has_it() {
        let mut slots = Slots::new(2);
        assert_eq!(
            (slots.take(id(0)), slots.take(id(1)), slots.take(id(2))),
            (Some(0), Some(1), None)
        );
        assert_eq!(slots.leave(id(0)), Some(0));
        assert_eq!(slots.take(id(2)), None);
        slots.left();
        assert_eq!(slots.take(id(2)), Some(0));
        assert_eq!(slots.get(id(0)), None);
    }

    #[test]
    fn slots_of_another_agents_table_are_not_given_away() {
        let mut slots = Slots::new(4);
        slots.occupied(&[2, 2]);
        let mut rest: Vec<_> = (0..4).filter_map(|n| slots.take(id(n))).collect();
        rest.sort_unstable();
        assert_eq!(rest, [0, 1, 3]);
        slots.left();
        assert_eq!(slots.take(id(9)), Some(2));
    }

    #[test]
    fn a_slot_is_inherited_once() {
        let mut slots = Slots::new(4);
        slots.occupied(&[1, 3]);
        assert!(slots.inherit(id(0), 3) && !slots.inherit(id(1), 3) && !slots.inherit(id(1), 0));
        slots.left();
        assert_eq!(slots.get(id(0)), Some(3));
        let mut rest: Vec<_> = (1..4).filter_map(|n| slots.take(id(n))).collect();
        rest.sort_unstable();
        assert_eq!(rest, [0, 1, 2]);
    }
}
