//! PACKET_IN, switch to controller: OpenFlow 1.0.0 section 5.4.1, `struct ofp_packet_in`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | 4 | buffer_id |
//! | 12 | 2 | total_len: bytes of the whole frame |
//! | 14 | 2 | in_port |
//! | 16 | 1 | reason |
//! | 17 | 1 | pad |
//! | 18 | any | data: the frame, or its beginning |

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::buffer_id::BufferId;
use super::port_no::PortNo;
use crate::code_points::code_points;
use crate::error::{DecodeError, EncodeError, Limit};
use crate::types::{Bytes, Line, Pad, Piece};
use crate::wire::{Parsed, Put, array, rest, u8, u16, u32, whole};
use crate::{display_as_put, put};

/// Bytes of the body before the data.
const FIXED_LEN: usize = 10;

code_points! {
    /// OpenFlow 1.0.0 section 5.4.1, `enum ofp_packet_in_reason`.
    pub enum PacketInReason: u8 {
        /// No entry matched.
        NoMatch = 0 "no_match",
        /// An action sent it to the controller.
        Action = 1 "action",
    }
}

/// A frame that the switch hands to the controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PacketIn {
    /// The switch's handle of the frame; [`BufferId::NONE`] where it keeps none.
    pub buffer_id: BufferId,
    /// Bytes of the whole frame.
    pub total_len: u16,
    /// The port that it came in on.
    pub in_port: PortNo,
    /// Why it is sent.
    pub reason: PacketInReason,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<1>,
    /// The frame, or as much of its beginning as was asked for.
    pub data: Bytes,
}

impl PacketIn {
    /// Reads the body: what follows the header. Offsets in the error count from there.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("packet_in", body, body, Limit::Input, Self::read)
    }

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (left, mut read) = Self::read_fixed(input)?;
        let (left, data) = rest(left)?;
        read.data = data.into();
        Ok((left, read))
    }

    /// Reads all fields but the data.
    pub(super) fn read_fixed(input: &[u8]) -> Parsed<'_, Self> {
        (
            u32("buffer_id").map(BufferId),
            u16("total_len"),
            u16("in_port").map(PortNo),
            u8("reason").map(PacketInReason::from),
            array("pad").map(Pad),
        )
            .map(|(buffer_id, total_len, in_port, reason, pad)| Self {
                buffer_id,
                total_len,
                in_port,
                reason,
                pad,
                data: Bytes::default(),
            })
            .parse(input)
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        FIXED_LEN + self.data.len()
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u32(self.buffer_id.0);
        out.put_u16(self.total_len);
        out.put_u16(self.in_port.0);
        out.put_u8(self.reason.into());
        out.put(&self.pad.0);
        out.put(&self.data);
        Ok(())
    }
}

display_as_put!(PacketIn);

impl Piece for PacketIn {
    fn put(&self, out: &mut Line) {
        self.put_with(self.data.len(), out);
    }
}

impl PacketIn {
    /// Appends the line of one with so many bytes of data.
    pub(super) fn put_with(&self, data_len: usize, out: &mut Line) {
        put!(out, "total_len=", self.total_len, " in_port=", self.in_port);
        put!(out, " (via ", self.reason, ") data_len=", data_len);
        match self.buffer_id {
            BufferId::NONE => out.push_str(" (unbuffered)"),
            id => put!(out, " buffer=", id),
        }
    }
}
