//! One dissector per protocol, each with its fields.

pub(crate) mod arp;
pub(crate) mod cooked;
pub(crate) mod entry;
pub(crate) mod erspan;
pub(crate) mod ethernet;
pub(crate) mod fcf;
pub(crate) mod frame;
pub(crate) mod geneve;
pub(crate) mod gre;
pub(crate) mod icmp;
pub(crate) mod icmpv6;
pub(crate) mod ip;
pub(crate) mod ipsec;
pub(crate) mod ipv4;
pub(crate) mod ipv6;
pub(crate) mod llc;
pub(crate) mod loopback;
pub(crate) mod mpls;
pub(crate) mod netlink;
pub(crate) mod nsh;
pub(crate) mod openflow;
mod plain;
pub(crate) mod ppp;
pub(crate) mod shortcut;
pub(crate) mod stt;
pub(crate) mod tcp;
pub(crate) mod udp;
pub(crate) mod vlan;
pub(crate) mod vse_frame;
pub(crate) mod vxlan;

use crate::frame::LinkType;
use crate::problem::{self, Problem};
use crate::registry::Protocol;
use crate::sink::{Place, Sink};
use crate::walk::Walk;

/// Every protocol that is dissected.
pub static PROTOCOLS: &[&Protocol] = &[
    &frame::PROTOCOL,
    &ethernet::PROTOCOL,
    &llc::PROTOCOL,
    &vlan::PROTOCOL,
    &fcf::PROTOCOL,
    &cooked::PROTOCOL,
    &loopback::PROTOCOL,
    &ppp::PPPOED,
    &ppp::PPPOES,
    &ppp::PROTOCOL,
    &mpls::PROTOCOL,
    &arp::PROTOCOL,
    &ipv4::PROTOCOL,
    &ipv6::PROTOCOL,
    &ipv6::HOP_BY_HOP,
    &ipv6::ROUTING,
    &ipv6::DESTINATION,
    &ipv6::FRAGMENT,
    &ipsec::AH,
    &ipsec::ESP,
    &ipsec::UDPENCAP,
    &icmp::PROTOCOL,
    &icmpv6::PROTOCOL,
    &udp::PROTOCOL,
    &tcp::PROTOCOL,
    &gre::PROTOCOL,
    &erspan::PROTOCOL,
    &vxlan::PROTOCOL,
    &nsh::PROTOCOL,
    &geneve::PROTOCOL,
    &stt::PROTOCOL,
    &vse_frame::PROTOCOL,
    &openflow::PROTOCOL,
    &openflow::BODY,
    &openflow::NICIRA,
    &openflow::NXM,
    &netlink::PROTOCOL,
    &netlink::VSE,
    &entry::PROTOCOL,
    &problem::PROTOCOL,
];

/// Dissects a frame by what it begins with.
pub(crate) fn link(
    walk: &mut Walk<'_>,
    link_type: LinkType,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    match link_type {
        LinkType::ETHERNET => ethernet::dissect(walk, bytes, place, sink),
        LinkType::LINUX_SLL => cooked::dissect_v1(walk, bytes, place, sink),
        LinkType::LINUX_SLL2 => cooked::dissect_v2(walk, bytes, place, sink),
        LinkType::PPP | LinkType::PPP_HDLC => ppp::dissect(walk, bytes, place, sink),
        LinkType::PPP_ETHER => ppp::session(walk, bytes, place, sink),
        LinkType::ATM_RFC1483 => llc::dissect(walk, bytes, place, sink),
        LinkType::IPV4 => ipv4::dissect(walk, bytes, place, sink),
        LinkType::RAW | LinkType::DLT_RAW | LinkType::IPV6 => {
            ip::by_version(walk, bytes, place, sink);
        }
        LinkType::NULL => loopback::dissect(walk, bytes, place, false, sink),
        LinkType::LOOP => loopback::dissect(walk, bytes, place, true, sink),
        LinkType::NETLINK => cooked::dissect_netlink(walk, bytes, place, sink),
        LinkType(other) => {
            sink.problem(Problem::unsupported(Some(0), format!("link type {other}")));
        }
    }
}
