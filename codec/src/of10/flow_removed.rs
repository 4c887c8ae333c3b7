//! FLOW_REMOVED, switch to controller: OpenFlow 1.0.0 section 5.4.2, `struct ofp_flow_removed`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | 40 | match |
//! | 48 | 8 | cookie |
//! | 56 | 2 | priority |
//! | 58 | 1 | reason |
//! | 59 | 1 | pad |
//! | 60 | 4 | duration_sec |
//! | 64 | 4 | duration_nsec |
//! | 68 | 2 | idle_timeout |
//! | 70 | 2 | pad2 |
//! | 72 | 8 | packet_count |
//! | 80 | 8 | byte_count |

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::flow_match::{MATCH_LEN, Match};
use crate::code_points::code_points;
use crate::error::{DecodeError, EncodeError, Limit};
use crate::types::{Hex, Line, Pad, Piece};
use crate::wire::{Parsed, Put, array, u8, u16, u32, u64, whole};
use crate::{display_as_put, put};

code_points! {
    /// OpenFlow 1.0.0 section 5.4.2, `enum ofp_flow_removed_reason`, and from 0x80 on the reasons
    /// of VSE's own FLOW_REMOVED: vse-protocol(7).
    pub enum FlowRemovedReason: u8 {
        /// No frame for its idle timeout.
        IdleTimeout = 0 "idle_timeout",
        /// Its hard timeout has passed.
        HardTimeout = 1 "hard_timeout",
        /// A FLOW_MOD deleted it.
        Delete = 2 "delete",
        /// VSE: its VM has gone.
        VmGone = 0x80 "vm_gone",
        /// VSE: its core has gone.
        CoreGone = 0x81 "core_gone",
        /// VSE: it made room for others.
        Evicted = 0x82 "evicted",
    }
}

/// An entry has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowRemoved {
    /// What it matched.
    pub r#match: Match,
    /// The controller's own mark on it.
    pub cookie: Hex<u64>,
    /// Its priority.
    pub priority: u16,
    /// Why it went.
    pub reason: FlowRemovedReason,
    /// Padding at offset 59.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<1>,
    /// Whole seconds that it lived.
    pub duration_sec: u32,
    /// Nanoseconds beyond those.
    pub duration_nsec: u32,
    /// Its idle timeout, seconds.
    pub idle_timeout: u16,
    /// Padding at offset 70.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad2: Pad<2>,
    /// Frames that it matched.
    pub packet_count: u64,
    /// Bytes of those.
    pub byte_count: u64,
}

impl FlowRemoved {
    /// Bytes of the body.
    pub const LEN: usize = MATCH_LEN + 40;

    /// Reads the body: what follows the header. Offsets in the error count from there.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("flow_removed", body, body, Limit::Input, Self::read)
    }

    pub(crate) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, (r#match, cookie, priority, reason, pad)) = (
            Match::read,
            u64("cookie").map(Hex),
            u16("priority"),
            u8("reason").map(FlowRemovedReason::from),
            array("pad").map(Pad),
        )
            .parse(input)?;
        let (rest, (duration_sec, duration_nsec, idle_timeout, pad2, packet_count, byte_count)) = (
            u32("duration_sec"),
            u32("duration_nsec"),
            u16("idle_timeout"),
            array("pad2").map(Pad),
            u64("packet_count"),
            u64("byte_count"),
        )
            .parse(rest)?;
        let read = Self {
            r#match,
            cookie,
            priority,
            reason,
            pad,
            duration_sec,
            duration_nsec,
            idle_timeout,
            pad2,
            packet_count,
            byte_count,
        };
        Ok((rest, read))
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        Self::LEN
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.r#match.encode(out);
        out.put_u64(self.cookie.0);
        out.put_u16(self.priority);
        out.put_u8(self.reason.into());
        out.put(&self.pad.0);
        out.put_u32(self.duration_sec);
        out.put_u32(self.duration_nsec);
        out.put_u16(self.idle_timeout);
        out.put(&self.pad2.0);
        out.put_u64(self.packet_count);
        out.put_u64(self.byte_count);
        Ok(())
    }
}

display_as_put!(FlowRemoved);

impl Piece for FlowRemoved {
    fn put(&self, out: &mut Line) {
        self.put_with(&self.r#match, out);
    }
}

impl FlowRemoved {
    /// Appends the line of an entry with these words for its match.
    pub(crate) fn put_with(&self, matched: &impl Piece, out: &mut Line) {
        put!(out, "priority=", self.priority);
        out.push_behind(",", matched);
        put!(out, " reason=", self.reason, " cookie:", self.cookie);
        put!(out, " duration", self.duration_sec);
        out.push_nanoseconds(self.duration_nsec);
        out.push_str("s");
        put!(out, " idle", self.idle_timeout, " pkts", self.packet_count);
        put!(out, " bytes", self.byte_count);
    }
}
