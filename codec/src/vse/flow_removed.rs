//! FLOW_REMOVED, extended, VSE to controller: an entry has gone. vse-protocol(7).
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 16 | 80 | match to byte_count, as in `struct ofp_flow_removed` |
//! | 96 | 2 | core |
//! | 98 | 2 | match_len: bytes of the TLVs, without padding |
//! | 100 | 4 | pad3 |
//! | 104 | any | vse_match, padded to a multiple of 8 bytes |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::ids::Core;
use super::tlv::{Tlvs, read_tlvs};
use crate::error::EncodeError;
use crate::of10::FlowRemoved;
use crate::types::{Line, Pad};
use crate::wire::{Parsed, Put, array, length16, u16};

/// An entry has gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VseFlowRemoved {
    /// What OpenFlow 1.0 says of it.
    #[serde(flatten)]
    pub removed: FlowRemoved,
    /// The core that it had.
    pub core: Core,
    /// Padding at offset 100.
    #[serde(default, rename = "pad3", skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<4>,
    /// What else it matched.
    #[serde(rename = "vse_match")]
    pub tlvs: Tlvs,
}

impl VseFlowRemoved {
    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, (removed, core, match_len, pad)) =
            (FlowRemoved::read, u16("core").map(Core), u16("match_len"), array("pad").map(Pad))
                .parse(input)?;
        let (rest, tlvs) = read_tlvs(rest, match_len.into())?;
        Ok((rest, Self { removed, core, pad, tlvs }))
    }

    pub(super) fn encoded_len(&self) -> usize {
        FlowRemoved::LEN + 8 + self.tlvs.padded_len()
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.removed.encode(out)?;
        out.put_u16(self.core.0);
        out.put_u16(length16("match TLVs", self.tlvs.match_len())?);
        out.put(&self.pad.0);
        self.tlvs.encode(out);
        Ok(())
    }
}

impl fmt::Display for VseFlowRemoved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let matched = self.tlvs.with_match(&self.removed.r#match);
        Line::show(f, |out| self.removed.put_with(&matched.as_str(), out))?;
        write!(f, " core={}", self.core)
    }
}
