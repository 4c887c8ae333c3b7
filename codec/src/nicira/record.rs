//! A structure of Nicira's extensions that was read by its table.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use nom::Parser;

use super::nxm::{NxmEntry, NxmMatch};
use super::shape::{Item, Layout, Many, Shape, Size, Tail, When};
use crate::error::{DecodeErrorKind, EncodeError, Expected, Limit};
use crate::of10::Action;
use crate::of10::action::{actions_len, encode_actions, read_actions_at};
use crate::types::Bytes;
use crate::wire::{Fault, Parsed, Put, bytes, length16, list, nested, u16, within};

/// The structure's values, one for each item of its table.
#[derive(Debug, Clone)]
pub struct Record {
    layout: &'static Layout,
    /// Nothing where an item is not there, or says nothing of its own.
    values: Vec<Option<Value>>,
    /// The padding at the end, where the table has one.
    tail: Bytes,
}

/// The value of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "by the shape of the item")]
pub enum Value {
    Number(u64),
    Ipv4(Ipv4Addr),
    Ipv6(Ipv6Addr),
    Bytes(Bytes),
    Match(NxmMatch),
    Entry(NxmEntry),
    Entries(Vec<NxmEntry>),
    Actions(Vec<Action>),
    Numbers(Vec<u16>),
    Records(Vec<Record>),
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.layout, other.layout)
            && self.values == other.values
            && self.tail == other.tail
    }
}

impl Eq for Record {}

/// An item that shows, with its place.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The item.
    pub item: &'static Item,
    /// Its value.
    pub value: &'a Value,
    /// Its bytes, counted from the start of the structure.
    pub range: Range<usize>,
}

/// The name of the padding at the end.
pub const TAIL_KEY: &str = "end_pad";

impl Record {
    /// A record without values, to which [`push`](Self::push) adds them.
    pub(super) fn empty(layout: &'static Layout) -> Self {
        Self { layout, values: Vec::new(), tail: Bytes::default() }
    }

    /// Adds the value of the next item.
    pub(super) fn push(&mut self, value: Option<Value>) {
        self.values.push(value);
    }

    /// The record with another number as `key`.
    #[cfg(test)]
    pub(super) fn set(&mut self, key: &str, number: u64) {
        for (item, value) in self.layout.items.iter().zip(&mut self.values) {
            if item.key == key {
                *value = Some(Value::Number(number));
            }
        }
    }

    /// The record with the padding that it should have.
    pub(super) fn padded(mut self) -> Self {
        self.tail = Bytes(vec![0; self.tail_len()]);
        self
    }

    pub(super) fn with_tail(mut self, tail: Bytes) -> Self {
        self.tail = tail;
        self
    }

