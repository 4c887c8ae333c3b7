//! Statistics of each port: OpenFlow 1.0.0 section 5.3.5, `struct ofp_port_stats_request` and
//! `struct ofp_port_stats`.
//!
//! | offset | size | field of the request |
//! | --- | --- | --- |
//! | 0 | 2 | port_no |
//! | 2 | 6 | pad |
//!
//! | offset | size | field of a port |
//! | --- | --- | --- |
//! | 0 | 2 | port_no |
//! | 2 | 6 | pad |
//! | 8 | 8 | rx_packets |
//! | 16 | 8 | tx_packets |
//! | 24 | 8 | rx_bytes |
//! | 32 | 8 | tx_bytes |
//! | 40 | 8 | rx_dropped |
//! | 48 | 8 | tx_dropped |
//! | 56 | 8 | rx_errors |
//! | 64 | 8 | tx_errors |
//! | 72 | 8 | rx_frame_err |
//! | 80 | 8 | rx_over_err |
//! | 88 | 8 | rx_crc_err |
//! | 96 | 8 | collisions |

use nom::Parser;
use serde::{Deserialize, Serialize};

use crate::of10::port_no::PortNo;
use crate::types::{Line, Pad, Piece};
use crate::wire::{Parsed, Put, array, u16, u64};
use crate::{display_as_put, put};

/// Which ports are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortStatsRequest {
    /// The port; [`PortNo::NONE`] for all.
    pub port_no: PortNo,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<6>,
}

impl PortStatsRequest {
    /// Bytes of the structure.
    pub(in crate::of10) const LEN: usize = 8;

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (u16("port_no").map(PortNo), array("pad").map(Pad))
            .map(|(port_no, pad)| Self { port_no, pad })
            .parse(input)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u16(self.port_no.0);
        out.put(&self.pad.0);
    }
}

/// A port and what it has done. A count that the switch does not keep has all bits set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortStats {
    /// The port.
    pub port_no: PortNo,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<6>,
    /// Frames received.
    pub rx_packets: u64,
    /// Frames sent.
    pub tx_packets: u64,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Frames dropped by the receiver.
    pub rx_dropped: u64,
    /// Frames dropped by the sender.
    pub tx_dropped: u64,
    /// Errors of the receiver, all kinds.
    pub rx_errors: u64,
    /// Errors of the sender, all kinds.
    pub tx_errors: u64,
    /// Frames received with a wrong alignment.
    pub rx_frame_err: u64,
    /// Frames lost to an overrun.
    pub rx_over_err: u64,
    /// Frames received with a wrong check sequence.
    pub rx_crc_err: u64,
    /// Collisions.
    pub collisions: u64,
}

impl PortStats {
    /// Bytes of the structure.
    pub(in crate::of10) const LEN: usize = 104;

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, (port_no, pad)) =
            (u16("port_no").map(PortNo), array("pad").map(Pad)).parse(input)?;
        let (rest, (rx_packets, tx_packets, rx_bytes, tx_bytes, rx_dropped, tx_dropped)) = (
            u64("rx_packets"),
            u64("tx_packets"),
            u64("rx_bytes"),
            u64("tx_bytes"),
            u64("rx_dropped"),
            u64("tx_dropped"),
        )
            .parse(rest)?;
        let (rest, (rx_errors, tx_errors, rx_frame_err, rx_over_err, rx_crc_err, collisions)) = (
            u64("rx_errors"),
            u64("tx_errors"),
            u64("rx_frame_err"),
            u64("rx_over_err"),
            u64("rx_crc_err"),
            u64("collisions"),
        )
            .parse(rest)?;
        let read = Self {
            port_no,
            pad,
            rx_packets,
            tx_packets,
            rx_bytes,
            tx_bytes,
            rx_dropped,
            tx_dropped,
            rx_errors,
            tx_errors,
            rx_frame_err,
            rx_over_err,
            rx_crc_err,
            collisions,
        };
        Ok((rest, read))
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u16(self.port_no.0);
        out.put(&self.pad.0);
        for count in [
            self.rx_packets,
            self.tx_packets,
            self.rx_bytes,
            self.tx_bytes,
            self.rx_dropped,
            self.tx_dropped,
            self.rx_errors,
            self.tx_errors,
            self.rx_frame_err,
            self.rx_over_err,
            self.rx_crc_err,
            self.collisions,
        ] {
            out.put_u64(count);
        }
    }
}

/// A count as ovs-ofctl writes it: a question mark where the switch keeps none.
struct Count(u64);

impl Piece for Count {
    fn put(&self, out: &mut Line) {
        match self.0 {
            u64::MAX => out.push_str("?"),
            count => count.put(out),
        }
    }
}

display_as_put!(PortStats);

impl Piece for PortStats {
    fn put(&self, out: &mut Line) {
        put!(out, "port ", self.port_no, ": rx");
        for (name, count) in [
            ("pkts", self.rx_packets),
            ("bytes", self.rx_bytes),
            ("drop", self.rx_dropped),
            ("errs", self.rx_errors),
            ("frame", self.rx_frame_err),
            ("over", self.rx_over_err),
            ("crc", self.rx_crc_err),
        ] {
            put!(out, " ", name, "=", Count(count));
        }
        out.push_str(", tx");
        for (name, count) in [
            ("pkts", self.tx_packets),
            ("bytes", self.tx_bytes),
            ("drop", self.tx_dropped),
            ("errs", self.tx_errors),
            ("coll", self.collisions),
        ] {
            put!(out, " ", name, "=", Count(count));
        }
    }
}
