//! Reads the fields of a structure one after the other, and reports each with its bytes. Where the
//! bytes end, so do the fields: what is wrong then, the codec says.

use std::net::Ipv4Addr;

use codec::types::MacAddr;

use crate::registry::Field;
use crate::sink::{Place, Sink, Value};

/// A field of fixed size.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item {
    /// A number of so many bytes.
    Number(&'static Field, usize),
    /// An Ethernet address.
    Mac(&'static Field),
    /// An IPv4 address.
    Ipv4(&'static Field),
    /// Text in so many bytes, padded with NUL.
    Text(&'static Field, usize),
    /// So many bytes of padding: shown where they are not zero.
    Pad(&'static Field, usize),
}

/// What is left of a structure.
pub(super) struct Reader<'a, 'b, S> {
    bytes: &'a [u8],
    place: Place,
    pub(super) sink: &'b mut S,
}

impl<'a, 'b, S: Sink> Reader<'a, 'b, S> {
    pub(super) fn new(bytes: &'a [u8], place: Place, sink: &'b mut S) -> Self {
        Self { bytes, place, sink }
    }

    pub(super) fn left(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn is_done(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Where the next bytes are.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// The next bytes, unread.
    pub(super) fn peek(&self) -> &'a [u8] {
        self.bytes
    }

    /// The number at `offset`, unread; 0 where there is none.
    pub(super) fn peek_u16(&self, offset: usize) -> u16 {
        let bytes = self.bytes.get(offset..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |bytes| u16::from_be_bytes(*bytes))
    }

    /// The number at `offset`, unread; 0 where there is none.
    pub(super) fn peek_u32(&self, offset: usize) -> u32 {
        let bytes = self.bytes.get(offset..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes))
    }

    /// Takes `len` bytes; where there are fewer, all of them, and nothing is returned.
    fn take(&mut self, len: usize) -> Option<(&'a [u8], Place)> {
        let Some((taken, rest)) = self.bytes.split_at_checked(len) else {
            self.bytes = &[];
            return None;
        };
        let place = self.place.part(0, len);
        self.bytes = rest;
        self.place = self.place.rest(len);
        Some((taken, place))
    }

    /// Steps over bytes that say nothing of their own.
    pub(super) fn skip(&mut self, len: usize) {
        self.take(len);
    }

    /// Reports the next fields.
    pub(super) fn items(&mut self, items: &[Item]) {
        for item in items {
            match *item {
                Item::Number(field, len) => {
                    self.number(field, len);
                }
                Item::Mac(field) => {
                    if let Some((bytes, place)) = self.take(6)
                        && let Ok(octets) = <[u8; 6]>::try_from(bytes)
                    {
                        self.sink.field(field, place, Value::Mac(MacAddr(octets)));
                    }
                }
                Item::Ipv4(field) => {
                    if let Some((bytes, place)) = self.take(4)
                        && let Ok(octets) = <[u8; 4]>::try_from(bytes)
                    {
                        let address = Ipv4Addr::from(octets);
                        self.sink.field(field, place, Value::ipv4(address));
                    }
                }
                Item::Text(field, len) => {
                    if let Some((bytes, place)) = self.take(len) {
                        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(len);
                        let text = bytes.get(..end).unwrap_or_default();
                        let value =
                            std::str::from_utf8(text).map_or(Value::Bytes(text), Value::Text);
                        self.sink.field(field, place, value);
                    }
                }
                Item::Pad(field, len) => {
                    if let Some((bytes, place)) = self.take(len)
                        && bytes.iter().any(|byte| *byte != 0)
                    {
                        self.sink.field(field, place, Value::Bytes(bytes));
                    }
                }
            }
        }
    }

    /// Reports a number of `len` bytes, and returns it.
    pub(super) fn number(&mut self, field: &'static Field, len: usize) -> u64 {
        let Some((bytes, place)) = self.take(len) else { return 0 };
        let value = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        self.sink.field(field, place, Value::Unsigned(value));
        value
    }

    /// Reports `value` as the field at the next `len` bytes.
    pub(super) fn value(&mut self, field: &'static Field, len: usize, value: Value<'_>) {
        if let Some((_, place)) = self.take(len) {
            self.sink.field(field, place, value);
        }
    }

    /// Reports the next `len` bytes as they are.
    pub(super) fn bytes(&mut self, field: &'static Field, len: usize) {
        if let Some((bytes, place)) = self.take(len) {
            self.sink.field(field, place, Value::Bytes(bytes));
        }
    }

    /// Reports all that is left; nothing where nothing is.
    pub(super) fn rest(&mut self, field: &'static Field) {
        if !self.bytes.is_empty() {
            self.bytes(field, self.bytes.len());
        }
    }

    /// Reports a structure of `len` bytes, which `read` reads.
    pub(super) fn structure(
        &mut self,
        field: &'static Field,
        len: usize,
        read: impl FnOnce(&mut Reader<'a, '_, S>),
    ) {
        let len = len.min(self.bytes.len());
        if let Some((bytes, place)) = self.take(len) {
            self.sink.open(field, place);
            read(&mut Reader { bytes, place, sink: &mut *self.sink });
            self.sink.close();
        }
    }

    /// Reports a list of structures in the next `len` bytes: `size` tells the length of the one
    /// that comes next.
    pub(super) fn list(
        &mut self,
        (list, item): (&'static Field, &'static Field),
        len: usize,
        size: impl Fn(&Reader<'a, '_, S>) -> usize,
        mut read: impl FnMut(&mut Reader<'a, '_, S>),
    ) {
        self.structure(list, len, |reader| {
            while !reader.is_done() {
                // A size of zero would never end.
                let size = size(reader);
                if size == 0 {
                    break;
                }
                reader.structure(item, size, &mut read);
            }
        });
    }
}
