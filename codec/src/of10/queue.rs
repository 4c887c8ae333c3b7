//! QUEUE_GET_CONFIG_REQUEST, controller to switch, and its reply: OpenFlow 1.0.0 sections 5.2.2
//! and 5.3.7, `struct ofp_queue_get_config_request`, `struct ofp_queue_get_config_reply`,
//! `struct ofp_packet_queue`, `struct ofp_queue_prop_header`.
//!
//! | offset | size | field of the request |
//! | --- | --- | --- |
//! | 8 | 2 | port |
//! | 10 | 2 | pad |
//!
//! | offset | size | field of the reply |
//! | --- | --- | --- |
//! | 8 | 2 | port |
//! | 10 | 6 | pad |
//! | 16 | any | queues |
//!
//! | offset | size | field of a queue |
//! | --- | --- | --- |
//! | 0 | 4 | queue_id |
//! | 4 | 2 | len: of the queue, these eight bytes included |
//! | 6 | 2 | pad |
//! | 8 | any | properties |
//!
//! | offset | size | field of a property |
//! | --- | --- | --- |
//! | 0 | 2 | property |
//! | 2 | 2 | len: of the property, these eight bytes included |
//! | 4 | 4 | pad |
//! | 8 | 2 | rate, in MIN_RATE |
//! | 10 | 6 | pad, in MIN_RATE |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::port_no::PortNo;
use crate::code_points::code_points;
use crate::error::{DecodeError, EncodeError, Expected, Limit};
use crate::types::{Bytes, Pad};
use crate::wire::{Fault, Parsed, Put, array, bytes, length16, list, u16, u32, whole, within};

/// Bytes of the reply before the queues.
const REPLY_FIXED_LEN: usize = 8;
/// Bytes of a queue before its properties, and of a property before its value.
const HEADER_LEN: usize = 8;

code_points! {
    /// OpenFlow 1.0.0 section 5.2.2, `enum ofp_queue_properties`.
    pub enum QueuePropertyType: u16 {
        /// Nothing.
        None = 0 "none",
        /// A rate that is guaranteed.
        MinRate = 1 "min_rate",
    }
}

/// Asks for the queues of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueGetConfigRequest {
    /// A physical port.
    pub port: PortNo,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<2>,
}

impl QueueGetConfigRequest {
    /// Reads the body: what follows the header. Offsets in the error count from there.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("queue_get_config_request", body, body, Limit::Input, Self::read)
    }

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (u16("port").map(PortNo), array("pad").map(Pad))
            .map(|(port, pad)| Self { port, pad })
            .parse(input)
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        4
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u16(self.port.0);
        out.put(&self.pad.0);
        Ok(())
    }
}

impl fmt::Display for QueueGetConfigRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "port={}", self.port)
    }
}

/// The queues of a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueGetConfigReply {
    /// The port.
    pub port: PortNo,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<6>,
    /// Its queues.
    pub queues: Vec<PacketQueue>,
}

/// One queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PacketQueue {
    /// Its number on the port.
    pub queue_id: u32,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<2>,
    /// What is known of it.
    pub properties: Vec<QueueProperty>,
}

/// One property of a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "property", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are the specification's, one meaning each")]
pub enum QueueProperty {
    /// Nothing.
    None {
        #[serde(default, skip_serializing_if = "Pad::is_zero")]
        pad: Pad<4>,
    },
    /// At least `rate` tenths of a percent of the port's rate; above 1000 for no guarantee.
    MinRate {
        #[serde(default, skip_serializing_if = "Pad::is_zero")]
        pad: Pad<4>,
        rate: u16,
        #[serde(default, skip_serializing_if = "Pad::is_zero")]
        pad2: Pad<6>,
    },
    /// A property that is not known; `body` is what follows the header.
    Unknown {
        code: u16,
        #[serde(default, skip_serializing_if = "Pad::is_zero")]
        pad: Pad<4>,
        body: Bytes,
    },
}

