//! The values of [`crate::vse`] as objects of the family and back, so that both ends of a netlink
//! conversation speak of the same types as those of an OpenFlow session.
//!
//! What an object leaves out has its default: the field's zero, priority 32768, no core, no port.
//! Numbers and texts that are at their default are written all the same.

mod flow;
mod tables;
mod trace;

use super::framing::NetlinkMessage;
use super::message::Command;
use super::object::{AttributeValue, Object};
use crate::error::{DecodeError, DecodeErrorKind, EncodeError, Expected, Limit};
use crate::of10::{Action, MATCH_LEN, Match};
use crate::types::{FixedStr, Pad};
use crate::vse::{Tlv, Tlvs};
use crate::wire::{Parsed, list, whole};

pub use flow::{change_of, command_of_change};

/// A value that the family has an object for.
pub trait NetlinkObject: Sized {
    /// The object of the value. An error where a part has no wire form.
    fn to_object(&self) -> Result<Object, EncodeError>;

    /// The value of an object. An error where an attribute holds what the value cannot.
    fn from_object(object: &Object) -> Result<Self, DecodeError>;
}

impl Object {
    fn u8(&self, name: &str) -> u8 {
        match self.value(name) {
            Some(AttributeValue::U8(value)) => *value,
            _ => 0,
        }
    }

    fn u16(&self, name: &str) -> Option<u16> {
        match self.value(name) {
            Some(AttributeValue::U16(value)) => Some(*value),
            _ => None,
        }
    }

    fn u32(&self, name: &str) -> u32 {
        match self.value(name) {
            Some(AttributeValue::U32(value)) => *value,
            _ => 0,
        }
    }

    fn u64(&self, name: &str) -> u64 {
        match self.value(name) {
            Some(AttributeValue::U64(value)) => *value,
            _ => 0,
        }
    }

    fn binary(&self, name: &str) -> Option<&[u8]> {
        match self.value(name) {
            Some(AttributeValue::Binary(value)) => Some(value),
            _ => None,
        }
    }

    fn nest(&self, name: &str) -> Option<&Object> {
        match self.value(name) {
            Some(AttributeValue::Nest(object)) => Some(object),
            _ => None,
        }
    }

    /// A name in a field of `N` bytes. An error where it is too long.
    fn fixed_str<const N: usize>(&self, name: &'static str) -> Result<FixedStr<N>, DecodeError> {
        match self.value(name) {
            Some(AttributeValue::Text(text)) => FixedStr::new(text).ok_or(DecodeError {
                message: "netlink",
                field: name.into(),
                offset: 0,
                kind: DecodeErrorKind::Length {
                    found: text.len(),
                    expected: Expected::AtMost(N.saturating_sub(1)),
                },
            }),
            _ => Ok(FixedStr::default()),
        }
    }

    /// The bytes of a binary attribute of one size; nothing where it is left out.
    fn array<const N: usize>(&self, name: &'static str) -> Result<Option<[u8; N]>, DecodeError> {
        self.binary(name)
            .map(|bytes| {
                bytes.try_into().map_err(|_| DecodeError {
                    message: "netlink",
                    field: name.into(),
                    offset: 0,
                    kind: DecodeErrorKind::Length {
                        found: bytes.len(),
                        expected: Expected::Exactly(N),
                    },
                })
            })
            .transpose()
    }

    /// The match of the attributes `match` and `vse-match`; any frame where they are left out.
    fn matched(&self) -> Result<(Match, Tlvs), DecodeError> {
        let r#match = self.array::<MATCH_LEN>("match")?;
        let r#match = r#match.map_or(Match::ANY, |bytes| Match::from_bytes(&bytes));
        let tlvs = read_list(self.binary("vse-match").unwrap_or_default(), "vse-match", Tlv::read)?;
        Ok((r#match, Tlvs::new(tlvs)))
    }

    fn actions(&self) -> Result<Vec<Action>, DecodeError> {
        read_list(self.binary("actions").unwrap_or_default(), "actions", Action::read)
    }

    fn with_match(self, r#match: &Match, tlvs: &Tlvs) -> Result<Self, EncodeError> {
        let mut bytes = Vec::new();
        r#match.encode(&mut bytes);
        let mut words = Vec::new();
        tlvs.tlvs.iter().for_each(|tlv| tlv.encode(&mut words));
        let object = self.with("match", AttributeValue::Binary(bytes.into()))?;
        if words.is_empty() {
            return Ok(object);
        }
        object.with("vse-match", AttributeValue::Binary(words.into()))
    }

    fn with_actions(self, actions: &[Action]) -> Result<Self, EncodeError> {
        let mut bytes = Vec::new();
        actions.iter().try_for_each(|action| action.encode(&mut bytes))?;
        self.with("actions", AttributeValue::Binary(bytes.into()))
    }
}

fn read_list<T>(
    bytes: &[u8],
    name: &'static str,
    item: impl Fn(&[u8]) -> Parsed<'_, T>,
) -> Result<Vec<T>, DecodeError> {
    whole("netlink", bytes, bytes, Limit::Field("nla_len", bytes.len() + 4), list(name, item))
}

/// Reads a structure that is the whole of `bytes`.
fn read_whole<T>(bytes: &[u8], read: impl Fn(&[u8]) -> Parsed<'_, T>) -> Result<T, DecodeError> {
    whole("netlink", bytes, bytes, Limit::Field("nla_len", bytes.len() + 4), read)
}

/// Padding has no attribute.
fn no_pad<const N: usize>() -> Pad<N> {
    Pad([0; N])
}

impl NetlinkMessage {
    /// The typed value of a message whose type is the family's. Offsets in an error count from
    /// the payload.
    pub fn value<T: NetlinkObject>(&self) -> Result<T, DecodeError> {
        T::from_object(&Command::parse(&self.payload)?.object)
    }
}

#[cfg(test)]
mod tests;
