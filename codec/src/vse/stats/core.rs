//! Statistics of each core: vse-protocol(7).
//!
//! | offset | size | field of the request |
//! | --- | --- | --- |
//! | 0 | 2 | core: 0xffff for all |
//! | 2 | 6 | pad |
//!
//! | offset | size | field of an entry |
//! | --- | --- | --- |
//! | 0 | 2 | length: of the entry, a multiple of 8 |
//! | 2 | 2 | core |
//! | 4 | 2 | load |
//! | 6 | 2 | provisional |
//! | 8 | 2 | flags |
//! | 10 | 2 | numa_node |
//! | 12 | 4 | n_flows |
//! | 16 | 8 | packets |
//! | 24 | 8 | drops |
//! | 32 | 2 | n_vms |
//! | 34 | 2 each | vms, padded to a multiple of 8 bytes |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use crate::error::{EncodeError, Expected, Limit};
use crate::types::{Bytes, Pad, flags};
use crate::vse::ids::Core;
use crate::wire::{Fault, Parsed, Put, array, bytes, length16, rest, u16, u32, u64, within};

bitflags::bitflags! {
    /// The state of a core.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct CoreFlags: u16 {
        /// The core is online.
        const ONLINE = 1 << 0;
        /// The core may be chosen.
        const ELIGIBLE = 1 << 1;
        /// The core is highly loaded.
        const HIGH = 1 << 2;
        /// The core carries a priority flow.
        const PRIORITY = 1 << 3;

        const _ = !0;
    }
}

/// Which core is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoreStatsRequest {
    /// Padding at the head of the statistics.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub head_pad: Pad<6>,
    /// The core; [`Core::NONE`] for all.
    pub core: Core,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<6>,
}

impl CoreStatsRequest {
    /// Bytes behind the statistics' head.
    pub(super) const LEN: usize = 8;

    pub(in crate::vse) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (array("head_pad").map(Pad), u16("core").map(Core), array("pad").map(Pad))
            .map(|(head_pad, core, pad)| Self { head_pad, core, pad })
            .parse(input)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put(&self.head_pad.0);
        out.put_u16(self.core.0);
        out.put(&self.pad.0);
    }
}

/// A core and what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoreStats {
    /// The core.
    pub core: Core,
    /// Its load, per mille: a moving average of its busy time.
    pub load: u16,
    /// Load that flows just placed are expected to add, per mille.
    pub provisional: u16,
    /// Its state.
    #[serde(with = "flags")]
    pub flags: CoreFlags,
    /// The NUMA node that it belongs to.
    pub numa_node: u16,
    /// Entries that have it.
    pub n_flows: u32,
    /// Frames that were sent to it.
    pub packets: u64,
    /// Frames that it could not take.
    pub drops: u64,
    /// The VMs that run on it.
    pub vms: Vec<u16>,
    /// Padding behind the VMs, up to a multiple of 8 bytes; empty where it is zero.
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    pub pad: Bytes,
}

impl CoreStats {
    /// Bytes of an entry before its VMs.
    const FIXED_LEN: usize = 34;

    pub(in crate::vse) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (after, body) = super::entry(input, Self::FIXED_LEN.next_multiple_of(8))?;
        let limit = Limit::Field("entry length", body.len() + 2);
        Ok((after, within(body, limit, Self::read_body)?))
    }

    fn read_body(input: &[u8]) -> Parsed<'_, Self> {
        let (left, (core, load, provisional, flags, numa_node, n_flows, packets, drops, n_vms)) = (
            u16("core").map(Core),
            u16("load"),
            u16("provisional"),
            u16("flags").map(CoreFlags::from_bits_retain),
            u16("numa_node"),
            u32("n_flows"),
            u64("packets"),
            u64("drops"),
            u16("n_vms"),
        )
            .parse(input)?;
        let at = left;
        let (left, vms) = bytes("vms", 2 * usize::from(n_vms)).parse(left)?;
        let vms = vms.as_chunks::<2>().0.iter().map(|id| u16::from_be_bytes(*id)).collect();
        let (left, pad) = rest(left)?;
        if pad.len() >= 8 {
            let found = at.len();
            return Err(Fault::length(at, "vms", found, Expected::AtMost(found - pad.len() + 7)));
        }
        let pad = if pad.iter().all(|byte| *byte == 0) { Bytes::default() } else { pad.into() };
        let read =
            Self { core, load, provisional, flags, numa_node, n_flows, packets, drops, vms, pad };
        Ok((left, read))
    }

    /// Bytes before the padding.
    fn unpadded_len(&self) -> usize {
        Self::FIXED_LEN + 2 * self.vms.len()
    }

    pub(super) fn encoded_len(&self) -> usize {
        self.unpadded_len().next_multiple_of(8)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let begin = out.len();
        let padded = self.unpadded_len() + self.pad.len();
        if !self.pad.is_empty() && padded != self.encoded_len() {
            let what = "core stats entry";
            return Err(EncodeError::Unaligned { what, len: padded, unit: 8 });
        }
        out.put_u16(length16("core stats entry", self.encoded_len())?);
        out.put_u16(self.core.0);
        out.put_u16(self.load);
        out.put_u16(self.provisional);
        out.put_u16(self.flags.bits());
        out.put_u16(self.numa_node);
        out.put_u32(self.n_flows);
        out.put_u64(self.packets);
        out.put_u64(self.drops);
        out.put_u16(length16("VMs of a core", self.vms.len())?);
        self.vms.iter().for_each(|vm_id| out.put_u16(*vm_id));
        out.put(&self.pad);
        out.resize(begin + self.encoded_len(), 0);
        Ok(())
    }
}

impl fmt::Display for CoreStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "core {}: load={}+{}", self.core, self.load, self.provisional)?;
        write!(f, " flags={} numa={}", flags::Words(&self.flags), self.numa_node)?;
        write!(f, " flows={} packets={} drops={}", self.n_flows, self.packets, self.drops)?;
        write!(f, " vms={:?}", self.vms)
    }
}
