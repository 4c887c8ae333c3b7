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

    /// A text that is not known before; nothing where it has more than `N` bytes.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let mut block = [0; N];
        block.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { block, len: text.len() })
    }

    /// Makes its small letters capitals.
    pub(crate) const fn make_ascii_uppercase(&mut self) {
        self.block.make_ascii_uppercase();
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
}
