//! A message in JSON: `{"version":1,"type":"hello","length":8,"xid":1,"body":{}}`.
//!
//! `length` is written for the reader; on the way in it may be left out, and is checked where it
//! is not, since a wrong one says that the text is not what its writer meant.

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use super::header::{MessageType, VERSION};
use super::message::{Body, Message};
use crate::types::Bytes;

const FIELDS: &[&str] = &["version", "type", "length", "xid", "body"];

/// A body without fields.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

/// A body whose type is not known.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unknown {
    data: Bytes,
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let length = u16::try_from(self.encoded_len()).map_err(|_| {
            ser::Error::custom(format_args!("{} bytes do not fit a message", self.encoded_len()))
        })?;
        let mut message = serializer.serialize_struct("Message", FIELDS.len())?;
        message.serialize_field("version", &self.version)?;
        message.serialize_field("type", &self.body.r#type())?;
        message.serialize_field("length", &length)?;
        message.serialize_field("xid", &self.xid)?;
        message.serialize_field("body", &BodyJson(&self.body))?;
        message.end()
    }
}

struct BodyJson<'a>(&'a Body);

impl Serialize for BodyJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Body::Hello(body) => body.serialize(serializer),
            Body::Error(body) => body.serialize(serializer),
            Body::EchoRequest(body) => body.serialize(serializer),
            Body::EchoReply(body) => body.serialize(serializer),
            Body::Vendor(body) => body.serialize(serializer),
            Body::FeaturesReply(body) => body.serialize(serializer),
            Body::GetConfigReply(body) => body.serialize(serializer),
            Body::SetConfig(body) => body.serialize(serializer),
            Body::PacketIn(body) => body.serialize(serializer),
            Body::FlowRemoved(body) => body.serialize(serializer),
            Body::PortStatus(body) => body.serialize(serializer),
            Body::PacketOut(body) => body.serialize(serializer),
            Body::FlowMod(body) => body.serialize(serializer),
            Body::PortMod(body) => body.serialize(serializer),
            Body::StatsRequest(body) => body.serialize(serializer),
            Body::StatsReply(body) => body.serialize(serializer),
            Body::QueueGetConfigRequest(body) => body.serialize(serializer),
            Body::QueueGetConfigReply(body) => body.serialize(serializer),
            Body::FeaturesRequest
            | Body::GetConfigRequest
            | Body::BarrierRequest
            | Body::BarrierReply => Empty {}.serialize(serializer),
            Body::Unknown { data, .. } => Unknown { data: data.clone() }.serialize(serializer),
        }
    }
}

/// Reads the body of a message whose type is known.
struct BodySeed(MessageType);

impl<'de> DeserializeSeed<'de> for BodySeed {
    type Value = Body;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Body, D::Error> {
        Ok(match self.0 {
            MessageType::Hello => Body::Hello(Deserialize::deserialize(json)?),
            MessageType::Error => Body::Error(Deserialize::deserialize(json)?),
            MessageType::EchoRequest => Body::EchoRequest(Deserialize::deserialize(json)?),
            MessageType::EchoReply => Body::EchoReply(Deserialize::deserialize(json)?),
            MessageType::Vendor => Body::Vendor(Deserialize::deserialize(json)?),
            MessageType::FeaturesRequest => empty(json, Body::FeaturesRequest)?,
            MessageType::FeaturesReply => Body::FeaturesReply(Deserialize::deserialize(json)?),
            MessageType::GetConfigRequest => empty(json, Body::GetConfigRequest)?,
            MessageType::GetConfigReply => Body::GetConfigReply(Deserialize::deserialize(json)?),
            MessageType::SetConfig => Body::SetConfig(Deserialize::deserialize(json)?),
            MessageType::PacketIn => Body::PacketIn(Deserialize::deserialize(json)?),
            MessageType::FlowRemoved => Body::FlowRemoved(Deserialize::deserialize(json)?),
            MessageType::PortStatus => Body::PortStatus(Deserialize::deserialize(json)?),
            MessageType::PacketOut => Body::PacketOut(Deserialize::deserialize(json)?),
            MessageType::FlowMod => Body::FlowMod(Deserialize::deserialize(json)?),
            MessageType::PortMod => Body::PortMod(Deserialize::deserialize(json)?),
            MessageType::StatsRequest => Body::StatsRequest(Deserialize::deserialize(json)?),
            MessageType::StatsReply => Body::StatsReply(Deserialize::deserialize(json)?),
            MessageType::BarrierRequest => empty(json, Body::BarrierRequest)?,
            MessageType::BarrierReply => empty(json, Body::BarrierReply)?,
            MessageType::QueueGetConfigRequest => {
                Body::QueueGetConfigRequest(Deserialize::deserialize(json)?)
            }
            MessageType::QueueGetConfigReply => {
                Body::QueueGetConfigReply(Deserialize::deserialize(json)?)
            }
            MessageType::Unknown(code) => {
                let Unknown { data } = Deserialize::deserialize(json)?;
                Body::Unknown { code, data }
            }
        })
    }
}

fn empty<'de, D: Deserializer<'de>>(json: D, body: Body) -> Result<Body, D::Error> {
    Empty::deserialize(json).map(|Empty {}| body)
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Message", FIELDS, MessageVisitor)
    }
}

struct MessageVisitor;

impl<'de> Visitor<'de> for MessageVisitor {
    type Value = Message;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an OpenFlow message: an object with type, xid and body")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Message, A::Error> {
        let (mut version, mut r#type, mut length, mut xid) = (VERSION, None, None, None);
        let (mut body, mut early) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match (key.as_str(), r#type) {
                ("schema", _) => {
                    map.next_value::<IgnoredAny>()?;
                }
                ("version", _) => version = map.next_value()?,
                ("type", _) => r#type = Some(map.next_value::<MessageType>()?),
                ("length", _) => length = Some(map.next_value::<u16>()?),
                ("xid", _) => xid = Some(map.next_value()?),
                ("body", Some(r#type)) => body = Some(map.next_value_seed(BodySeed(r#type))?),
                // Sorted keys put the body before its type.
                ("body", None) => early = Some(map.next_value::<serde_json::Value>()?),
                (unknown, _) => return Err(de::Error::unknown_field(unknown, FIELDS)),
            }
        }
        let r#type = r#type.ok_or_else(|| de::Error::missing_field("type"))?;
        let body = match (body, early) {
            (Some(body), _) => body,
            (None, Some(json)) => BodySeed(r#type).deserialize(json).map_err(de::Error::custom)?,
            (None, None) => return Err(de::Error::missing_field("body")),
        };
        let xid = xid.ok_or_else(|| de::Error::missing_field("xid"))?;
        let message = Message { version, xid, body };
        match (length, message.encoded_len()) {
            (Some(said), len) if usize::from(said) != len => Err(de::Error::custom(format_args!(
                "length is {said}, but the body makes {len} bytes; correct it or leave it out"
            ))),
            _ => Ok(message),
        }
    }
}
