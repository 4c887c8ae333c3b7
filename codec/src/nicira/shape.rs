//! How the structures of Nicira's extensions are described: a table of items for each, which
//! reading, writing, JSON and the dissector all go by.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::field::NxmField;
use crate::types::Hex;

/// A structure: its items in the order of the wire.
#[derive(Debug)]
pub struct Layout {
    /// Its name in errors.
    pub name: &'static str,
    /// Its items.
    pub items: &'static [Item],
    /// What is padded behind the items, where anything is.
    pub tail: Option<Tail>,
}

/// Padding at the end: to a multiple of 8 bytes, counted from the start of what holds the
/// structure.
#[derive(Debug, Clone, Copy)]
pub struct Tail {
    /// Bytes before the structure.
    pub base: usize,
    /// The least bytes of the whole.
    pub least: usize,
}

/// One item of a structure.
#[derive(Debug)]
pub struct Item {
    /// Its name, as in JSON.
    pub key: &'static str,
    /// What it is.
    pub shape: Shape,
    /// Whether it is there.
    pub when: When,
}

/// Whether an item is there: by the bits of one that is before it.
#[derive(Debug, Clone, Copy)]
pub enum When {
    /// Always.
    Always,
    /// Where a bit of `mask` is set in the item `key`.
    Set(&'static str, u64),
    /// Where no bit of `mask` is set in the item `key`.
    Clear(&'static str, u64),
}

/// What an item is.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A number of so many bytes.
    Number(usize, Style),
    /// Bits of a 16-bit number that several items share.
    Part(Part),
    /// Padding: shown where it is not zero.
    Pad(usize),
    /// Padding up to the end: shown where it is not as many bytes of zero.
    Spare(usize),
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// The header of a field, without a mask: 4 bytes, or 8 of an experimenter.
    Header,
    /// Bytes of the structure, but for its padding; it says nothing of its own.
    Len,
    /// Bytes of the match, in 2 bytes; it says nothing of its own.
    MatchLen,
    /// A match with its padding.
    Match,
    /// One entry of a match.
    Entry,
    /// Entries of a match, up to the end.
    Entries,
    /// Actions, up to the end.
    Actions,
    /// How many numbers follow, in 2 bytes; it says nothing of its own.
    Count,
    /// As many 16-bit numbers.
    Numbers,
    /// A learned field's own value: as many 16-bit words as `n_bits` need.
    Immediate,
    /// Bytes, up to the end.
    Bytes,
    /// Structures.
    Many(&'static Many),
}

/// Bits of a 16-bit number.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Bits below them.
    pub shift: u32,
    /// How many.
    pub width: u32,
    /// What the value is more than the bits say.
    pub plus: u16,
    /// Whether the number ends with them.
    pub last: bool,
    /// How the value is written.
    pub style: Style,
}

/// Structures, one after the other.
#[derive(Debug)]
pub struct Many {
    /// What one is called.
    pub one: &'static str,
    /// The item that says which structure it is, and where that stands.
    pub kind: Option<Kind>,
    /// The structure by that item's value.
    pub layout: fn(u64) -> &'static Layout,
    /// Bytes of the structure that comes next.
    pub size: Size,
}

/// Where it stands which structure it is.
#[derive(Debug)]
pub struct Kind {
    /// The item.
    pub key: &'static str,
    /// Bytes before it.
    pub at: usize,
    /// How its value is written.
    pub style: Style,
}

/// How long one of several structures is.
#[derive(Debug, Clone, Copy)]
pub enum Size {
    /// Always the same.
    Fixed(usize),
    /// As its 16-bit number there says; padded to a multiple of 8 beyond that where `padded`.
    Field {
        /// Bytes before the number.
        at: usize,
        /// Whether there is padding that the number does not count.
        padded: bool,
    },
    /// These bytes, and a match as long as the 16-bit number there says, padded.
    Match {
        /// Bytes before the match.
        fixed: usize,
        /// Bytes before the number.
        at: usize,
    },
    /// Until two bytes of zero, or the end; each as long as its items.
    UntilZero,
}

/// How a number is written in JSON.
#[derive(Debug, Clone, Copy)]
pub enum Style {
    /// A number.
    Plain,
    /// Hexadecimal digits.
    Hex,
    /// A word, or the words of its bits.
    Coded(&'static Coding),
}

impl Style {
    pub(super) fn to_json(self, value: u64) -> Json {
        match self {
            Self::Plain => value.into(),
            Self::Hex => Hex(value).to_string().into(),
            Self::Coded(coding) => (coding.to_json)(value),
        }
    }

