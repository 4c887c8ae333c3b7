//! IPv6 and its extension headers: RFC 8200 sections 3 and 4.
//!
//! ```text
//!  0       4               12                                   32
//! +-------+---------------+-------------------------------------+
//! |version| traffic class |             flow label              |
//! +-------+---------------+------+---------------+--------------+
//! |        payload length        |  next header  |  hop limit   |
//! +------------------------------+---------------+--------------+
//! |              source, then destination: 16 bytes each        |
//! +-------------------------------------------------------------+
//! ```

use std::net::{IpAddr, Ipv6Addr};

use codec::vse::Carrier;

use super::ip::{self, Datagram};
use super::{fcf, ipv4};
use crate::assembly::{DatagramKey, Fragment};
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::{Protocol, protocol};
use crate::sink::{Ends, Place, Sink, Value};
use crate::walk::{Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "ipv6", "IPv6";
    VERSION: Unsigned, "ipv6.version", "version", "Version";
    TCLASS: Hex, "ipv6.tclass", "tclass", "Traffic class";
    FLOW: Hex, "ipv6.flow", "flow", "Flow label";
    PLEN: Unsigned, "ipv6.plen", "plen", "Payload length, bytes";
    NXT: Unsigned, "ipv6.nxt", "nxt", "Next header";
    HLIM: Unsigned, "ipv6.hlim", "hlim", "Hop limit";
    SRC: Ipv6, "ipv6.src", "src", "Source";
    DST: Ipv6, "ipv6.dst", "dst", "Destination";
}

protocol! {
    pub(crate) static HOP_BY_HOP = "ipv6.hopopts", "IPv6 hop-by-hop options";
    HOP_NXT: Unsigned, "ipv6.hopopts.nxt", "nxt", "Next header";
    HOP_LEN: Unsigned, "ipv6.hopopts.len_oct", "len", "Length, bytes";
}

protocol! {
    pub(crate) static ROUTING = "ipv6.routing", "IPv6 routing";
    ROUTING_NXT: Unsigned, "ipv6.routing.nxt", "nxt", "Next header";
    ROUTING_LEN: Unsigned, "ipv6.routing.len_oct", "len", "Length, bytes";
    ROUTING_TYPE: Unsigned, "ipv6.routing.type", "type", "Routing type";
    SEGLEFT: Unsigned, "ipv6.routing.segleft", "segleft", "Segments left";
}

protocol! {
    pub(crate) static DESTINATION = "ipv6.dstopts", "IPv6 destination options";
    DESTINATION_NXT: Unsigned, "ipv6.dstopts.nxt", "nxt", "Next header";
    DESTINATION_LEN: Unsigned, "ipv6.dstopts.len_oct", "len", "Length, bytes";
}

protocol! {
    pub(crate) static FRAGMENT = "ipv6.fraghdr", "IPv6 fragment";
    FRAGMENT_NXT: Unsigned, "ipv6.fraghdr.nxt", "nxt", "Next header";
    OFFSET: Unsigned, "ipv6.fraghdr.offset", "offset", "Fragment offset, bytes";
    MORE: Flag, "ipv6.fraghdr.more", "more", "More fragments";
    IDENT: Hex, "ipv6.fraghdr.ident", "ident", "Identification";
}

/// Bytes of the header.
const LEN: usize = 40;

/// Dissects a datagram and what it carries.
pub(crate) fn dissect(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    let Some(header) = bytes.first_chunk::<LEN>() else {
        sink.enter(&PROTOCOL, place);
        short(walk, "IPv6 header", LEN, place, sink);
        return sink.leave();
    };
    let [w0, w1, w2, w3, l0, l1, next, hop_limit, addresses @ ..] = *header;
    let word = u32::from_be_bytes([w0, w1, w2, w3]);
    let [source, destination] = halves(addresses);
    let (version, [class, ..]) = (word >> 28, (word << 4).to_be_bytes());
    let length = u16::from_be_bytes([l0, l1]);

    sink.enter(&PROTOCOL, place.part(0, LEN));
    if sink.wants(&PROTOCOL) {
        let mut put = |field, offset, len, value| sink.field(field, place.part(offset, len), value);
        put(&VERSION, 0, 1, Value::Unsigned(version.into()));
        put(&TCLASS, 0, 2, Value::Unsigned(class.into()));
        put(&FLOW, 1, 3, Value::Unsigned((word & 0xf_ffff).into()));
        put(&PLEN, 4, 2, Value::Unsigned(length.into()));
        put(&NXT, 6, 1, Value::Unsigned(next.into()));
        put(&HLIM, 7, 1, Value::Unsigned(hop_limit.into()));
        put(&SRC, 8, 16, Value::Ipv6(source));
        put(&DST, 24, 16, Value::Ipv6(destination));
    }
    let field = fcf::report(walk, Carrier::Tos, class.into(), place.part(0, 2), sink);
    sink.ends(Ends::Ipv6(source, destination));
    sink.info(Info::IpProtocol(next));
    if version != 6 {
        sink.problem(Problem::malformed(place.offset, format!("IPv6 header: version {version}")));
        return sink.leave();
    }
    sink.leave();
    // A segment that the capturing machine would have cut later has no length yet.
    let have = bytes.len() - LEN;
    let len = if length == 0 { have + walk.missing } else { length.into() };
    if len > have {
        short(walk, "IPv6 payload", len, place.rest(LEN), sink);
    }
    let payload = bytes.get(LEN..LEN + len.min(have)).unwrap_or_default();
    let place = place.part(LEN, payload.len());
    let (source, destination) = (IpAddr::V6(source), IpAddr::V6(destination));
    let datagram = Datagram { source, destination, len, fcf: field, first_fragment: false };
    extensions(walk, next, &datagram, payload, place, sink);
}

