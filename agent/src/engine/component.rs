//! One word of a key under one mask, which tuples share.

use super::key::KEY_WORDS;

/// Bits of the bitmap for each value, at least; the more, the fewer look like one another.
const BITS_PER_VALUE: usize = 8;
/// How much a bitmap grows beyond what it needs.
const GROWTH: usize = 4;

/// A word of a key under a mask, and the values that entries have there.
#[derive(Debug, Clone)]
pub(crate) struct Component {
    word: usize,
    mask: u64,
    /// What makes hashes of this word and this seed.
    salt: u64,
    /// A power of two of bits; the hash of a value chooses one.
    bitmap: Vec<u64>,
    /// Values noted since the bitmap was made, and those it was made of.
    noted: usize,
    /// Values that have gone since.
    gone: usize,
}

/// What a component says of a frame.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Finding {
    pub(crate) hash: u64,
    /// All ones where no entry has the frame's value, else 0.
    pub(crate) rules_out: u64,
}

/// The hash of a masked word. Hashes of different words are combined by exclusive or.
pub(crate) fn word_hash(seed: u64, word: usize, value: u64) -> u64 {
    salted_hash(salt(seed, word), value)
}

/// What makes the hashes of one word other than those of the next.
fn salt(seed: u64, word: usize) -> u64 {
    /// Digits of the golden ratio: odd, with no pattern in their bits.
    const WORD: u64 = 0x9e37_79b9_7f4a_7c15;
    let number = u64::try_from(word).unwrap_or_default().wrapping_add(1);
    seed ^ number.wrapping_mul(WORD)
}

/// Both halves of a product.
#[inline]
fn salted_hash(salt: u64, value: u64) -> u64 {
    /// Digits of e: odd, with no pattern in their bits.
    const MULTIPLIER: u64 = 0xb7e1_5162_8aed_2a6b;
    let product = u128::from(value ^ salt) * u128::from(MULTIPLIER);
    let half = |half: u128| u64::try_from(half & u128::from(u64::MAX)).unwrap_or_default();
    half(product >> 64) ^ half(product)
}

impl Component {
    pub(crate) fn new(seed: u64, word: usize, mask: u64) -> Self {
        Self { word, mask, salt: salt(seed, word), bitmap: vec![0], noted: 0, gone: 0 }
    }

    pub(crate) fn is_for(&self, word: usize, mask: u64) -> bool {
        self.word == word && self.mask == mask
    }

    /// The hash of what a frame has here, and whether no entry has that.
    #[inline]
    pub(crate) fn look_up(&self, words: &[u64; KEY_WORDS]) -> Finding {
        let hash = self.hash(words);
        let (block, bit) = self.place(hash);
        let is_out = self.bitmap.get(block).is_none_or(|bits| bits & bit == 0);
        Finding { hash, rules_out: u64::from(is_out).wrapping_neg() }
    }

    #[inline]
    fn hash(&self, words: &[u64; KEY_WORDS]) -> u64 {
        let word = words.get(self.word).copied().unwrap_or_default();
        salted_hash(self.salt, word & self.mask)
    }

    #[inline]
    fn place(&self, hash: u64) -> (usize, u64) {
        let bit = 1_u64.rotate_left(u32::try_from(hash & 63).unwrap_or_default());
        let blocks = u64::try_from(self.bitmap.len()).unwrap_or(1).saturating_sub(1);
        (usize::try_from(hash >> 6 & blocks).unwrap_or_default(), bit)
    }

    /// Notes a value; false where the bitmap has become too small for its values.
    pub(crate) fn note(&mut self, value: &[u64; KEY_WORDS]) -> bool {
        self.set(value);
        self.noted += 1;
        self.noted * BITS_PER_VALUE <= self.bitmap.len() * 64
    }

    /// A value has gone; false where so many have that the bitmap is worth making anew.
    pub(crate) fn forget(&mut self) -> bool {
        self.gone += 1;
        self.gone <= self.noted / 2 + 16
    }

    fn set(&mut self, value: &[u64; KEY_WORDS]) {
        let (block, bit) = self.place(self.hash(value));
        if let Some(bits) = self.bitmap.get_mut(block) {
            *bits |= bit;
        }
    }

    /// Makes the bitmap anew, of these values.
    pub(crate) fn rebuild<'a>(&mut self, values: impl Iterator<Item = &'a [u64; KEY_WORDS]>) {
        let values: Vec<_> = values.collect();
        self.noted = values.len();
        self.gone = 0;
        let blocks = (values.len() * BITS_PER_VALUE * GROWTH).div_ceil(64).next_power_of_two();
        self.bitmap.clear();
        self.bitmap.resize(blocks, 0);
        for value in values {
            self.set(value);
        }
    }
}
