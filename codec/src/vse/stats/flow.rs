//! Statistics of each entry: vse-protocol(7).
//!
//! | offset | size | field of the request |
//! | --- | --- | --- |
//! | 0 | 40 | match |
//! | 40 | 1 | table_id |
//! | 41 | 1 | pad |
//! | 42 | 2 | out_port |
//! | 44 | 2 | match_len: bytes of the TLVs, without padding |
//! | 46 | 2 | pad2 |
//! | 48 | any | vse_match, padded to a multiple of 8 bytes |
//!
//! | offset | size | field of an entry |
//! | --- | --- | --- |
//! | 0 | 2 | length: of the entry, a multiple of 8 |
//! | 2 | 1 | table_id |
//! | 3 | 1 | reason |
//! | 4 | 40 | match |
//! | 44 | 4 | duration_sec |
//! | 48 | 4 | duration_nsec |
//! | 52 | 2 | priority |
//! | 54 | 2 | idle_timeout |
//! | 56 | 2 | hard_timeout |
//! | 58 | 2 | core |
//! | 60 | 4 | rxhash |
//! | 64 | 2 | flags |
//! | 66 | 2 | match_len: bytes of the TLVs, without padding |
//! | 68 | 4 | pad |
//! | 72 | 8 | cookie |
//! | 80 | 8 | packet_count |
//! | 88 | 8 | byte_count |
//! | 96 | 8 | assigned |
//! | 104 | any | vse_match, padded to a multiple of 8 bytes |
//! | | any | actions |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use crate::error::{EncodeError, Limit};
use crate::of10::action::{actions_len, encode_actions, read_actions, write_actions};
use crate::of10::{Action, FlowModFlags, Match, PortNo};
use crate::types::{Hex, Pad, flags};
use crate::vse::code::Reason;
use crate::vse::ids::Core;
use crate::vse::tlv::{Tlvs, read_tlvs};
use crate::wire::{Parsed, Put, array, length16, u8, u16, u32, u64, within};

/// Which entries are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VseFlowStatsRequest {
    /// Padding at the head of the statistics.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub head_pad: Pad<6>,
    /// Entries that this match covers.
    pub r#match: Match,
    /// The table; 0xff for all.
    pub table_id: u8,
    /// Padding at offset 41.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<1>,
    /// Entries that send out of this port alone; [`PortNo::NONE`] for all.
    pub out_port: PortNo,
    /// Padding at offset 46.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad2: Pad<2>,
    /// What else they must match.
    #[serde(rename = "vse_match")]
    pub tlvs: Tlvs,
}

impl VseFlowStatsRequest {
    pub(in crate::vse) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (left, (head_pad, r#match, table_id, pad, out_port, match_len, pad2)) = (
            array("head_pad").map(Pad),
            Match::read,
            u8("table_id"),
            array("pad").map(Pad),
            u16("out_port").map(PortNo),
            u16("match_len"),
            array("pad2").map(Pad),
        )
            .parse(input)?;
        let (left, tlvs) = read_tlvs(left, match_len.into())?;
        Ok((left, Self { head_pad, r#match, table_id, pad, out_port, pad2, tlvs }))
    }

    pub(super) fn encoded_len(&self) -> usize {
        48 + self.tlvs.padded_len()
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put(&self.head_pad.0);
        self.r#match.encode(out);
        out.put_u8(self.table_id);
        out.put(&self.pad.0);
        out.put_u16(self.out_port.0);
        out.put_u16(length16("match TLVs", self.tlvs.match_len())?);
        out.put(&self.pad2.0);
        self.tlvs.encode(out);
        Ok(())
    }
}

impl fmt::Display for VseFlowStatsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tlvs.with_match(&self.r#match))
    }
}

/// An entry, what it has done and what VSE decided for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VseFlowStats {
    /// The table that it is in.
    pub table_id: u8,
    /// Why it has its core.
    pub reason: Reason,
    /// What it matches.
    pub r#match: Match,
    /// Whole seconds since it was added.
    pub duration_sec: u32,
    /// Nanoseconds beyond those.
    pub duration_nsec: u32,
    /// Its priority.
    pub priority: u16,
    /// Seconds without a frame after which it goes; 0 for never.
    pub idle_timeout: u16,
    /// Seconds after which it goes; 0 for never.
    pub hard_timeout: u16,
    /// The core that it has.
    pub core: Core,
    /// The hash of the flow that it was given the core for.
    pub rxhash: Hex<u32>,
    /// How it was added.
    #[serde(with = "flags")]
    pub flags: FlowModFlags,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<4>,
    /// The controller's own mark on it.
    pub cookie: Hex<u64>,
    /// Frames that it matched.
    pub packet_count: u64,
    /// Bytes of those.
    pub byte_count: u64,
    /// When it was given its core: nanoseconds since 1970-01-01 00:00 UTC; 0 for never.
    pub assigned: u64,
    /// What else it matches.
    #[serde(rename = "vse_match")]
    pub tlvs: Tlvs,
    /// What it does.
    pub actions: Vec<Action>,
}

impl VseFlowStats {
    /// Bytes of an entry before its TLVs.
    const FIXED_LEN: usize = 104;

