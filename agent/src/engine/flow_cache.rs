//! Frames of flows seen before: the key as a whole, and which entry it was for.
//!
//! A bounded table of pairs. What an entry says is true only as long as the flow table stays the
//! same, which its generation tells.

use super::component::word_hash;
use super::flow_entry::EntryId;
use super::key::{KEY_WORDS, PacketKey, Presence};

/// The cache.
#[derive(Debug, Clone)]
pub(crate) struct FlowCache {
    seed: u64,
    /// A power of two of pairs.
    pairs: Vec<[Seen; 2]>,
    /// Which of a pair is to go next.
    next: bool,
}

/// What a frame was for: an entry, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known(pub(crate) Option<EntryId>);

/// A key, and what it was for.
#[derive(Debug, Clone, Copy)]
struct Seen {
    words: [u64; KEY_WORDS],
    generation: u32,
    /// The entry; none where no entry matched.
    entry: Option<EntryId>,
}

impl Seen {
    const NOTHING: Self = Self { words: [0; KEY_WORDS], generation: NEVER, entry: None };
}

/// What nothing is from: the flow table's generations begin at 1.
const NEVER: u32 = 0;

impl FlowCache {
    /// A cache of at least so many keys; none for 0.
    pub(crate) fn new(keys: usize, seed: u64) -> Self {
        let pairs = if keys == 0 { 0 } else { keys.div_ceil(2).next_power_of_two() };
        Self { seed, pairs: vec![[Seen::NOTHING; 2]; pairs], next: false }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.pairs.fill([Seen::NOTHING; 2]);
    }

    /// What a frame with this key was for, in this generation of the table; none where that is not
    /// known.
    #[inline]
    pub(crate) fn find(&self, key: &PacketKey, generation: u32) -> Option<Known> {
        let pair = self.pairs.get(self.place(key))?;
        let seen = pair.iter().find(|seen| is_same(&seen.words, key.words()))?;
        (seen.generation == generation).then_some(Known(seen.entry))
    }

    /// Notes what a frame was for.
    pub(crate) fn note(&mut self, key: &PacketKey, generation: u32, entry: Option<EntryId>) {
        let place = self.place(key);
        self.next = !self.next;
        let next = self.next;
        let Some([first, second]) = self.pairs.get_mut(place) else { return };
        let takes =
            |seen: &Seen| seen.generation != generation || is_same(&seen.words, key.words());
        let slot = if takes(first) {
            first
        } else if takes(second) || next {
            second
        } else {
            first
        };
        *slot = Seen { words: *key.words(), generation, entry };
    }

    #[inline]
    fn place(&self, key: &PacketKey) -> usize {
        let [outer @ .., w6, w7, w8, w9, w10] = key.words();
        let outer = outer.iter().enumerate();
        let mut hash = outer.fold(0, |hash, (n, word)| hash ^ word_hash(self.seed, n, *word));
        if key.presence().contains(Presence::TUNNEL) {
            for (number, word) in [(6, w6), (7, w7), (8, w8), (9, w9), (10, w10)] {
                hash ^= word_hash(self.seed, number, *word);
            }
        }
        let place = (hash ^ hash >> 32)
            & u64::try_from(self.pairs.len().saturating_sub(1)).unwrap_or_default();
        usize::try_from(place).unwrap_or_default()
    }
}

#[inline]
fn is_same(words: &[u64; KEY_WORDS], others: &[u64; KEY_WORDS]) -> bool {
    words.iter().zip(others).fold(0, |differ, (word, other)| differ | (word ^ other)) == 0
}
