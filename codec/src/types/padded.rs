//! Texts that are known when the program is compiled, to be copied without a loop.

/// A short text in a block of `N` bytes: a [`Line`](super::Line) copies all of the block, and writes
/// over what is no text.
#[derive(Debug, Clone, Copy)]
pub struct Padded<const N: usize> {
    block: [u8; N],
    len: usize,
}

impl<const N: usize> Padded<N> {
    /// The text.
    ///
    /// # Panics
    ///
    /// Where it has more than `N` bytes; it is a constant, so that is when the program is compiled.
    #[must_use]
    pub const fn new(text: &str) -> Self {
        let mut block = [0; N];
        block.split_at_mut(text.len()).0.copy_from_slice(text.as_bytes());
        Self { block, len: text.len() }
    }

    #[inline]
    pub(super) fn block(&self) -> &[u8; N] {
        &self.block
    }

    /// Bytes of the text.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The text, without its first byte where `behind` says so.
    pub(super) fn bytes(&self, behind: bool) -> &[u8] {
        self.block.get(usize::from(behind)..self.len).unwrap_or_default()
    }

    /// Copies the text, without its first byte where `behind` says so, and returns how many bytes it
    /// has.
    #[inline]
    pub(super) fn copy_to(&self, room: &mut [u8; N], behind: bool) -> usize {
        let from = usize::from(behind);
        let block = self.block.get(from..from + (N - 1));
        if let (Some(room), Some(block)) = (room.get_mut(..N - 1), block) {
            room.copy_from_slice(block);
        }
        self.len - from
    }
}
