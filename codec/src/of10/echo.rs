//! ECHO_REQUEST and ECHO_REPLY, symmetric: OpenFlow 1.0.0 sections 5.5.2 and 5.5.3.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | any | data: the reply returns the request's unchanged |

use serde::{Deserialize, Serialize};

use crate::error::{DecodeError, EncodeError, Limit};
use crate::types::{Bytes, Line, Piece};
use crate::wire::{Parsed, Put, rest, whole};
use crate::{display_as_put, put};

/// Asks whether the peer lives, or says so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Echo {
    /// Anything: a time stamp, a measure of bandwidth, or nothing.
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    pub data: Bytes,
}

impl Echo {
    /// Reads the body: what follows the header.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("echo", body, body, Limit::Input, Self::read)
    }

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (left, data) = rest(input)?;
        Ok((left, Self { data: data.into() }))
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        self.data.len()
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put(&self.data);
        Ok(())
    }
}

display_as_put!(Echo);

impl Piece for Echo {
    fn put(&self, out: &mut Line) {
        Self::put_with(self.data.len(), out);
    }
}

impl Echo {
    /// Appends the line of one with so many bytes of data.
    pub(super) fn put_with(data_len: usize, out: &mut Line) {
        put!(out, data_len, " bytes of payload");
    }
}
