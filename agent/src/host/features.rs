//! HOST_FEATURES_REPLY from the facts: vse-protocol(7), section III.C of the paper.

use codec::fcf::FcfLayout;
use codec::types::{FixedStr, Pad};
use codec::vse::{Acceleration, Carriers, HostFeatures};

use super::{HostFacts, Interface};

/// What VSE's tables hold, which the host does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSizes {
    /// Entries of the flow table.
    pub flows: u32,
    /// VMs of the core table.
    pub vms: u32,
}

/// What a controller is told about this host, with the interfaces of the facts as those that VSE serves.
#[must_use]
pub fn host_features(
    facts: &HostFacts,
    tables: TableSizes,
    fcf_layout: FcfLayout,
    datapath: FixedStr<32>,
) -> HostFeatures {
    let queues = facts.interfaces.iter().map(rx_queues).max().unwrap_or(0);
    HostFeatures {
        n_cores: u16::try_from(facts.cores.len()).unwrap_or(u16::MAX),
        n_rx_queues: u16::try_from(queues).unwrap_or(u16::MAX),
        acceleration: acceleration(facts),
        max_flows: tables.flows,
        max_vms: tables.vms,
        carriers: Carriers::TOS | Carriers::VLAN,
        pad: Pad::default(),
        fcf_layout,
        name: datapath,
    }
}

/// The driver's word where it gives one, else the queues that the kernel has made.
fn rx_queues(interface: &Interface) -> u32 {
    interface.channels.map_or(interface.rx_queues, |channels| channels.rx)
}

/// What is in use, and not what could be: a controller decides by it whether something else moves packets. XDP
/// is what the driver can do, since VSE itself decides about using it.
fn acceleration(facts: &HostFacts) -> Acceleration {
    let any = |wanted: &dyn Fn(&Interface) -> bool| facts.interfaces.iter().any(wanted);
    let steered = |wanted: &dyn Fn(&super::SteeredQueue) -> bool| {
        any(&|interface| interface.steered_queues.iter().flatten().any(wanted))
    };
    let rfs = facts.kernel.rps_sock_flow_entries > 0 && steered(&|queue| queue.rfs_flows > 0);
    let filters = any(&|interface| interface.features.contains("rx-ntuple-filter"));
    let mut bits = Acceleration::XDP_GENERIC;
    bits.set(
        Acceleration::RSS,
        any(&|interface| interface.rss.as_ref().is_some_and(|rss| rss.queues.len() > 1)),
    );
    bits.set(Acceleration::FLOW_DIRECTOR, filters);
    bits.set(Acceleration::RPS, steered(&|queue| !queue.rps_cores.is_empty()));
    bits.set(Acceleration::RFS, rfs);
    bits.set(Acceleration::ARFS, rfs && filters);
    bits.set(
        Acceleration::XDP_NATIVE,
        any(&|interface| interface.xdp_support.is_some_and(|support| support.native)),
    );
    bits
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::host::{Channels, Core, Kernel, Rss, SteeredQueue, XdpMode, XdpSupport};

    fn facts() -> HostFacts {
        let queue = SteeredQueue { queue: 0, rps_cores: "1".to_owned(), rfs_flows: 64 };
        let nic = Interface {
            index: 2,
            name: "eth0".to_owned(),
            kind: None,
            mtu: 1500,
            xdp: XdpMode::None,
            xdp_support: Some(XdpSupport { native: true, redirect: true, frags: false }),
            rx_queues: 64,
            channels: Some(Channels { rx: 8, rx_max: 64 }),
            features: BTreeSet::from(["rx-ntuple-filter".to_owned()]),
            rss: Some(Rss { slots: 128, queues: BTreeMap::from([(0, 64), (1, 64)]) }),
            filters: Some(1),
            steered_queues: Some(vec![queue]),
            peer: None,
        };
        let kernel = Kernel {
            release: "6.12.1".to_owned(),
            bpf_jit: Some(true),
            btf: true,
            bpf_fs: true,
            missing_capabilities: vec![],
            irqbalance: None,
            rps_sock_flow_entries: 32_768,
        };
        let core = |id| Core { id, node: 0, isolated: None, allowed: true };
        HostFacts { kernel, cores: (0..4).map(core).collect(), interfaces: vec![nic] }
    }

    fn reply(facts: &HostFacts) -> HostFeatures {
        let tables = TableSizes { flows: 256, vms: 31 };
        let name = FixedStr::new("xdp").expect("it is short");
        host_features(facts, tables, FcfLayout::DSCP, name)
    }

    #[test]
    fn all_that_is_in_use() {
        let reply = reply(&facts());
        assert_eq!((reply.n_cores, reply.n_rx_queues), (4, 8));
        assert_eq!(reply.acceleration, Acceleration::from_bits_retain(0x7f));
        assert_eq!((reply.max_flows, reply.max_vms), (256, 31));
    }

    #[test]
    fn what_is_off_is_not_told() {
        let mut facts = facts();
        // Flow steering needs its global table as well; a table to one queue spreads nothing.
        facts.kernel.rps_sock_flow_entries = 0;
        let nic = facts.interfaces.first_mut().expect("one interface");
        nic.rss = Some(Rss { slots: 128, queues: BTreeMap::from([(0, 128)]) });
        nic.features.clear();
        let expected = Acceleration::RPS | Acceleration::XDP_NATIVE | Acceleration::XDP_GENERIC;
        assert_eq!(reply(&facts).acceleration, expected);
    }
}
