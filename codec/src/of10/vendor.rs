//! VENDOR, symmetric: OpenFlow 1.0.0 section 5.5.4, `struct ofp_vendor_header`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | 4 | vendor: a byte of zero and an IEEE OUI |
//! | 12 | any | by vendor |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use crate::error::{DecodeError, EncodeError, Limit};
use crate::types::{Bytes, Hex};
use crate::wire::{Parsed, Put, rest, u32, whole};

/// An extension of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Vendor {
    /// A vendor that is not known here.
    Unknown(UnknownVendor),
}

/// The message of a vendor that is not known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnknownVendor {
    /// Who defines the message.
    pub vendor: Hex<u32>,
    /// What follows the vendor id.
    pub data: Bytes,
}

impl Vendor {
    /// Reads the body: what follows the header. Offsets in the error count from there.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("vendor", body, body, Limit::Input, Self::read)
    }

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (u32("vendor").map(Hex), rest)
            .map(|(vendor, data)| Self::Unknown(UnknownVendor { vendor, data: data.into() }))
            .parse(input)
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        match self {
            Self::Unknown(UnknownVendor { data, .. }) => 4 + data.len(),
        }
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Unknown(UnknownVendor { vendor, data }) => {
                out.put_u32(vendor.0);
                out.put(data);
            }
        }
        Ok(())
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(UnknownVendor { vendor, data }) => {
                write!(f, "vendor={vendor} data_len={}", data.len())
            }
        }
    }
}