    /// Reads all of `input` as the structure `layout`; actions in it are `depth` levels deep.
    pub(crate) fn read<'a>(
        layout: &'static Layout,
        input: &'a [u8],
        depth: usize,
    ) -> Parsed<'a, Self> {
        let mut record = Self::empty(layout);
        record
            .fill(input, None, depth)
            .map(|()| (input.get(input.len()..).unwrap_or(input), record))
    }

    /// Reads as much of `input` as can be read; actions in it are `depth` levels deep.
    #[must_use]
    pub fn read_lax(layout: &'static Layout, input: &[u8], depth: usize) -> Self {
        let mut record = Self::empty(layout);
        // What is wrong, the check of the whole message says.
        drop(record.fill(input, None, depth));
        record
    }

    /// Reads the items from `body`, which must end with them unless the table has padding at the
    /// end; `behind` is padding that a length in the body does not count.
    fn fill<'a>(
        &mut self,
        body: &'a [u8],
        behind: Option<&'a [u8]>,
        depth: usize,
    ) -> Result<(), nom::Err<Fault<'a>>> {
        let left = self.fill_items(body, depth)?;
        self.tail = match behind {
            None if self.layout.tail.is_some() => left.into(),
            _ if !left.is_empty() => {
                let extra = left.len();
                let kind = DecodeErrorKind::Excess { extra, limit: Limit::Input };
                return Err(Fault::new(left, "end", kind));
            }
            behind => behind.unwrap_or_default().into(),
        };
        Ok(())
    }

    fn fill_items<'a>(
        &mut self,
        mut left: &'a [u8],
        depth: usize,
    ) -> Result<&'a [u8], nom::Err<Fault<'a>>> {
        // What items before say of those behind them.
        let (mut match_len, mut count) = (0, 0);
        for item in self.layout.items {
            if !self.has(item) {
                self.values.push(None);
                continue;
            }
            let key = item.key;
            let (rest, value) = match item.shape {
                Shape::Number(len, _) => {
                    bytes(key, len).map(|b: &[u8]| Some(Value::Number(number(b)))).parse(left)?
                }
                Shape::Part(part) => {
                    let (rest, whole) = u16(key).parse(left)?;
                    let bits = whole >> part.shift & mask(part.width);
                    let value = Value::Number(u64::from(bits) + u64::from(part.plus));
                    (if part.last { rest } else { left }, Some(value))
                }
                Shape::Pad(len) => {
                    bytes(key, len).map(|b: &[u8]| Some(Value::Bytes(b.into()))).parse(left)?
                }
                Shape::Spare(_) | Shape::Bytes => (&[][..], Some(Value::Bytes(left.into()))),
                Shape::Ipv4 => {
                    let (rest, octets) = crate::wire::array::<4>(key).parse(left)?;
                    (rest, Some(Value::Ipv4(octets.into())))
                }
                Shape::Ipv6 => {
                    let (rest, octets) = crate::wire::array::<16>(key).parse(left)?;
                    (rest, Some(Value::Ipv6(octets.into())))
                }
                Shape::Header => {
                    let len = if left.starts_with(&[0xff, 0xff]) { 8 } else { 4 };
                    bytes(key, len).map(|b: &[u8]| Some(Value::Number(number(b)))).parse(left)?
                }
                Shape::Len => bytes(key, 2).map(|_| None).parse(left)?,
                Shape::MatchLen => {
                    let (rest, len) = u16(key).parse(left)?;
                    match_len = usize::from(len);
                    (rest, None)
                }
                Shape::Match => {
                    let (rest, read) = NxmMatch::read(left, match_len)?;
                    (rest, Some(Value::Match(read)))
                }
                Shape::Entry => {
                    let (rest, read) = nested(|| key.to_owned(), NxmEntry::read).parse(left)?;
                    (rest, Some(Value::Entry(read)))
                }
                Shape::Entries => {
                    list(key, NxmEntry::read).map(|e| Some(Value::Entries(e))).parse(left)?
                }
                Shape::Actions => {
                    let (rest, actions) = read_actions_at(left, depth)?;
                    (rest, Some(Value::Actions(actions)))
                }
                Shape::Count => {
                    let (rest, number) = u16(key).parse(left)?;
                    count = usize::from(number);
                    (rest, None)
                }
                Shape::Numbers => {
                    let (rest, all) = bytes(key, 2 * count).parse(left)?;
                    let (pairs, _) = all.as_chunks::<2>();
                    let numbers = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
                    (rest, Some(Value::Numbers(numbers)))
                }
                Shape::Immediate => {
                    let (rest, all) = bytes(key, self.immediate_len()).parse(left)?;
                    (rest, Some(Value::Bytes(all.into())))
                }
                Shape::Many(many) => {
                    let mut records = Vec::new();
                    let read = read_many(many, key, left, depth, &mut records);
                    // What was read before something wrong stays.
                    self.values.push(Some(Value::Records(records)));
                    left = read?;
                    continue;
                }
            };
            self.values.push(value);
            left = rest;
        }
        Ok(left)
    }

    /// Whether an item is there, by the values before it.
    pub(super) fn has(&self, item: &Item) -> bool {
        match item.when {
            When::Always => true,
            When::Set(key, mask) => self.number(key) & mask != 0,
            When::Clear(key, mask) => self.number(key) & mask == 0,
        }
    }

    pub(super) fn immediate_len(&self) -> usize {
        let bits = usize::try_from(self.number("n_bits")).unwrap_or(0);
        2 * bits.div_ceil(16)
    }

    /// The structure's table.
    #[must_use]
    pub fn layout(&self) -> &'static Layout {
        self.layout
    }

    /// The items that show, in the order of the wire.
    pub fn shown(&self) -> impl Iterator<Item = Shown<'_>> {
        let mut at = 0;
        self.layout.items.iter().zip(&self.values).filter_map(move |(item, value)| {
            let (start, len) = (at, Self::len_of(item, value.as_ref()));
            at += len;
            let value = value.as_ref()?;
            let zero = |bytes: &Bytes| bytes.iter().all(|byte| *byte == 0);
            let len = if let Shape::Part(_) = item.shape { 2 } else { len };
            match (item.shape, value) {
                (Shape::Pad(_), Value::Bytes(pad)) if zero(pad) => None,
                (Shape::Spare(len), Value::Bytes(pad)) if zero(pad) && pad.len() == len => None,
                _ => Some(Shown { item, value, range: start..start + len }),
            }
        })
    }

    /// The padding at the end and its place, where it is not as it should be: zero, to a multiple
    /// of 8 bytes.
    #[must_use]
    pub fn odd_tail(&self) -> Option<(&Bytes, Range<usize>)> {
        let odd = self.tail.len() != self.tail_len() || self.tail.iter().any(|byte| *byte != 0);
        let at = self.items_len();
        (self.values.len() == self.layout.items.len() && odd)
            .then(|| (&self.tail, at..at + self.tail.len()))
    }

    /// Bytes of padding that should be at the end.
    fn tail_len(&self) -> usize {
        let len = self.items_len();
        self.layout.tail.map_or(0, |Tail { base, least }| {
            (base + len).max(least).next_multiple_of(8).saturating_sub(base + len)
        })
    }

    fn items_len(&self) -> usize {
        let all = self.layout.items.iter().zip(&self.values);
        all.map(|(item, value)| Self::len_of(item, value.as_ref())).sum()
    }

    /// Bytes of the structure.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        self.items_len() + self.tail.len()
    }

    /// Bytes by which the structure goes on behind this item.
    fn len_of(item: &Item, value: Option<&Value>) -> usize {
        match (item.shape, value) {
            (Shape::Len | Shape::MatchLen | Shape::Count, _) => 2,
            (_, None) => 0,
            (Shape::Number(len, _) | Shape::Pad(len), _) => len,
            (Shape::Part(part), _) => {
                if part.last {
                    2
                } else {
                    0
                }
            }
            (Shape::Header, Some(Value::Number(header))) => header_len(*header),
            (_, Some(value)) => match value {
                Value::Number(_) => 0,
                Value::Ipv4(_) => 4,
                Value::Ipv6(_) => 16,
                Value::Bytes(bytes) => bytes.len(),
                Value::Match(read) => read.padded_len(),
                Value::Entry(entry) => entry.encoded_len(),
                Value::Entries(entries) => entries.iter().map(NxmEntry::encoded_len).sum(),
                Value::Actions(actions) => actions_len(actions),
                Value::Numbers(numbers) => 2 * numbers.len(),
                Value::Records(records) => records.iter().map(Self::encoded_len).sum(),
            },
        }
    }

    /// Appends the structure.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut word = 0;
        for (item, value) in self.layout.items.iter().zip(&self.values) {
            match (item.shape, value) {
                (Shape::Len, _) => out.put_u16(length16(self.layout.name, self.items_len())?),
                (Shape::MatchLen, _) => {
                    let len = self.find(|value| match value {
                        Value::Match(read) => Some(read.match_len()),
                        _ => None,
                    });
                    out.put_u16(length16("match", len.unwrap_or(0))?);
                }
                (Shape::Count, _) => {
                    let len = self.find(|value| match value {
                        Value::Numbers(numbers) => Some(numbers.len()),
                        _ => None,
                    });
                    out.put_u16(length16(self.layout.name, len.unwrap_or(0))?);
                }
                (_, None) => {}
                (Shape::Number(len, _), Some(Value::Number(number))) => put(out, len, *number),
                (Shape::Header, Some(Value::Number(number))) => {
                    put(out, header_len(*number), *number);
                }
                (Shape::Part(part), Some(Value::Number(number))) => {
                    let value = number.saturating_sub(part.plus.into());
                    word |= u16::try_from(value).unwrap_or(0) << part.shift;
                    if part.last {
                        out.put_u16(std::mem::take(&mut word));
                    }
                }
                (_, Some(value)) => encode_value(value, out)?,
            }
        }
        out.put(&self.tail);
        Ok(())
    }

    fn find<T>(&self, pick: impl Fn(&Value) -> Option<T>) -> Option<T> {
        self.values.iter().flatten().find_map(pick)
    }

    fn value(&self, key: &str) -> Option<&Value> {
        let all = self.layout.items.iter().zip(&self.values);
        all.filter(|(item, _)| item.key == key).find_map(|(_, value)| value.as_ref())
    }

    /// The number of that name; 0 where there is none.
    #[must_use]
    pub fn number(&self, key: &str) -> u64 {
        match self.value(key) {
            Some(Value::Number(number)) => *number,
            _ => 0,
        }
    }

    /// The number of that name, if it is there.
    pub(super) fn number_at(&self, key: &str) -> Option<u64> {
        match self.value(key) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn number16(&self, key: &str) -> u16 {
        u16::try_from(self.number(key)).unwrap_or(u16::MAX)
    }

    pub(super) fn number32(&self, key: &str) -> u32 {
        u32::try_from(self.number(key)).unwrap_or(u32::MAX)
    }

    pub(super) fn address(&self, key: &str) -> Option<std::net::IpAddr> {
        match self.value(key) {
            Some(Value::Ipv4(address)) => Some((*address).into()),
            Some(Value::Ipv6(address)) => Some((*address).into()),
            _ => None,
        }
    }

    /// The bytes of that name; none where there are none.
    #[must_use]
    pub fn bytes(&self, key: &str) -> &[u8] {
        match self.value(key) {
            Some(Value::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }

    pub(super) fn numbers(&self, key: &str) -> &[u16] {
        match self.value(key) {
            Some(Value::Numbers(numbers)) => numbers,
            _ => &[],
        }
    }

    /// The structures of that name.
    #[must_use]
    pub fn records(&self, key: &str) -> &[Self] {
        match self.value(key) {
            Some(Value::Records(records)) => records,
            _ => &[],
        }
    }

    /// The actions of the structure.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        match self.value("actions") {
            Some(Value::Actions(actions)) => actions,
            _ => &[],
        }
    }

    /// The structure's match.
    pub(super) fn matched(&self) -> Option<&NxmMatch> {
        self.values.iter().flatten().find_map(|value| match value {
            Value::Match(read) => Some(read),
            _ => None,
        })
    }

    /// The entries of the structure's match.
    #[must_use]
    pub fn entries(&self) -> &[NxmEntry] {
        self.values
            .iter()
            .flatten()
            .find_map(|value| match value {
                Value::Match(read) => Some(read.entries.as_slice()),
                Value::Entries(entries) => Some(entries.as_slice()),
                Value::Entry(entry) => Some(std::slice::from_ref(entry)),
                _ => None,
            })
            .unwrap_or_default()
    }
}

