//! Statistics of each queue: OpenFlow 1.0.0 section 5.3.5, `struct ofp_queue_stats_request` and
//! `struct ofp_queue_stats`.
//!
//! | offset | size | field of the request |
//! | --- | --- | --- |
//! | 0 | 2 | port_no |
//! | 2 | 2 | pad |
//! | 4 | 4 | queue_id |
//!
//! | offset | size | field of a queue |
//! | --- | --- | --- |
//! | 0 | 2 | port_no |
//! | 2 | 2 | pad |
//! | 4 | 4 | queue_id |
//! | 8 | 8 | tx_bytes |
//! | 16 | 8 | tx_packets |
//! | 24 | 8 | tx_errors |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use crate::of10::port_no::PortNo;
use crate::types::{Line, Pad, Piece};
use crate::wire::{Parsed, Put, array, u16, u32, u64};
use crate::{display_as_put, put};

/// Stands for every queue of a port (`OFPQ_ALL`).
pub const QUEUE_ALL: u32 = 0xffff_ffff;

/// Which queues are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueStatsRequest {
    /// The port; [`PortNo::ALL`] for all.
    pub port_no: PortNo,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<2>,
    /// The queue; [`QUEUE_ALL`] for all.
    pub queue_id: u32,
}

impl QueueStatsRequest {
    /// Bytes of the structure.
    pub(in crate::of10) const LEN: usize = 8;

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (u16("port_no").map(PortNo), array("pad").map(Pad), u32("queue_id"))
            .map(|(port_no, pad, queue_id)| Self { port_no, pad, queue_id })
            .parse(input)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u16(self.port_no.0);
        out.put(&self.pad.0);
        out.put_u32(self.queue_id);
    }
}

impl fmt::Display for QueueStatsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "port={} queue=", self.port_no)?;
        match self.queue_id {
            QUEUE_ALL => f.write_str("ALL"),
            id => write!(f, "{id}"),
        }
    }
}

/// A queue and what it has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueStats {
    /// Its port.
    pub port_no: PortNo,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<2>,
    /// Its number on the port.
    pub queue_id: u32,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Frames sent.
    pub tx_packets: u64,
    /// Frames dropped for want of room.
    pub tx_errors: u64,
}

impl QueueStats {
    /// Bytes of the structure.
    pub(in crate::of10) const LEN: usize = 32;

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (
            u16("port_no").map(PortNo),
            array("pad").map(Pad),
            u32("queue_id"),
            u64("tx_bytes"),
            u64("tx_packets"),
            u64("tx_errors"),
        )
            .map(|(port_no, pad, queue_id, tx_bytes, tx_packets, tx_errors)| Self {
                port_no,
                pad,
                queue_id,
                tx_bytes,
                tx_packets,
                tx_errors,
            })
            .parse(input)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u16(self.port_no.0);
        out.put(&self.pad.0);
        out.put_u32(self.queue_id);
        out.put_u64(self.tx_bytes);
        out.put_u64(self.tx_packets);
        out.put_u64(self.tx_errors);
    }
}

display_as_put!(QueueStats);

impl Piece for QueueStats {
    fn put(&self, out: &mut Line) {
        put!(out, "port ", self.port_no, " queue ", self.queue_id);
        put!(out, ": bytes=", self.tx_bytes, ", pkts=", self.tx_packets);
        put!(out, ", errors=", self.tx_errors);
    }
}
