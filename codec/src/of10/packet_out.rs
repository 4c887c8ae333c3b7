//! PACKET_OUT, controller to switch: OpenFlow 1.0.0 section 5.3.6, `struct ofp_packet_out`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | 4 | buffer_id |
//! | 12 | 2 | in_port |
//! | 14 | 2 | actions_len: bytes of the actions |
//! | 16 | actions_len | actions |
//! | | any | data: the frame, if it is not buffered |

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::action::{Action, actions_len, encode_actions, read_actions};
use super::buffer_id::BufferId;
use super::port_no::PortNo;
use crate::error::{DecodeError, EncodeError, Limit};
use crate::types::{Bytes, Line, Piece};
use crate::wire::{Parsed, Put, bytes, length16, rest, u16, u32, whole, within};
use crate::{display_as_put, put};

/// Bytes of the body before the actions.
const FIXED_LEN: usize = 8;

/// A frame that the switch is to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PacketOut {
    /// The buffered frame to send; [`BufferId::NONE`] where `data` holds it.
    pub buffer_id: BufferId,
    /// The port that the frame counts as received on; [`PortNo::NONE`] for none.
    pub in_port: PortNo,
    /// What is done with it, in order; nothing drops it.
    pub actions: Vec<Action>,
    /// The frame.
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    pub data: Bytes,
}

impl PacketOut {
    /// Reads the body: what follows the header. Offsets in the error count from there.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("packet_out", body, body, Limit::Input, Self::read)
    }

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (left, (mut read, actions)) = Self::read_fixed(input)?;
        let limit = Limit::Field("actions_len", actions.len());
        read.actions = within(actions, limit, read_actions)?;
        let (left, data) = rest(left)?;
        read.data = data.into();
        Ok((left, read))
    }

    /// Reads all fields but the data, the actions as bytes.
    pub(super) fn read_fixed(input: &[u8]) -> Parsed<'_, (Self, &[u8])> {
        let (left, (buffer_id, in_port, len)) =
            (u32("buffer_id").map(BufferId), u16("in_port").map(PortNo), u16("actions_len"))
                .parse(input)?;
        let (left, actions) = bytes("actions", len.into()).parse(left)?;
        let read = Self { buffer_id, in_port, actions: Vec::new(), data: Bytes::default() };
        Ok((left, (read, actions)))
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        FIXED_LEN + actions_len(&self.actions) + self.data.len()
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u32(self.buffer_id.0);
        out.put_u16(self.in_port.0);
        out.put_u16(length16("packet_out.actions", actions_len(&self.actions))?);
        encode_actions(&self.actions, out)?;
        out.put(&self.data);
        Ok(())
    }
}

display_as_put!(PacketOut);

impl Piece for PacketOut {
    fn put(&self, out: &mut Line) {
        self.put_with(&self.actions.as_slice(), self.data.len(), out);
    }
}

impl PacketOut {
    /// Appends the line of one with these words for its actions and so many bytes of data.
    pub(super) fn put_with(&self, actions: &impl Piece, data_len: usize, out: &mut Line) {
        put!(out, "in_port=", self.in_port, " actions=");
        actions.put(out);
        match self.buffer_id {
            BufferId::NONE => put!(out, " data_len=", data_len),
            id => put!(out, " buffer=", id),
        }
    }
}
