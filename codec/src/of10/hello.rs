//! HELLO, symmetric: OpenFlow 1.0.0 section 5.5.1, `struct ofp_hello`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | any | data: empty in OpenFlow 1.0, elements in later versions |

use serde::{Deserialize, Serialize};

use crate::error::{DecodeError, EncodeError, Limit};
use crate::types::Bytes;
use crate::wire::{Parsed, Put, rest, whole};

/// Opens a session; the header's version is the highest that the sender speaks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// What follows the header, to be ignored by an OpenFlow 1.0 receiver.
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    pub data: Bytes,
}

impl Hello {
    /// Reads the body: what follows the header.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("hello", body, body, Limit::Input, Self::read)
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

impl std::fmt::Display for Hello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes of elements", self.data.len())
    }
}
