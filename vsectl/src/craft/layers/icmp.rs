//! ICMP (RFC 792) and ICMPv6 (RFC 4443): an echo, unless the type says otherwise.

use pnet::packet::icmp::{IcmpCode, IcmpType, MutableIcmpPacket};
use pnet::packet::icmpv6::{Icmpv6Code, Icmpv6Type, MutableIcmpv6Packet};
use pnet::packet::ip::IpNextHeaderProtocols;
use pnet::util::{checksum, ipv6_checksum};

use super::{Addresses, Part, Pseudo, Stack, View};
use crate::craft::field::{FieldType, Kind, LayerType, Protocol};

pub(crate) static ICMP: LayerType = LayerType {
    name: "icmp",
    aliases: &[],
    title: "ICMP",
    protocol: Protocol::Icmp,
    fields: &[
        FieldType::new("type", Kind::Number(8), "8 echo request, 0 its reply").filter("icmp.type"),
        FieldType::new("code", Kind::Number(8), "code").filter("icmp.code"),
        FieldType::new("id", Kind::Number(16), "identifier").filter("icmp.ident"),
        FieldType::new("seq", Kind::Number(16), "sequence number").filter("icmp.seq"),
        FieldType::new("checksum", Kind::Hex(16), "right where not given").filter("icmp.checksum"),
        FieldType::new("bad-checksum", Kind::Switch, "a wrong checksum"),
    ],
};

pub(crate) static ICMPV6: LayerType = LayerType {
    name: "icmp6",
    aliases: &["icmpv6"],
    title: "ICMPv6",
    protocol: Protocol::Icmpv6,
    fields: &[
        FieldType::new("type", Kind::Number(8), "128 echo request, 129 its reply")
            .filter("icmpv6.type"),
        FieldType::new("code", Kind::Number(8), "code").filter("icmpv6.code"),
        FieldType::new("id", Kind::Number(16), "identifier").filter("icmpv6.echo.identifier"),
        FieldType::new("seq", Kind::Number(16), "sequence number")
            .filter("icmpv6.echo.sequence_number"),
        FieldType::new("checksum", Kind::Hex(16), "right where not given")
            .filter("icmpv6.checksum"),
        FieldType::new("bad-checksum", Kind::Switch, "a wrong checksum"),
    ],
};

const ECHO_REQUEST: u8 = 8;
const ECHO_REQUEST_V6: u8 = 128;
const LEN: usize = 8;
const CHECKSUM: usize = 2;

pub(super) fn build(view: View<'_>, part: &mut Part) {
    let mut header = vec![0; LEN];
    if let Some(mut icmp) = MutableIcmpPacket::new(&mut header) {
        icmp.set_icmp_type(IcmpType(view.u8("type", ECHO_REQUEST)));
        icmp.set_icmp_code(IcmpCode(view.u8("code", 0)));
    }
    put_echo(view, &mut header);
    part.prepend(header);
    let right = checksum(&part.bytes, CHECKSUM / 2);
    part.finish_sum(view, CHECKSUM, Pseudo::None, right);
}

pub(super) fn build_v6(stack: &Stack<'_>, at: usize, view: View<'_>, part: &mut Part) {
    let mut header = vec![0; LEN];
    if let Some(mut icmp) = MutableIcmpv6Packet::new(&mut header) {
        icmp.set_icmpv6_type(Icmpv6Type(view.u8("type", ECHO_REQUEST_V6)));
        icmp.set_icmpv6_code(Icmpv6Code(view.u8("code", 0)));
    }
    put_echo(view, &mut header);
    part.prepend(header);
    if let Some(Addresses::V6((source, destination))) = stack.addresses(at, part.reversed) {
        let protocol = IpNextHeaderProtocols::Icmpv6;
        let right = ipv6_checksum(&part.bytes, CHECKSUM / 2, &[], &source, &destination, protocol);
        part.finish_sum(view, CHECKSUM, Pseudo::Next, right);
    }
}

/// Identifier and sequence number, which stand alike in both.
fn put_echo(view: View<'_>, header: &mut [u8]) {
    let id = view.u16("id", 1).to_be_bytes();
    let seq = view.u16("seq", 1).to_be_bytes();
    if let Some(place) = header.get_mut(4..LEN) {
        place.copy_from_slice(&[id, seq].concat());
    }
}
