//! Which entry a frame is for: tuple space search with pruning.
//!
//! Entries with the same mask are a tuple ([`Tuple`]), a hash table of their values. A look-up goes
//! over the tuples from the highest priority down and stops where no better entry can come. The
//! masked words of which a tuple's hash is made are shared: tuples that mask a word alike have one
//! [`Component`] for it, whose hash is taken once for a frame. A component also knows by a bitmap
//! which values its entries have, so that a value that none has rules out all of its tuples before
//! any is probed. Tuples are looked at by blocks of 64, so that what the components rule out is a
//! few operations on one word, and not a branch for each tuple.
//!
//! Nothing is allocated in a look-up.

use std::collections::BTreeMap;

use super::component::{Component, Finding, word_hash};
use super::flow_entry::{EntryId, Rank};
use super::flow_match::FlowMatch;
use super::key::{KEY_WORDS, PacketKey};
use super::tuple::{Tuple, fold_hash};

/// Marks the end of a chain.
const END: u32 = u32::MAX;
/// Tuples of a block: as many as a word has bits.
const BLOCK: usize = 64;

/// The entries by what they match. An entry is known by its index in the flow table.
#[derive(Debug, Clone)]
pub(crate) struct Classifier {
    seed: u64,
    /// By index of the entry; those without an entry mean nothing.
    probes: Vec<Probe>,
    tuples: Vec<Tuple>,
    /// Hashes of the tuples' masks.
    masks: Vec<u64>,
    components: Vec<Component>,
    /// Tuples in the order of a look-up.
    blocks: Vec<Block>,
    /// Components in the order in which the blocks first need them.
    needed: Vec<u16>,
    /// What the components say of the frame of the look-up under way.
    findings: Vec<Finding>,
    /// The blocks are not in order.
    is_stale: bool,
}

/// What a look-up needs of an entry.
#[derive(Debug, Clone, Copy)]
struct Probe {
    rank: Rank,
    /// The hash of its value under the mask of its tuple.
    hash: u32,
    /// The next lower entry of the same mask and value.
    next: u32,
    /// How many entries had this index before.
    generation: u32,
    value: [u64; KEY_WORDS],
}

/// Up to 64 tuples that follow one another in a look-up.
#[derive(Debug, Clone, Default)]
struct Block {
    /// How many of the needed components must have been asked.
    needed: usize,
    /// The components of its tuples, and a bit for each step that cannot match without.
    uses: Vec<(u16, u64)>,
    steps: Vec<Step>,
}

/// What a look-up needs of a tuple before it is probed.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// The highest level of its entries.
    level: u32,
    tuple: u32,
}

