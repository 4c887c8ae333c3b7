//! TRACE_REQUEST and TRACE_REPLY: what would become of a frame. vse-protocol(7).
//!
//! | offset | size | field of the request |
//! | --- | --- | --- |
//! | 16 | 2 | in_port |
//! | 18 | 2 | core: where the frame would be received |
//! | 20 | 4 | pad |
//! | 24 | any | frame: Ethernet |
//!
//! | offset | size | field of the reply |
//! | --- | --- | --- |
//! | 16 | 1 | reason |
//! | 17 | 1 | pad |
//! | 18 | 2 | core |
//! | 20 | 4 | pad2 |
//! | 24 | any | candidates |
//!
//! | offset | size | field of a candidate |
//! | --- | --- | --- |
//! | 0 | 2 | length: of the candidate, a multiple of 8 |
//! | 2 | 1 | outcome |
//! | 3 | 1 | field: the first that failed; 0 for none |
//! | 4 | 2 | core |
//! | 6 | 2 | priority |
//! | 8 | 8 | cookie |
//! | 16 | 40 | match |
//! | 56 | 2 | match_len: bytes of the TLVs, without padding |
//! | 58 | 6 | pad |
//! | 64 | any | vse_match, padded to a multiple of 8 bytes |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::code::{MatchField, Reason, TraceOutcome};
use super::ids::Core;
use super::tlv::{Tlvs, read_tlvs};
use crate::error::{EncodeError, Expected, Limit};
use crate::of10::{Match, PortNo};
use crate::types::{Bytes, Hex, Pad};
use crate::wire::{Fault, Parsed, Put, array, bytes, length16, list, rest, u8, u16, u64, within};

/// Asks what would become of a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceRequest {
    /// The port that the frame would come in on.
    pub in_port: PortNo,
    /// The core that would receive it.
    pub core: Core,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<4>,
    /// The frame.
    pub frame: Bytes,
}

impl TraceRequest {
    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (u16("in_port").map(PortNo), u16("core").map(Core), array("pad").map(Pad), rest)
            .map(|(in_port, core, pad, frame)| Self { in_port, core, pad, frame: frame.into() })
            .parse(input)
    }

    pub(super) fn encoded_len(&self) -> usize {
        8 + self.frame.len()
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u16(self.in_port.0);
        out.put_u16(self.core.0);
        out.put(&self.pad.0);
        out.put(&self.frame);
    }
}

impl fmt::Display for TraceRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in_port={} core={} frame_len={}", self.in_port, self.core, self.frame.len())
    }
}

/// What would become of a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceReply {
    /// Why the core.
    pub reason: Reason,
    /// Padding at offset 17.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<1>,
    /// The core that would run the receive path.
    pub core: Core,
    /// Padding at offset 20.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad2: Pad<4>,
    /// The entries that were looked at, best first.
    pub candidates: Vec<TraceCandidate>,
}

/// An entry that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceCandidate {
    /// What became of it.
    pub outcome: TraceOutcome,
    /// The first field that failed; `Unknown(0)` where none did.
    pub field: MatchField,
    /// The core that it has.
    pub core: Core,
    /// Its priority.
    pub priority: u16,
    /// The controller's own mark on it.
    pub cookie: Hex<u64>,
    /// What it matches.
    pub r#match: Match,
    /// Padding at offset 58.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<6>,
    /// What else it matches.
    #[serde(rename = "vse_match")]
    pub tlvs: Tlvs,
}

impl TraceReply {
    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (
            u8("reason").map(Reason::from),
            array("pad").map(Pad),
            u16("core").map(Core),
            array("pad2").map(Pad),
            list("candidates", TraceCandidate::read),
        )
            .map(|(reason, pad, core, pad2, candidates)| Self {
                reason,
                pad,
                core,
                pad2,
                candidates,
            })
            .parse(input)
    }

    pub(super) fn encoded_len(&self) -> usize {
        8 + self.candidates.iter().map(TraceCandidate::encoded_len).sum::<usize>()
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u8(self.reason.into());
        out.put(&self.pad.0);
        out.put_u16(self.core.0);
        out.put(&self.pad2.0);
        self.candidates.iter().try_for_each(|candidate| candidate.encode(out))
    }
}

impl fmt::Display for TraceReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "core={} ({})", self.core, self.reason)?;
        self.candidates.iter().try_for_each(|candidate| write!(f, "; {candidate}"))
    }
}

impl TraceCandidate {
    /// Bytes before the TLVs.
    const FIXED_LEN: usize = 64;

    fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (after, length) = u16("length").parse(input)?;
        let len = usize::from(length);
        let Some(body_len) = len.checked_sub(2).filter(|_| len >= Self::FIXED_LEN) else {
            let expected = Expected::AtLeast(Self::FIXED_LEN);
            return Err(Fault::length(input, "length", len, expected));
        };
        let (after, body) = bytes("body", body_len).parse(after)?;
        let candidate = within(body, Limit::Field("candidate length", len), Self::read_body)?;
        Ok((after, candidate))
    }

    fn read_body(input: &[u8]) -> Parsed<'_, Self> {
        let (left, (outcome, field, core, priority, cookie, r#match, match_len, pad)) = (
            u8("outcome").map(TraceOutcome::from),
            u8("field").map(MatchField::from),
            u16("core").map(Core),
            u16("priority"),
            u64("cookie").map(Hex),
            Match::read,
            u16("match_len"),
            array("pad").map(Pad),
        )
            .parse(input)?;
        let (left, tlvs) = read_tlvs(left, match_len.into())?;
        Ok((left, Self { outcome, field, core, priority, cookie, r#match, pad, tlvs }))
    }

    fn encoded_len(&self) -> usize {
        Self::FIXED_LEN + self.tlvs.padded_len()
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u16(length16("trace candidate", self.encoded_len())?);
        out.put_u8(self.outcome.into());
        out.put_u8(self.field.into());
        out.put_u16(self.core.0);
        out.put_u16(self.priority);
        out.put_u64(self.cookie.0);
        self.r#match.encode(out);
        out.put_u16(length16("match TLVs", self.tlvs.match_len())?);
        out.put(&self.pad.0);
        self.tlvs.encode(out);
        Ok(())
    }
}

impl fmt::Display for TraceCandidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "priority={}", self.priority)?;
        match self.tlvs.with_match(&self.r#match).as_str() {
            "" => {}
            matched => write!(f, ",{matched}")?,
        }
        write!(f, " core={} {}", self.core, self.outcome)?;
        match self.field {
            MatchField::Unknown(0) => Ok(()),
            field => write!(f, " on {field}"),
        }
    }
}
