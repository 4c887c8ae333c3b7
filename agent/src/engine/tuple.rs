//! The entries of one mask, by their values: a hash table with open addressing.

use std::collections::BTreeMap;

use super::key::KEY_WORDS;

/// Slots of a table that has just been made; a power of two.
const SMALLEST: usize = 4;

/// Entries with the same mask. Of those with the same value as well, the best stands for all.
#[derive(Debug, Clone)]
pub(crate) struct Tuple {
    mask: [u64; KEY_WORDS],
    /// The words that the mask is not 0 in, and how many those are.
    words: [u8; KEY_WORDS],
    components: [u16; KEY_WORDS],
    len_words: usize,
    /// Hash in the upper half, index and one in the lower; 0 for an empty slot. A power of two of
    /// slots, at most three quarters of them full.
    slots: Vec<u64>,
    len: usize,
    /// How many entries there are of each level.
    levels: BTreeMap<u32, u32>,
}

/// What chooses a slot, of the exclusive or of the hashes of the words.
#[inline]
pub(crate) fn fold_hash(hash: u64) -> u32 {
    let (upper, lower) = halves(hash);
    upper ^ lower
}

impl Tuple {
    /// An empty one; the components are those of the words that the mask is not 0 in.
    pub(crate) fn new(mask: [u64; KEY_WORDS], components: &[u16]) -> Self {
        let mut tuple = Self {
            mask,
            words: [0; KEY_WORDS],
            components: [0; KEY_WORDS],
            len_words: components.len(),
            slots: vec![0; SMALLEST],
            len: 0,
            levels: BTreeMap::new(),
        };
        let masked = mask.iter().zip(0..).filter(|(mask, _)| **mask != 0).map(|(_, word)| word);
        tuple.words.iter_mut().zip(masked).for_each(|(to, word)| *to = word);
        tuple.components.iter_mut().zip(components).for_each(|(to, id)| *to = *id);
        tuple
    }

    pub(crate) fn mask(&self) -> &[u64; KEY_WORDS] {
        &self.mask
    }

    #[inline]
    pub(crate) fn components(&self) -> &[u16] {
        self.components.get(..self.len_words).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// The highest level of an entry.
    pub(crate) fn level(&self) -> u32 {
        self.levels.last_key_value().map_or(0, |(level, _)| *level)
    }

    /// Whether the mask has all bits of `wider`.
    pub(crate) fn is_within(&self, wider: &[u64; KEY_WORDS]) -> bool {
        self.mask.iter().zip(wider).all(|(mask, wider)| wider & !mask == 0)
    }

    /// Whether a frame with these words has this value under the mask.
    #[inline]
    pub(crate) fn matches(&self, words: &[u64; KEY_WORDS], value: &[u64; KEY_WORDS]) -> bool {
        let masked = words.iter().zip(&self.mask).zip(value);
        masked.fold(0, |differ, ((word, mask), value)| differ | (word & mask ^ value)) == 0
    }

    /// Indices under that hash, in no order.
    #[inline]
    pub(crate) fn with_hash(&self, hash: u32) -> impl Iterator<Item = u32> + '_ {
        let mut at = self.home(hash);
        std::iter::from_fn(move || {
            loop {
                let slot = self.slots.get(at).copied().unwrap_or_default();
                let (found, index) = halves(slot);
                if index == 0 {
                    return None;
                }
                at = self.after(at);
                if found == hash {
                    return Some(index - 1);
                }
            }
        })
    }

    /// The indices in the table.
    pub(crate) fn heads(&self) -> impl Iterator<Item = u32> + '_ {
        self.slots.iter().map(|slot| halves(*slot).1).filter(|index| *index != 0).map(|i| i - 1)
    }

    #[inline]
    fn home(&self, hash: u32) -> usize {
        usize::try_from(hash).unwrap_or_default() & (self.slots.len().saturating_sub(1))
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.slots.len().saturating_sub(1))
    }

    /// Puts an index in.
    pub(crate) fn insert(&mut self, hash: u32, index: u32) {
        if (self.len + 1) * 4 > self.slots.len() * 3 {
            let larger = vec![0; self.slots.len() * 2];
            let before = std::mem::replace(&mut self.slots, larger);
            before.into_iter().filter(|slot| *slot != 0).for_each(|slot| self.place(slot));
        }
        self.len += 1;
        self.place(u64::from(hash) << 32 | u64::from(index + 1));
    }

    /// Puts a full slot where there is an empty one.
    fn place(&mut self, slot: u64) {
        let mut at = self.home(halves(slot).0);
        while self.slots.get(at).is_some_and(|slot| *slot != 0) {
            at = self.after(at);
        }
        if let Some(to) = self.slots.get_mut(at) {
            *to = slot;
        }
    }

    fn position(&self, hash: u32, index: u32) -> Option<usize> {
        let wanted = u64::from(hash) << 32 | u64::from(index + 1);
        let mut at = self.home(hash);
        loop {
            match self.slots.get(at) {
                Some(slot) if *slot == wanted => return Some(at),
                None | Some(0) => return None,
                Some(_) => at = self.after(at),
            }
        }
    }

    /// Puts an index in the place of another of the same value.
    pub(crate) fn replace(&mut self, hash: u32, old: u32, new: u32) {
        if let Some(slot) = self.position(hash, old).and_then(|at| self.slots.get_mut(at)) {
            *slot = u64::from(hash) << 32 | u64::from(new + 1);
        }
    }

    /// Takes an index out, and moves those behind it up so that none is behind an empty slot.
    pub(crate) fn remove(&mut self, hash: u32, index: u32) {
        let Some(mut hole) = self.position(hash, index) else { return };
        self.len -= 1;
        let mut at = hole;
        loop {
            at = self.after(at);
            let slot = self.slots.get(at).copied().unwrap_or_default();
            if slot == 0 {
                break;
            }
            // It may move unless its home is between the hole and where it is.
            let home = self.home(halves(slot).0);
            let from_home = at.wrapping_sub(home) & (self.slots.len() - 1);
            let from_hole = at.wrapping_sub(hole) & (self.slots.len() - 1);
            if from_home >= from_hole {
                if let Some(to) = self.slots.get_mut(hole) {
                    *to = slot;
                }
                hole = at;
            }
        }
        if let Some(to) = self.slots.get_mut(hole) {
            *to = 0;
        }
    }

    /// Counts an entry of that level; whether the highest level is another now.
    pub(crate) fn count(&mut self, level: u32) -> bool {
        let before = self.levels.last_key_value().map(|(level, _)| *level);
        *self.levels.entry(level).or_default() += 1;
        before.is_none_or(|before| before < level)
    }

    /// An entry of that level has gone; whether the highest level is another now.
    pub(crate) fn discount(&mut self, level: u32) -> bool {
        let before = self.level();
        if let Some(count) = self.levels.get_mut(&level) {
            *count -= 1;
            if *count == 0 {
                self.levels.remove(&level);
            }
        }
        self.level() != before || self.is_empty()
    }
}

/// The upper and the lower half: of a slot, the hash, and the index and one.
#[inline]
fn halves(slot: u64) -> (u32, u32) {
    let half = |half: u64| u32::try_from(half & u64::from(u32::MAX)).unwrap_or_default();
    (half(slot >> 32), half(slot))
}
