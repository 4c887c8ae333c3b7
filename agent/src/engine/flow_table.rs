//! The flow table: the entries, and which of them a frame or a change is for.

use super::classifier::Classifier;
use super::flow_cache::{FlowCache, Known};
use super::flow_entry::{EntryId, FlowEntry, Rank};
use super::flow_match::FlowMatch;
use super::key::PacketKey;

/// The entries.
#[derive(Debug, Clone)]
pub(crate) struct FlowTable {
    slots: Vec<Slot>,
    /// Slots without an entry.
    free: Vec<u32>,
    len: usize,
    classifier: Classifier,
    cache: FlowCache,
    /// Counts what may change the entry that a frame is for; never 0.
    generation: u32,
    next_sequence: u64,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    generation: u32,
    entry: Option<FlowEntry>,
}

impl FlowTable {
    /// An empty table that remembers so many flows.
    pub(crate) fn new(seen_flows: usize, seed: u64) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            len: 0,
            classifier: Classifier::new(seed),
            cache: FlowCache::new(seen_flows, seed),
            generation: 1,
            next_sequence: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The entries, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &FlowEntry> + Clone {
        self.slots.iter().filter_map(|slot| slot.entry.as_ref())
    }

    /// The entries, the one that wins first.
    pub(crate) fn ranked(&self) -> Vec<&FlowEntry> {
        let mut ranked: Vec<_> = self.iter().map(|entry| (entry.rank(), entry)).collect();
        ranked.sort_unstable_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        ranked.into_iter().map(|(_, entry)| entry).collect()
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
    #[inline]
    pub(crate) fn find(&mut self, key: &PacketKey) -> Option<EntryId> {
        match self.cache.find(key, self.generation) {
            Some(Known(entry)) => entry,
            None => self.find_anew(key),
        }
    }

    fn find_anew(&mut self, key: &PacketKey) -> Option<EntryId> {
        let entry = self.classifier.find(key);
        self.cache.note(key, self.generation, entry);
        entry
    }

    /// The entry with this very match and priority.
    pub(crate) fn find_strict(&self, matched: &FlowMatch, priority: u16) -> Option<EntryId> {
        let head = self.classifier.find_same(matched)?;
        let mut same = self.classifier.chain_from(head).filter_map(|index| self.at(index));
        same.find(|entry| entry.priority == priority).map(|entry| entry.id)
    }

    /// The entries that are at least as specific as `matched`, in the order in which they were
    /// added.
    pub(crate) fn covered_by(&self, matched: &FlowMatch) -> Vec<EntryId> {
        let near = self.classifier.near(matched).into_iter().filter_map(|index| self.at(index));
        let mut covered: Vec<_> = near
            .filter(|entry| matched.covers(&entry.matched))
            .map(|entry| (entry.sequence, entry.id))
            .collect();
        covered.sort_unstable();
        covered.into_iter().map(|(_, id)| id).collect()
    }

    /// The first entry of that priority which matches frames that `matched` does. Entries without
    /// wildcards have their own order, and overlap only one another.
    pub(crate) fn overlapping(&self, matched: &FlowMatch, priority: u16) -> Option<&FlowEntry> {
        let level = Rank::new(matched.is_exact(), priority, 0).level();
        let overlaps =
            |entry: &&FlowEntry| entry.rank().level() == level && entry.matched.overlaps(matched);
        self.iter().filter(overlaps).min_by_key(|entry| entry.sequence)
    }

    /// Adds an entry, whose id and sequence are set here.
    pub(crate) fn insert(&mut self, mut entry: FlowEntry) -> EntryId {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            u32::try_from(self.slots.len().saturating_sub(1)).unwrap_or(u32::MAX)
        });
        let slot = usize::try_from(index).ok().and_then(|index| self.slots.get(index));
        let id = EntryId { index, generation: slot.map_or(0, |slot| slot.generation) };
        entry.id = id;
        entry.sequence = self.next_sequence;
        self.next_sequence += 1;
        self.put(entry);
        id
    }

    /// Puts back an entry that was taken out last, of those that are to be put back.
    pub(crate) fn put_back(&mut self, entry: FlowEntry) {
        self.free.retain(|index| *index != entry.id.index);
        self.put(entry);
    }

    fn put(&mut self, entry: FlowEntry) {
        let id = entry.id;
        self.classifier.insert(id, &entry.matched, entry.rank());
        let slot = usize::try_from(id.index).ok();
        if let Some(slot) = slot.and_then(|index| self.slots.get_mut(index)) {
            *slot = Slot { generation: id.generation, entry: Some(entry) };
            self.len += 1;
        }
        self.is_another();
    }

    /// Takes an entry out.
    pub(crate) fn remove(&mut self, id: EntryId) -> Option<FlowEntry> {
        let slot = self.slots.get_mut(usize::try_from(id.index).ok()?)?;
        let entry = slot.entry.take_if(|entry| entry.id == id)?;
        slot.generation = slot.generation.wrapping_add(1);
        self.classifier.remove(id.index, &entry.matched);
        self.free.push(id.index);
        self.len -= 1;
        self.is_another();
        Some(entry)
    }

    /// What was seen before says no more which entry a frame is for.
    fn is_another(&mut self) {
        self.generation = self.generation.checked_add(1).unwrap_or_else(|| {
            self.cache.clear();
            1
        });
    }
}
