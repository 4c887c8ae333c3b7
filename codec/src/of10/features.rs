//! FEATURES_REPLY, switch to controller: OpenFlow 1.0.0 section 5.3.1, `struct ofp_switch_features`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | 8 | datapath_id |
//! | 16 | 4 | n_buffers |
//! | 20 | 1 | n_tables |
//! | 21 | 3 | pad |
//! | 24 | 4 | capabilities |
//! | 28 | 4 | actions |
//! | 32 | 48 each | ports |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::port::{PORT_LEN, Port};
use crate::error::{DecodeError, EncodeError, Limit};
use crate::types::{Hex, Pad, flags};
use crate::wire::{Parsed, Put, array, list, u8, u32, u64, whole};

/// Bytes of the body before the ports.
const FIXED_LEN: usize = 24;

bitflags::bitflags! {
    /// OpenFlow 1.0.0 section 5.3.1, `enum ofp_capabilities`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Capabilities: u32 {
        /// Statistics of entries.
        const FLOW_STATS = 1 << 0;
        /// Statistics of tables.
        const TABLE_STATS = 1 << 1;
        /// Statistics of ports.
        const PORT_STATS = 1 << 2;
        /// IEEE 802.1D spanning tree.
        const STP = 1 << 3;
        /// Must be zero.
        const RESERVED = 1 << 4;
        /// Puts IP fragments together.
        const IP_REASM = 1 << 5;
        /// Statistics of queues.
        const QUEUE_STATS = 1 << 6;
        /// Matches the addresses in ARP.
        const ARP_MATCH_IP = 1 << 7;

        const _ = !0;
    }

    /// The actions that a switch has: a bit for each type of `enum ofp_action_type`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct ActionSet: u32 {
        /// Send out of a port.
        const OUTPUT = 1 << 0;
        /// Set the VLAN id.
        const SET_VLAN_VID = 1 << 1;
        /// Set the VLAN priority.
        const SET_VLAN_PCP = 1 << 2;
        /// Take the VLAN tag away.
        const STRIP_VLAN = 1 << 3;
        /// Set the Ethernet source.
        const SET_DL_SRC = 1 << 4;
        /// Set the Ethernet destination.
        const SET_DL_DST = 1 << 5;
        /// Set the IPv4 source.
        const SET_NW_SRC = 1 << 6;
        /// Set the IPv4 destination.
        const SET_NW_DST = 1 << 7;
        /// Set the IPv4 type of service.
        const SET_NW_TOS = 1 << 8;
        /// Set the source port.
        const SET_TP_SRC = 1 << 9;
        /// Set the destination port.
        const SET_TP_DST = 1 << 10;
        /// Send out of a port through a queue.
        const ENQUEUE = 1 << 11;

        const _ = !0;
    }
}

/// What the switch is and has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeaturesReply {
    /// Names the switch: 16 bits of the implementer's choice, then its MAC address.
    pub datapath_id: Hex<u64>,
    /// Frames that it can buffer.
    pub n_buffers: u32,
    /// Flow tables.
    pub n_tables: u8,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<3>,
    /// What it can do.
    #[serde(with = "flags")]
    pub capabilities: Capabilities,
    /// The actions that it has.
    #[serde(with = "flags")]
    pub actions: ActionSet,
    /// Its ports.
    pub ports: Vec<Port>,
}

impl FeaturesReply {
    /// Reads the body: what follows the header. Offsets in the error count from there.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("features_reply", body, body, Limit::Input, Self::read)
    }

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (
            u64("datapath_id").map(Hex),
            u32("n_buffers"),
            u8("n_tables"),
            array("pad").map(Pad),
            u32("capabilities").map(Capabilities::from_bits_retain),
            u32("actions").map(ActionSet::from_bits_retain),
            list("ports", Port::read),
        )
            .map(|(datapath_id, n_buffers, n_tables, pad, capabilities, actions, ports)| Self {
                datapath_id,
                n_buffers,
                n_tables,
                pad,
                capabilities,
                actions,
                ports,
            })
            .parse(input)
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        FIXED_LEN + PORT_LEN * self.ports.len()
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u64(self.datapath_id.0);
        out.put_u32(self.n_buffers);
        out.put_u8(self.n_tables);
        out.put(&self.pad.0);
        out.put_u32(self.capabilities.bits());
        out.put_u32(self.actions.bits());
        self.ports.iter().for_each(|port| port.encode(out));
        Ok(())
    }
}

impl fmt::Display for FeaturesReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dpid:{:016x}", self.datapath_id.0)?;
        write!(f, " n_tables:{} n_buffers:{}", self.n_tables, self.n_buffers)?;
        write!(f, " capabilities: {}", flags::Words(&self.capabilities))?;
        write!(f, " actions: {}", flags::Words(&self.actions))?;
        self.ports.iter().try_for_each(|port| write!(f, "; {port}"))
    }
}
