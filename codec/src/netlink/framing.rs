//! Netlink messages and attributes: RFC 3549 section 2.3, `struct nlmsghdr`, `struct genlmsghdr`,
//! `struct nlattr` of linux/netlink.h and linux/genetlink.h.
//!
//! Netlink never leaves its host, and its numbers are in the host's byte order: little-endian
//! here and in every capture that this version reads. Addresses are in network order.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 4 | nlmsg_len: of the message, this header included |
//! | 4 | 2 | nlmsg_type |
//! | 6 | 2 | nlmsg_flags |
//! | 8 | 4 | nlmsg_seq |
//! | 12 | 4 | nlmsg_pid |
//!
//! | offset | size | field of an attribute |
//! | --- | --- | --- |
//! | 0 | 2 | nla_len: of the attribute, these four bytes included, padding not |
//! | 2 | 2 | nla_type: its two top bits are flags |
//! | 4 | any | value, padded to a multiple of 4 bytes |

use nom::Parser;
use nom::number::complete::{le_u16, le_u32};

use crate::code_points::code_points;
use crate::error::{DecodeError, EncodeError, Expected, Limit};
use crate::types::Bytes;
use crate::wire::{Fault, Parsed, bytes, list, located, named, whole};

/// The types below are the same in all families (`NLMSG_MIN_TYPE`); the command `n` of this one
/// has the type `FAMILY_TYPES + n`.
pub const FAMILY_TYPES: u16 = 0x10;
/// Bytes of `struct nlmsghdr`.
pub const HEADER_LEN: usize = 16;
/// Bytes of `struct nlattr`.
const ATTRIBUTE_HEADER_LEN: usize = 4;
/// Messages and attributes are padded to a multiple of this many bytes.
const ALIGN: usize = 4;

code_points! {
    /// What a message is: linux/netlink.h. Types from [`FAMILY_TYPES`] on are the family's own,
    /// one for each command.
    pub enum NetlinkType: u16 {
        /// Nothing.
        Noop = 1 "noop",
        /// An error, or an acknowledgement where the code is 0.
        Error = 2 "error",
        /// A dump ends.
        Done = 3 "done",
        /// Data were lost.
        Overrun = 4 "overrun",
    }
}

bitflags::bitflags! {
    /// The flags of a message: linux/netlink.h. The bits from 8 on mean one thing in requests to
    /// read, another in requests to change, a third in acknowledgements.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct NetlinkFlags: u16 {
        /// A request.
        const REQUEST = 0x1;
        /// One of several messages; the last is DONE.
        const MULTI = 0x2;
        /// Answer with an acknowledgement.
        const ACK = 0x4;
        /// Echo the request.
        const ECHO = 0x8;
        /// The dump is not of one moment: read again.
        const DUMP_INTR = 0x10;
        /// To read: everything (`NLM_F_ROOT | NLM_F_MATCH`).
        const DUMP = 0x300;
        /// In an acknowledgement: the request is not repeated.
        const CAPPED = 0x100;
        /// In an acknowledgement: attributes say more.
        const ACK_TLVS = 0x200;

        const _ = !0;
    }
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its number, flags included.
    pub r#type: u16,
    /// What it holds.
    pub value: Bytes,
    /// The padding behind it, as it came; missing bytes are made zero.
    pad: [u8; 3],
}

impl Attribute {
    /// The flag of an attribute that holds attributes (`NLA_F_NESTED`).
    pub const NESTED: u16 = 0x8000;
    /// The flag of a number in network order (`NLA_F_NET_BYTEORDER`).
    pub const NET_BYTEORDER: u16 = 0x4000;

