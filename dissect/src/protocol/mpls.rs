//! MPLS: RFC 3032 section 2; in UDP: RFC 7510; Ethernet behind a control word: RFC 4448.
//!
//! ```text
//!  0                                        20        23   24        32
//! +----------------------------------------+---------+----+---------+-----
//! |                 label                  | class   | S  |   TTL   | ...
//! +----------------------------------------+---------+----+---------+-----
//! ```

use super::{ethernet, ip, ipv4, ipv6};
use crate::info::Info;
use crate::registry::protocol;
use crate::sink::{Place, Sink, Value};
use crate::walk::{Tunnel, Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "mpls", "MPLS";
    LABEL: Unsigned, "mpls.label", "label", "Label";
    EXP: Unsigned, "mpls.exp", "exp", "Traffic class, 0 to 7";
    BOTTOM: Flag, "mpls.bottom", "bottom", "Whether it is the last label";
    TTL: Unsigned, "mpls.ttl", "ttl", "Time to live";
}

/// Bytes of a label, and of a control word.
const LEN: usize = 4;

/// Dissects a stack of labels, each a layer, and what they carry. What that is no field says: it is
/// known by its first bits, as routers know it (RFC 4928 section 3).
pub(crate) fn dissect(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    let mut at = 0;
    let label = loop {
        let here = place.rest(at);
        let Some(&[l0, l1, l2, ttl]) = bytes.get(at..).and_then(<[u8]>::first_chunk::<LEN>) else {
            sink.enter(&PROTOCOL, here);
            short(walk, "MPLS label", LEN, here, sink);
            return sink.leave();
        };
        let word = u32::from_be_bytes([0, l0, l1, l2]);
        let (label, class, bottom) = (word >> 4, word >> 1 & 7, word & 1 != 0);
        sink.enter(&PROTOCOL, here.part(0, LEN));
        if sink.wants(&PROTOCOL) {
            sink.field(&LABEL, here.part(0, 3), Value::Unsigned(label.into()));
            sink.field(&EXP, here.part(2, 1), Value::Unsigned(class.into()));
            sink.field(&BOTTOM, here.part(2, 1), Value::Flag(bottom));
            sink.field(&TTL, here.part(3, 1), Value::Unsigned(ttl.into()));
        }
        sink.info(Info::Label(label, ttl));
        sink.leave();
        at += LEN;
        if bottom {
            break label;
        }
    };
    let payload = bytes.get(at..).unwrap_or_default();
    let place = place.rest(at);
    walk.tunnel(Tunnel::Mpls(label), place, sink, |walk, sink| match payload {
        [first, ..] if first >> 4 == 4 => ipv4::dissect(walk, payload, place, sink),
        [first, ..] if first >> 4 == 6 => ipv6::dissect(walk, payload, place, sink),
        // A control word without a sequence. An address hardly begins with four bytes of zero.
        [0, 0, 0, 0, frame @ ..] if frame.len() >= ethernet::LEN => {
            ethernet::dissect(walk, frame, place.rest(LEN), sink);
        }
        _ => ip::payload(place, payload, sink),
    });
}
