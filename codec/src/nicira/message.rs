//! Any vendor message, statistics or action of Nicira: its subtype, and the rest by its table.

use nom::Parser;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value as Json};

use super::code::{NiciraActionType, NiciraStatsType, NiciraSubtype};
use super::record::Record;
use super::record_json::none_left;
use super::shape::Layout;
use super::{action_tables, message_tables};
use crate::error::EncodeError;
use crate::wire::{Parsed, Put, u16, u32};

/// A vendor message of Nicira.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NiciraMessage {
    /// Which.
    pub subtype: NiciraSubtype,
    /// What follows the subtype.
    pub body: Record,
}

/// A request for statistics of Nicira.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NiciraStatsRequest {
    /// Which.
    pub r#type: NiciraStatsType,
    /// What follows the type.
    pub body: Record,
}

/// Statistics of Nicira.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NiciraStatsReply {
    /// Which.
    pub r#type: NiciraStatsType,
    /// What follows the type.
    pub body: Record,
}

/// An action of Nicira.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NiciraAction {
    /// Which.
    pub subtype: NiciraActionType,
    /// What follows the subtype.
    pub body: Record,
}

/// The table of a vendor message, behind its subtype.
#[must_use]
pub fn message_layout(subtype: NiciraSubtype) -> &'static Layout {
    message_tables::message(subtype)
}

/// The table of a request for statistics, behind its type.
#[must_use]
pub fn request_layout(r#type: NiciraStatsType) -> &'static Layout {
    message_tables::stats_request(r#type)
}

/// The table of statistics, behind their type.
#[must_use]
pub fn reply_layout(r#type: NiciraStatsType) -> &'static Layout {
    message_tables::stats_reply(r#type)
}

/// The table of an action, behind its subtype.
#[must_use]
pub fn action_layout(subtype: NiciraActionType) -> &'static Layout {
    action_tables::action(subtype)
}

/// What the four have in common.
macro_rules! by_table {
    ($type:ident, $field:ident: $code:ty: $int:ty, $key:literal, $layout:ident, $len:literal) => {
        impl $type {
            /// Bytes behind the vendor id.
            pub(crate) fn encoded_len(&self) -> usize {
                $len + self.body.encoded_len()
            }

            /// Appends what follows the vendor id.
            pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                out.put(&<$int>::from(self.$field).to_be_bytes());
                self.body.encode(out)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry($key, &self.$field)?;
                self.body.write(&mut map)?;
                map.end()
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut fields = Map::<String, Json>::deserialize(deserializer)?;
                let json =
                    fields.shift_remove($key).ok_or_else(|| de::Error::missing_field($key))?;
                let $field: $code = serde_json::from_value(json).map_err(de::Error::custom)?;
                let body = Record::from_json($layout($field), &mut fields)
                    .and_then(|body| none_left(&fields).map(|()| body))
                    .map_err(de::Error::custom)?;
                Ok(Self { $field, body })
            }
        }
    };
}

by_table!(NiciraMessage, subtype: NiciraSubtype: u32, "subtype", message_layout, 4);
by_table!(NiciraStatsRequest, r#type: NiciraStatsType: u32, "nicira_type", request_layout, 4);
by_table!(NiciraStatsReply, r#type: NiciraStatsType: u32, "nicira_type", reply_layout, 4);
by_table!(NiciraAction, subtype: NiciraActionType: u16, "subtype", action_layout, 2);

impl NiciraMessage {
    /// Reads what follows the vendor id.
    pub(crate) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (left, subtype) = u32("subtype").map(NiciraSubtype::from).parse(input)?;
        let (left, body) = Record::read(message_layout(subtype), left, 0)?;
        Ok((left, Self { subtype, body }))
    }
}

impl NiciraStatsRequest {
    /// Reads what follows the vendor id.
    pub(crate) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (left, r#type) = u32("nicira_type").map(NiciraStatsType::from).parse(input)?;
        let (left, body) = Record::read(request_layout(r#type), left, 0)?;
        Ok((left, Self { r#type, body }))
    }
}

impl NiciraStatsReply {
    /// Reads what follows the vendor id.
    pub(crate) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (left, r#type) = u32("nicira_type").map(NiciraStatsType::from).parse(input)?;
        let (left, body) = Record::read(reply_layout(r#type), left, 0)?;
        Ok((left, Self { r#type, body }))
    }
}

impl NiciraAction {
    /// How deep actions may stand in each other; what is deeper stays raw.
    pub const MAX_DEPTH: usize = 16;

    /// Reads what follows the vendor id of an action that stands in `depth` others.
    pub(crate) fn read(input: &[u8], depth: usize) -> Parsed<'_, Self> {
        let (left, subtype) = u16("subtype").map(NiciraActionType::from).parse(input)?;
        let (left, body) = Record::read(action_layout(subtype), left, depth + 1)?;
        Ok((left, Self { subtype, body }))
    }
}
