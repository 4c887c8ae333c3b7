//! PACKET_OUT, controller to switch: OpenFlow 1.0.0 section 5.3.6, `struct ofp_packet_out`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | 4 | buffer_id |
//! | 12 | 2 | in_port |
//! | 14 | 2 | actions_len: bytes of the actions |
//! | 16 | actions_len | actions |
//! | | any | data: the frame, if it is not buffered |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::action::{Action, actions_len, encode_actions, read_actions, write_actions};
use super::buffer_id::BufferId;
use super::port_no::PortNo;
use crate::error::{DecodeError, EncodeError, Limit};
use crate::put;
use crate::types::Bytes;
use crate::wire::{Parsed, Put, bytes, length16, rest, u16, u32, whole, within};

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
        let (left, (buffer_id, in_port, len)) =
            (u32("buffer_id").map(BufferId), u16("in_port").map(PortNo), u16("actions_len"))
                .parse(input)?;
        let len = usize::from(len);
        let (left, actions) = bytes("actions", len).parse(left)?;
        let actions = within(actions, Limit::Field("actions_len", len), read_actions)?;
        let (left, data) = rest(left)?;
        Ok((left, Self { buffer_id, in_port, actions, data: data.into() }))
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

impl fmt::Display for PacketOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        put!(f, "in_port=", self.in_port, " actions=")?;
        write_actions(f, &self.actions)?;
        match self.buffer_id {
            BufferId::NONE => put!(f, " data_len=", self.data.len()),
            id => put!(f, " buffer=", id),
        }
    }
}
