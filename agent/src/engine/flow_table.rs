//! The flow table: entries by rank, and which of them a frame or a change is for.

use super::flow_entry::{EntryId, FlowEntry};
use super::flow_match::FlowMatch;
use super::key::PacketKey;

/// The entries.
#[derive(Debug, Clone, Default)]
pub(crate) struct FlowTable {
    slots: Vec<Slot>,
    /// Slots without an entry.
    free: Vec<u32>,
    /// Slots with an entry, the one that wins first.
    ranked: Vec<u32>,
    next_sequence: u64,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    generation: u32,
    entry: Option<FlowEntry>,
}

impl FlowTable {
    pub(crate) fn len(&self) -> usize {
        self.ranked.len()
    }

    /// The entries, the one that wins first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &FlowEntry> {
        self.ranked.iter().filter_map(|index| self.at(*index))
    }

    fn at(&self, index: u32) -> Option<&FlowEntry> {
        self.slots.get(usize::try_from(index).ok()?)?.entry.as_ref()
    }

    pub(crate) fn get(&self, id: EntryId) -> Option<&FlowEntry> {
        self.at(id.index).filter(|entry| entry.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: EntryId) -> Option<&mut FlowEntry> {
        let slot = self.slots.get_mut(usize::try_from(id.index).ok()?)?;
        slot.entry.as_mut().filter(|entry| entry.id == id)
    }

    /// The entry that a frame is for.
    pub(crate) fn find(&self, key: &PacketKey) -> Option<EntryId> {
        self.iter().find(|entry| entry.matched.matches(key)).map(|entry| entry.id)
    }

    /// The entry with this very match and priority.
    pub(crate) fn find_strict(&self, matched: &FlowMatch, priority: u16) -> Option<EntryId> {
        let same =
            |entry: &&FlowEntry| entry.priority == priority && entry.matched.is_same(matched);
        self.iter().find(same).map(|entry| entry.id)
    }

    /// The entries that are at least as specific as `matched`.
    pub(crate) fn covered_by(&self, matched: &FlowMatch) -> Vec<EntryId> {
        self.iter().filter(|entry| matched.covers(&entry.matched)).map(|entry| entry.id).collect()
    }

    /// An entry of that priority which matches frames that `matched` does.
    pub(crate) fn overlapping(&self, matched: &FlowMatch, priority: u16) -> Option<&FlowEntry> {
        self.iter().find(|entry| entry.priority == priority && entry.matched.overlaps(matched))
    }

    /// Adds an entry, whose id and sequence are set here.
    pub(crate) fn insert(&mut self, mut entry: FlowEntry) -> EntryId {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            u32::try_from(self.slots.len().saturating_sub(1)).unwrap_or(u32::MAX)
        });
        let slot = usize::try_from(index).ok().and_then(|index| self.slots.get_mut(index));
        entry.id = EntryId { index, generation: slot.map_or(0, |slot| slot.generation) };
        entry.sequence = self.next_sequence;
        self.next_sequence += 1;
        let id = entry.id;
        self.put_back(entry);
        id
    }

    /// Puts an entry into the slot that its id names, which is empty.
    fn put_back(&mut self, entry: FlowEntry) {
        let rank = entry.rank();
        let better = |index: &u32| self.at(*index).is_some_and(|other| other.rank() > rank);
        let at = self.ranked.partition_point(better);
        self.ranked.insert(at, entry.id.index);
        let slot = usize::try_from(entry.id.index).ok();
        if let Some(slot) = slot.and_then(|index| self.slots.get_mut(index)) {
            slot.entry = Some(entry);
        }
    }

    /// Takes an entry out.
    pub(crate) fn remove(&mut self, id: EntryId) -> Option<FlowEntry> {
        let slot = self.slots.get_mut(usize::try_from(id.index).ok()?)?;
        let entry = slot.entry.take_if(|entry| entry.id == id)?;
        slot.generation = slot.generation.wrapping_add(1);
        self.ranked.retain(|index| *index != id.index);
        self.free.push(id.index);
        Some(entry)
    }
}
