//! FLOW_MOD, extended: a change of the flow table that `struct ofp_match` cannot say.
//! vse-protocol(7).
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 16 | 64 | match to flags, as in `struct ofp_flow_mod` |
//! | 80 | 2 | match_len: bytes of the TLVs, without padding |
//! | 82 | 6 | pad |
//! | 88 | any | vse_match, padded to a multiple of 8 bytes |
//! | | any | actions |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::tlv::{Tlvs, read_tlvs};
use crate::error::EncodeError;
use crate::of10::FlowMod;
use crate::of10::action::{encode_actions, read_actions};
use crate::types::{Line, Pad};
use crate::wire::{Parsed, Put, array, length16, u16};

/// Bytes of match_len and its padding.
const TLV_HEAD_LEN: usize = 8;

/// A change of the flow table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VseFlowMod {
    /// What OpenFlow 1.0 can say, and the actions.
    #[serde(flatten)]
    pub flow: FlowMod,
    /// Padding at offset 82.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<6>,
    /// What else must match.
    #[serde(rename = "vse_match")]
    pub tlvs: Tlvs,
}

impl VseFlowMod {
    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, (mut flow, match_len, pad)) =
            (FlowMod::read_fixed, u16("match_len"), array("pad").map(Pad)).parse(input)?;
        let (rest, tlvs) = read_tlvs(rest, match_len.into())?;
        let (rest, actions) = read_actions(rest)?;
        flow.actions = actions;
        Ok((rest, Self { flow, pad, tlvs }))
    }

    pub(super) fn encoded_len(&self) -> usize {
        self.flow.encoded_len() + TLV_HEAD_LEN + self.tlvs.padded_len()
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.flow.encode_fixed(out);
        out.put_u16(length16("match TLVs", self.tlvs.match_len())?);
        out.put(&self.pad.0);
        self.tlvs.encode(out);
        encode_actions(&self.flow.actions, out)
    }
}

impl fmt::Display for VseFlowMod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let matched = self.tlvs.with_match(&self.flow.r#match);
        let actions = self.flow.actions.as_slice();
        Line::show(f, |out| self.flow.put_with(&matched.as_str(), &actions, out))
    }
}