    /// An attribute.
    #[must_use]
    pub fn new(r#type: u16, value: impl Into<Vec<u8>>) -> Self {
        Self { r#type, value: Bytes(value.into()), pad: [0; 3] }
    }

    /// An attribute that holds attributes.
    pub fn nested(r#type: u16, inner: &[Self]) -> Result<Self, EncodeError> {
        let mut value = Vec::new();
        encode_attributes(inner, &mut value)?;
        Ok(Self::new(r#type | Self::NESTED, value))
    }

    /// The number without its flags.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.r#type & !(Self::NESTED | Self::NET_BYTEORDER)
    }

    /// The attributes that this one holds. Offsets in the error count from its value.
    pub fn attributes(&self) -> Result<Vec<Self>, DecodeError> {
        parse_attributes(&self.value)
    }

    fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (after, (len, r#type)) =
            (named("nla_len", 2, le_u16), named("nla_type", 2, le_u16)).parse(input)?;
        let len = usize::from(len);
        let Some(value_len) = len.checked_sub(ATTRIBUTE_HEADER_LEN) else {
            let expected = Expected::AtLeast(ATTRIBUTE_HEADER_LEN);
            return Err(Fault::length(input, "nla_len", len, expected));
        };
        let (after, value) = bytes("value", value_len).parse(after)?;
        // The last attribute's padding may be left out.
        let padding = (len.next_multiple_of(ALIGN) - len).min(after.len());
        let (after, padding) = bytes("padding", padding).parse(after)?;
        let mut pad = [0; 3];
        for (to, from) in pad.iter_mut().zip(padding) {
            *to = *from;
        }
        Ok((after, Self { r#type, value: value.into(), pad }))
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let len = ATTRIBUTE_HEADER_LEN + self.value.len();
        let len16 = crate::wire::length16("netlink attribute", len)?;
        out.extend_from_slice(&len16.to_le_bytes());
        out.extend_from_slice(&self.r#type.to_le_bytes());
        out.extend_from_slice(&self.value);
        let padding = len.next_multiple_of(ALIGN) - len;
        out.extend_from_slice(self.pad.get(..padding).unwrap_or_default());
        Ok(())
    }
}

/// Reads attributes up to the end of `input`.
pub fn parse_attributes(input: &[u8]) -> Result<Vec<Attribute>, DecodeError> {
    whole("netlink", input, input, Limit::Input, list("attributes", Attribute::read))
}

/// Appends attributes.
pub fn encode_attributes(attributes: &[Attribute], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    attributes.iter().try_for_each(|attribute| attribute.encode(out))
}

/// The header of a message, and its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetlinkMessage {
    /// What it is.
    pub r#type: NetlinkType,
    /// How it is to be taken.
    pub flags: NetlinkFlags,
    /// Pairs an answer with its request.
    pub seq: u32,
    /// The port of the sender; 0 for the kernel or one that is not bound.
    pub pid: u32,
    /// What follows the header.
    pub payload: Bytes,
}

impl NetlinkMessage {
    /// Reads the message at the start of `input`, as one of several in a datagram; also returns
    /// what follows it and its padding.
    pub fn decode(input: &[u8]) -> Result<(Self, &[u8]), DecodeError> {
        match Self::read(input) {
            Ok((rest, message)) => Ok((message, rest)),
            Err(error) => Err(located("netlink", input, error)),
        }
    }

    fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (after, (len, r#type, flags, seq, pid)) = (
            named("nlmsg_len", 4, le_u32),
            named("nlmsg_type", 2, le_u16).map(NetlinkType::from),
            named("nlmsg_flags", 2, le_u16).map(NetlinkFlags::from_bits_retain),
            named("nlmsg_seq", 4, le_u32),
            named("nlmsg_pid", 4, le_u32),
        )
            .parse(input)?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let Some(payload_len) = len.checked_sub(HEADER_LEN) else {
            return Err(Fault::length(input, "nlmsg_len", len, Expected::AtLeast(HEADER_LEN)));
        };
        let (after, payload) = bytes("payload", payload_len).parse(after)?;
        let padding = (len.next_multiple_of(ALIGN) - len).min(after.len());
        let (after, _) = bytes("padding", padding).parse(after)?;
        Ok((after, Self { r#type, flags, seq, pid, payload: payload.into() }))
    }

    /// Appends the message, padded.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let len = HEADER_LEN + self.payload.len();
        let len32 = u32::try_from(len).map_err(|_| EncodeError::TooLong {
            what: "netlink message",
            len,
            max: usize::try_from(u32::MAX).unwrap_or(usize::MAX),
        })?;
        out.extend_from_slice(&len32.to_le_bytes());
        out.extend_from_slice(&u16::from(self.r#type).to_le_bytes());
        out.extend_from_slice(&self.flags.bits().to_le_bytes());
        out.extend_from_slice(&self.seq.to_le_bytes());
        out.extend_from_slice(&self.pid.to_le_bytes());
        out.extend_from_slice(&self.payload);
        out.resize(out.len() + len.next_multiple_of(ALIGN) - len, 0);
        Ok(())
    }
}
