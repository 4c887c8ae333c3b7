//! IPv4: RFC 791 section 3.1.
//!
//! ```text
//!  0               8              16                            32
//! +-------+-------+---------------+-----------------------------+
//! |version|  IHL  |      ToS      |        total length         |
//! +-------+-------+---------------+-----+-----------------------+
//! |         identification        |flags|    fragment offset    |
//! +---------------+---------------+-----+-----------------------+
//! |      TTL      |    protocol   |       header checksum       |
//! +---------------+---------------+-----------------------------+
//! |                           source                            |
//! |                         destination                         |
//! |                       options, if any                       |
//! +-------------------------------------------------------------+
//! ```

use std::net::{IpAddr, Ipv4Addr};

use codec::fcf::Fcf;
use codec::vse::Carrier;

use super::ip::{self, Datagram};
use super::{fcf, ipv6};
use crate::assembly::{DatagramKey, Fragment, Whole};
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::{named_values, protocol};
use crate::sink::{Ends, Place, Sink, Value};
use crate::walk::{Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "ip", "IPv4";
    VERSION: Unsigned, "ip.version", "version", "Version";
    HDR_LEN: Unsigned, "ip.hdr_len", "hdr_len", "Header length, bytes";
    DSFIELD: Hex, "ip.dsfield", "dsfield", "Type of service";
    DSCP: Unsigned, "ip.dsfield.dscp", "dscp", "Differentiated services code point";
    ECN: Unsigned, "ip.dsfield.ecn", "ecn", "Explicit congestion notification";
    LEN: Unsigned, "ip.len", "len", "Total length, bytes";
    ID: Hex, "ip.id", "id", "Identification";
    DF: Flag, "ip.flags.df", "df", "Don't fragment";
    MF: Flag, "ip.flags.mf", "mf", "More fragments";
    FRAG_OFFSET: Unsigned, "ip.frag_offset", "frag_offset", "Fragment offset, in units of 8 bytes";
    TTL: Unsigned, "ip.ttl", "ttl", "Time to live";
    PROTO: Unsigned, "ip.proto", "proto", "Protocol";
    CHECKSUM: Hex, "ip.checksum", "checksum", "Header checksum";
    CHECKSUM_STATUS: Names(named_values! { 0 "bad", 1 "good" }), "ip.checksum.status",
        "checksum_status", "Whether the header checksum is right";
    SRC: Ipv4, "ip.src", "src", "Source";
    DST: Ipv4, "ip.dst", "dst", "Destination";
    OPTIONS: List, "vse.ip.options", "options", "Options";
    OPTION: Structure, "vse.ip.option", "option", "An option";
    OPT_TYPE: Names(named_values! {
        0 "end", 1 "nop", 7 "record_route", 68 "timestamp", 131 "loose_source_route",
        136 "stream_id", 137 "strict_source_route", 148 "router_alert",
    }), "ip.opt.type", "type", "Option type";
    OPT_LEN: Unsigned, "ip.opt.len", "len", "Option length, bytes";
    OPT_DATA: Bytes, "vse.ip.opt.data", "data", "Option data";
}

/// Bytes of a header without options.
pub(crate) const LEAST: usize = 20;

