//! Interfaces as rtnetlink tells of them: kind, MTU, where the peer of a veth is, and the XDP programs that are
//! attached. Source: rtnetlink(7), linux/if_link.h.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use codec::types::MacAddr;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    LinkAttribute, LinkFlags, LinkInfo, LinkMessage, LinkXdp, XdpAttached,
};
use netlink_packet_route::nsid::{NsidAttribute, NsidMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use serde::{Deserialize, Serialize};

use super::netlink::{Ask, request};

/// How XDP runs on an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum XdpMode {
    /// No program is attached.
    None,
    /// In the driver.
    Native,
    /// Behind the driver, after the kernel has made its own packet of the frame.
    Generic,
    /// In the NIC.
    Offloaded,
    /// Several programs in different places.
    Several,
}

/// An interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) index: u32,
    pub(crate) name: String,
    /// `veth`, `vxlan` and so on; `None` for what is real hardware, and for loopback.
    pub(crate) kind: Option<String>,
    /// Bytes behind the Ethernet header.
    pub(crate) mtu: u32,
    pub(crate) xdp: XdpMode,
    pub(crate) rx_queues: u32,
    pub(crate) peer: Option<PeerPlace>,
    /// Its Ethernet address; zero where it has another kind of address, or none.
    pub(crate) address: MacAddr,
    /// Whether it was brought up.
    pub(crate) is_up: bool,
    /// Whether there is a link.
    pub(crate) has_carrier: bool,
}

/// Where the other end of a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PeerPlace {
    pub(crate) index: u32,
    /// The number by which this namespace knows the peer's; `None`: this one.
    pub(crate) namespace: Option<i32>,
}

/// The interfaces of the current network namespace.
pub(crate) fn links() -> io::Result<Vec<Link>> {
    let question = RouteNetlinkMessage::GetLink(LinkMessage::default());
    let answers = request(NETLINK_ROUTE, question, Ask::All)?;
    let links = answers.into_iter().filter_map(|answer| match answer {
        RouteNetlinkMessage::NewLink(link) => Some(read(link)),
        _ => None,
    });
    Ok(links.collect())
}

/// The number by which this namespace knows that of `namespace`, if it has one.
pub(super) fn namespace_number(namespace: BorrowedFd<'_>) -> io::Result<Option<i32>> {
    let fd = u32::try_from(namespace.as_raw_fd()).map_err(io::Error::other)?;
    let mut question = NsidMessage::default();
    question.attributes.push(NsidAttribute::Fd(fd));
    let answers = request(NETLINK_ROUTE, RouteNetlinkMessage::GetNsId(question), Ask::One)?;
    let id = answers.into_iter().find_map(|answer| match answer {
        RouteNetlinkMessage::NewNsId(answer) => {
            answer.attributes.into_iter().find_map(|attribute| match attribute {
                NsidAttribute::Id(id) if id >= 0 => Some(id),
                _ => None,
            })
        }
        _ => None,
    });
    Ok(id)
}

fn read(message: LinkMessage) -> Link {
    let mut link = Link {
        index: message.header.index,
        name: String::new(),
        kind: None,
        mtu: 0,
        xdp: XdpMode::None,
        rx_queues: 0,
        peer: None,
        address: MacAddr::default(),
        is_up: message.header.flags.contains(LinkFlags::Up),
        has_carrier: message.header.flags.contains(LinkFlags::LowerUp),
    };
    let (mut peer, mut namespace) = (None, None);
    for attribute in message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name = name,
            LinkAttribute::Address(bytes) => {
                link.address = bytes.try_into().map(MacAddr).unwrap_or_default();
            }
            LinkAttribute::Mtu(mtu) => link.mtu = mtu,
            LinkAttribute::NumRxQueues(count) => link.rx_queues = count,
            LinkAttribute::Link(index) => peer = Some(index),
            LinkAttribute::LinkNetNsId(id) => namespace = Some(id),
            LinkAttribute::Xdp(parts) => link.xdp = mode(&parts),
            LinkAttribute::LinkInfo(parts) => link.kind = parts.iter().find_map(kind),
            _ => {}
        }
    }
    // Of other kinds IFLA_LINK is the interface below.
    if link.kind.as_deref() == Some("veth") {
        link.peer = peer.map(|index| PeerPlace { index, namespace });
    }
    link
}

fn mode(parts: &[LinkXdp]) -> XdpMode {
    let attached = parts.iter().find_map(|part| match part {
        LinkXdp::Attached(attached) => Some(attached),
        _ => None,
    });
    match attached {
        None | Some(XdpAttached::None) => XdpMode::None,
        Some(XdpAttached::Driver) => XdpMode::Native,
        Some(XdpAttached::SocketBuffer) => XdpMode::Generic,
        Some(XdpAttached::Hardware) => XdpMode::Offloaded,
        Some(_) => XdpMode::Several,
    }
}

fn kind(part: &LinkInfo) -> Option<String> {
    match part {
        LinkInfo::Kind(kind) => Some(kind.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use netlink_packet_route::link::InfoKind;

    use super::*;

    fn veth(attached: XdpAttached) -> LinkMessage {
        let mut message = LinkMessage::default();
        message.header.index = 7;
        message.header.flags = LinkFlags::Up | LinkFlags::LowerUp;
        message.attributes = vec![
            LinkAttribute::IfName("v0".to_owned()),
            LinkAttribute::Address(vec![2, 0, 0, 0, 0, 7]),
            LinkAttribute::Mtu(1500),
            LinkAttribute::Link(6),
            LinkAttribute::LinkNetNsId(2),
            LinkAttribute::Xdp(vec![LinkXdp::Attached(attached), LinkXdp::ProgId(9)]),
            LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Veth)]),
        ];
        message
    }

    #[test]
    fn a_veth_and_where_its_peer_is() {
        let link = read(veth(XdpAttached::Driver));
        assert_eq!((link.index, link.mtu, link.xdp), (7, 1500, XdpMode::Native));
        assert_eq!(link.kind.as_deref(), Some("veth"));
        assert_eq!(link.address, MacAddr([2, 0, 0, 0, 0, 7]));
        assert!(link.is_up && link.has_carrier);
        assert_eq!(link.peer, Some(PeerPlace { index: 6, namespace: Some(2) }));
    }

    #[test]
    fn modes() {
        let mode = |attached| read(veth(attached)).xdp;
        assert_eq!(mode(XdpAttached::None), XdpMode::None);
        assert_eq!(mode(XdpAttached::SocketBuffer), XdpMode::Generic);
        assert_eq!(mode(XdpAttached::Hardware), XdpMode::Offloaded);
        assert_eq!(mode(XdpAttached::Multiple), XdpMode::Several);
        assert_eq!(read(LinkMessage::default()).xdp, XdpMode::None);
    }

    #[test]
    fn only_a_veth_has_a_peer() {
        let mut vxlan = veth(XdpAttached::None);
        vxlan.attributes.pop();
        vxlan.attributes.push(LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Vxlan)]));
        let link = read(vxlan);
        assert_eq!((link.kind.as_deref(), link.peer), (Some("vxlan"), None));
    }
}
