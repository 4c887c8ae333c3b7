//! Statistics of each entry: OpenFlow 1.0.0 section 5.3.5, `struct ofp_flow_stats_request` (also
//! `struct ofp_aggregate_stats_request`) and `struct ofp_flow_stats`.
//!
//! | offset | size | field of the request |
//! | --- | --- | --- |
//! | 0 | 40 | match |
//! | 40 | 1 | table_id |
//! | 41 | 1 | pad |
//! | 42 | 2 | out_port |
//!
//! | offset | size | field of an entry |
//! | --- | --- | --- |
//! | 0 | 2 | length: of the entry |
//! | 2 | 1 | table_id |
//! | 3 | 1 | pad |
//! | 4 | 40 | match |
//! | 44 | 4 | duration_sec |
//! | 48 | 4 | duration_nsec |
//! | 52 | 2 | priority |
//! | 54 | 2 | idle_timeout |
//! | 56 | 2 | hard_timeout |
//! | 58 | 6 | pad2 |
//! | 64 | 8 | cookie |
//! | 72 | 8 | packet_count |
//! | 80 | 8 | byte_count |
//! | 88 | any | actions |

use nom::Parser;
use serde::{Deserialize, Serialize};

use crate::error::{EncodeError, Expected, Limit};
use crate::of10::action::{Action, actions_len, encode_actions, read_actions};
use crate::of10::flow_match::{MATCH_LEN, Match};
use crate::of10::port_no::PortNo;
use crate::types::{Hex, Line, Pad, Piece};
use crate::wire::{Fault, Parsed, Put, array, bytes, length16, u8, u16, u32, u64, within};
use crate::{display_as_put, put};

/// Which entries are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowStatsRequest {
    /// Entries that this match covers.
    pub r#match: Match,
    /// The table; 0xff for all, 0xfe for the emergency table.
    pub table_id: u8,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<1>,
    /// Entries that send out of this port alone; [`PortNo::NONE`] for all.
    pub out_port: PortNo,
}

impl FlowStatsRequest {
    /// Bytes of the structure.
    pub(in crate::of10) const LEN: usize = MATCH_LEN + 4;

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (Match::read, u8("table_id"), array("pad").map(Pad), u16("out_port").map(PortNo))
            .map(|(r#match, table_id, pad, out_port)| Self { r#match, table_id, pad, out_port })
            .parse(input)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        self.r#match.encode(out);
        out.put_u8(self.table_id);
        out.put(&self.pad.0);
        out.put_u16(self.out_port.0);
    }
}

display_as_put!(FlowStatsRequest, FlowStats);

impl Piece for FlowStatsRequest {
    fn put(&self, out: &mut Line) {
        if self.table_id != 0xff {
            put!(out, "table=", self.table_id, " ");
        }
        if self.out_port != PortNo::NONE {
            put!(out, "out_port=", self.out_port, " ");
        }
        self.r#match.put(out);
    }
}

/// An entry and what it has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowStats {
    /// The table that it is in.
    pub table_id: u8,
    /// Padding at offset 3.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<1>,
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
    /// Padding at offset 58.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad2: Pad<6>,
    /// The controller's own mark on it.
    pub cookie: Hex<u64>,
    /// Frames that it matched.
    pub packet_count: u64,
    /// Bytes of those.
    pub byte_count: u64,
    /// What it does with them.
    pub actions: Vec<Action>,
}

impl FlowStats {
    /// Bytes of an entry before its actions.
    pub(in crate::of10) const FIXED_LEN: usize = 88;

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (after, length) = u16("length").parse(input)?;
        let len = usize::from(length);
        let Some(body_len) = len.checked_sub(2).filter(|_| len >= Self::FIXED_LEN) else {
            let expected = Expected::AtLeast(Self::FIXED_LEN);
            return Err(Fault::length(input, "length", len, expected));
        };
        let (after, body) = bytes("body", body_len).parse(after)?;
        let entry = within(body, Limit::Field("entry length", len), Self::read_body)?;
        Ok((after, entry))
    }

    fn read_body(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, (table_id, pad, r#match, duration_sec, duration_nsec, priority)) = (
            u8("table_id"),
            array("pad").map(Pad),
            Match::read,
            u32("duration_sec"),
            u32("duration_nsec"),
            u16("priority"),
        )
            .parse(input)?;
        let (rest, (idle_timeout, hard_timeout, pad2, cookie, packet_count, byte_count, actions)) =
            (
                u16("idle_timeout"),
                u16("hard_timeout"),
                array("pad2").map(Pad),
                u64("cookie").map(Hex),
                u64("packet_count"),
                u64("byte_count"),
                read_actions,
            )
                .parse(rest)?;
        let read = Self {
            table_id,
            pad,
            r#match,
            duration_sec,
            duration_nsec,
            priority,
            idle_timeout,
            hard_timeout,
            pad2,
            cookie,
            packet_count,
            byte_count,
            actions,
        };
        Ok((rest, read))
    }

    pub(super) fn encoded_len(&self) -> usize {
        Self::FIXED_LEN + actions_len(&self.actions)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u16(length16("flow stats entry", self.encoded_len())?);
        out.put_u8(self.table_id);
        out.put(&self.pad.0);
        self.r#match.encode(out);
        out.put_u32(self.duration_sec);
        out.put_u32(self.duration_nsec);
        out.put_u16(self.priority);
        out.put_u16(self.idle_timeout);
        out.put_u16(self.hard_timeout);
        out.put(&self.pad2.0);
        out.put_u64(self.cookie.0);
        out.put_u64(self.packet_count);
        out.put_u64(self.byte_count);
        encode_actions(&self.actions, out)
    }
}

impl Piece for FlowStats {
    fn put(&self, out: &mut Line) {
        put!(out, "cookie=", self.cookie, ", duration=", self.duration_sec);
        put!(out, format_args!(".{:03}s", self.duration_nsec / 1_000_000));
        put!(out, ", table=", self.table_id, ", n_packets=", self.packet_count);
        put!(out, ", n_bytes=", self.byte_count);
        if self.idle_timeout != 0 {
            put!(out, ", idle_timeout=", self.idle_timeout);
        }
        if self.hard_timeout != 0 {
            put!(out, ", hard_timeout=", self.hard_timeout);
        }
        put!(out, ", priority=", self.priority, ",", self.r#match);
        put!(out, " actions=", self.actions.as_slice());
    }
}
