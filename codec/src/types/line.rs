//! A line of text, put together from pieces. A line about a message has dozens of them, and a
//! capture millions of lines; the standard formatter takes most of the time then.

use std::fmt;
use std::net::Ipv4Addr;

use super::digits::{Digits, put_decimal, put_hex};
use super::{Hex, MacAddr, Short};

/// A line that grows. Cleared, it can be used for the next one without a new allocation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// UTF-8: only whole texts are appended.
    bytes: Vec<u8>,
}

/// The most blanks in a row.
const BLANKS: [u8; 32] = [b' '; 32];

impl Line {
    /// Forgets the text.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Forgets all but the first `len` bytes, which must end with a whole character.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
    }

    /// Whether nothing is written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes of the text.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends a text.
    #[inline]
    pub fn push_str(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Appends a text of a few characters: all the room that it has is copied, which takes no loop,
    /// and what is no text cut off again.
    #[inline]
    pub fn push_short(&mut self, text: &Short) {
        let end = self.bytes.len() + text.as_bytes().len();
        self.bytes.extend_from_slice(text.room());
        self.bytes.truncate(end);
    }

    /// Appends so many blanks, 32 at most.
    #[inline]
    pub fn push_blanks(&mut self, count: usize) {
        let end = self.bytes.len() + count;
        self.bytes.extend_from_slice(&BLANKS);
        self.bytes.truncate(end);
    }

    /// Appends a piece with what stands in front of it; neither where the piece has no text.
    #[inline]
    pub fn push_behind(&mut self, before: &str, piece: &impl Piece) {
        let start = self.bytes.len();
        self.push_str(before);
        let behind = self.bytes.len();
        piece.put(self);
        if self.bytes.len() == behind {
            self.bytes.truncate(start);
        }
    }

    /// Appends a text in the other case than it is known in, by `turn`.
    fn push_turned(&mut self, text: &str, turn: impl FnOnce(&mut [u8])) {
        let start = self.bytes.len();
        self.push_str(text);
        turn(self.bytes.get_mut(start..).unwrap_or_default());
    }

    /// The text as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes).unwrap_or_default()
    }

    /// For a `Display`: writes what `put` puts together.
    pub fn show(f: &mut fmt::Formatter<'_>, put: impl FnOnce(&mut Self)) -> fmt::Result {
        let mut line = Self { bytes: Vec::with_capacity(256) };
        put(&mut line);
        f.write_str(line.as_str())
    }
}

impl Digits for Line {
    #[inline]
    fn push_word(&mut self, word: u64, len: usize) {
        let end = self.bytes.len() + len;
        self.bytes.extend_from_slice(&word.to_le_bytes());
        self.bytes.truncate(end);
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

/// Something that [`put!`](crate::put) appends: as its `Display` writes it without any options.
pub trait Piece {
    /// Appends it.
    fn put(&self, out: &mut Line);
}

impl Piece for Line {
    #[inline]
    fn put(&self, out: &mut Line) {
        out.bytes.extend_from_slice(&self.bytes);
    }
}

impl Piece for &str {
    #[inline]
    fn put(&self, out: &mut Line) {
        out.push_str(self);
    }
}

macro_rules! decimals {
    ($($type:ty)*) => { $(
        impl Piece for $type {
            #[inline]
            fn put(&self, out: &mut Line) {
                put_decimal(u64::from(*self), out);
            }
        }
    )* };
}

decimals!(u8 u16 u32 u64);

impl Piece for usize {
    fn put(&self, out: &mut Line) {
        // No machine has more than 64 bits for it.
        u64::try_from(*self).unwrap_or(u64::MAX).put(out);
    }
}

impl Piece for Short {
    #[inline]
    fn put(&self, out: &mut Line) {
        out.push_short(self);
    }
}

impl Piece for MacAddr {
    fn put(&self, out: &mut Line) {
        out.push_short(&Short::mac(*self));
    }
}

impl Piece for Ipv4Addr {
    fn put(&self, out: &mut Line) {
        out.push_short(&Short::ipv4(*self));
    }
}

impl<T: Copy + Into<u64>> Piece for Hex<T> {
    #[inline]
    fn put(&self, out: &mut Line) {
        put_hex(self.0.into(), out);
    }
}

/// A name of the specification in capitals.
#[derive(Debug, Clone, Copy)]
pub struct UpperCase<'a>(pub &'a str);

impl Piece for UpperCase<'_> {
    fn put(&self, out: &mut Line) {
        out.push_turned(self.0, <[u8]>::make_ascii_uppercase);
    }
}

/// A name of the specification in small letters.
#[derive(Debug, Clone, Copy)]
pub struct LowerCase<'a>(pub &'a str);

impl Piece for LowerCase<'_> {
    fn put(&self, out: &mut Line) {
        out.push_turned(self.0, <[u8]>::make_ascii_lowercase);
    }
}

impl Piece for fmt::Arguments<'_> {
    fn put(&self, out: &mut Line) {
        // Writing to memory does not fail.
        _ = fmt::Write::write_fmt(out, *self);
    }
}

/// Appends pieces to a [`Line`](crate::types::Line), one after the other.
#[macro_export]
macro_rules! put {
    ($out:expr, $($piece:expr),+ $(,)?) => {{
        let out: &mut $crate::types::Line = $out;
        $( $crate::types::Piece::put(&$piece, out); )+
    }};
}

/// `Display` for types whose text is defined as a [`Piece`].
#[macro_export]
macro_rules! display_as_put {
    ($($type:ty),+ $(,)?) => { $(
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::types::Line::show(f, |out| $crate::types::Piece::put(self, out))
            }
        }
    )+ };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(put: impl FnOnce(&mut Line)) -> String {
        let mut line = Line::default();
        put(&mut line);
        line.as_str().to_owned()
    }

    proptest! {
        /// Pieces are as the standard formatter writes them, whatever stands in front of them.
        #[test]
        fn as_the_formatter(before: String, number: u64, shift in 0_u32..64, octets: [u8; 6], name in "[a-z_]{0,40}") {
            let number = number >> shift;
            let address = Ipv4Addr::from(octets[0..4].first_chunk().copied().unwrap());
            let mac = MacAddr(octets);
            let put = line(|out| {
                put!(out, before.as_str(), number, ",", Hex(number), ",", address, ",", mac, ",");
                put!(out, octets[0], ",", UpperCase(&name), ",", LowerCase(&name.to_ascii_uppercase()));
            });
            let upper = name.to_ascii_uppercase();
            let octet = octets[0];
            let expected =
                format!("{before}{number},{number:#x},{address},{mac},{octet},{upper},{name}");
            prop_assert_eq!(put, expected);
        }
    }

    #[test]
    fn nothing_stands_before_nothing() {
        assert_eq!(line(|out| out.push_behind(",", &"")), "");
        assert_eq!(line(|out| out.push_behind(",", &"a")), ",a");
    }

    #[test]
    fn blanks_to_a_column() {
        let columns = line(|out| {
            out.push_blanks(0);
            out.push_str("a");
            out.push_blanks(32);
            out.push_str("b");
        });
        assert_eq!(columns, format!("a{:>33}", "b"));
    }
}
