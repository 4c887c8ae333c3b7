//! GET_CONFIG_REPLY, VSE to controller, and SET_CONFIG, controller to VSE: vse-protocol(7).
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 16 | 2 | flags |
//! | 18 | 1 | policy |
//! | 19 | 1 | pad |
//! | 20 | 2 | high_load |
//! | 22 | 2 | idle_timeout |
//! | 24 | 8 | fcf_layout |
//! | 32 | 2 | rebalance_interval |
//! | 34 | 2 | rebalance_improvement |
//! | 36 | 4 | pad2 |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::code::Policy;
use crate::fcf::FcfLayout;
use crate::types::{Pad, flags};
use crate::wire::{Parsed, Put, array, u8, u16};

bitflags::bitflags! {
    /// What is on.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct ConfigFlags: u16 {
        /// The method: VSE chooses cores.
        const ENABLED = 1 << 0;
        /// Entries are moved away from cores that are highly loaded for long.
        const REBALANCE = 1 << 1;

        const _ = !0;
    }
}

/// How VSE works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What is on.
    #[serde(with = "flags")]
    pub flags: ConfigFlags,
    /// How a core is chosen for entries that name none.
    pub policy: Policy,
    /// Padding at offset 19.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<1>,
    /// The load from which on a core is highly loaded, per mille.
    pub high_load: u16,
    /// The idle timeout of entries that VSE makes, seconds; 0 for none.
    pub idle_timeout: u16,
    /// Where the Flow Control Field stands in received frames.
    pub fcf_layout: FcfLayout,
    /// Least time between two moves, seconds.
    pub rebalance_interval: u16,
    /// Least improvement that is worth a move, per mille.
    pub rebalance_improvement: u16,
    /// Padding at offset 36.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad2: Pad<4>,
}

impl Config {
    /// Bytes behind the subtype.
    pub(super) const LEN: usize = 24;

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (
            u16("flags").map(ConfigFlags::from_bits_retain),
            u8("policy").map(Policy::from),
            array("pad").map(Pad),
            u16("high_load"),
            u16("idle_timeout"),
            FcfLayout::read_wire,
            u16("rebalance_interval"),
            u16("rebalance_improvement"),
            array("pad2").map(Pad),
        )
            .map(|(flags, policy, pad, high_load, idle_timeout, layout, interval, least, pad2)| {
                Self {
                    flags,
                    policy,
                    pad,
                    high_load,
                    idle_timeout,
                    fcf_layout: layout,
                    rebalance_interval: interval,
                    rebalance_improvement: least,
                    pad2,
                }
            })
            .parse(input)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u16(self.flags.bits());
        out.put_u8(self.policy.into());
        out.put(&self.pad.0);
        out.put_u16(self.high_load);
        out.put_u16(self.idle_timeout);
        self.fcf_layout.encode(out);
        out.put_u16(self.rebalance_interval);
        out.put_u16(self.rebalance_improvement);
        out.put(&self.pad2.0);
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "flags={} policy={}", flags::Words(&self.flags), self.policy)?;
        write!(f, " high_load={} idle_timeout={}", self.high_load, self.idle_timeout)?;
        write!(f, " fcf={}", self.fcf_layout)?;
        write!(f, " rebalance_interval={}", self.rebalance_interval)?;
        write!(f, " rebalance_improvement={}", self.rebalance_improvement)
    }
}
