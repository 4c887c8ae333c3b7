//! A port: OpenFlow 1.0.0 section 5.2.1, `struct ofp_phy_port`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 2 | port_no |
//! | 2 | 6 | hw_addr |
//! | 8 | 16 | name |
//! | 24 | 4 | config |
//! | 28 | 4 | state |
//! | 32 | 4 | curr |
//! | 36 | 4 | advertised |
//! | 40 | 4 | supported |
//! | 44 | 4 | peer |

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::port_no::PortNo;
use crate::types::{FixedStr, Line, MacAddr, Piece, flags};
use crate::wire::{Parsed, Put, array, u16, u32};
use crate::{display_as_put, put};

/// Bytes of a port.
pub(super) const PORT_LEN: usize = 48;

bitflags::bitflags! {
    /// What the administrator set: OpenFlow 1.0.0 section 5.2.1, `enum ofp_port_config`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct PortConfig: u32 {
        /// The port is down.
        const PORT_DOWN = 1 << 0;
        /// No spanning tree on this port.
        const NO_STP = 1 << 1;
        /// Drop all but spanning tree frames.
        const NO_RECV = 1 << 2;
        /// Drop spanning tree frames.
        const NO_RECV_STP = 1 << 3;
        /// Leave the port out of floods.
        const NO_FLOOD = 1 << 4;
        /// Drop what would be sent out of it.
        const NO_FWD = 1 << 5;
        /// Send no PACKET_IN for it.
        const NO_PACKET_IN = 1 << 6;

        const _ = !0;
    }

    /// What is so: the link, and in bits 8 and 9 the spanning tree's state (a number: listen,
    /// learn, forward, block). OpenFlow 1.0.0 section 5.2.1, `enum ofp_port_state`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct PortState: u32 {
        /// No link.
        const LINK_DOWN = 1 << 0;

        const _ = !0;
    }

    /// What the link can do: OpenFlow 1.0.0 section 5.2.1, `enum ofp_port_features`. Speeds are in
    /// bits a second.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct PortFeatures: u32 {
        /// 10 Mb/s, half duplex.
        const TEN_MB_HD = 1 << 0;
        /// 10 Mb/s, full duplex.
        const TEN_MB_FD = 1 << 1;
        /// 100 Mb/s, half duplex.
        const HUNDRED_MB_HD = 1 << 2;
        /// 100 Mb/s, full duplex.
        const HUNDRED_MB_FD = 1 << 3;
        /// 1 Gb/s, half duplex.
        const ONE_GB_HD = 1 << 4;
        /// 1 Gb/s, full duplex.
        const ONE_GB_FD = 1 << 5;
        /// 10 Gb/s, full duplex.
        const TEN_GB_FD = 1 << 6;
        /// Copper.
        const COPPER = 1 << 7;
        /// Fibre.
        const FIBER = 1 << 8;
        /// Negotiates speed and duplex.
        const AUTONEG = 1 << 9;
        /// Flow control both ways.
        const PAUSE = 1 << 10;
        /// Flow control one way.
        const PAUSE_ASYM = 1 << 11;

        const _ = !0;
    }
}

/// A port of the switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// Its number.
    pub port_no: PortNo,
    /// Its Ethernet address.
    pub hw_addr: MacAddr,
    /// Its name, for people.
    pub name: FixedStr<16>,
    /// What the administrator set.
    #[serde(with = "flags")]
    pub config: PortConfig,
    /// What is so.
    #[serde(with = "flags")]
    pub state: PortState,
    /// What the link uses now.
    #[serde(with = "flags")]
    pub curr: PortFeatures,
    /// What the port advertises.
    #[serde(with = "flags")]
    pub advertised: PortFeatures,
    /// What the port can do.
    #[serde(with = "flags")]
    pub supported: PortFeatures,
    /// What the other side advertises.
    #[serde(with = "flags")]
    pub peer: PortFeatures,
}

impl Port {
    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (
            u16("port_no").map(PortNo),
            array("hw_addr").map(MacAddr),
            array("name").map(FixedStr),
            u32("config").map(PortConfig::from_bits_retain),
            u32("state").map(PortState::from_bits_retain),
            u32("curr").map(PortFeatures::from_bits_retain),
            u32("advertised").map(PortFeatures::from_bits_retain),
            u32("supported").map(PortFeatures::from_bits_retain),
            u32("peer").map(PortFeatures::from_bits_retain),
        )
            .map(|(port_no, hw_addr, name, config, state, curr, advertised, supported, peer)| {
                Self { port_no, hw_addr, name, config, state, curr, advertised, supported, peer }
            })
            .parse(input)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u16(self.port_no.0);
        out.put(&self.hw_addr.0);
        out.put(&self.name.0);
        out.put_u32(self.config.bits());
        out.put_u32(self.state.bits());
        for features in [self.curr, self.advertised, self.supported, self.peer] {
            out.put_u32(features.bits());
        }
    }
}

display_as_put!(Port);

impl Piece for Port {
    fn put(&self, out: &mut Line) {
        put!(out, self.port_no, "(", format_args!("{}", self.name), "): addr:", self.hw_addr);
        put!(out, " config:", flags::Words(&self.config));
        put!(out, " state:", flags::Words(&self.state));
        for (name, features) in [
            ("current", self.curr),
            ("advertised", self.advertised),
            ("supported", self.supported),
            ("peer", self.peer),
        ] {
            if !features.is_empty() {
                put!(out, " ", name, ":", flags::Words(&features));
            }
        }
    }
}