/// Reads structures up to the end of `left`, or to two bytes of zero, and returns what is left.
fn read_many<'a>(
    many: &'static Many,
    key: &'static str,
    mut left: &'a [u8],
    depth: usize,
    records: &mut Vec<Record>,
) -> Result<&'a [u8], nom::Err<Fault<'a>>> {
    while !left.is_empty() {
        let index = records.len();
        let path = || format!("{key}[{index}]");
        let kind = many.kind.as_ref().map_or(0, |kind| {
            let field = left.get(kind.at..).and_then(<[u8]>::first_chunk::<2>);
            field.map_or(0, |field| u64::from(u16::from_be_bytes(*field)))
        });
        let mut record = Record::empty((many.layout)(kind));
        let read = match many.size {
            Size::UntilZero if left.len() < 2 || left.starts_with(&[0, 0]) => return Ok(left),
            Size::UntilZero => {
                nested(path, |input| Ok((record.fill_items(input, depth)?, ()))).parse(left)
            }
            size => nested(path, |input| read_sized(size, input, &mut record, depth)).parse(left),
        };
        records.push(record);
        (left, ()) = read?;
    }
    Ok(left)
}

fn read_sized<'a>(
    size: Size,
    input: &'a [u8],
    record: &mut Record,
    depth: usize,
) -> Parsed<'a, ()> {
    let field = |at: usize| {
        let bytes = input.get(at..).and_then(<[u8]>::first_chunk::<2>);
        bytes.map(|bytes| usize::from(u16::from_be_bytes(*bytes)))
    };
    let (len, padded, limit) = match size {
        Size::Field { at, padded } => {
            // Too short for its own length: an item says so.
            let len = field(at).unwrap_or(4);
            if len < 4 {
                let at = input.get(at..).unwrap_or_default();
                return Err(Fault::length(at, "length", len, Expected::AtLeast(4)));
            }
            let padded = if padded { len.next_multiple_of(8) } else { len };
            (len, padded, Limit::Field("entry length", len))
        }
        Size::Match { fixed, at } => {
            let len = fixed + field(at).unwrap_or(0).next_multiple_of(8);
            (len, len, Limit::Field("match_len", field(at).unwrap_or(0)))
        }
        Size::Fixed(len) => (len, len, Limit::Input),
        Size::UntilZero => (input.len(), input.len(), Limit::Input),
    };
    let (after, body) = bytes("body", len).parse(input)?;
    let (behind, after) = after.split_at_checked(padded - len).unwrap_or((after, &[]));
    // The padding behind the body is no part of what the body's length limits.
    within(body, limit, |body| {
        record.fill(body, Some(behind), depth)?;
        Ok((body.get(body.len()..).unwrap_or(body), ()))
    })?;
    Ok((after, ()))
}

