//! IPv6, and the header of its fragments: RFC 8200.

use std::net::Ipv6Addr;

use pnet::packet::ip::IpNextHeaderProtocol;
use pnet::packet::ipv6::{MutableFragmentPacket, MutableIpv6Packet};

use super::{BuildError, Fragment, Part, Stack, View, directed, length};
use crate::craft::field::{FieldType, Kind, LayerType, Protocol};

pub(crate) static LAYER: LayerType = LayerType {
    name: "ip6",
    aliases: &["ipv6"],
    title: "IPv6",
    protocol: Protocol::Ipv6,
    fields: &[
        FieldType::new("src", Kind::Ipv6, "source").filter("ipv6.src"),
        FieldType::new("dst", Kind::Ipv6, "destination").filter("ipv6.dst"),
        FieldType::new("tclass", Kind::Hex(8), "traffic class").filter("ipv6.tclass"),
        FieldType::new("flow", Kind::Hex(20), "flow label").filter("ipv6.flow"),
        FieldType::new("hlim", Kind::Number(8), "hop limit").filter("ipv6.hlim"),
        FieldType::new("next", Kind::Number(8), "next header; by what follows").filter("ipv6.nxt"),
        FieldType::new("len", Kind::Number(16), "payload length; right where not given")
            .filter("ipv6.plen"),
        super::FRAG,
        super::MTU,
        super::ORDER,
        FieldType::new("id", Kind::Hex(32), "identification of the fragments").needs("frag"),
    ],
};

/// For documentation (RFC 3849).
const SOURCE: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
const DESTINATION: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2);
const ADDRESSES: (usize, usize) = (8, 40);
/// What stands in front of each part of a datagram that is cut.
pub(super) const FRAGMENT_HEADER_LEN: usize = 40 + 8;
const FRAGMENT: u8 = 44;

pub(super) fn addresses(view: View<'_>, reversed: bool) -> (Ipv6Addr, Ipv6Addr) {
    directed((view.ipv6("src", SOURCE), view.ipv6("dst", DESTINATION)), reversed)
}

pub(super) fn build(
    stack: &Stack<'_>,
    at: usize,
    view: View<'_>,
    part: &mut Part,
    fragment: Option<Fragment>,
) -> Result<(), BuildError> {
    let carried = view.u8("next", stack.ip_protocol_above(at));
    let next = match fragment {
        Some(fragment) => {
            put_fragment_header(stack, view, part, carried, fragment);
            FRAGMENT
        }
        None => carried,
    };
    let mut header = vec![0; MutableIpv6Packet::minimum_packet_size()];
    let len = length(view, part.bytes.len())?;
    let (source, destination) = addresses(view, part.reversed);
    if let Some(mut ipv6) = MutableIpv6Packet::new(&mut header) {
        ipv6.set_version(6);
        ipv6.set_traffic_class(view.u8("tclass", 0));
        ipv6.set_flow_label(view.u32("flow", 0));
        ipv6.set_payload_length(len);
        ipv6.set_next_header(IpNextHeaderProtocol(next));
        ipv6.set_hop_limit(view.u8("hlim", 64));
        ipv6.set_source(source);
        ipv6.set_destination(destination);
    }
    part.prepend_ip(header, ADDRESSES);
    Ok(())
}

fn put_fragment_header(
    stack: &Stack<'_>,
    view: View<'_>,
    part: &mut Part,
    carried: u8,
    Fragment { offset, more }: Fragment,
) {
    let mut header = vec![0; MutableFragmentPacket::minimum_packet_size()];
    if let Some(mut fragment) = MutableFragmentPacket::new(&mut header) {
        fragment.set_next_header(IpNextHeaderProtocol(carried));
        fragment.set_fragment_offset_with_flags(offset << 3 | u16::from(more));
        fragment.set_id(view.u32("id", stack.datagram.into()));
    }
    part.prepend(header);
}
