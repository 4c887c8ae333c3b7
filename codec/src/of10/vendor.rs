//! VENDOR, symmetric: OpenFlow 1.0.0 section 5.5.4, `struct ofp_vendor_header`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | 4 | vendor: a byte of zero and an IEEE OUI |
//! | 12 | any | by vendor |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::error::{DecodeError, EncodeError, Limit};
use crate::nicira::{self, NiciraMessage};
use crate::types::{Bytes, Hex};
use crate::vse::{VENDOR_ID, VseMessage};
use crate::wire::{Parsed, Put, rest, u32, whole};

/// VSE's id in JSON.
const VSE_NAME: &str = "vse";
/// Nicira's id in JSON.
const NICIRA_NAME: &str = "nicira";

/// An extension of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Vendor {
    /// VSE.
    Vse(VseMessage),
    /// Nicira, whose extensions Open vSwitch speaks.
    Nicira(NiciraMessage),
    /// A vendor that is not known here.
    Unknown(UnknownVendor),
}

/// In JSON, VSE's messages have `"vendor":"vse"`, Nicira's `"vendor":"nicira"`, all others the
/// number.
impl Serialize for Vendor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Known<'a, T> {
            vendor: &'static str,
            #[serde(flatten)]
            message: &'a T,
        }
        match self {
            Self::Vse(message) => Known { vendor: VSE_NAME, message }.serialize(serializer),
            Self::Nicira(message) => Known { vendor: NICIRA_NAME, message }.serialize(serializer),
            Self::Unknown(unknown) => unknown.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Vendor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = serde_json::Map::deserialize(deserializer)?;
        let known = fields.get("vendor").and_then(|vendor| vendor.as_str());
        let read = match known {
            Some(VSE_NAME) => {
                fields.shift_remove("vendor");
                serde_json::from_value(fields.into()).map(Self::Vse)
            }
            Some(NICIRA_NAME) => {
                fields.shift_remove("vendor");
                serde_json::from_value(fields.into()).map(Self::Nicira)
            }
            _ => serde_json::from_value(fields.into()).map(Self::Unknown),
        };
        read.map_err(de::Error::custom)
    }
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
        let (left, vendor) = u32("vendor").parse(input)?;
        if vendor == VENDOR_ID {
            return VseMessage::read.map(Self::Vse).parse(left);
        }
        if vendor == nicira::VENDOR_ID {
            return NiciraMessage::read.map(Self::Nicira).parse(left);
        }
        let (left, data) = rest(left)?;
        Ok((left, Self::Unknown(UnknownVendor { vendor: Hex(vendor), data: data.into() })))
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        match self {
            Self::Vse(message) => 4 + message.encoded_len(),
            Self::Nicira(message) => 4 + message.encoded_len(),
            Self::Unknown(UnknownVendor { data, .. }) => 4 + data.len(),
        }
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Vse(message) => {
                out.put_u32(VENDOR_ID);
                message.encode(out)
            }
            Self::Nicira(message) => {
                out.put_u32(nicira::VENDOR_ID);
                message.encode(out)
            }
            Self::Unknown(UnknownVendor { vendor, data }) => {
                out.put_u32(vendor.0);
                out.put(data);
                Ok(())
            }
        }
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vse(message) => write!(f, "VSE {message}"),
            Self::Nicira(message) => write!(f, "{message}"),
            Self::Unknown(UnknownVendor { vendor, data }) => {
                write!(f, "vendor={vendor} data_len={}", data.len())
            }
        }
    }
}
