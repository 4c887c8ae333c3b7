//! What a rule matches: `struct ofp_match` by its meaning, and the match TLVs of VSE.

use std::net::Ipv4Addr;

use codec::of10::{self, Wildcards};
use codec::types::MacAddr;
use codec::vse::{MatchField, VENDOR_ID};

use super::fields::{self as f, TlvFields};
use super::reader::Reader;
use crate::registry::Field;
use crate::sink::{Place, Sink, Value};

/// Bytes of `struct ofp_match`.
pub(super) const MATCH_LEN: usize = 40;

/// Reports the fields that a match looks at, under the name of the match.
pub(super) fn ofp_match<S: Sink>(reader: &mut Reader<'_, '_, S>) {
    let Some(bytes) = reader.peek().first_chunk::<MATCH_LEN>() else {
        return reader.skip(reader.left());
    };
    let matched = of10::Match::from_bytes(bytes);
    reader.structure(&f::MATCH, MATCH_LEN, |reader| {
        let place = reader.place();
        fields(&matched, |field| matched.matches(field), place, reader.sink);
        let sink = &mut *reader.sink;
        prefix(&f::NW_SRC, matched.nw_src_prefix(), place.part(28, 4), sink);
        prefix(&f::NW_DST, matched.nw_dst_prefix(), place.part(32, 4), sink);
        for (pad, at, field) in
            [(matched.pad1.0.as_slice(), 21, &f::PAD1), (matched.pad2.0.as_slice(), 26, &f::PAD2)]
        {
            if pad.iter().any(|byte| *byte != 0) {
                sink.field(field, place.part(at, pad.len()), Value::Bytes(pad));
            }
        }
        let bits = matched.wildcards.bits();
        if matched.canonical_wildcards() != matched.wildcards {
            sink.field(&f::WILDCARDS, place.part(0, 4), Value::Unsigned(bits.into()));
        }
        if matched.has_unmatched_values() {
            sink.open(&f::UNMATCHED, place);
            let zero = of10::Match { wildcards: matched.wildcards, ..of10::Match::ANY };
            fields(
                &matched,
                |field| !matched.matches(field) && differs(field, &matched, &zero),
                place,
                sink,
            );
            for (field, shown, address, at) in [
                (&f::NW_SRC, matched.nw_src_prefix().is_some(), matched.nw_src, 28),
                (&f::NW_DST, matched.nw_dst_prefix().is_some(), matched.nw_dst, 32),
            ] {
                if !shown && !address.is_unspecified() {
                    sink.field(field, place.part(at, 4), Value::ipv4(address));
                }
            }
            sink.close();
        }
    });
}

/// Whether the value of a field differs in two matches.
fn differs(field: Wildcards, a: &of10::Match, b: &of10::Match) -> bool {
    match field {
        Wildcards::IN_PORT => a.in_port != b.in_port,
        Wildcards::DL_SRC => a.dl_src != b.dl_src,
        Wildcards::DL_DST => a.dl_dst != b.dl_dst,
        Wildcards::DL_VLAN => a.dl_vlan != b.dl_vlan,
        Wildcards::DL_VLAN_PCP => a.dl_vlan_pcp != b.dl_vlan_pcp,
        Wildcards::DL_TYPE => a.dl_type != b.dl_type,
        Wildcards::NW_TOS => a.nw_tos != b.nw_tos,
        Wildcards::NW_PROTO => a.nw_proto != b.nw_proto,
        Wildcards::TP_SRC => a.tp_src != b.tp_src,
        _ => a.tp_dst != b.tp_dst,
    }
}

fn prefix(
    field: &'static Field,
    prefix: Option<of10::Ipv4Prefix>,
    place: Place,
    sink: &mut impl Sink,
) {
    if let Some(prefix) = prefix {
        sink.field(field, place, Value::Ipv4(prefix.addr, prefix.len));
    }
}

