//! Commands of the family and acknowledgements: what a netlink message carries.
//!
//! | offset | size | field of a command |
//! | --- | --- | --- |
//! | 0 | 1 | cmd |
//! | 1 | 1 | version |
//! | 2 | 2 | reserved |
//! | 4 | any | attributes |
//!
//! | offset | size | field of an acknowledgement |
//! | --- | --- | --- |
//! | 0 | 4 | error: 0, or a negative errno |
//! | 4 | 16 | the header of the request |
//! | 20 | any | the rest of the request, where CAPPED is not set |
//! | | any | attributes, where ACK_TLVS is set |

use nom::Parser;
use nom::number::complete::{le_i32, le_u8, le_u16, le_u32};

use super::framing::{
    Attribute, FAMILY_TYPES, HEADER_LEN, NetlinkFlags, NetlinkMessage, NetlinkType,
    encode_attributes, parse_attributes,
};
use super::object::{Object, located_in};
use super::schema::{FAMILY_VERSION, NetlinkCommand};
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};
use crate::wire::{named, rest};

/// A command of the family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// What to do, or what is told.
    pub command: NetlinkCommand,
    /// Two bytes that must be zero, as they came.
    reserved: u16,
    /// What it is about.
    pub object: Object,
}

impl Command {
    /// A command.
    #[must_use]
    pub fn new(command: NetlinkCommand, object: Object) -> Self {
        Self { command, reserved: 0, object }
    }

    /// Reads the payload of a message whose type is the family's.
    pub fn parse(payload: &[u8]) -> Result<Self, DecodeError> {
        let head = (
            named("cmd", 1, le_u8),
            named("version", 1, le_u8),
            named("reserved", 2, le_u16),
            rest,
        );
        let (command, version, reserved, attributes) = match { head }.parse(payload) {
            Ok((_, fields)) => fields,
            Err(error) => return Err(located_in(payload, error)),
        };
        let command = NetlinkCommand::from(command);
        let refuse = |field: &'static str, offset, found, expected| DecodeError {
            message: "netlink",
            field: field.into(),
            offset,
            kind: DecodeErrorKind::Value { found, expected },
        };
        if version != FAMILY_VERSION {
            return Err(refuse("version", 1, version.into(), "1"));
        }
        let Some(set) = command.attribute_set() else {
            return Err(refuse("cmd", 0, u8::from(command).into(), "a command of the family"));
        };
        let object = Object::parse(set, attributes).map_err(|error| error.shifted(4))?;
        Ok(Self { command, reserved, object })
    }

    /// The message of the command.
    pub fn message(
        &self,
        flags: NetlinkFlags,
        seq: u32,
        pid: u32,
    ) -> Result<NetlinkMessage, EncodeError> {
        let mut payload = vec![self.command.into(), FAMILY_VERSION];
        payload.extend_from_slice(&self.reserved.to_le_bytes());
        encode_attributes(&self.object.attributes()?, &mut payload)?;
        let r#type = (FAMILY_TYPES + u16::from(u8::from(self.command))).into();
        Ok(NetlinkMessage { r#type, flags, seq, pid, payload: payload.into() })
    }
}

/// The answer to a request: done, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// 0 where it was done, else an errno: `EINVAL` is 22.
    pub errno: u32,
    /// The number of the request.
    pub seq: u32,
    /// What was wrong, for people.
    pub message: Option<String>,
    /// Where in the request: bytes from the start of its header.
    pub offset: Option<u32>,
}

impl Ack {
    /// `NLMSGERR_ATTR_MSG`.
    const MSG: u16 = 1;
    /// `NLMSGERR_ATTR_OFFS`.
    const OFFS: u16 = 2;

    /// The acknowledgement of `request`, which is not repeated but for its header.
    pub fn message(&self, request: &NetlinkMessage) -> Result<NetlinkMessage, EncodeError> {
        let mut whole = Vec::new();
        request.encode(&mut whole)?;
        let errno = 0_u32.wrapping_sub(self.errno);
        let mut payload = errno.to_le_bytes().to_vec();
        payload.extend_from_slice(whole.get(..HEADER_LEN).unwrap_or_default());
        let message = self.message.as_ref();
        let message =
            message.map(|text| Attribute::new(Self::MSG, [text.as_bytes(), &[0]].concat()));
        let offset = self.offset.map(|offset| Attribute::new(Self::OFFS, offset.to_le_bytes()));
        let attributes: Vec<Attribute> = message.into_iter().chain(offset).collect();
        encode_attributes(&attributes, &mut payload)?;
        let mut flags = NetlinkFlags::CAPPED;
        flags.set(NetlinkFlags::ACK_TLVS, !attributes.is_empty());
        let (seq, pid) = (request.seq, request.pid);
        Ok(NetlinkMessage { r#type: NetlinkType::Error, flags, seq, pid, payload: payload.into() })
    }

    /// Reads an acknowledgement: a message of type [`NetlinkType::Error`].
    pub fn parse(message: &NetlinkMessage) -> Result<Self, DecodeError> {
        let payload = &message.payload;
        let head = (named("error", 4, le_i32), named("nlmsg_len", 4, le_u32), rest);
        let (error, len, after) = match { head }.parse(payload) {
            Ok((_, fields)) => fields,
            Err(error) => return Err(located_in(payload, error)),
        };
        // Behind the length of the request's header: 12 bytes of it, and the request's payload
        // where the kernel, or an agent, repeats it.
        let repeated = if message.flags.contains(NetlinkFlags::CAPPED) || error == 0 {
            HEADER_LEN
        } else {
            usize::try_from(len).unwrap_or(usize::MAX).next_multiple_of(4)
        };
        let attributes = after.get(repeated.saturating_sub(4)..).unwrap_or_default();
        let attributes = if message.flags.contains(NetlinkFlags::ACK_TLVS) {
            let outer = payload.len() - attributes.len();
            parse_attributes(attributes).map_err(|error| error.shifted(outer))?
        } else {
            Vec::new()
        };
        let find = |number| attributes.iter().find(|attribute| attribute.number() == number);
        let text = find(Self::MSG).map(|attribute| {
            let text = attribute.value.strip_suffix(&[0]).unwrap_or(&attribute.value);
            String::from_utf8_lossy(text).into_owned()
        });
        let offset = find(Self::OFFS)
            .and_then(|attribute| attribute.value.first_chunk::<4>())
            .map(|bytes| u32::from_le_bytes(*bytes));
        Ok(Self { errno: error.unsigned_abs(), seq: message.seq, message: text, offset })
    }
}