    pub(in crate::vse) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (after, body) = super::entry(input, Self::FIXED_LEN)?;
        let limit = Limit::Field("entry length", body.len() + 2);
        Ok((after, within(body, limit, Self::read_body)?))
    }

    fn read_body(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, (table_id, reason, r#match, duration_sec, duration_nsec, priority)) = (
            u8("table_id"),
            u8("reason").map(Reason::from),
            Match::read,
            u32("duration_sec"),
            u32("duration_nsec"),
            u16("priority"),
        )
            .parse(input)?;
        let (rest, (idle_timeout, hard_timeout, core, rxhash, flags, match_len, pad)) = (
            u16("idle_timeout"),
            u16("hard_timeout"),
            u16("core").map(Core),
            u32("rxhash").map(Hex),
            u16("flags").map(FlowModFlags::from_bits_retain),
            u16("match_len"),
            array("pad").map(Pad),
        )
            .parse(rest)?;
        let (rest, (cookie, packet_count, byte_count, assigned)) =
            (u64("cookie").map(Hex), u64("packet_count"), u64("byte_count"), u64("assigned"))
                .parse(rest)?;
        let (rest, tlvs) = read_tlvs(rest, match_len.into())?;
        let (rest, actions) = read_actions(rest)?;
        let read = Self {
            table_id,
            reason,
            r#match,
            duration_sec,
            duration_nsec,
            priority,
            idle_timeout,
            hard_timeout,
            core,
            rxhash,
            flags,
            pad,
            cookie,
            packet_count,
            byte_count,
            assigned,
            tlvs,
            actions,
        };
        Ok((rest, read))
    }

    pub(super) fn encoded_len(&self) -> usize {
        Self::FIXED_LEN + self.tlvs.padded_len() + actions_len(&self.actions)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u16(length16("flow stats entry", self.encoded_len())?);
        out.put_u8(self.table_id);
        out.put_u8(self.reason.into());
        self.r#match.encode(out);
        out.put_u32(self.duration_sec);
        out.put_u32(self.duration_nsec);
        out.put_u16(self.priority);
        out.put_u16(self.idle_timeout);
        out.put_u16(self.hard_timeout);
        out.put_u16(self.core.0);
        out.put_u32(self.rxhash.0);
        out.put_u16(self.flags.bits());
        out.put_u16(length16("match TLVs", self.tlvs.match_len())?);
        out.put(&self.pad.0);
        out.put_u64(self.cookie.0);
        out.put_u64(self.packet_count);
        out.put_u64(self.byte_count);
        out.put_u64(self.assigned);
        self.tlvs.encode(out);
        encode_actions(&self.actions, out)
    }
}

impl fmt::Display for VseFlowStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cookie={}", self.cookie)?;
        write!(f, ", duration={}.{:03}s", self.duration_sec, self.duration_nsec / 1_000_000)?;
        write!(f, ", n_packets={}, n_bytes={}", self.packet_count, self.byte_count)?;
        write!(f, ", core={} ({}), rxhash={}", self.core, self.reason, self.rxhash)?;
        write!(f, ", priority={}", self.priority)?;
        match self.tlvs.with_match(&self.r#match).as_str() {
            "" => {}
            matched => write!(f, ",{matched}")?,
        }
        f.write_str(" actions=")?;
        write_actions(f, &self.actions)
    }
}
