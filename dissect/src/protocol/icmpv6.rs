//! ICMPv6: RFC 4443, with neighbour discovery: RFC 4861; the datagram that an error quotes is
//! dissected too.

use std::net::Ipv6Addr;

use super::ipv6;
use crate::info::Info;
use crate::registry::{Names, named_values, protocol};
use crate::sink::{Place, Sink, Value};
use crate::walk::{Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "icmpv6", "ICMPv6";
    TYPE: Names(TYPES), "icmpv6.type", "type", "Type";
    CODE: Unsigned, "icmpv6.code", "code", "Code";
    CHECKSUM: Hex, "icmpv6.checksum", "checksum", "Checksum";
    IDENT: Hex, "icmpv6.echo.identifier", "ident", "Identifier of an echo";
    SEQ: Unsigned, "icmpv6.echo.sequence_number", "seq", "Sequence number of an echo";
    MTU: Unsigned, "icmpv6.mtu", "mtu", "MTU of the next hop, bytes";
    NS_TARGET: Ipv6, "icmpv6.nd.ns.target_address", "ns_target", "Target of a solicitation";
    NA_TARGET: Ipv6, "icmpv6.nd.na.target_address", "na_target", "Target of an advertisement";
    HOP_LIMIT: Unsigned, "icmpv6.nd.ra.cur_hop_limit", "cur_hop_limit", "Hop limit to use";
    LIFETIME: Unsigned, "icmpv6.nd.ra.router_lifetime", "router_lifetime",
        "Lifetime of the router, seconds";
}

static TYPES: &Names = named_values! {
    1 "unreachable", 2 "packet_too_big", 3 "time_exceeded", 4 "parameter_problem",
    128 "echo_request", 129 "echo_reply", 130 "mld_query", 131 "mld_report", 132 "mld_done",
    133 "router_solicitation", 134 "router_advertisement", 135 "neighbor_solicitation",
    136 "neighbor_advertisement", 137 "redirect", 143 "mld_report_v2",
};

/// Bytes before a quoted datagram.
const LEN: usize = 8;

/// Dissects a message.
pub(crate) fn dissect(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    sink.enter(&PROTOCOL, place);
    let Some((&[r#type, code, c0, c1, a, b, c, d], rest)) = bytes.split_first_chunk::<LEN>() else {
        short(walk, "ICMPv6 header", LEN, place, sink);
        return sink.leave();
    };
    let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    let echo = matches!(r#type, 128 | 129);
    if sink.wants(&PROTOCOL) {
        let mut put = |field, offset, len, value| sink.field(field, place.part(offset, len), value);
        put(&TYPE, 0, 1, Value::Unsigned(r#type.into()));
        put(&CODE, 1, 1, Value::Unsigned(code.into()));
        put(&CHECKSUM, 2, 2, Value::Unsigned(u16::from_be_bytes([c0, c1]).into()));
        if echo {
            put(&IDENT, 4, 2, Value::Unsigned(high.into()));
            put(&SEQ, 6, 2, Value::Unsigned(low.into()));
        }
        let target = rest.first_chunk::<16>().map(|octets| Ipv6Addr::from(*octets));
        match (r#type, target) {
            (2, _) => {
                put(&MTU, 4, 4, Value::Unsigned(u32::from_be_bytes([a, b, c, d]).into()));
            }
            (134, _) => {
                put(&HOP_LIMIT, 4, 1, Value::Unsigned(a.into()));
                put(&LIFETIME, 6, 2, Value::Unsigned(low.into()));
            }
            (135, Some(target)) => put(&NS_TARGET, 8, 16, Value::Ipv6(target)),
            (136, Some(target)) => put(&NA_TARGET, 8, 16, Value::Ipv6(target)),
            _ => {}
        }
    }
    let name = match r#type {
        1 => Some("Unreachable"),
        2 => Some("Packet too big"),
        3 => Some("Time exceeded"),
        4 => Some("Parameter problem"),
        128 => Some("Echo request"),
        129 => Some("Echo reply"),
        133 => Some("Router solicitation"),
        134 => Some("Router advertisement"),
        135 => Some("Neighbor solicitation"),
        136 => Some("Neighbor advertisement"),
        137 => Some("Redirect"),
        _ => None,
    };
    sink.info(Info::Icmp { name, r#type, code, echo: echo.then_some((high, low)) });
    if matches!(r#type, 1..=4)
        && let Some(mut inside) = walk.inside()
    {
        inside.missing = usize::MAX;
        ipv6::dissect(&mut inside, rest, place.rest(LEN), sink);
    }
    sink.leave();
}