    /// The value, which has at most `bits` bits.
    pub(super) fn value_of(self, json: Json, bits: u32) -> Result<u64, String> {
        let value = match self {
            Self::Plain | Self::Hex => read::<Hex<u64>>(json)?.0,
            Self::Coded(coding) => (coding.from_json)(json)?,
        };
        if value.checked_shr(bits).unwrap_or(0) != 0 {
            return Err(format!("{value} does not fit {bits} bits"));
        }
        Ok(value)
    }
}

/// The words of a number.
#[derive(Debug)]
pub struct Coding {
    /// The value in JSON.
    pub to_json: fn(u64) -> Json,
    /// The value of JSON.
    pub from_json: fn(Json) -> Result<u64, String>,
}

fn read<T: DeserializeOwned>(json: Json) -> Result<T, String> {
    serde_json::from_value(json).map_err(|error| error.to_string())
}

pub(super) fn write(value: &impl Serialize) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}

/// The words of a code point enumeration or of a type like it.
macro_rules! coded {
    ($type:ty: $int:ty) => {
        $crate::nicira::shape::Style::Coded(&$crate::nicira::shape::Coding {
            to_json: |value| {
                let value = <$int>::try_from(value).unwrap_or(<$int>::MAX);
                $crate::nicira::shape::write(&<$type>::from(value))
            },
            from_json: |json| {
                let value = serde_json::from_value::<$type>(json);
                value.map(|value| <$int>::from(value).into()).map_err(|error| error.to_string())
            },
        })
    };
}

/// The words of a flag type's bits.
macro_rules! flagged {
    ($type:ty: $int:ty) => {
        $crate::nicira::shape::Style::Coded(&$crate::nicira::shape::Coding {
            to_json: |value| {
                let bits = <$int>::try_from(value).unwrap_or(<$int>::MAX);
                let flags = <$type>::from_bits_retain(bits);
                $crate::types::flags::serialize(&flags, serde_json::value::Serializer)
                    .unwrap_or_default()
            },
            from_json: |json| {
                let flags = $crate::types::flags::deserialize::<$type, _>(json);
                flags.map(|flags| flags.bits().into()).map_err(|error| error.to_string())
            },
        })
    };
}

pub(super) use {coded, flagged};

/// The name of a field's header.
pub(super) const FIELD: Style = Style::Coded(&Coding {
    to_json: |value| match NxmField::of_header(value) {
        Some(field) => field.name.into(),
        None => Hex(value).to_string().into(),
    },
    from_json: |json| match &json {
        Json::String(name) if !name.starts_with("0x") => NxmField::of_name(name)
            .map(NxmField::header)
            .ok_or_else(|| format!("{name:?} is no field that is known")),
        _ => read::<Hex<u64>>(json).map(|hex| hex.0),
    },
});

/// `none`, or where the frame is buffered.
pub(super) const fn item(key: &'static str, shape: Shape) -> Item {
    Item { key, shape, when: When::Always }
}

pub(super) const fn plain(key: &'static str, len: usize) -> Item {
    item(key, Shape::Number(len, Style::Plain))
}

pub(super) const fn hex(key: &'static str, len: usize) -> Item {
    item(key, Shape::Number(len, Style::Hex))
}

pub(super) const fn code(key: &'static str, len: usize, style: Style) -> Item {
    item(key, Shape::Number(len, style))
}

pub(super) const fn pad(key: &'static str, len: usize) -> Item {
    item(key, Shape::Pad(len))
}

/// The offset of bits in a field; their number is in the same two bytes.
pub(super) const fn ofs(key: &'static str) -> Item {
    let part = Part { shift: 6, width: 10, plus: 0, last: false, style: Style::Plain };
    item(key, Shape::Part(part))
}

/// The number of bits, behind their offset.
pub(super) const fn n_bits(key: &'static str) -> Item {
    let part = Part { shift: 0, width: 6, plus: 1, last: true, style: Style::Plain };
    item(key, Shape::Part(part))
}

impl Item {
    /// The same item, there where a bit of another one is set.
    pub(super) const fn when(self, key: &'static str, mask: u64) -> Self {
        Self { when: When::Set(key, mask), ..self }
    }

    /// The same item, there where no bit of another one is set.
    pub(super) const fn unless(self, key: &'static str, mask: u64) -> Self {
        Self { when: When::Clear(key, mask), ..self }
    }
}
