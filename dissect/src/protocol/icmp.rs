//! ICMP: RFC 792; the datagram that an error quotes is dissected too.
//!
//! ```text
//!  0               8              16                            32
//! +---------------+--------------+------------------------------+
//! |     type      |     code     |           checksum           |
//! +---------------+--------------+------------------------------+
//! |                     rest, by type and code                  |
//! +-------------------------------------------------------------+
//! ```

use std::net::Ipv4Addr;

use super::ipv4;
use crate::info::Info;
use crate::registry::{Names, named_values, protocol};
use crate::sink::{Place, Sink, Value};
use crate::walk::{Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "icmp", "ICMP";
    TYPE: Names(TYPES), "icmp.type", "type", "Type";
    CODE: Unsigned, "icmp.code", "code", "Code";
    CHECKSUM: Hex, "icmp.checksum", "checksum", "Checksum";
    IDENT: Unsigned, "icmp.ident", "ident", "Identifier of an echo";
    SEQ: Unsigned, "icmp.seq", "seq", "Sequence number of an echo";
    MTU: Unsigned, "icmp.mtu", "mtu", "MTU of the next hop, bytes";
    GATEWAY: Ipv4, "icmp.redir_gw", "gateway", "Gateway of a redirect";
}

static TYPES: &Names = named_values! {
    0 "echo_reply", 3 "unreachable", 4 "source_quench", 5 "redirect", 8 "echo_request",
    9 "router_advertisement", 10 "router_solicitation", 11 "time_exceeded",
    12 "parameter_problem", 13 "timestamp_request", 14 "timestamp_reply",
};

/// Bytes before a quoted datagram.
const LEN: usize = 8;

/// Dissects a message.
pub(crate) fn dissect(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    sink.enter(&PROTOCOL, place);
    let Some((&[r#type, code, c0, c1, a, b, c, d], quoted)) = bytes.split_first_chunk::<LEN>()
    else {
        short(walk, "ICMP header", LEN, place, sink);
        return sink.leave();
    };
    let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    let echo = matches!(r#type, 0 | 8 | 13 | 14);
    if sink.wants(&PROTOCOL) {
        let mut put = |field, offset, len, value| sink.field(field, place.part(offset, len), value);
        put(&TYPE, 0, 1, Value::Unsigned(r#type.into()));
        put(&CODE, 1, 1, Value::Unsigned(code.into()));
        put(&CHECKSUM, 2, 2, Value::Unsigned(u16::from_be_bytes([c0, c1]).into()));
        if echo {
            put(&IDENT, 4, 2, Value::Unsigned(high.into()));
            put(&SEQ, 6, 2, Value::Unsigned(low.into()));
        }
        match (r#type, code) {
            (3, 4) => put(&MTU, 6, 2, Value::Unsigned(low.into())),
            (5, _) => put(&GATEWAY, 4, 4, Value::ipv4(Ipv4Addr::new(a, b, c, d))),
            _ => {}
        }
    }
    let name = match (r#type, code) {
        (3, 0) => Some("Network unreachable"),
        (3, 1) => Some("Host unreachable"),
        (3, 2) => Some("Protocol unreachable"),
        (3, 3) => Some("Port unreachable"),
        (3, 4) => Some("Fragmentation needed"),
        (0, _) => Some("Echo reply"),
        (3, _) => Some("Unreachable"),
        (5, _) => Some("Redirect"),
        (8, _) => Some("Echo request"),
        (11, 0) => Some("Time to live exceeded"),
        (11, _) => Some("Reassembly time exceeded"),
        (12, _) => Some("Parameter problem"),
        _ => None,
    };
    sink.info(Info::Icmp { name, r#type, code, echo: echo.then_some((high, low)) });
    if matches!(r#type, 3 | 4 | 5 | 11 | 12)
        && let Some(mut inside) = walk.inside()
    {
        // Of the datagram there is as much as the sender of the error chose to quote.
        inside.missing = usize::MAX;
        ipv4::dissect(&mut inside, quoted, place.rest(LEN), sink);
    }
    sink.leave();
}