fn encode_value(value: &Value, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match value {
        Value::Number(_) => {}
        Value::Ipv4(address) => out.put(&address.octets()),
        Value::Ipv6(address) => out.put(&address.octets()),
        Value::Bytes(bytes) => out.put(bytes),
        Value::Match(read) => read.encode(out),
        Value::Entry(entry) => entry.encode(out),
        Value::Entries(entries) => entries.iter().for_each(|entry| entry.encode(out)),
        Value::Actions(actions) => encode_actions(actions, out)?,
        Value::Numbers(numbers) => numbers.iter().for_each(|number| out.put_u16(*number)),
        Value::Records(records) => records.iter().try_for_each(|record| record.encode(out))?,
    }
    Ok(())
}

/// Appends the low-order `len` bytes of `number`.
fn put(out: &mut Vec<u8>, len: usize, number: u64) {
    let bytes = number.to_be_bytes();
    out.put(bytes.get(8_usize.saturating_sub(len)..).unwrap_or(&bytes));
}

/// The number whose big-endian bytes are `bytes`, at most eight of them.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Bytes of a field's header.
fn header_len(header: u64) -> usize {
    if header >> 48 == 0xffff { 8 } else { 4 }
}

/// So many bits that are set.
fn mask(width: u32) -> u16 {
    1_u16.checked_shl(width).unwrap_or(0).wrapping_sub(1)
}
