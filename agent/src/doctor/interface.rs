//! An interface: whether XDP runs in its driver, and what happens to frames before and behind VSE.

use super::{Finding, Plan, Severity};
use crate::host::{HostFacts, Interface, Peer, XdpMode};

/// The largest MTU with which a frame fits into one page beside what XDP and the kernel keep there (x86-64, pages of 4
/// KiB). A veth refuses native programs that take no fragments when its peer's is larger.
const ONE_PAGE_MTU: u32 = 3506;

pub(super) fn findings(interface: &Interface, facts: &HostFacts, plan: Plan<'_>) -> Vec<Finding> {
    let found = [
        mode(interface),
        support(interface),
        mtu(interface, plan),
        peer(interface),
        vlan_offload(interface, plan),
        packet_steering(interface),
        flow_steering(interface, facts),
        filters(interface),
    ];
    found.into_iter().flatten().map(|finding| finding.about(&interface.name)).collect()
}

fn mode(interface: &Interface) -> Option<Finding> {
    let name = &interface.name;
    match interface.xdp {
        XdpMode::Generic => Some(
            Finding::new(
                "generic-mode",
                Severity::Degrades,
                "its XDP program runs in generic mode".to_owned(),
                "the kernel makes a packet of each frame before the program runs, on the core that received it",
            )
            .mend(format!("ip link set dev {name} xdpgeneric off, then start the agent in native mode")),
        ),
        XdpMode::Several | XdpMode::Offloaded => Some(Finding::new(
            "other-program",
            Severity::Degrades,
            "an XDP program runs in the NIC, or in several places".to_owned(),
            "it sees frames before VSE, and may keep them",
        )),
        XdpMode::None | XdpMode::Native => None,
    }
}

fn support(interface: &Interface) -> Option<Finding> {
    let support = interface.xdp_support?;
    if !support.native {
        return Some(Finding::new(
            "no-native-mode",
            Severity::Degrades,
            "its driver cannot run XDP programs".to_owned(),
            "VSE can only run in generic mode here, which costs more and must be asked for",
        ));
    }
    (!support.redirect).then(|| {
        Finding::new(
            "no-redirect",
            Severity::Breaks,
            "its driver runs XDP programs but cannot redirect".to_owned(),
            "frames cannot go to another core in native mode; use generic mode",
        )
    })
}

fn mtu(interface: &Interface, plan: Plan<'_>) -> Option<Finding> {
    let (what, mtu, mend) = if let Some(Peer::Found { namespace, name, mtu, .. }) = &interface.peer
    {
        let command = format!("ip link set dev {name} mtu {ONE_PAGE_MTU}");
        (format!("its peer {name} has MTU {mtu}"), *mtu, inside(namespace.as_deref(), &command))
    } else {
        let (name, mtu) = (&interface.name, interface.mtu);
        let command = format!("ip link set dev {name} mtu {ONE_PAGE_MTU}");
        (format!("its MTU is {mtu}"), mtu, command)
    };
    let driver_takes_frags = interface.xdp_support.is_none_or(|support| support.frags);
    if mtu <= ONE_PAGE_MTU || (plan.frag_aware && driver_takes_frags) {
        return None;
    }
    let consequence = if plan.frag_aware {
        "its driver gives XDP no frames of several buffers, so native mode is refused"
    } else {
        "the program takes no frames of several buffers, so native mode is refused (ERANGE)"
    };
    Some(Finding::new("mtu", Severity::Breaks, what, consequence).mend(mend))
}

/// The skb of a veth carries a checksum still to be made; an XDP frame cannot say so, and behind the cpumap the
/// sum is taken for a wrong one.
fn peer(interface: &Interface) -> Option<Finding> {
    match interface.peer.as_ref()? {
        Peer::OutOfReach => Some(Finding::new(
            "peer-out-of-reach",
            Severity::Note,
            "its peer is in a namespace that cannot be looked into".to_owned(),
            "its MTU and checksum offload cannot be judged; run as root",
        )),
        Peer::Found { namespace, name, features, .. } => {
            let on = features.iter().any(|feature| feature.starts_with("tx-checksum-ip"));
            (on && interface.xdp != XdpMode::Generic).then(|| {
                Finding::new(
                    "peer-tx-checksum",
                    Severity::Breaks,
                    format!("its peer {name} has TX checksum offload on"),
                    "in native mode nearly every UDP datagram and TCP segment that is redirected to a core is \
                     dropped for a wrong checksum",
                )
                .mend(inside(namespace.as_deref(), &format!("ethtool -K {name} tx off")))
            })
        }
    }
}

fn vlan_offload(interface: &Interface, plan: Plan<'_>) -> Option<Finding> {
    (plan.fcf_in_vlan && interface.features.contains("rx-vlan-hw-parse")).then(|| {
        Finding::new(
            "rxvlan",
            Severity::Breaks,
            "its driver takes VLAN tags off frames (rxvlan)".to_owned(),
            "the Flow Control Field in the tag is hidden from VSE",
        )
        .mend(format!("ethtool -K {} rxvlan off", interface.name))
    })
}

fn packet_steering(interface: &Interface) -> Option<Finding> {
    let queues = interface.steered_queues.as_ref()?;
    let queue = queues.iter().find(|queue| !queue.rps_cores.is_empty())?;
    let name = &interface.name;
    Some(
        Finding::new(
            "rps",
            Severity::Breaks,
            format!(
                "receive packet steering is on (queue {}: cores {})",
                queue.queue, queue.rps_cores
            ),
            "it moves packets by their hash once more, away from the core that VSE chose",
        )
        .mend(format!("for q in /sys/class/net/{name}/queues/rx-*/rps_cpus; do echo 0 > $q; done")),
    )
}

fn flow_steering(interface: &Interface, facts: &HostFacts) -> Option<Finding> {
    let queues = interface.steered_queues.as_ref()?;
    let queue = queues.iter().find(|queue| queue.rfs_flows > 0)?;
    (facts.kernel.rps_sock_flow_entries > 0).then(|| {
        let name = &interface.name;
        Finding::new(
            "rfs",
            Severity::Breaks,
            format!(
                "receive flow steering is on (queue {}: {} flows)",
                queue.queue, queue.rfs_flows
            ),
            "it moves packets to the core of the application, which is the one that VSE avoids",
        )
        .mend(format!(
            "for q in /sys/class/net/{name}/queues/rx-*/rps_flow_cnt; do echo 0 > $q; done"
        ))
    })
}

fn filters(interface: &Interface) -> Option<Finding> {
    let count = interface.filters.filter(|count| *count > 0)?;
    Some(
        Finding::new(
            "ntuple-filters",
            Severity::Note,
            format!("the NIC has {count} receive filters"),
            "they choose the queue, and with it the core on which VSE itself runs, for the flows they name",
        )
        .mend(format!("ethtool -n {}", interface.name)),
    )
}

fn inside(namespace: Option<&str>, command: &str) -> String {
    match namespace {
        Some(namespace) => format!("ip netns exec {namespace} {command}"),
        None => command.to_owned(),
    }
}
