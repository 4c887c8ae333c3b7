//! Geneve: RFC 8926 section 3.4.
//!
//! ```text
//!  0      2               8              16                     32
//! +------+---------------+-+-+-----------+----------------------+
//! | ver  | options, words|O|C|  reserved |    protocol type     |
//! +------+---------------+-+-+-----------+----------------------+
//! |                     VNI                      |   reserved   |
//! +----------------------------------------------+--------------+
//! |  options: class (16)  type (8)  reserved (3)  words (5)  data
//! +-------------------------------------------------------------+
//! ```

use codec::fcf::Fcf;

use super::ethernet;
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::protocol;
use crate::sink::{Place, Sink, Value};
use crate::walk::{Tunnel, Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "geneve", "Geneve";
    VERSION: Unsigned, "geneve.version", "version", "Version";
    OAM: Flag, "geneve.flags.oam", "oam", "A control packet";
    CRITICAL: Flag, "geneve.flags.critical", "critical", "There are critical options";
    PROTO_TYPE: Hex, "geneve.proto_type", "proto_type", "What it carries, an EtherType";
    VNI: Hex, "geneve.vni", "vni", "Virtual network identifier";
    OPTIONS_LENGTH: Unsigned, "geneve.option.length", "options_len", "Length of all options, bytes";
    OPTIONS: List, "vse.geneve.options", "options", "Options";
    OPTION: Structure, "vse.geneve.option", "option", "An option";
    OPTION_CLASS: Hex, "geneve.option.class", "class", "Who defines the option";
    OPTION_TYPE: Hex, "geneve.option.type", "type", "Type of the option";
    OPTION_LENGTH: Unsigned, "geneve.option.length", "len", "Length of the option, bytes";
    OPTION_DATA: Bytes, "geneve.option.unknown.data", "data", "Data of the option";
}

/// Bytes of the header without options.
const LEN: usize = 8;

/// Dissects a packet and what it carries.
pub(crate) fn dissect(
    walk: &mut Walk<'_>,
    fcf: Option<Fcf>,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let Some(&[first, flags, p0, p1, v0, v1, v2, _]) = bytes.first_chunk::<LEN>() else {
        sink.enter(&PROTOCOL, place);
        short(walk, "Geneve header", LEN, place, sink);
        return sink.leave();
    };
    let (version, len) = (first >> 6, LEN + usize::from(first & 0x3f) * 4);
    let protocol = u16::from_be_bytes([p0, p1]);
    let vni = u32::from_be_bytes([0, v0, v1, v2]);
    sink.enter(&PROTOCOL, place.part(0, len.min(bytes.len())));
    if sink.wants(&PROTOCOL) {
        sink.field(&VERSION, place.part(0, 1), Value::Unsigned(version.into()));
        let options_len = u64::from(first & 0x3f) * 4;
        sink.field(&OPTIONS_LENGTH, place.part(0, 1), Value::Unsigned(options_len));
        sink.field(&OAM, place.part(1, 1), Value::Flag(flags & 0x80 != 0));
        sink.field(&CRITICAL, place.part(1, 1), Value::Flag(flags & 0x40 != 0));
        sink.field(&PROTO_TYPE, place.part(2, 2), Value::Unsigned(protocol.into()));
        sink.field(&VNI, place.part(4, 3), Value::Unsigned(vni.into()));
    }
    sink.info(Info::Tunnel(vni.into(), fcf));
    if version != 0 {
        let text = format!("Geneve version {version}");
        sink.problem(Problem::unsupported(place.offset, text));
        return sink.leave();
    }
    let Some(payload) = bytes.get(len..) else {
        short(walk, "Geneve options", len, place, sink);
        return sink.leave();
    };
    if len > LEN && sink.wants(&PROTOCOL) {
        let list = bytes.get(LEN..len).unwrap_or_default();
        options(list, place.part(LEN, list.len()), sink);
    }
    sink.leave();
    let place = place.rest(len);
    walk.tunnel(Tunnel::Geneve(vni), place, sink, |walk, sink| match protocol {
        0x6558 => ethernet::dissect(walk, payload, place, sink),
        other => ethernet::payload_of(walk, other, payload, place, None, sink),
    });
}

fn options(bytes: &[u8], place: Place, sink: &mut impl Sink) {
    sink.open(&OPTIONS, place);
    let mut at = 0;
    while let Some(&[c0, c1, r#type, words]) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let len = 4 + usize::from(words & 0x1f) * 4;
        let Some(option) = bytes.get(at..at + len) else {
            let offset = place.offset.map(|offset| offset + at);
            let text = format!("Geneve option: {len} bytes, {} left", bytes.len() - at);
            sink.problem(Problem::malformed(offset, text));
            break;
        };
        let here = place.part(at, len);
        sink.open(&OPTION, here);
        let class = u16::from_be_bytes([c0, c1]);
        sink.field(&OPTION_CLASS, here.part(0, 2), Value::Unsigned(class.into()));
        sink.field(&OPTION_TYPE, here.part(2, 1), Value::Unsigned(r#type.into()));
        let whole = u64::try_from(len).unwrap_or(0);
        sink.field(&OPTION_LENGTH, here.part(3, 1), Value::Unsigned(whole));
        let data = option.get(4..).unwrap_or_default();
        sink.field(&OPTION_DATA, here.rest(4), Value::Bytes(data));
        sink.close();
        at += len;
    }
    sink.close();
}
