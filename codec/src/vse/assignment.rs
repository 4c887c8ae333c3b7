//! ASSIGNMENT, VSE to its monitors: a decision about an entry. vse-protocol(7).
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 16 | 4 | monitor_id |
//! | 20 | 1 | event |
//! | 21 | 1 | reason |
//! | 22 | 2 | priority |
//! | 24 | 8 | cookie |
//! | 32 | 40 | match |
//! | 72 | 2 | old_core |
//! | 74 | 2 | new_core |
//! | 76 | 4 | rxhash |
//! | 80 | 8 | time |
//! | 88 | 2 | vm_id |
//! | 90 | 2 | load |
//! | 92 | 2 | match_len: bytes of the TLVs, without padding |
//! | 94 | 2 | pad |
//! | 96 | any | vse_match, padded to a multiple of 8 bytes |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::code::{AssignmentEvent, Reason};
use super::ids::Core;
use super::tlv::{Tlvs, read_tlvs};
use crate::error::EncodeError;
use crate::of10::Match;
use crate::types::{Hex, Pad};
use crate::wire::{Parsed, Put, array, length16, u8, u16, u32, u64};

/// A decision about an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The number of the subscription.
    pub monitor_id: u32,
    /// What happened.
    pub event: AssignmentEvent,
    /// Why.
    pub reason: Reason,
    /// The entry's priority.
    pub priority: u16,
    /// The controller's own mark on the entry.
    pub cookie: Hex<u64>,
    /// What the entry matches.
    pub r#match: Match,
    /// The core that it had.
    pub old_core: Core,
    /// The core that it has now.
    pub new_core: Core,
    /// The hash of the frame that caused the decision.
    pub rxhash: Hex<u32>,
    /// When: nanoseconds since 1970-01-01 00:00 UTC.
    pub time: u64,
    /// The VM that the frame was for; 0 for none.
    pub vm_id: u16,
    /// The load of the new core, per mille.
    pub load: u16,
    /// Padding at offset 94.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<2>,
    /// What else the entry matches.
    #[serde(rename = "vse_match")]
    pub tlvs: Tlvs,
}

impl Assignment {
    /// Bytes behind the subtype, before the TLVs.
    const FIXED_LEN: usize = 80;

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, (monitor_id, event, reason, priority, cookie, r#match, old_core, new_core)) = (
            u32("monitor_id"),
            u8("event").map(AssignmentEvent::from),
            u8("reason").map(Reason::from),
            u16("priority"),
            u64("cookie").map(Hex),
            Match::read,
            u16("old_core").map(Core),
            u16("new_core").map(Core),
        )
            .parse(input)?;
        let (rest, (rxhash, time, vm_id, load, match_len, pad)) = (
            u32("rxhash").map(Hex),
            u64("time"),
            u16("vm_id"),
            u16("load"),
            u16("match_len"),
            array("pad").map(Pad),
        )
            .parse(rest)?;
        let (rest, tlvs) = read_tlvs(rest, match_len.into())?;
        let read = Self {
            monitor_id,
            event,
            reason,
            priority,
            cookie,
            r#match,
            old_core,
            new_core,
            rxhash,
            time,
            vm_id,
            load,
            pad,
            tlvs,
        };
        Ok((rest, read))
    }

    pub(super) fn encoded_len(&self) -> usize {
        Self::FIXED_LEN + self.tlvs.padded_len()
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u32(self.monitor_id);
        out.put_u8(self.event.into());
        out.put_u8(self.reason.into());
        out.put_u16(self.priority);
        out.put_u64(self.cookie.0);
        self.r#match.encode(out);
        out.put_u16(self.old_core.0);
        out.put_u16(self.new_core.0);
        out.put_u32(self.rxhash.0);
        out.put_u64(self.time);
        out.put_u16(self.vm_id);
        out.put_u16(self.load);
        out.put_u16(length16("match TLVs", self.tlvs.match_len())?);
        out.put(&self.pad.0);
        self.tlvs.encode(out);
        Ok(())
    }
}

impl fmt::Display for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: priority={}", self.event, self.priority)?;
        match self.tlvs.with_match(&self.r#match).as_str() {
            "" => {}
            matched => write!(f, ",{matched}")?,
        }
        write!(f, " core {} -> {} ({})", self.old_core, self.new_core, self.reason)?;
        write!(f, " rxhash:{} vm_id={} load={}", self.rxhash, self.vm_id, self.load)
    }
}
