//! HOST_FEATURES_REPLY, switch to controller: vse-protocol(7); section III.C of the paper.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 16 | 2 | n_cores |
//! | 18 | 2 | n_rx_queues |
//! | 20 | 4 | acceleration |
//! | 24 | 4 | max_flows |
//! | 28 | 4 | max_vms |
//! | 32 | 1 | carriers |
//! | 33 | 7 | pad |
//! | 40 | 8 | fcf_layout |
//! | 48 | 32 | name |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use crate::fcf::FcfLayout;
use crate::types::{FixedStr, Pad, flags};
use crate::wire::{Parsed, Put, array, u8, u16, u32};

bitflags::bitflags! {
    /// What spreads received frames over cores on this host.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Acceleration: u32 {
        /// Receive side scaling: queues by a hash, in the NIC.
        const RSS = 1 << 0;
        /// Queues by filters, in the NIC.
        const FLOW_DIRECTOR = 1 << 1;
        /// Receive packet steering: cores by a hash, in the kernel.
        const RPS = 1 << 2;
        /// Receive flow steering: cores by the application, in the kernel.
        const RFS = 1 << 3;
        /// Receive flow steering with filters in the NIC.
        const ARFS = 1 << 4;
        /// XDP in the driver.
        const XDP_NATIVE = 1 << 5;
        /// XDP behind the driver.
        const XDP_GENERIC = 1 << 6;

        const _ = !0;
    }

    /// Where the Flow Control Field can be carried.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Carriers: u8 {
        /// The IPv4 type of service.
        const TOS = 1 << 0;
        /// The VLAN tag.
        const VLAN = 1 << 1;

        const _ = !0;
    }
}

/// What the host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostFeatures {
    /// Cores that are online.
    pub n_cores: u16,
    /// Receive queues of the interface.
    pub n_rx_queues: u16,
    /// What spreads received frames over cores.
    #[serde(with = "flags")]
    pub acceleration: Acceleration,
    /// Entries that the flow table holds.
    pub max_flows: u32,
    /// VMs that the core table holds.
    pub max_vms: u32,
    /// Where the Flow Control Field can be carried.
    #[serde(with = "flags")]
    pub carriers: Carriers,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<7>,
    /// Where the Flow Control Field stands now.
    pub fcf_layout: FcfLayout,
    /// The datapath, for people.
    pub name: FixedStr<32>,
}

impl HostFeatures {
    /// Bytes behind the subtype.
    pub(super) const LEN: usize = 64;

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (
            u16("n_cores"),
            u16("n_rx_queues"),
            u32("acceleration").map(Acceleration::from_bits_retain),
            u32("max_flows"),
            u32("max_vms"),
            u8("carriers").map(Carriers::from_bits_retain),
            array("pad").map(Pad),
            FcfLayout::read_wire,
            array("name").map(FixedStr),
        )
            .map(
                |(cores, queues, acceleration, max_flows, max_vms, carriers, pad, layout, name)| {
                    Self {
                        n_cores: cores,
                        n_rx_queues: queues,
                        acceleration,
                        max_flows,
                        max_vms,
                        carriers,
                        pad,
                        fcf_layout: layout,
                        name,
                    }
                },
            )
            .parse(input)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u16(self.n_cores);
        out.put_u16(self.n_rx_queues);
        out.put_u32(self.acceleration.bits());
        out.put_u32(self.max_flows);
        out.put_u32(self.max_vms);
        out.put_u8(self.carriers.bits());
        out.put(&self.pad.0);
        self.fcf_layout.encode(out);
        out.put(&self.name.0);
    }
}

impl fmt::Display for HostFeatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} n_cores={} n_rx_queues={}", self.name, self.n_cores, self.n_rx_queues)?;
        write!(f, " acceleration={}", flags::Words(&self.acceleration))?;
        write!(f, " max_flows={} max_vms={}", self.max_flows, self.max_vms)?;
        write!(f, " carriers={} fcf={}", flags::Words(&self.carriers), self.fcf_layout)
    }
}
