//! A line of JSON that is written piece by piece, without a serializer: a frame has a hundred fields,
//! and a capture millions of frames.

use std::mem;

use codec::put;
use codec::types::{Hex, Line, LowerCase, Padded, Piece};
use dissect::{Field, Kind, Names, Value};

use super::clock::Clock;

/// A line, and whether a comma is due.
#[derive(Debug, Default)]
pub(crate) struct JsonLine {
    text: Line,
    /// Whether something stands in what is open.
    behind: bool,
    /// Where texts are put together.
    scratch: Line,
}

impl JsonLine {
    /// Forgets the line.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.behind = false;
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Writes what begins an object or an array.
    #[inline]
    pub(crate) fn open<const N: usize>(&mut self, text: &Padded<N>) {
        self.text.push_padded(text);
        self.behind = false;
    }

    /// Writes what ends one.
    #[inline]
    pub(crate) fn close<const N: usize>(&mut self, text: &Padded<N>) {
        self.text.push_padded(text);
        self.behind = true;
    }

    /// Writes a text of the program.
    #[inline]
    pub(crate) fn put<const N: usize>(&mut self, text: &Padded<N>) {
        self.text.push_padded(text);
    }

    /// Writes the key of one more member.
    #[inline]
    pub(crate) fn member<const N: usize>(&mut self, key: &Padded<N>) {
        const NEXT: Padded<2> = Padded::new(",\"");
        const FIRST: Padded<2> = Padded::new("\"");
        self.text.push_padded(if self.behind { &NEXT } else { &FIRST });
        self.text.push_padded(key);
        self.text.push_padded(&const { Padded::<2>::new("\":") });
        self.behind = true;
    }

    /// Writes a place, if there is one.
    #[inline]
    pub(crate) fn place(&mut self, at: Option<usize>) {
        match at {
            Some(at) => at.put(&mut self.text),
            None => self.text.push_str("null"),
        }
    }

    /// Writes the comma before one more element.
    #[inline]
    pub(crate) fn element(&mut self) {
        if self.behind {
            self.text.push_str(",");
        }
        self.behind = true;
    }

    #[inline]
    pub(crate) fn number(&mut self, number: u64) {
        number.put(&mut self.text);
    }

    /// Writes a text that is known to have no character that JSON escapes.
    #[inline]
    pub(crate) fn plain(&mut self, text: &str) {
        self.text.push_quoted(text);
    }

    /// Writes any text.
    pub(crate) fn string(&mut self, text: &str) {
        let escapes = text.bytes().fold(false, |any, byte| any | escapes(byte));
        if escapes {
            self.text.push_str(&serde_json::Value::from(text).to_string());
        } else {
            self.plain(text);
        }
    }

    /// Writes a time.
    pub(crate) fn time(&mut self, time: u64, clock: &mut Clock) {
        self.text.push_str("\"");
        clock.put_rfc3339(time, &mut self.text);
        self.text.push_str("\"");
    }

    /// Writes any text that is put together.
    pub(crate) fn string_of(&mut self, text: &impl Piece) {
        let mut scratch = mem::take(&mut self.scratch);
        scratch.clear();
        text.put(&mut scratch);
        self.string(scratch.as_str());
        self.scratch = scratch;
    }

    /// Writes a piece that has no character that JSON escapes, in quotes.
    #[inline]
    fn quoted(&mut self, piece: &impl Piece) {
        put!(&mut self.text, "\"");
        piece.put(&mut self.text);
        put!(&mut self.text, "\"");
    }

    /// Writes a number of `field`.
    #[inline]
    pub(crate) fn unsigned(&mut self, field: &Field, number: u64) {
        match field.kind {
            Kind::Names(names) | Kind::HexNames(names) => match (names.name)(number) {
                Some(name) => self.plain(name),
                None => self.number(number),
            },
            Kind::NamedId(names) => match (names.name)(number) {
                Some(name) => self.plain(name),
                None => self.hex(number),
            },
            Kind::Id => self.hex(number),
            Kind::Bits(names) => self.bits(number, names),
            _ => self.number(number),
        }
    }

    /// Writes a value of `field`.
    #[inline]
    pub(crate) fn value(&mut self, field: &Field, value: Value<'_>) {
        match value {
            Value::Unsigned(number) => self.unsigned(field, number),
            Value::Flag(true) => self.text.push_str("true"),
            Value::Flag(false) => self.text.push_str("false"),
            Value::Mac(address) => self.quoted(&address),
            Value::Ipv4(address, 32) => self.quoted(&address),
            Value::Ipv4(address, prefix) => {
                put!(&mut self.text, "\"", address, "/", prefix, "\"");
            }
            Value::Ipv6(address) => self.plain(&address.to_string()),
            Value::Text(text) => self.string(text),
            Value::Bytes(bytes) => {
                self.text.push_str("\"");
                self.text.push_hex(bytes);
                self.text.push_str("\"");
            }
        }
    }

    fn hex(&mut self, number: u64) {
        self.quoted(&Hex(number));
    }

    /// Writes the names of the bits that are set, and the others as a number.
    fn bits(&mut self, number: u64, names: &Names) {
        self.text.push_str("[");
        self.behind = false;
        let (mut left, mut unnamed) = (number, 0);
        while left != 0 {
            let bit = left & left.wrapping_neg();
            left ^= bit;
            match (names.name)(bit) {
                Some(name) => {
                    self.element();
                    self.quoted(&LowerCase(name));
                }
                None => unnamed |= bit,
            }
        }
        if unnamed != 0 {
            self.element();
            self.hex(unnamed);
        }
        self.text.push_str("]");
        self.behind = true;
    }
}

/// Whether JSON escapes a character.
fn escapes(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}
