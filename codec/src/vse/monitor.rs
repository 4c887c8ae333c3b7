//! MONITOR_REQUEST, controller to VSE: vse-protocol(7).
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 16 | 1 | command |
//! | 17 | 1 | pad |
//! | 18 | 2 | events |
//! | 20 | 4 | monitor_id |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::code::MonitorCommand;
use crate::types::{Pad, flags};
use crate::wire::{Parsed, Put, array, u8, u16, u32};

bitflags::bitflags! {
    /// The decisions that a monitor wants to hear of.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct MonitorEvents: u16 {
        /// An entry was given a core.
        const ASSIGNED = 1 << 0;
        /// An entry moved to another core.
        const MOVED = 1 << 1;
        /// An entry gave its core back.
        const RELEASED = 1 << 2;
        /// A move was put off.
        const DEFERRED = 1 << 3;

        const _ = !0;
    }
}

/// Subscribes to decisions, or no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonitorRequest {
    /// What to do.
    pub command: MonitorCommand,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<1>,
    /// What to send.
    #[serde(with = "flags")]
    pub events: MonitorEvents,
    /// The subscriber's own number for the subscription; each ASSIGNMENT bears it.
    pub monitor_id: u32,
}

impl MonitorRequest {
    /// Bytes behind the subtype.
    pub(super) const LEN: usize = 8;

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (
            u8("command").map(MonitorCommand::from),
            array("pad").map(Pad),
            u16("events").map(MonitorEvents::from_bits_retain),
            u32("monitor_id"),
        )
            .map(|(command, pad, events, monitor_id)| Self { command, pad, events, monitor_id })
            .parse(input)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u8(self.command.into());
        out.put(&self.pad.0);
        out.put_u16(self.events.bits());
        out.put_u32(self.monitor_id);
    }
}

impl fmt::Display for MonitorRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} monitor_id={}", self.command, self.monitor_id)?;
        write!(f, " events={}", flags::Words(&self.events))
    }
}
