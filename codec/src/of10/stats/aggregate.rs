//! Sums over entries: OpenFlow 1.0.0 section 5.3.5, `struct ofp_aggregate_stats_reply`. The
//! request is [`FlowStatsRequest`](super::FlowStatsRequest).
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 8 | packet_count |
//! | 8 | 8 | byte_count |
//! | 16 | 4 | flow_count |
//! | 20 | 4 | pad |

use nom::Parser;
use serde::{Deserialize, Serialize};

use crate::types::{Line, Pad, Piece};
use crate::wire::{Parsed, Put, array, u32, u64};
use crate::{display_as_put, put};

/// Sums over the entries that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AggregateStats {
    /// Frames.
    pub packet_count: u64,
    /// Bytes.
    pub byte_count: u64,
    /// Entries.
    pub flow_count: u32,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<4>,
}

impl AggregateStats {
    /// Bytes of the structure.
    pub(in crate::of10) const LEN: usize = 24;

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (u64("packet_count"), u64("byte_count"), u32("flow_count"), array("pad").map(Pad))
            .map(|(packet_count, byte_count, flow_count, pad)| Self {
                packet_count,
                byte_count,
                flow_count,
                pad,
            })
            .parse(input)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u64(self.packet_count);
        out.put_u64(self.byte_count);
        out.put_u32(self.flow_count);
        out.put(&self.pad.0);
    }
}

display_as_put!(AggregateStats);

impl Piece for AggregateStats {
    fn put(&self, out: &mut Line) {
        put!(out, "packet_count=", self.packet_count, " byte_count=", self.byte_count);
        put!(out, " flow_count=", self.flow_count);
    }
}
