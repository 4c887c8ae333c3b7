//! PORT_STATUS, switch to controller: OpenFlow 1.0.0 section 5.4.3, `struct ofp_port_status`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | 1 | reason |
//! | 9 | 7 | pad |
//! | 16 | 48 | desc |

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::port::{PORT_LEN, Port};
use crate::code_points::code_points;
use crate::error::{DecodeError, EncodeError, Limit};
use crate::types::{Line, Pad, Piece};
use crate::wire::{Parsed, Put, array, nested, u8, whole};
use crate::{display_as_put, put};

code_points! {
    /// OpenFlow 1.0.0 section 5.4.3, `enum ofp_port_reason`.
    pub enum PortReason: u8 {
        /// The port is new.
        Add = 0 "add",
        /// The port has gone.
        Delete = 1 "delete",
        /// Something about it has changed.
        Modify = 2 "modify",
    }
}

/// A port came, went or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortStatus {
    /// What happened.
    pub reason: PortReason,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<7>,
    /// The port as it is now, or was.
    pub desc: Port,
}

impl PortStatus {
    /// Reads the body: what follows the header. Offsets in the error count from there.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("port_status", body, body, Limit::Input, Self::read)
    }

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (
            u8("reason").map(PortReason::from),
            array("pad").map(Pad),
            nested(|| "desc".to_owned(), Port::read),
        )
            .map(|(reason, pad, desc)| Self { reason, pad, desc })
            .parse(input)
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        8 + PORT_LEN
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u8(self.reason.into());
        out.put(&self.pad.0);
        self.desc.encode(out);
        Ok(())
    }
}

display_as_put!(PortStatus);

impl Piece for PortStatus {
    fn put(&self, out: &mut Line) {
        put!(out, self.reason, ": ", self.desc);
    }
}
