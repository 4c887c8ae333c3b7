//! The Network Service Header, in VXLAN-GPE or behind an EtherType of its own: RFC 8300 section 2.
//!
//! ```text
//!  0                              16                            32
//! +--+-+-+------------+-----------+------+--------+--------------+
//! |ver|O|U|    TTL    |  length   |  U   | MD type| next protocol|
//! +-------------------------------------------------+------------+
//! |              service path identifier            |   index    |
//! |  context headers, by the MD type ...                         |
//! +-------------------------------------------------------------+
//! ```

use super::{ethernet, ip, ipv4, ipv6, mpls};
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::{named_values, protocol};
use crate::sink::{Place, Sink, Value};
use crate::walk::{Tunnel, Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "nsh", "NSH";
    VERSION: Unsigned, "nsh.version", "version", "Version";
    OAM: Flag, "nsh.Obit", "oam", "For operations and maintenance";
    TTL: Unsigned, "nsh.ttl", "ttl", "Service functions that it may still pass";
    LENGTH: Unsigned, "nsh.length", "length", "Length of the header, words of four bytes";
    MD_TYPE: Names(named_values! { 1 "fixed", 2 "variable" }), "nsh.mdtype", "md_type",
        "Kind of metadata";
    NEXT: Names(named_values! { 1 "ipv4", 2 "ipv6", 3 "ethernet", 4 "nsh", 5 "mpls" }),
        "nsh.nextproto", "next_proto", "Next protocol";
    SPI: Unsigned, "nsh.spi", "spi", "Service path identifier";
    SI: Unsigned, "nsh.si", "si", "Service index";
    CONTEXT: Bytes, "nsh.contextheader", "context", "Context headers";
}

/// Bytes of base header and service path header.
const LEAST: usize = 8;

/// Dissects the header and what it carries.
pub(crate) fn dissect(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    let Some(&[b0, b1, md_type, next, p0, p1, p2, index]) = bytes.first_chunk::<LEAST>() else {
        sink.enter(&PROTOCOL, place);
        short(walk, "NSH", LEAST, place, sink);
        return sink.leave();
    };
    let (md_type, words) = (md_type & 0x0f, b1 & 0x3f);
    let ttl = (b0 & 0x0f) << 2 | b1 >> 6;
    let path = u32::from_be_bytes([0, p0, p1, p2]);
    let len = usize::from(words) * 4;
    sink.enter(&PROTOCOL, place.part(0, len.clamp(LEAST, bytes.len())));
    if sink.wants(&PROTOCOL) {
        let mut put = |field, offset, len, value| sink.field(field, place.part(offset, len), value);
        put(&VERSION, 0, 1, Value::Unsigned((b0 >> 6).into()));
        put(&OAM, 0, 1, Value::Flag(b0 & 0x20 != 0));
        put(&TTL, 0, 2, Value::Unsigned(ttl.into()));
        put(&LENGTH, 1, 1, Value::Unsigned(words.into()));
        put(&MD_TYPE, 2, 1, Value::Unsigned(md_type.into()));
        put(&NEXT, 3, 1, Value::Unsigned(next.into()));
        put(&SPI, 4, 3, Value::Unsigned(path.into()));
        put(&SI, 7, 1, Value::Unsigned(index.into()));
        if let Some(context) = bytes.get(LEAST..len).filter(|context| !context.is_empty()) {
            sink.field(&CONTEXT, place.part(LEAST, context.len()), Value::Bytes(context));
        }
    }
    sink.info(Info::ServicePath(path, index));
    let payload = bytes.get(len.max(LEAST)..);
    if len < LEAST {
        let text = format!("NSH: length {words} words, must be at least 2");
        sink.problem(Problem::malformed(place.offset.map(|at| at + 1), text));
    } else if payload.is_none() {
        short(walk, "NSH", len, place, sink);
    }
    sink.leave();
    let (Some(payload), LEAST..) = (payload, len) else { return };
    let place = place.rest(len);
    walk.tunnel(Tunnel::Nsh(path), place, sink, |walk, sink| match next {
        1 => ipv4::dissect(walk, payload, place, sink),
        2 => ipv6::dissect(walk, payload, place, sink),
        3 => ethernet::dissect(walk, payload, place, sink),
        4 => dissect(walk, payload, place, sink),
        5 => mpls::dissect(walk, payload, place, sink),
        _ => ip::payload(place, payload, sink),
    });
}
