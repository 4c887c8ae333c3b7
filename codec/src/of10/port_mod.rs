//! PORT_MOD, controller to switch: OpenFlow 1.0.0 section 5.3.4, `struct ofp_port_mod`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | 2 | port_no |
//! | 10 | 6 | hw_addr |
//! | 16 | 4 | config |
//! | 20 | 4 | mask |
//! | 24 | 4 | advertise |
//! | 28 | 4 | pad |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::port::{PortConfig, PortFeatures};
use super::port_no::PortNo;
use crate::error::{DecodeError, EncodeError, Limit};
use crate::types::{MacAddr, Pad, flags};
use crate::wire::{Parsed, Put, array, u16, u32, whole};

/// A change of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortMod {
    /// The port.
    pub port_no: PortNo,
    /// Its address, as a check that the right port is meant.
    pub hw_addr: MacAddr,
    /// The settings.
    #[serde(with = "flags")]
    pub config: PortConfig,
    /// Which of them change.
    #[serde(with = "flags")]
    pub mask: PortConfig,
    /// What the port is to advertise; nothing for no change.
    #[serde(with = "flags")]
    pub advertise: PortFeatures,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<4>,
}

impl PortMod {
    /// Reads the body: what follows the header. Offsets in the error count from there.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("port_mod", body, body, Limit::Input, Self::read)
    }

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (
            u16("port_no").map(PortNo),
            array("hw_addr").map(MacAddr),
            u32("config").map(PortConfig::from_bits_retain),
            u32("mask").map(PortConfig::from_bits_retain),
            u32("advertise").map(PortFeatures::from_bits_retain),
            array("pad").map(Pad),
        )
            .map(|(port_no, hw_addr, config, mask, advertise, pad)| Self {
                port_no,
                hw_addr,
                config,
                mask,
                advertise,
                pad,
            })
            .parse(input)
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        24
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u16(self.port_no.0);
        out.put(&self.hw_addr.0);
        out.put_u32(self.config.bits());
        out.put_u32(self.mask.bits());
        out.put_u32(self.advertise.bits());
        out.put(&self.pad.0);
        Ok(())
    }
}

impl fmt::Display for PortMod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "port: {}: addr:{}", self.port_no, self.hw_addr)?;
        write!(f, " config: {}", flags::Words(&self.config))?;
        write!(f, " mask: {}", flags::Words(&self.mask))?;
        write!(f, " advertise: {}", flags::Words(&self.advertise))
    }
}
