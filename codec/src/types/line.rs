//! A line of text, put together from pieces. A line about a message has dozens of them, and a
//! capture millions of lines; the standard formatter takes most of the time then.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;

use super::digits::{
    Digits, SECOND, hex_pair, hex8, put_decimal, put_hex, put_nanoseconds, put_right,
};
use super::{Hex, MacAddr, Padded, Short};

/// A line that grows. Cleared, it can be used for the next one without a new allocation.
///
/// A piece is copied as a block of fixed size, of which as many bytes count as it has: a copy whose
/// length must be looked at costs many times that.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// The text, which is UTF-8, since only whole texts are appended; and room behind it.
    bytes: Vec<u8>,
    /// Bytes of the text.
    len: usize,
}

/// Bytes of the first room.
const LEAST: usize = 256;
/// The most blanks in a row.
const BLANKS: [u8; 32] = [b' '; 32];

impl Line {
    /// Forgets the text.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Forgets all but the first `len` bytes, which must end with a whole character.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = len.min(self.len);
    }

    /// Whether nothing is written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of the text.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Appends a text.
    #[inline]
    pub fn push_str(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    #[inline]
    fn push_bytes(&mut self, text: &[u8]) {
        let room = self.bytes.get_mut(self.len..).and_then(|room| room.get_mut(..text.len()));
        match room {
            Some(room) => {
                room.copy_from_slice(text);
                self.len += text.len();
            }
            None => self.push_slowly(text),
        }
    }

    /// Appends a text in quotes.
    #[inline]
    pub fn push_quoted(&mut self, text: &str) {
        if let Some([before, room @ ..]) = self.bytes.get_mut(self.len..)
            && let Some((room, [after, ..])) = room.split_at_mut_checked(text.len())
        {
            (*before, *after) = (b'"', b'"');
            room.copy_from_slice(text.as_bytes());
            self.len += text.len() + 2;
        } else {
            self.push_slowly(b"\"");
            self.push_slowly(text.as_bytes());
            self.push_slowly(b"\"");
        }
    }

    /// Appends a text of a few characters.
    #[inline]
    pub fn push_short(&mut self, text: &Short) {
        self.push_block(text.room(), text.as_bytes().len());
    }

    /// Appends a text that is known when the program is compiled.
    #[inline]
    pub fn push_padded<const N: usize>(&mut self, text: &Padded<N>) {
        self.push_block(text.block(), text.len());
    }

    /// Appends bytes in hexadecimal.
    pub fn push_hex(&mut self, bytes: &[u8]) {
        let (fours, rest) = bytes.as_chunks();
        for four in fours {
            self.push_word(hex8(u32::from_be_bytes(*four).into()), 8);
        }
        for byte in rest {
            self.push_block(&hex_pair(*byte), 2);
        }
    }

    /// Appends a number in a column: with blanks in front of it up to `width` characters, 40 at
    /// most.
    #[inline]
    pub fn push_right(&mut self, width: usize, number: u64) {
        if width > 8 {
            let len = Short::decimal(number).as_bytes().len();
            self.push_blanks(width.saturating_sub(len.max(8)));
        }
        put_right(number, width, self);
    }

    /// Appends nanoseconds as seconds with nine decimals, the whole ones in a column as
    /// [`push_right`](Self::push_right) has it.
    #[inline]
    pub fn push_seconds(&mut self, width: usize, nanoseconds: u64) {
        self.push_right(width, nanoseconds / SECOND);
        // Below a second it fits.
        self.push_nanoseconds(u32::try_from(nanoseconds % SECOND).unwrap_or_default());
    }

    /// Appends `.000001234`: a part of a second; ten digits where it is no part.
    #[inline]
    pub fn push_nanoseconds(&mut self, number: u32) {
        put_nanoseconds(number, self);
    }

    /// Appends so many blanks, 32 at most.
    #[inline]
    pub fn push_blanks(&mut self, count: usize) {
        self.push_block(&BLANKS, count.min(BLANKS.len()));
    }

    /// Appends the first `len` bytes of a block.
    #[inline]
    fn push_block<const N: usize>(&mut self, block: &[u8; N], len: usize) {
        match self.room() {
            Some(room) => {
                *room = *block;
                self.len += len;
            }
            None => self.push_slowly(block.get(..len).unwrap_or(block)),
        }
    }

    /// Room for so many bytes more, if it is there.
    #[inline]
    fn room<const N: usize>(&mut self) -> Option<&mut [u8; N]> {
        self.bytes.get_mut(self.len..)?.first_chunk_mut()
    }

    /// Appends a text and makes room behind it.
    #[cold]
    #[inline(never)]
    fn push_slowly(&mut self, text: &[u8]) {
        self.bytes.truncate(self.len);
        self.bytes.extend_from_slice(text);
        self.len = self.bytes.len();
        self.bytes.resize((2 * self.len).max(LEAST), 0);
    }

    /// Appends a piece with what stands in front of it; neither where the piece has no text.
    #[inline]
    pub fn push_behind(&mut self, before: &str, piece: &impl Piece) {
        let start = self.len;
        self.push_str(before);
        let behind = self.len;
        piece.put(self);
        if self.len == behind {
            self.len = start;
        }
    }

    /// Appends a text in the other case than it is known in, by `turn`.
    fn push_turned(&mut self, text: &str, turn: impl FnOnce(&mut [u8])) {
        let start = self.len;
        self.push_str(text);
        turn(self.bytes.get_mut(start..self.len).unwrap_or_default());
    }

    /// The text as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// For a `Display`: writes what `put` puts together.
    pub fn show(f: &mut fmt::Formatter<'_>, put: impl FnOnce(&mut Self)) -> fmt::Result {
        let mut line = Self { bytes: vec![0; LEAST], len: 0 };
        put(&mut line);
        f.write_str(line.as_str())
    }
}