impl QueueGetConfigReply {
    /// Reads the body: what follows the header. Offsets in the error count from there.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("queue_get_config_reply", body, body, Limit::Input, Self::read)
    }

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (u16("port").map(PortNo), array("pad").map(Pad), list("queues", PacketQueue::read))
            .map(|(port, pad, queues)| Self { port, pad, queues })
            .parse(input)
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        REPLY_FIXED_LEN + self.queues.iter().map(PacketQueue::encoded_len).sum::<usize>()
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u16(self.port.0);
        out.put(&self.pad.0);
        self.queues.iter().try_for_each(|queue| queue.encode(out))
    }
}

impl fmt::Display for QueueGetConfigReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "port={}", self.port)?;
        for queue in &self.queues {
            write!(f, "; queue {}:", queue.queue_id)?;
            for property in &queue.properties {
                match property {
                    QueueProperty::None { .. } => f.write_str(" none")?,
                    QueueProperty::MinRate { rate, .. } => {
                        write!(f, " min_rate:{}.{}%", rate / 10, rate % 10)?;
                    }
                    QueueProperty::Unknown { code, body, .. } => {
                        write!(f, " unknown({code},{body})")?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl PacketQueue {
    fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (after, (queue_id, len, pad)) =
            (u32("queue_id"), u16("len"), array("pad").map(Pad)).parse(input)?;
        let (after, body) = body(input, 4, len, after)?;
        let limit = Limit::Field("queue len", len.into());
        let properties = within(body, limit, list("properties", QueueProperty::read))?;
        Ok((after, Self { queue_id, pad, properties }))
    }

    fn encoded_len(&self) -> usize {
        HEADER_LEN + self.properties.iter().map(QueueProperty::encoded_len).sum::<usize>()
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u32(self.queue_id);
        out.put_u16(length16("queue", self.encoded_len())?);
        out.put(&self.pad.0);
        self.properties.iter().try_for_each(|property| property.encode(out))
    }
}

/// What follows a header of eight bytes in a structure of `len` bytes whose length field stands
/// `at` bytes into `input`.
fn body<'a>(input: &'a [u8], at: usize, len: u16, after: &'a [u8]) -> Parsed<'a, &'a [u8]> {
    let len = usize::from(len);
    let Some(body_len) = len.checked_sub(HEADER_LEN) else {
        let field = input.get(at..).unwrap_or_default();
        return Err(Fault::length(field, "len", len, Expected::AtLeast(HEADER_LEN)));
    };
    bytes("body", body_len).parse(after)
}

impl QueueProperty {
    /// The code point of the property.
    #[must_use]
    pub fn property(&self) -> QueuePropertyType {
        match self {
            Self::None { .. } => QueuePropertyType::None,
            Self::MinRate { .. } => QueuePropertyType::MinRate,
            Self::Unknown { code, .. } => QueuePropertyType::Unknown(*code),
        }
    }

    fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (after, (code, len, pad)) =
            (u16("property"), u16("len"), array("pad").map(Pad)).parse(input)?;
        let (after, body) = body(input, 2, len, after)?;
        let limit = Limit::Field("property len", len.into());
        let property = match code.into() {
            QueuePropertyType::None => within(body, limit, |left| Ok((left, Self::None { pad })))?,
            QueuePropertyType::MinRate => {
                let fields = (u16("rate"), array("pad2").map(Pad));
                within(body, limit, fields.map(|(rate, pad2)| Self::MinRate { pad, rate, pad2 }))?
            }
            QueuePropertyType::Unknown(code) => Self::Unknown { code, pad, body: body.into() },
        };
        Ok((after, property))
    }

    fn encoded_len(&self) -> usize {
        HEADER_LEN
            + match self {
                Self::None { .. } => 0,
                Self::MinRate { .. } => 8,
                Self::Unknown { body, .. } => body.len(),
            }
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u16(self.property().into());
        out.put_u16(length16("queue property", self.encoded_len())?);
        match self {
            Self::None { pad } => out.put(&pad.0),
            Self::MinRate { pad, rate, pad2 } => {
                out.put(&pad.0);
                out.put_u16(*rate);
                out.put(&pad2.0);
            }
            Self::Unknown { pad, body, .. } => {
                out.put(&pad.0);
                out.put(body);
            }
        }
        Ok(())
    }
}
