//! The header of every OpenFlow message: OpenFlow 1.0.0 section 5.1, `struct ofp_header`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 1 | version |
//! | 1 | 1 | type |
//! | 2 | 2 | length, header included |
//! | 4 | 4 | xid |

use nom::Parser;

use crate::code_points::code_points;
use crate::error::{DecodeError, Expected, Limit};
use crate::wire::{Fault, Parsed, Put, located, u8, u16, u32};

/// The version number of OpenFlow 1.0 (section 5.1, `OFP_VERSION`).
pub const VERSION: u8 = 0x01;

/// Bytes of a header.
pub const HEADER_LEN: usize = 8;

code_points! {
    /// OpenFlow 1.0.0 section 5.1, `enum ofp_type`.
    pub enum MessageType: u8 {
        /// Symmetric: opens a session.
        Hello = 0 "hello",
        /// Symmetric: a request was refused.
        Error = 1 "error",
        /// Symmetric: asks whether the peer lives.
        EchoRequest = 2 "echo_request",
        /// Symmetric: the peer lives.
        EchoReply = 3 "echo_reply",
        /// Symmetric: an extension.
        Vendor = 4 "vendor",
        /// Controller to switch.
        FeaturesRequest = 5 "features_request",
        /// Switch to controller.
        FeaturesReply = 6 "features_reply",
        /// Controller to switch.
        GetConfigRequest = 7 "get_config_request",
        /// Switch to controller.
        GetConfigReply = 8 "get_config_reply",
        /// Controller to switch.
        SetConfig = 9 "set_config",
        /// Switch to controller: a frame that a rule or a miss sent up.
        PacketIn = 10 "packet_in",
        /// Switch to controller: an entry has gone.
        FlowRemoved = 11 "flow_removed",
        /// Switch to controller: a port came, went or changed.
        PortStatus = 12 "port_status",
        /// Controller to switch: a frame to send.
        PacketOut = 13 "packet_out",
        /// Controller to switch: a change of the flow table.
        FlowMod = 14 "flow_mod",
        /// Controller to switch: a change of a port.
        PortMod = 15 "port_mod",
        /// Controller to switch.
        StatsRequest = 16 "stats_request",
        /// Switch to controller.
        StatsReply = 17 "stats_reply",
        /// Controller to switch: all before it must be done first.
        BarrierRequest = 18 "barrier_request",
        /// Switch to controller: all before the request is done.
        BarrierReply = 19 "barrier_reply",
        /// Controller to switch.
        QueueGetConfigRequest = 20 "queue_get_config_request",
        /// Switch to controller.
        QueueGetConfigReply = 21 "queue_get_config_reply",
    }
}

/// The first eight bytes of a message, of any OpenFlow version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The protocol version; [`VERSION`] for OpenFlow 1.0.
    pub version: u8,
    /// What the message is, if its version is OpenFlow 1.0.
    pub r#type: MessageType,
    /// Bytes of the whole message, these eight included.
    pub length: u16,
    /// Pairs a reply with its request.
    pub xid: u32,
}

impl Header {
    /// Reads the header at the start of `input`. A length below eight is an error, since no reader
    /// could find the next message; whether `input` holds `length` bytes is not looked at.
    #[inline]
    pub fn parse(input: &[u8]) -> Result<Self, DecodeError> {
        // Readers of streams look at every header twice or more: what is sound costs no parser.
        if let Some(&[version, r#type, l0, l1, x0, x1, x2, x3]) = input.first_chunk() {
            let length = u16::from_be_bytes([l0, l1]);
            if usize::from(length) >= HEADER_LEN {
                let xid = u32::from_be_bytes([x0, x1, x2, x3]);
                return Ok(Self { version, r#type: r#type.into(), length, xid });
            }
        }
        Self::read(input).map(|(_, header)| header).map_err(|error| located("header", input, error))
    }

    /// Appends the header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.put_u8(self.version);
        out.put_u8(self.r#type.into());
        out.put_u16(self.length);
        out.put_u32(self.xid);
    }

    /// Bytes of the whole message.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length.into()
    }

    /// Whether the message is its header alone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() <= HEADER_LEN
    }

    /// The limit that this header sets to what is inside the message.
    pub(crate) fn limit(&self) -> Limit {
        Limit::Field("header length", self.len())
    }

    fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, (version, r#type, length, xid)) =
            (u8("version"), u8("type").map(MessageType::from), u16("length"), u32("xid"))
                .parse(input)?;
        if usize::from(length) < HEADER_LEN {
            let at = input.get(2..).unwrap_or_default();
            return Err(Fault::length(at, "length", length.into(), Expected::AtLeast(HEADER_LEN)));
        }
        Ok((rest, Self { version, r#type, length, xid }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARRIER_REQUEST: [u8; 8] = [1, 18, 0, 8, 0, 0, 0, 7];

    #[test]
    fn golden() {
        let header = Header { version: 1, r#type: MessageType::BarrierRequest, length: 8, xid: 7 };
        assert_eq!(Header::parse(&BARRIER_REQUEST), Ok(header));
        let mut out = Vec::new();
        header.encode(&mut out);
        assert_eq!(out, BARRIER_REQUEST);
    }

    #[test]
    fn every_truncation_is_an_error() {
        for end in 0..BARRIER_REQUEST.len() {
            assert!(Header::parse(&BARRIER_REQUEST[..end]).unwrap_err().is_incomplete());
        }
    }

    #[test]
    fn a_length_below_the_header_is_an_error() {
        let error = Header::parse(&[1, 18, 0, 7, 0, 0, 0, 7]).unwrap_err();
        assert_eq!(error.to_string(), "header.length at byte 2: length is 7, must be at least 8");
    }
}
