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
use crate::registry::{Field, named_values, protocol};
use crate::sink::{Place, Sink, Value};
use crate::walk::{Tunnel, Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "nsh", "NSH";
    VERSION: Unsigned, "nsh.version", "version", "Version";
    OAM: Flag, "nsh.Obit", "oam", "For operations and maintenance";
    TTL: Hex, "nsh.ttl", "ttl", "Service functions that it may still pass";
    LENGTH: Unsigned, "nsh.length", "length", "Length of the header, words of four bytes";
    MD_TYPE: Names(named_values! { 1 "fixed", 2 "variable" }), "nsh.mdtype", "md_type",
        "Kind of metadata";
    NEXT: Names(named_values! { 1 "ipv4", 2 "ipv6", 3 "ethernet", 4 "nsh", 5 "mpls" }),
        "nsh.nextproto", "next_proto", "Next protocol";
    SPI: Unsigned, "nsh.spi", "spi", "Service path identifier";
    SI: Unsigned, "nsh.si", "si", "Service index";
    CONTEXT_1: Bytes, "nsh.contextheader", "context_1", "First word of fixed metadata";
    CONTEXT_2: Bytes, "nsh.contextheader", "context_2", "Second word of fixed metadata";
    CONTEXT_3: Bytes, "nsh.contextheader", "context_3", "Third word of fixed metadata";
    CONTEXT_4: Bytes, "nsh.contextheader", "context_4", "Fourth word of fixed metadata";
    ITEMS: List, "vse.nsh.metadata", "metadata", "Variable metadata";
    ITEM: Structure, "vse.nsh.metadata.item", "item", "An item of metadata";
    ITEM_CLASS: Unsigned, "nsh.metadataclass", "class", "Who defines the type";
    ITEM_TYPE: Unsigned, "nsh.metadatatype", "type", "Type";
    ITEM_LENGTH: Hex, "nsh.metadatalen", "len", "Length of the data, bytes";
    ITEM_DATA: Bytes, "nsh.metadata", "data", "Data";
}

/// The fields of the four words that metadata of type 1 has (RFC 8300 section 2.4).
static CONTEXT: [&Field; 4] = [&CONTEXT_1, &CONTEXT_2, &CONTEXT_3, &CONTEXT_4];

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
        let context = bytes.get(LEAST..len).unwrap_or_default();
        metadata(md_type, context, place.part(LEAST, context.len()), sink);
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

/// The context headers, by the type of metadata.
fn metadata(kind: u8, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    if kind == 1 {
        for ((word, field), at) in bytes.chunks_exact(4).zip(CONTEXT).zip((0..).step_by(4)) {
            sink.field(field, place.part(at, 4), Value::Bytes(word));
        }
    } else if kind == 2 && !bytes.is_empty() {
        sink.open(&ITEMS, place);
        items(bytes, place, sink);
        sink.close();
    }
}

/// Metadata of variable length, filled up to words (RFC 8300 section 2.5.1).
fn items(bytes: &[u8], place: Place, sink: &mut impl Sink) {
    let mut at = 0;
    while let Some((&[c0, c1, r#type, len], rest)) =
        bytes.get(at..).and_then(<[u8]>::split_first_chunk)
    {
        let len = len & 0x7f;
        let data = rest.get(..usize::from(len));
        let here = place.part(at, 4 + data.unwrap_or(rest).len());
        sink.open(&ITEM, here);
        let class = u16::from_be_bytes([c0, c1]);
        sink.field(&ITEM_CLASS, here.part(0, 2), Value::Unsigned(class.into()));
        sink.field(&ITEM_TYPE, here.part(2, 1), Value::Unsigned(r#type.into()));
        sink.field(&ITEM_LENGTH, here.part(3, 1), Value::Unsigned(len.into()));
        sink.field(&ITEM_DATA, here.rest(4), Value::Bytes(data.unwrap_or(rest)));
        sink.close();
        let Some(data) = data else {
            let text = format!("NSH metadata: {len} bytes, {} left", rest.len());
            return sink.problem(Problem::malformed(place.offset.map(|start| start + at), text));
        };
        at += 4 + data.len().next_multiple_of(4);
    }
}