impl Classifier {
    /// An empty one; the seed makes its hashes hard to guess.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            probes: Vec::new(),
            tuples: Vec::new(),
            masks: Vec::new(),
            components: Vec::new(),
            blocks: Vec::new(),
            needed: Vec::new(),
            findings: Vec::new(),
            is_stale: false,
        }
    }

    /// The best entry that matches a frame.
    pub(crate) fn find(&mut self, key: &PacketKey) -> Option<EntryId> {
        if self.is_stale {
            self.arrange();
        }
        let words = key.words();
        let mut needed = self.needed.iter();
        let mut asked = 0;
        let mut best: Option<(Rank, EntryId)> = None;
        for block in &self.blocks {
            for id in needed.by_ref().take(block.needed - asked) {
                let id = usize::from(*id);
                if let (Some(component), Some(finding)) =
                    (self.components.get(id), self.findings.get_mut(id))
                {
                    *finding = component.look_up(words);
                }
            }
            asked = block.needed;
            let finding = |id: u16| self.findings.get(usize::from(id)).copied().unwrap_or_default();
            let ruled_out = |out, (id, steps): &(u16, u64)| out | steps & finding(*id).rules_out;
            let mut open = !block.uses.iter().fold(0, ruled_out);
            while let Some(step) = block.steps.get(at(open.trailing_zeros())) {
                open &= open - 1;
                if best.is_some_and(|(rank, _)| rank.level() > step.level) {
                    return best.map(|(_, id)| id);
                }
                let Some(tuple) = self.tuples.get(at(step.tuple)) else { continue };
                let components = tuple.components().iter();
                let hash = fold_hash(components.fold(0, |hash, id| hash ^ finding(*id).hash));
                for index in tuple.with_hash(hash) {
                    let Some(probe) = self.probes.get(at(index)) else { continue };
                    if best.is_none_or(|(rank, _)| rank < probe.rank)
                        && tuple.matches(words, &probe.value)
                    {
                        best = Some((probe.rank, EntryId { index, generation: probe.generation }));
                        break;
                    }
                }
            }
        }
        best.map(|(_, id)| id)
    }

    /// Brings the blocks into order.
    fn arrange(&mut self) {
        let used = self.tuples.iter().enumerate().filter(|(_, tuple)| !tuple.is_empty());
        let mut steps: Vec<_> = used
            .map(|(number, tuple)| Step {
                level: tuple.level(),
                tuple: u32::try_from(number).unwrap_or(END),
            })
            .collect();
        steps.sort_by_key(|step| std::cmp::Reverse(step.level));
        self.needed.clear();
        self.blocks.clear();
        for steps in steps.chunks(BLOCK) {
            let mut uses: BTreeMap<u16, u64> = BTreeMap::new();
            for (number, step) in steps.iter().enumerate() {
                let tuple = self.tuples.get(at(step.tuple));
                for id in tuple.map(Tuple::components).unwrap_or_default() {
                    *uses.entry(*id).or_default() |= 1 << number;
                    if !self.needed.contains(id) {
                        self.needed.push(*id);
                    }
                }
            }
            self.blocks.push(Block {
                needed: self.needed.len(),
                uses: uses.into_iter().collect(),
                steps: steps.to_vec(),
            });
        }
        self.findings.resize(self.components.len(), Finding::default());
        self.is_stale = false;
    }

    /// Puts an entry in.
    pub(crate) fn insert(&mut self, id: EntryId, matched: &FlowMatch, rank: Rank) {
        let EntryId { index, generation } = id;
        let number = self.tuple_of(matched.mask());
        let hash = self.hash(matched);
        let head = self.find_same(matched);
        if self.probes.len() <= at(index) {
            let none = Probe { rank, hash: 0, next: END, generation: 0, value: [0; KEY_WORDS] };
            self.probes.resize(at(index) + 1, none);
        }
        let next = match head {
            None => END,
            Some(head) => self.chain(head, index, rank),
        };
        if let Some(probe) = self.probes.get_mut(at(index)) {
            *probe = Probe { rank, hash, next, generation, value: *matched.value() };
        }
        let Some(tuple) = self.tuples.get_mut(number) else { return };
        match head {
            None => tuple.insert(hash, index),
            // The new one wins over those with the same value, and stands for them.
            Some(head) if next == head => tuple.replace(hash, head, index),
            Some(_) => {}
        }
        self.is_stale |= tuple.count(rank.level());
        if head.is_none() {
            self.tell_components(number, Some(matched));
        }
    }

    /// Links an entry of that rank into the chain that begins with `head`, and says which comes
    /// after it.
    fn chain(&mut self, head: u32, index: u32, rank: Rank) -> u32 {
        let mut before = None;
        let mut after = head;
        while let Some(probe) = self.probes.get(at(after))
            && probe.rank > rank
        {
            before = Some(after);
            after = probe.next;
        }
        if let Some(probe) = before.and_then(|before| self.probes.get_mut(at(before))) {
            probe.next = index;
        }
        after
    }

    /// Takes an entry out.
    pub(crate) fn remove(&mut self, index: u32, matched: &FlowMatch) {
        let Some(number) = self.number_of(matched.mask()) else { return };
        let Some(Probe { rank, hash, next, .. }) = self.probes.get(at(index)).copied() else {
            return;
        };
        let head = self.find_same(matched);
        if head != Some(index) {
            let mut before = head;
            while let Some(probe) = before.and_then(|before| self.probes.get_mut(at(before))) {
                if probe.next == index {
                    probe.next = next;
                    break;
                }
                before = Some(probe.next).filter(|next| *next != END);
            }
        }
        let Some(tuple) = self.tuples.get_mut(number) else { return };
        self.is_stale |= tuple.discount(rank.level());
        if head == Some(index) {
            if next == END {
                tuple.remove(hash, index);
                self.tell_components(number, None);
            } else {
                tuple.replace(hash, index, next);
            }
        }
    }

    /// The best entry with this very mask and value.
    pub(crate) fn find_same(&self, matched: &FlowMatch) -> Option<u32> {
        let tuple = self.tuples.get(self.number_of(matched.mask())?)?;
        let same = |index: &u32| {
            self.probes.get(at(*index)).is_some_and(|probe| probe.value == *matched.value())
        };
        tuple.with_hash(self.hash(matched)).find(same)
    }

    /// The entry and those of the same mask and value below it.
    pub(crate) fn chain_from(&self, head: u32) -> impl Iterator<Item = u32> {
        let next = |index: &u32| {
            self.probes.get(at(*index)).map(|probe| probe.next).filter(|next| *next != END)
        };
        std::iter::successors(Some(head), next)
    }

    /// Entries that may be at least as specific as `matched`; all that are, are among them.
    pub(crate) fn near(&self, matched: &FlowMatch) -> Vec<u32> {
        let mut near = Vec::new();
        for tuple in &self.tuples {
            if *tuple.mask() == *matched.mask() {
                near.extend(self.find_same(matched).into_iter().flat_map(|h| self.chain_from(h)));
            } else if tuple.is_within(matched.mask()) {
                near.extend(tuple.heads().flat_map(|head| self.chain_from(head)));
            }
        }
        near
    }

    fn hash(&self, matched: &FlowMatch) -> u32 {
        let words = matched.mask().iter().zip(matched.value()).enumerate();
        let masked = words.filter(|(_, (mask, _))| **mask != 0);
        fold_hash(
            masked.fold(0, |hash, (word, (_, value))| hash ^ word_hash(self.seed, word, *value)),
        )
    }

    /// The hash of a mask.
    fn mask_hash(&self, mask: &[u64; KEY_WORDS]) -> u64 {
        let words = mask.iter().enumerate();
        words.fold(0, |hash, (word, mask)| hash ^ word_hash(self.seed, word, *mask))
    }

    fn number_of(&self, mask: &[u64; KEY_WORDS]) -> Option<usize> {
        let hash = self.mask_hash(mask);
        let is_this = |(known, tuple): (&u64, &Tuple)| *known == hash && tuple.mask() == mask;
        self.masks.iter().zip(&self.tuples).position(is_this)
    }

    /// The number of the tuple of that mask, which is made where there is none.
    fn tuple_of(&mut self, mask: &[u64; KEY_WORDS]) -> usize {
        if let Some(number) = self.number_of(mask) {
            return number;
        }
        self.is_stale = true;
        // A tuple without entries makes room, and so do components that are its alone.
        let number = self.tuples.iter().position(Tuple::is_empty).unwrap_or_else(|| {
            self.tuples.push(Tuple::new([0; KEY_WORDS], &[]));
            self.masks.push(0);
            self.tuples.len().saturating_sub(1)
        });
        if let Some(tuple) = self.tuples.get_mut(number) {
            *tuple = Tuple::new([0; KEY_WORDS], &[]);
        }
        let mut components = Vec::new();
        for (word, mask) in mask.iter().enumerate().filter(|(_, mask)| **mask != 0) {
            let is_used = |id: u16| {
                let used = |tuple: &Tuple| tuple.components().contains(&id);
                components.contains(&id) || self.tuples.iter().any(used)
            };
            let mut ids = self.components.iter().zip(0_u16..);
            let known = ids.clone().find(|(one, id)| one.is_for(word, *mask) && is_used(*id));
            let free = || ids.find(|(_, id)| !is_used(*id));
            let id = match known.or_else(free) {
                Some((_, id)) => id,
                None => u16::try_from(self.components.len()).unwrap_or(u16::MAX),
            };
            let is_known = known.is_some();
            let component = Component::new(self.seed, word, *mask);
            match self.components.get_mut(usize::from(id)) {
                Some(_) if is_known => {}
                Some(free) => *free = component,
                None => self.components.push(component),
            }
            components.push(id);
        }
        if let Some(tuple) = self.tuples.get_mut(number) {
            *tuple = Tuple::new(*mask, &components);
        }
        let hash = self.mask_hash(mask);
        if let Some(known) = self.masks.get_mut(number) {
            *known = hash;
        }
        number
    }

    /// Tells the components of a tuple of a new head, or that one has gone, and makes those
    /// bitmaps anew that no longer suit.
    fn tell_components(&mut self, number: usize, new: Option<&FlowMatch>) {
        let Some(tuple) = self.tuples.get(number) else { return };
        for id in tuple.components() {
            let Some(component) = self.components.get_mut(usize::from(*id)) else { continue };
            let suits = match new {
                Some(matched) => component.note(matched.value()),
                None => component.forget(),
            };
            if !suits {
                let users = self.tuples.iter().filter(|tuple| tuple.components().contains(id));
                let heads = users.flat_map(Tuple::heads);
                let values = heads.filter_map(|head| self.probes.get(at(head)));
                component.rebuild(values.map(|probe| &probe.value));
            }
        }
    }
}

/// A place in a vector.
fn at(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}