fn halves(addresses: [u8; 32]) -> [Ipv6Addr; 2] {
    let both = u128::from_be_bytes;
    let (chunks, _) = addresses.as_chunks::<16>();
    match chunks {
        [source, destination] => [both(*source).into(), both(*destination).into()],
        _ => [Ipv6Addr::UNSPECIFIED; 2],
    }
}

/// Dissects extension headers and what follows them.
fn extensions(
    walk: &mut Walk<'_>,
    next: u8,
    datagram: &Datagram,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let (mut next, mut at) = (next, 0);
    loop {
        let left = bytes.get(at..).unwrap_or_default();
        let here = place.rest(at);
        let protocol: &'static Protocol = match next {
            0 => &HOP_BY_HOP,
            43 => &ROUTING,
            44 => &FRAGMENT,
            60 => &DESTINATION,
            // No next header.
            59 => return,
            _ => {
                let datagram = Datagram { len: datagram.len.saturating_sub(at), ..*datagram };
                return ip::carried(walk, next, &datagram, left, here, sink);
            }
        };
        let Some(&[after, len, a, b, rest @ ..]) = left.first_chunk::<8>() else {
            sink.enter(protocol, here);
            short(walk, "IPv6 extension header", 8, here, sink);
            return sink.leave();
        };
        let len = if next == 44 { 8 } else { (usize::from(len) + 1) * 8 };
        let whole = here.part(0, len.min(left.len()));
        sink.enter(protocol, whole);
        if sink.wants(protocol) {
            extension(next, [after, a, b], len, rest, whole, sink);
        }
        if len > left.len() {
            short(walk, "IPv6 extension header", len, here, sink);
            return sink.leave();
        }
        if next == 44 {
            let offset = u16::from_be_bytes([a, b]);
            let (offset, more) = (usize::from(offset & !7), offset & 1 == 1);
            let id = u32::from_be_bytes(rest);
            sink.info(Info::Fragment { protocol: after, offset, id, more });
            sink.leave();
            at += len;
            let len = datagram.len.saturating_sub(at);
            let datagram = Datagram { len, first_fragment: more && offset == 0, ..*datagram };
            let payload = bytes.get(at..).unwrap_or_default();
            if !more && offset == 0 {
                // An atomic fragment: the whole datagram (RFC 6946).
                return ip::carried(walk, after, &datagram, payload, place.rest(at), sink);
            }
            let Datagram { source, destination, .. } = datagram;
            let network = walk.network;
            let key = DatagramKey { source, destination, protocol: after, id, network };
            let fragment = Fragment { offset, more, bytes: payload };
            return ipv4::reassemble(walk, key, fragment, &datagram, place.rest(at), sink);
        }
        sink.leave();
        (next, at) = (after, at + len);
    }
}

/// The fields of one extension header.
fn extension(
    kind: u8,
    [after, a, b]: [u8; 3],
    len: usize,
    rest: [u8; 4],
    place: Place,
    sink: &mut impl Sink,
) {
    let bytes = u64::try_from(len).unwrap_or(0);
    let mut put = |field, offset, len, value: u64| {
        sink.field(field, place.part(offset, len), Value::Unsigned(value));
    };
    match kind {
        0 => {
            put(&HOP_NXT, 0, 1, after.into());
            put(&HOP_LEN, 1, 1, bytes);
        }
        43 => {
            put(&ROUTING_NXT, 0, 1, after.into());
            put(&ROUTING_LEN, 1, 1, bytes);
            put(&ROUTING_TYPE, 2, 1, a.into());
            put(&SEGLEFT, 3, 1, b.into());
        }
        60 => {
            put(&DESTINATION_NXT, 0, 1, after.into());
            put(&DESTINATION_LEN, 1, 1, bytes);
        }
        _ => {
            let offset = u16::from_be_bytes([a, b]);
            put(&FRAGMENT_NXT, 0, 1, after.into());
            put(&OFFSET, 2, 2, (offset & !7).into());
            sink.field(&MORE, place.part(3, 1), Value::Flag(offset & 1 == 1));
            let id = Value::Unsigned(u32::from_be_bytes(rest).into());
            sink.field(&IDENT, place.part(4, 4), id);
        }
    }
}
