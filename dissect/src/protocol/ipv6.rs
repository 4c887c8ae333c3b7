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
use super::{fcf, ipsec, ipv4};
use crate::assembly::{DatagramKey, Fragment};
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::{Protocol, protocol};
use crate::sink::{Ends, Place, Sink, Value};
use crate::walk::{Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "ipv6", "IPv6";
    VERSION: Unsigned, "ipv6.version", "version", "Version";
    TCLASS: Hex, "ipv6.tclass", "tclass", "Traffic class", 4;
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
    OFFSET: Unsigned, "ipv6.fraghdr.offset", "offset", "Fragment offset, in units of 8 bytes";
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
    ip::carried(walk, next, &datagram, payload, place, sink);
}

fn halves(addresses: [u8; 32]) -> [Ipv6Addr; 2] {
    let both = u128::from_be_bytes;
    let (chunks, _) = addresses.as_chunks::<16>();
    match chunks {
        [source, destination] => [both(*source).into(), both(*destination).into()],
        _ => [Ipv6Addr::UNSPECIFIED; 2],
    }
}

/// Whether the header of that number is one that another follows (RFC 8200 section 4; AH in IPv4 too).
pub(crate) fn is_extension(protocol: u8, datagram: &Datagram) -> bool {
    protocol == 51 || matches!(protocol, 0 | 43 | 44 | 60) && datagram.source.is_ipv6()
}

/// Dissects extension headers, one after the other, since nothing bounds how many there are, and
/// what follows them.
pub(crate) fn extensions(
    walk: &mut Walk<'_>,
    next: u8,
    datagram: &Datagram,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let (mut next, mut at) = (next, 0);
    while is_extension(next, datagram) {
        let left = bytes.get(at..).unwrap_or_default();
        let here = place.rest(at);
        let found = if next == 51 {
            ipsec::ah(walk, left, here, sink).map(|(after, len)| (after, len, None))
        } else {
            extension(walk, next, left, here, sink)
        };
        let Some((after, len, fragment)) = found else { return };
        (next, at) = (after, at + len);
        if let Some(fragment) = fragment {
            let len = datagram.len.saturating_sub(at);
            let first_fragment = fragment.offset == 0;
            let datagram = Datagram { len, first_fragment, ..*datagram };
            let bytes = bytes.get(at..).unwrap_or_default();
            return reassemble(walk, next, &fragment, &datagram, bytes, place.rest(at), sink);
        }
    }
    let datagram = Datagram { len: datagram.len.saturating_sub(at), ..*datagram };
    let left = bytes.get(at..).unwrap_or_default();
    ip::carried(walk, next, &datagram, left, place.rest(at), sink);
}

/// What the header of a fragment says of it.
struct Part {
    offset: usize,
    more: bool,
    id: u32,
}

/// Adds a fragment to its datagram. The whole counts as a level, since fragments may be in fragments.
fn reassemble(
    walk: &mut Walk<'_>,
    protocol: u8,
    part: &Part,
    datagram: &Datagram,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    if walk.is_too_deep(place, sink) {
        return;
    }
    let (Datagram { source, destination, .. }, network) = (*datagram, walk.network);
    let key = DatagramKey { source, destination, protocol: None, id: part.id, network };
    let fragment = Fragment { offset: part.offset, more: part.more, protocol, bytes };
    walk.depth += 1;
    ipv4::reassemble(walk, key, fragment, datagram, place, sink);
    walk.depth -= 1;
}

/// Dissects one extension header: what follows it, how long it is, and which part of its datagram the
/// frame has, where it is not the whole.
fn extension(
    walk: &Walk<'_>,
    kind: u8,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) -> Option<(u8, usize, Option<Part>)> {
    let protocol: &'static Protocol = match kind {
        0 => &HOP_BY_HOP,
        43 => &ROUTING,
        44 => &FRAGMENT,
        _ => &DESTINATION,
    };
    let Some(&[after, len, a, b, rest @ ..]) = bytes.first_chunk::<8>() else {
        sink.enter(protocol, place);
        short(walk, "IPv6 extension header", 8, place, sink);
        sink.leave();
        return None;
    };
    let len = if kind == 44 { 8 } else { (usize::from(len) + 1) * 8 };
    let whole = place.part(0, len.min(bytes.len()));
    sink.enter(protocol, whole);
    if sink.wants(protocol) {
        fields(kind, [after, a, b], len, rest, whole, sink);
    }
    let mut part = None;
    if kind == 44 {
        let offset = u16::from_be_bytes([a, b]);
        let (offset, more) = (usize::from(offset & !7), offset & 1 == 1);
        let id = u32::from_be_bytes(rest);
        sink.info(Info::Fragment { protocol: after, offset, id, more });
        // An atomic fragment is the whole datagram (RFC 6946).
        part = (more || offset > 0).then_some(Part { offset, more, id });
    }
    if len > bytes.len() {
        short(walk, "IPv6 extension header", len, place, sink);
    }
    sink.leave();
    (len <= bytes.len()).then_some((after, len, part))
}

/// The fields of one extension header.
fn fields(
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
            put(&OFFSET, 2, 2, (offset >> 3).into());
            sink.field(&MORE, place.part(3, 1), Value::Flag(offset & 1 == 1));
            let id = Value::Unsigned(u32::from_be_bytes(rest).into());
            sink.field(&IDENT, place.part(4, 4), id);
        }
    }
}