/// Reports the fields for which `shown` says so.
fn fields(
    matched: &of10::Match,
    shown: impl Fn(Wildcards) -> bool,
    place: Place,
    sink: &mut impl Sink,
) {
    let mut put = |wildcard, field, offset, len, value: Value<'_>| {
        if shown(wildcard) {
            sink.field(field, place.part(offset, len), value);
        }
    };
    let number = |value: u16| Value::Unsigned(value.into());
    put(Wildcards::IN_PORT, &f::IN_PORT, 4, 2, number(matched.in_port.0));
    put(Wildcards::DL_SRC, &f::DL_SRC, 6, 6, Value::Mac(matched.dl_src));
    put(Wildcards::DL_DST, &f::DL_DST, 12, 6, Value::Mac(matched.dl_dst));
    put(Wildcards::DL_VLAN, &f::DL_VLAN, 18, 2, number(matched.dl_vlan));
    put(Wildcards::DL_VLAN_PCP, &f::DL_VLAN_PCP, 20, 1, number(matched.dl_vlan_pcp.into()));
    put(Wildcards::DL_TYPE, &f::DL_TYPE, 22, 2, number(matched.dl_type));
    put(Wildcards::NW_TOS, &f::NW_TOS, 24, 1, number(matched.nw_tos.into()));
    put(Wildcards::NW_PROTO, &f::NW_PROTO, 25, 1, number(matched.nw_proto.into()));
    put(Wildcards::TP_SRC, &f::TP_SRC, 36, 2, number(matched.tp_src));
    put(Wildcards::TP_DST, &f::TP_DST, 38, 2, number(matched.tp_dst));
}

/// Reports the match TLVs in the next `len` bytes, and their padding to a multiple of eight.
pub(super) fn tlvs<S: Sink>(reader: &mut Reader<'_, '_, S>, len: usize) {
    let pad = (len.next_multiple_of(8) - len).min(reader.left().saturating_sub(len));
    let padding = reader.peek().get(len..len + pad).unwrap_or_default();
    if padding.iter().all(|byte| *byte == 0) {
        list(reader, &f::VSE_MATCH, len);
        return reader.skip(pad);
    }
    reader.structure(&f::VSE_MATCH_PADDED, len + pad, |reader| {
        list(reader, &f::TLVS, len);
        reader.bytes(&f::PAD, pad);
    });
}

fn list<S: Sink>(reader: &mut Reader<'_, '_, S>, field: &'static Field, len: usize) {
    let size = |reader: &Reader<'_, '_, S>| match reader.peek() {
        [_, _, _, len, ..] => 4 + usize::from(*len),
        rest => rest.len(),
    };
    reader.list((field, &f::TLV), len, size, tlv);
}

/// The bit of an OXM header that says that there is a mask.
const HAS_MASK: u8 = 1;

fn tlv<S: Sink>(reader: &mut Reader<'_, '_, S>) {
    let whole = reader.peek();
    let known = match *whole {
        [0xff, 0xff, field, _, v0, v1, v2, v3, ref value @ ..]
            if u32::from_be_bytes([v0, v1, v2, v3]) == VENDOR_ID =>
        {
            let masked = field & HAS_MASK != 0;
            let known = MatchField::from(field >> 1);
            let len =
                known.value_len().filter(|len| value.len() == len * if masked { 2 } else { 1 });
            f::tlv_fields(known).zip(len).map(|(fields, len)| (known, fields, len, masked))
        }
        _ => None,
    };
    let Some((field, TlvFields { value, mask }, len, masked)) = known else {
        return reader.rest(&f::TLV_RAW);
    };
    reader.skip(2);
    reader.value(&f::TLV_FIELD, 1, Value::Unsigned(u8::from(field).into()));
    reader.skip(5);
    typed(field, value, len, reader);
    if masked {
        typed(field, mask, len, reader);
    }
}

/// Reports a value of the match field `kind`.
fn typed<S: Sink>(
    kind: MatchField,
    field: &'static Field,
    len: usize,
    reader: &mut Reader<'_, '_, S>,
) {
    match (kind, reader.peek()) {
        (MatchField::InnerDlSrc | MatchField::InnerDlDst, bytes) => {
            if let Some(octets) = bytes.first_chunk::<6>() {
                reader.value(field, len, Value::Mac(MacAddr(*octets)));
            }
        }
        (MatchField::InnerNwSrc | MatchField::InnerNwDst, bytes) => {
            if let Some(octets) = bytes.first_chunk::<4>() {
                reader.value(field, len, Value::ipv4(Ipv4Addr::from(*octets)));
            }
        }
        _ => {
            reader.number(field, len);
        }
    }
}
