//! Numbers that look random and are the same in every run: splitmix64.

/// A sequence of numbers, given by its seed.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next number's bytes.
    pub(super) fn bytes(&mut self) -> [u8; 8] {
        self.next().to_le_bytes()
    }

    /// Letters, which no heuristic of a dissector takes for a protocol.
    pub(super) fn letters(&mut self) -> [u8; 8] {
        self.bytes().map(|byte| b'a' + byte % 26)
    }

    pub(super) fn u8(&mut self) -> u8 {
        let [byte, ..] = self.bytes();
        byte
    }

    pub(super) fn u16(&mut self) -> u16 {
        let [a, b, ..] = self.bytes();
        u16::from_le_bytes([a, b])
    }

    pub(super) fn u32(&mut self) -> u32 {
        let [a, b, c, d, ..] = self.bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    /// A number below `limit`, which is not 0.
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        self.u32() % limit
    }

    /// A number below `limit`, which is not 0.
    pub(super) fn below_u16(&mut self, limit: u16) -> u16 {
        self.u16() % limit
    }

    /// A number below `limit`, which is not 0.
    pub(super) fn below_u8(&mut self, limit: u8) -> u8 {
        self.u8() % limit
    }

    /// True once in `n` times.
    pub(super) fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }
}
