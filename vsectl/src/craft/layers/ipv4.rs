//! IPv4: RFC 791.

use std::net::Ipv4Addr;

use pnet::packet::ip::IpNextHeaderProtocol;
use pnet::packet::ipv4::{Ipv4Flags, MutableIpv4Packet};
use pnet::util::checksum;

use super::{BuildError, Fragment, Part, Pseudo, Stack, Sum, View, WRONG, directed, length};
use crate::craft::field::{FieldType, Kind, LayerType, Protocol};

pub(crate) static LAYER: LayerType = LayerType {
    name: "ip",
    aliases: &["ipv4", "ip4"],
    title: "IPv4",
    protocol: Protocol::Ipv4,
    fields: &[
        FieldType::new("src", Kind::Ipv4, "source").filter("ip.src"),
        FieldType::new("dst", Kind::Ipv4, "destination").filter("ip.dst"),
        FieldType::new("tos", Kind::Hex(8), "type of service").filter("ip.dsfield"),
        FieldType::new("dscp", Kind::Number(6), "its upper bits").filter("ip.dsfield.dscp"),
        FieldType::new("ecn", Kind::Number(2), "its lower bits").filter("ip.dsfield.ecn"),
        FieldType::new("ttl", Kind::Number(8), "time to live").filter("ip.ttl"),
        FieldType::new("id", Kind::Hex(16), "identification").filter("ip.id"),
        FieldType::new("df", Kind::Switch, "don't fragment").filter("ip.flags.df"),
        FieldType::new("mf", Kind::Switch, "more fragments").filter("ip.flags.mf"),
        FieldType::new("offset", Kind::Number(13), "fragment offset, in 8 bytes"),
        FieldType::new("proto", Kind::Number(8), "protocol; by what follows").filter("ip.proto"),
        FieldType::new("options", Kind::Bytes, "options, filled up to 4 bytes"),
        FieldType::new("len", Kind::Number(16), "total length; right where not given")
            .filter("ip.len"),
        FieldType::new("ihl", Kind::Number(4), "header length, in 4 bytes"),
        FieldType::new("checksum", Kind::Hex(16), "header checksum; right where not given")
            .filter("ip.checksum"),
        FieldType::new("bad-checksum", Kind::Switch, "a wrong header checksum"),
        FieldType::new("fcf", Kind::Switch, "the Flow Control Field is in the type of service"),
        FieldType::new("vm", Kind::Number(12), "VM id").needs("fcf").filter("vse.fcf.vm_id"),
        FieldType::new("prio", Kind::Switch, "priority").needs("fcf").filter("vse.fcf.priority"),
        FieldType::new("layout", Kind::Layout, "where the field stands").needs("fcf"),
        super::FRAG,
        super::MTU,
        super::ORDER,
    ],
};

const HEADER_LEN: usize = 20;
/// For documentation (RFC 5737).
pub(super) const SOURCE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
pub(super) const DESTINATION: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
const ADDRESSES: (usize, usize) = (12, 20);
const CHECKSUM: usize = 10;

pub(super) fn addresses(view: View<'_>, reversed: bool) -> (Ipv4Addr, Ipv4Addr) {
    directed((view.ipv4("src", SOURCE), view.ipv4("dst", DESTINATION)), reversed)
}

/// Bytes of the header, options included.
pub(super) fn header_len(view: View<'_>) -> usize {
    HEADER_LEN + view.bytes("options").len().next_multiple_of(4)
}

pub(super) fn build(
    stack: &Stack<'_>,
    at: usize,
    view: View<'_>,
    part: &mut Part,
    fragment: Fragment,
) -> Result<(), BuildError> {
    let mut header = vec![0; HEADER_LEN];
    header.extend_from_slice(&view.bytes("options"));
    header.resize(header_len(view), 0);
    let words = u8::try_from(header.len() / 4).ok().filter(|words| *words <= 15);
    let words = words.ok_or(BuildError::Options { layer: "ip", len: header.len() - HEADER_LEN })?;
    let total = length(view, header.len() + part.bytes.len())?;
    let (source, destination) = addresses(view, part.reversed);
    let tos = view.u8("tos", 0);
    let tos = view.u8("dscp", tos >> 2) << 2 | view.u8("ecn", tos & 3) & 3;
    let [_, tos] = view.fcf(tos.into())?.to_be_bytes();
    let more = fragment.more || view.is("mf");
    let dont = view.is("df");
    if let Some(mut ipv4) = MutableIpv4Packet::new(&mut header) {
        ipv4.set_version(4);
        ipv4.set_header_length(view.u8("ihl", words));
        ipv4.set_dscp(tos >> 2);
        ipv4.set_ecn(tos & 3);
        ipv4.set_total_length(total);
        let datagram = if view.is("frag") { stack.datagram } else { 0 };
        ipv4.set_identification(view.u16("id", datagram));
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        ipv4.set_flags(flag(dont, Ipv4Flags::DontFragment) | flag(more, Ipv4Flags::MoreFragments));
        ipv4.set_fragment_offset(fragment.offset | view.u16("offset", 0));
        ipv4.set_ttl(view.u8("ttl", 64));
        let protocol = view.u8("proto", stack.ip_protocol_above(at));
        ipv4.set_next_level_protocol(IpNextHeaderProtocol(protocol));
        ipv4.set_source(source);
        ipv4.set_destination(destination);
    }
    let right = checksum(&header, CHECKSUM / 2);
    let to = header.len();
    let value = view.number("checksum").map(super::low16);
    let flip = if view.is("bad-checksum") { WRONG } else { 0 };
    if let Some(place) = header.get_mut(CHECKSUM..CHECKSUM + 2) {
        place.copy_from_slice(&value.unwrap_or(right ^ flip).to_be_bytes());
    }
    part.prepend_ip(header, ADDRESSES);
    if value.is_none() {
        let pseudo = Pseudo::None;
        part.sums.push(Sum { at: CHECKSUM, from: 0, to, pseudo, zero_is_none: false, flip });
    }
    Ok(())
}
