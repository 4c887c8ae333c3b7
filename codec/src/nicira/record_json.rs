//! A structure in JSON: an object with its items by name.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};

use super::record::{Record, TAIL_KEY, Value};
use super::shape::{FIELD, Item, Layout, Many, Shape, Style};
use crate::types::Bytes;

impl Record {
    /// Writes the items into an object that has begun.
    pub(super) fn write<S: SerializeMap>(&self, map: &mut S) -> Result<(), S::Error> {
        for shown in self.shown() {
            map.serialize_entry(shown.item.key, &ValueJson(shown.item, shown.value))?;
        }
        match self.odd_tail() {
            Some((tail, _)) => map.serialize_entry(TAIL_KEY, tail),
            None => Ok(()),
        }
    }

    /// Takes the items of `layout` out of `fields`. An error names the item.
    pub(super) fn from_json(
        layout: &'static Layout,
        fields: &mut Map<String, Json>,
    ) -> Result<Self, String> {
        let mut read = Self::empty(layout);
        for item in layout.items {
            let value = match item.shape {
                Shape::Len | Shape::MatchLen | Shape::Count => None,
                // The items before it say whether it is there.
                _ if !read.has(item) => None,
                Shape::Pad(len) => Some(Value::Bytes(match fields.shift_remove(item.key) {
                    None => Bytes(vec![0; len]),
                    Some(json) => sized(item.key, json, len)?,
                })),
                Shape::Spare(len) if !fields.contains_key(item.key) => {
                    Some(Value::Bytes(Bytes(vec![0; len])))
                }
                _ => {
                    let json = fields.shift_remove(item.key);
                    let json = json.ok_or_else(|| format!("missing field `{}`", item.key))?;
                    let value = value(item, json, &read);
                    Some(value.map_err(|error| format!("{}: {error}", item.key))?)
                }
            };
            read.push(value);
        }
        let read = read.padded();
        match fields.shift_remove(TAIL_KEY).filter(|_| layout.tail.is_some()) {
            None => Ok(read),
            Some(json) => {
                let tail = from_json(json).map_err(|error| format!("{TAIL_KEY}: {error}"))?;
                Ok(read.with_tail(tail))
            }
        }
    }
}

/// An error for the first field that is left.
pub(super) fn none_left(fields: &Map<String, Json>) -> Result<(), String> {
    match fields.keys().next() {
        None => Ok(()),
        Some(key) => Err(format!("unknown field `{key}`")),
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.write(&mut map)?;
        map.end()
    }
}

struct ValueJson<'a>(&'static Item, &'a Value);

impl Serialize for ValueJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(item, value) = self;
        match value {
            Value::Number(number) => style(item.shape).to_json(*number).serialize(serializer),
            Value::Ipv4(address) => address.serialize(serializer),
            Value::Ipv6(address) => address.serialize(serializer),
            Value::Bytes(bytes) => bytes.serialize(serializer),
            Value::Match(read) => read.serialize(serializer),
            Value::Entry(entry) => entry.serialize(serializer),
            Value::Entries(entries) => entries.serialize(serializer),
            Value::Actions(actions) => actions.serialize(serializer),
            Value::Numbers(numbers) => numbers.serialize(serializer),
            Value::Records(records) => records.serialize(serializer),
        }
    }
}

fn style(shape: Shape) -> Style {
    match shape {
        Shape::Number(_, style) => style,
        Shape::Part(part) => part.style,
        Shape::Header => FIELD,
        _ => Style::Plain,
    }
}

fn from_json<T: serde::de::DeserializeOwned>(json: Json) -> Result<T, String> {
    serde_json::from_value(json).map_err(|error| error.to_string())
}

fn sized(key: &str, json: Json, len: usize) -> Result<Bytes, String> {
    let bytes: Bytes = from_json(json)?;
    if bytes.len() == len {
        return Ok(bytes);
    }
    Err(format!("{key}: {} bytes, must be {len}", bytes.len()))
}

/// The value of an item, of which `before` has those before it.
fn value(item: &Item, json: Json, before: &Record) -> Result<Value, String> {
    Ok(match item.shape {
        Shape::Number(len, style) => {
            let bits = u32::try_from(8 * len).unwrap_or(64);
            Value::Number(style.value_of(json, bits)?)
        }
        Shape::Part(part) => {
            let number = part.style.value_of(json, 16)?;
            let plus = u64::from(part.plus);
            let max = plus + u64::from(1_u16.checked_shl(part.width).unwrap_or(0).wrapping_sub(1));
            if !(plus..=max).contains(&number) {
                return Err(format!("{number} is not within {plus} to {max}"));
            }
            Value::Number(number)
        }
        Shape::Header => {
            let header = FIELD.value_of(json, 64)?;
            let short = u32::try_from(header).is_ok_and(|short| short >> 16 != 0xffff);
            if !short && header >> 48 != 0xffff {
                return Err(format!("{header:#x} is no header of 4 or 8 bytes"));
            }
            Value::Number(header)
        }
        Shape::Ipv4 => Value::Ipv4(from_json(json)?),
        Shape::Ipv6 => Value::Ipv6(from_json(json)?),
        Shape::Match => Value::Match(from_json(json)?),
        Shape::Entry => Value::Entry(from_json(json)?),
        Shape::Entries => Value::Entries(from_json(json)?),
        Shape::Actions => Value::Actions(from_json(json)?),
        Shape::Numbers => Value::Numbers(from_json(json)?),
        Shape::Immediate => Value::Bytes(sized(item.key, json, before.immediate_len())?),
        Shape::Many(many) => Value::Records(records(many, json)?),
        Shape::Bytes
        | Shape::Pad(_)
        | Shape::Spare(_)
        | Shape::Len
        | Shape::MatchLen
        | Shape::Count => Value::Bytes(from_json(json)?),
    })
}

fn records(many: &'static Many, json: Json) -> Result<Vec<Record>, String> {
    let items: Vec<Map<String, Json>> = from_json(json)?;
    let read = |(index, mut fields): (usize, Map<String, Json>)| {
        let kind = match &many.kind {
            None => Ok(0),
            Some(kind) => match fields.get(kind.key) {
                Some(json) => kind.style.value_of(json.clone(), 16),
                None => Err(format!("missing field `{}`", kind.key)),
            },
        };
        let record = kind
            .and_then(|kind| Record::from_json((many.layout)(kind), &mut fields))
            .and_then(|record| none_left(&fields).map(|()| record));
        record.map_err(|error| format!("{}[{index}]: {error}", many.one))
    };
    items.into_iter().enumerate().map(read).collect()
}
