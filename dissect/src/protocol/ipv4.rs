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

use std::net::Ipv4Addr;

use codec::vse::Carrier;

use super::{tcp, vlan};
use crate::dissector::{Walk, short};
use crate::problem::{Problem, ProblemKind};
use crate::registry::{Field, Protocol};
use crate::sink::{Place, Sink, Value};

pub(crate) static PROTOCOL: Protocol = Protocol {
    name: "ip",
    title: "IPv4",
    fields: &[
        &HDR_LEN,
        &DSFIELD,
        &LEN,
        &ID,
        &DF,
        &MF,
        &FRAG_OFFSET,
        &TTL,
        &PROTO,
        &CHECKSUM,
        &SRC,
        &DST,
    ],
};
static HDR_LEN: Field = Field { name: "ip.hdr_len", key: "hdr_len", doc: "Header length, bytes" };
static DSFIELD: Field = Field { name: "ip.dsfield", key: "dsfield", doc: "Type of service" };
static LEN: Field = Field { name: "ip.len", key: "len", doc: "Total length, bytes" };
static ID: Field = Field { name: "ip.id", key: "id", doc: "Identification" };
static DF: Field = Field { name: "ip.flags.df", key: "df", doc: "Don't fragment" };
static MF: Field = Field { name: "ip.flags.mf", key: "mf", doc: "More fragments" };
static FRAG_OFFSET: Field =
    Field { name: "ip.frag_offset", key: "frag_offset", doc: "Fragment offset, bytes" };
static TTL: Field = Field { name: "ip.ttl", key: "ttl", doc: "Time to live" };
static PROTO: Field = Field { name: "ip.proto", key: "proto", doc: "Protocol" };
static CHECKSUM: Field = Field { name: "ip.checksum", key: "checksum", doc: "Header checksum" };
static SRC: Field = Field { name: "ip.src", key: "src", doc: "Source" };
static DST: Field = Field { name: "ip.dst", key: "dst", doc: "Destination" };

/// Bytes of a header without options.
const LEAST: usize = 20;

/// Dissects a datagram and what it carries.
pub(crate) fn dissect(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    let Some(header) = bytes.first_chunk::<LEAST>() else {
        sink.enter(&PROTOCOL, place);
        short(sink, "IPv4 header", place, LEAST, walk.missing);
        return sink.leave();
    };
    let [first, tos, l0, l1, i0, i1, f0, f1, ttl, proto, c0, c1, rest @ ..] = *header;
    let [s0, s1, s2, s3, d0, d1, d2, d3] = rest;
    let source = Ipv4Addr::new(s0, s1, s2, s3);
    let destination = Ipv4Addr::new(d0, d1, d2, d3);
    let header_len = usize::from(first & 0xf) * 4;
    let total = usize::from(u16::from_be_bytes([l0, l1]));
    let fragment = u16::from_be_bytes([f0, f1]);
    let (more, fragment_offset) = (fragment & 0x2000 != 0, (fragment & 0x1fff) * 8);

    sink.enter(&PROTOCOL, place.part(0, header_len.min(bytes.len())));
    let mut put = |field, offset, len, value| sink.field(field, place.part(offset, len), value);
    let number = |bytes: [u8; 2]| Value::Number(u16::from_be_bytes(bytes).into());
    put(&HDR_LEN, 0, 1, Value::Number(u64::from(first & 0xf) * 4));
    put(&DSFIELD, 1, 1, Value::Number(tos.into()));
    put(&LEN, 2, 2, number([l0, l1]));
    put(&ID, 4, 2, number([i0, i1]));
    put(&DF, 6, 1, Value::Flag(fragment & 0x4000 != 0));
    put(&MF, 6, 1, Value::Flag(more));
    put(&FRAG_OFFSET, 6, 2, Value::Number(fragment_offset.into()));
    put(&TTL, 8, 1, Value::Number(ttl.into()));
    put(&PROTO, 9, 1, Value::Number(proto.into()));
    put(&CHECKSUM, 10, 2, number([c0, c1]));
    put(&SRC, 12, 4, Value::Ipv4(source));
    put(&DST, 16, 4, Value::Ipv4(destination));
    vlan::fcf(walk, Carrier::Tos, tos.into(), place.part(1, 1), sink);
    sink.ends(&source, &destination);
    if more || fragment_offset > 0 {
        sink.info(&format_args!("Fragment of protocol {proto} at byte {fragment_offset}"));
    } else {
        sink.info(&format_args!("Protocol {proto}"));
    }
    let sound = first >> 4 == 4 && header_len >= LEAST && total >= header_len;
    if !sound {
        sink.problem(Problem {
            kind: ProblemKind::Malformed,
            at: place.offset,
            text: format!(
                "IPv4 header: version {}, header length {header_len}, total length {total}",
                first >> 4
            ),
        });
    }
    sink.leave();
    if !sound || more || fragment_offset > 0 || proto != 6 {
        return;
    }
    // What is behind the datagram is Ethernet's padding.
    let end = total.min(bytes.len());
    if total > bytes.len() {
        short(sink, "IPv4 datagram", place, total, walk.missing);
    }
    let Some(segment) = bytes.get(header_len..end) else { return };
    let place = place.part(header_len, segment.len());
    tcp::dissect(walk, (source, destination), segment, place, total - header_len, sink);
}