/// Dissects a datagram and what it carries.
pub(crate) fn dissect(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    let Some(fixed) = bytes.first_chunk::<LEAST>() else {
        sink.enter(&PROTOCOL, place);
        short(walk, "IPv4 header", LEAST, place, sink);
        return sink.leave();
    };
    let [first, _, l0, l1, i0, i1, f0, f1, _, proto, _, _, rest @ ..] = *fixed;
    let [s0, s1, s2, s3, d0, d1, d2, d3] = rest;
    let (source, destination) = (Ipv4Addr::new(s0, s1, s2, s3), Ipv4Addr::new(d0, d1, d2, d3));
    let (version, header_len) = (first >> 4, header_len(first));
    let id = u16::from_be_bytes([i0, i1]);
    let fragment = u16::from_be_bytes([f0, f1]);
    let (more, offset) = (fragment & 0x2000 != 0, usize::from(fragment & 0x1fff) * 8);
    // A segment that the capturing machine would have cut later has no length yet.
    let total = match usize::from(u16::from_be_bytes([l0, l1])) {
        0 => bytes.len() + walk.missing,
        total => total,
    };
    let field = header(walk, fixed, bytes, place, sink);
    if version != 4 || header_len < LEAST || total < header_len {
        let text = format!(
            "IPv4 header: version {version}, header length {header_len}, total length {total}"
        );
        sink.problem(Problem::malformed(place.offset, text));
        sink.leave();
        if version == 6 {
            // It is what it says it is, whatever was said before it.
            ipv6::dissect(walk, bytes, place, sink);
        }
        return;
    }
    if header_len > LEAST && sink.wants(&PROTOCOL) {
        let end = header_len.min(bytes.len());
        let list = bytes.get(LEAST..end).unwrap_or_default();
        options(list, place.part(LEAST, list.len()), sink);
    }
    let is_fragment = more || offset > 0;
    if is_fragment {
        let id = id.into();
        sink.info(Info::Fragment { protocol: proto, offset, id, more });
    }
    sink.leave();
    // What is behind the datagram is Ethernet's padding.
    let end = total.min(bytes.len());
    if total > bytes.len() {
        short(walk, "IPv4 datagram", total, place, sink);
    }
    let Some(payload) = bytes.get(header_len..end) else { return };
    let place = place.part(header_len, payload.len());
    let (source, destination) = (IpAddr::V4(source), IpAddr::V4(destination));
    let len = total - header_len;
    let datagram =
        Datagram { source, destination, len, fcf: field, first_fragment: more && offset == 0 };
    if !is_fragment {
        return ip::carried(walk, proto, &datagram, payload, place, sink);
    }
    let network = walk.network;
    let id = id.into();
    let key = DatagramKey { source, destination, protocol: Some(proto), id, network };
    let fragment = Fragment { offset, more, protocol: proto, bytes: payload };
    reassemble(walk, key, fragment, &datagram, place, sink);
}

/// Tells of the header that `bytes`, at `place`, begin with, but not of its options; the layer stays
/// open. Returns the Flow Control Field, where frames have one here.
#[inline]
pub(super) fn header(
    walk: &Walk<'_>,
    fixed: &[u8; LEAST],
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) -> Option<Fcf> {
    let [first, tos, l0, l1, i0, i1, f0, f1, ttl, proto, c0, c1, rest @ ..] = *fixed;
    let [s0, s1, s2, s3, d0, d1, d2, d3] = rest;
    let (source, destination) = (Ipv4Addr::new(s0, s1, s2, s3), Ipv4Addr::new(d0, d1, d2, d3));
    let fragment = u16::from_be_bytes([f0, f1]);
    let header_len = header_len(first);
    sink.enter(&PROTOCOL, place.part(0, header_len.min(bytes.len())));
    if sink.wants(&PROTOCOL) {
        let mut put = |field, offset, len, value| sink.field(field, place.part(offset, len), value);
        let number = |bytes: [u8; 2]| Value::Unsigned(u16::from_be_bytes(bytes).into());
        put(&VERSION, 0, 1, Value::Unsigned((first >> 4).into()));
        put(&HDR_LEN, 0, 1, Value::Unsigned(u64::from(first & 0xf) * 4));
        put(&DSFIELD, 1, 1, Value::Unsigned(tos.into()));
        put(&DSCP, 1, 1, Value::Unsigned((tos >> 2).into()));
        put(&ECN, 1, 1, Value::Unsigned((tos & 3).into()));
        put(&LEN, 2, 2, number([l0, l1]));
        put(&ID, 4, 2, number([i0, i1]));
        put(&DF, 6, 1, Value::Flag(fragment & 0x4000 != 0));
        put(&MF, 6, 1, Value::Flag(fragment & 0x2000 != 0));
        put(&FRAG_OFFSET, 6, 2, Value::Unsigned((fragment & 0x1fff).into()));
        put(&TTL, 8, 1, Value::Unsigned(ttl.into()));
        put(&PROTO, 9, 1, Value::Unsigned(proto.into()));
        put(&CHECKSUM, 10, 2, number([c0, c1]));
        if let Some(header) = bytes.get(..header_len) {
            put(&CHECKSUM_STATUS, 10, 2, Value::Unsigned((sum(header) == 0xffff).into()));
        }
        put(&SRC, 12, 4, Value::ipv4(source));
        put(&DST, 16, 4, Value::ipv4(destination));
    }
    let field = fcf::report(walk, Carrier::Tos, tos.into(), place.part(1, 1), sink);
    sink.ends(Ends::Ipv4(source, destination));
    sink.info(Info::IpProtocol(proto));
    field
}

