//! Objects of the family: attributes with their names and values.

use nom::Parser;
use nom::number::complete::{le_u8, le_u16, le_u32, le_u64};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::framing::{Attribute, parse_attributes};
use super::schema::{AttributeDef, AttributeKind, AttributeSet};
use crate::error::{DecodeError, EncodeError, Limit};
use crate::types::Bytes;
use crate::wire::{Parsed, located, named, whole};

/// An object: attributes in the order of the message. One may stand there several times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    set: &'static AttributeSet,
    values: Vec<(u16, AttributeValue)>,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[allow(missing_docs, reason = "see AttributeKind")]
pub enum AttributeValue {
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    Text(String),
    Binary(Bytes),
    Nest(Object),
    /// An attribute that is not known, flags included, as it came.
    #[serde(skip)]
    Unknown(Attribute),
}

impl Object {
    /// An object without attributes.
    #[must_use]
    pub fn new(set: &'static AttributeSet) -> Self {
        Self { set, values: Vec::new() }
    }

    /// The object with one more attribute. An error where its set has none of that name, or one
    /// of another kind.
    pub fn with(mut self, name: &str, value: AttributeValue) -> Result<Self, EncodeError> {
        let definitions = self.set.attributes.iter().zip(1..);
        let found = definitions.into_iter().find(|(definition, _)| definition.name == name);
        match found {
            Some((definition, number)) if value.is_of(definition.kind) => {
                self.values.push((number, value));
                Ok(self)
            }
            _ => Err(EncodeError::Value {
                field: self.set.name,
                found: 0,
                expected: "an attribute of the set, with a value of its kind",
            }),
        }
    }

    /// The first value of that name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&AttributeValue> {
        self.values().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Names and values of the attributes that are known.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, &AttributeValue)> {
        self.values
            .iter()
            .filter_map(|(number, value)| Some((self.definition(*number)?.name, value)))
    }

    fn definition(&self, number: u16) -> Option<&'static AttributeDef> {
        definition(self.set, number)
    }

    /// Reads the attributes of an object. Offsets in the error count from the start of `input`.
    pub fn parse(set: &'static AttributeSet, input: &[u8]) -> Result<Self, DecodeError> {
        let mut values = Vec::new();
        for attribute in parse_attributes(input)? {
            let number = attribute.number();
            let value = match definition(set, number) {
                Some(definition) => AttributeValue::parse(definition, attribute)?,
                None => AttributeValue::Unknown(attribute),
            };
            values.push((number, value));
        }
        Ok(Self { set, values })
    }

    /// The attributes of the object.
    pub fn attributes(&self) -> Result<Vec<Attribute>, EncodeError> {
        self.values.iter().map(|(number, value)| value.attribute(*number)).collect()
    }
}

fn definition(set: &'static AttributeSet, number: u16) -> Option<&'static AttributeDef> {
    set.attributes.get(usize::from(number).checked_sub(1)?)
}

impl AttributeValue {
    fn is_of(&self, kind: AttributeKind) -> bool {
        match (self, kind) {
            (Self::Nest(object), AttributeKind::Nest(set)) => object.set == set,
            (Self::U8(_), AttributeKind::U8)
            | (Self::U16(_), AttributeKind::U16)
            | (Self::U32(_), AttributeKind::U32)
            | (Self::U64(_), AttributeKind::U64)
            | (Self::Text(_), AttributeKind::Text)
            | (Self::Binary(_), AttributeKind::Binary) => true,
            _ => false,
        }
    }

    fn parse(definition: &'static AttributeDef, attribute: Attribute) -> Result<Self, DecodeError> {
        let name = definition.name;
        let value = &attribute.value;
        let fits = |input| -> Parsed<'_, Self> {
            match definition.kind {
                AttributeKind::U8 => named(name, 1, le_u8).map(Self::U8).parse(input),
                AttributeKind::U16 => named(name, 2, le_u16).map(Self::U16).parse(input),
                AttributeKind::U32 => named(name, 4, le_u32).map(Self::U32).parse(input),
                _ => named(name, 8, le_u64).map(Self::U64).parse(input),
            }
        };
        let parsed = match definition.kind {
            AttributeKind::Binary => Self::Binary(value.clone()),
            AttributeKind::Nest(set) => Self::Nest(Object::parse(set, value)?),
            AttributeKind::Text => match value.split_last() {
                Some((0, text)) if !text.contains(&0) => match std::str::from_utf8(text) {
                    Ok(text) => Self::Text(text.to_owned()),
                    Err(_) => Self::Unknown(attribute.clone()),
                },
                _ => Self::Unknown(attribute.clone()),
            },
            _ => {
                let limit = Limit::Field("nla_len", value.len() + 4);
                whole("netlink", value, value, limit, fits)?
            }
        };
        // What would not come back bit for bit is kept as it came.
        match parsed.attribute(attribute.number()) {
            Ok(again) if again == attribute => Ok(parsed),
            _ => Ok(Self::Unknown(attribute)),
        }
    }

    fn attribute(&self, number: u16) -> Result<Attribute, EncodeError> {
        Ok(match self {
            Self::U8(value) => Attribute::new(number, value.to_le_bytes()),
            Self::U16(value) => Attribute::new(number, value.to_le_bytes()),
            Self::U32(value) => Attribute::new(number, value.to_le_bytes()),
            Self::U64(value) => Attribute::new(number, value.to_le_bytes()),
            Self::Text(value) => Attribute::new(number, [value.as_bytes(), &[0]].concat()),
            Self::Binary(value) => Attribute::new(number, value.0.clone()),
            Self::Nest(object) => Attribute::nested(number, &object.attributes()?)?,
            Self::Unknown(attribute) => attribute.clone(),
        })
    }
}

impl Serialize for Object {
    /// A list of `{"name": value}`, since an attribute may stand there several times.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for (name, value) in self.values() {
            if let AttributeValue::Unknown(unknown) = value {
                list.serialize_element(&std::collections::BTreeMap::from([(
                    name,
                    &unknown.value,
                )]))?;
            } else {
                list.serialize_element(&std::collections::BTreeMap::from([(name, value)]))?;
            }
        }
        list.end()
    }
}

/// The error of a netlink message's payload.
pub(super) fn located_in(input: &[u8], error: nom::Err<crate::wire::Fault<'_>>) -> DecodeError {
    located("netlink", input, error)
}