impl Digits for Line {
    #[inline]
    fn push_word(&mut self, word: u64, len: usize) {
        self.push_block(&word.to_le_bytes(), len);
    }
}

impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Line {}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

/// For what is written by others: text, as all of the line is.
impl io::Write for Line {
    #[inline]
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.push_bytes(text);
        Ok(text.len())
    }

    #[inline]
    fn write_all(&mut self, text: &[u8]) -> io::Result<()> {
        self.push_bytes(text);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
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
        out.push_bytes(self.as_bytes());
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

    /// Wherever in a piece the room ends, none of it is lost.
    #[test]
    fn more_room_is_made_anywhere() {
        const KEY: Padded<8> = Padded::new("key");
        for before in 0..LEAST + 40 {
            let mut out = Line::default();
            out.push_str("x");
            (1..before).for_each(|_| out.push_str("x"));
            out.push_padded(&KEY);
            out.push_quoted("a text");
            out.push_hex(&[1, 2, 3, 4, 0xfe]);
            put!(&mut out, u64::MAX, Hex(u64::MAX), MacAddr([1; 6]));
            out.push_blanks(40);
            let expected = format!(
                "{}key\"a text\"01020304fe{}{:#x}01:01:01:01:01:01{:32}",
                "x".repeat(before.max(1)),
                u64::MAX,
                u64::MAX,
                ""
            );
            assert_eq!(out.as_str(), expected);
        }
    }

    proptest! {
        #[test]
        fn columns(number: u64, shift in 0_u32..64, width in 0_usize..=40) {
            let number = number >> shift;
            let column = line(|out| out.push_right(width, number));
            prop_assert_eq!(column, format!("{number:width$}"));
            let seconds = line(|out| out.push_seconds(width, number));
            let (whole, part) = (number / SECOND, number % SECOND);
            prop_assert_eq!(seconds, format!("{whole:width$}.{part:09}"));
            let any = u32::try_from(number & u64::from(u32::MAX)).unwrap();
            prop_assert_eq!(line(|out| out.push_nanoseconds(any)), format!(".{any:09}"));
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