/// Bytes of a header that begins so.
fn header_len(first: u8) -> usize {
    usize::from(first & 0xf) * 4
}

/// Adds a fragment to its datagram, and dissects the whole once it is there. Where a fragment
/// was cut by the capture the whole will never be: the first is dissected as far as it goes.
pub(crate) fn reassemble(
    walk: &mut Walk<'_>,
    key: DatagramKey,
    fragment: Fragment<'_>,
    datagram: &Datagram,
    place: Place,
    sink: &mut impl Sink,
) {
    let cut = fragment.bytes.len() < datagram.len;
    if cut {
        if fragment.offset == 0 {
            ip::carried(walk, fragment.protocol, datagram, fragment.bytes, place, sink);
        }
        return;
    }
    if fragment.more && !fragment.bytes.len().is_multiple_of(8) {
        let text = format!("a fragment of {} bytes, and not the last", fragment.bytes.len());
        return sink.problem(Problem::malformed(place.offset, text));
    }
    walk.reassemble(key, fragment, place, sink, |walk, whole, sink| {
        let Whole { protocol, bytes } = whole;
        let (len, place) = (bytes.len(), Place { offset: None, len: bytes.len() });
        let datagram = Datagram { len, first_fragment: false, ..*datagram };
        let missing = std::mem::take(&mut walk.missing);
        ip::carried(walk, *protocol, &datagram, bytes, place, sink);
        walk.missing = missing;
    });
}

fn options(bytes: &[u8], place: Place, sink: &mut impl Sink) {
    sink.open(&OPTIONS, place);
    let mut at = 0;
    while let Some(&kind) = bytes.get(at) {
        // END and NOP are single bytes (RFC 791 section 3.1).
        let len = match (kind, bytes.get(at + 1)) {
            (0 | 1, _) => 1,
            (_, Some(len)) => usize::from(*len).max(2),
            (_, None) => bytes.len() - at,
        };
        let option = place.part(at, len.min(bytes.len() - at));
        sink.open(&OPTION, option);
        sink.field(&OPT_TYPE, option.part(0, 1), Value::Unsigned(kind.into()));
        if len > 1 {
            let written = bytes.get(at + 1).copied().unwrap_or_default();
            sink.field(&OPT_LEN, option.part(1, 1), Value::Unsigned(written.into()));
            let data = bytes.get(at + 2..(at + len).min(bytes.len())).unwrap_or_default();
            sink.field(&OPT_DATA, option.part(2, data.len()), Value::Bytes(data));
        }
        sink.close();
        at += len;
        if kind == 0 {
            break;
        }
    }
    sink.close();
}

/// The sum of RFC 1071 over a header, 0xffff where its checksum is right.
pub(crate) fn sum(header: &[u8]) -> u16 {
    let (words, _) = header.as_chunks::<2>();
    let sum: u32 = words.iter().map(|word| u32::from(u16::from_be_bytes(*word))).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap_or(0)
}
