//! GRE: RFC 2784 and RFC 2890; NVGRE: RFC 7637; PPTP's version: RFC 2637 section 4.1.
//!
//! ```text
//!  0  1  2  3                     13      16                    32
//! +--+--+--+--+------------------+-------+----------------------+
//! |C |  |K |S |     reserved     |version|    protocol type     |
//! +--+--+--+--+------------------+-------+----------------------+
//! |  where C is set: checksum (16), reserved (16)               |
//! |  where K is set: key (32); of NVGRE: VSID (24), flow id (8) |
//! |  where S is set: sequence number (32)                       |
//! |  of version 1, where 0x0080 is set: acknowledgement (32)    |
//! +-------------------------------------------------------------+
//! ```

use super::ip::Datagram;
use super::{erspan, ethernet, ipv4, ppp};
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::protocol;
use crate::sink::{Place, Sink, Value};
use crate::walk::{Tunnel, Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "gre", "GRE";
    FLAGS: Hex, "gre.flags_and_version", "flags_and_version", "Flags and version";
    PROTO: Hex, "gre.proto", "proto", "What it carries, an EtherType";
    CHECKSUM: Hex, "gre.checksum", "checksum", "Checksum";
    KEY: Hex, "gre.key", "key", "Key";
    PAYLOAD_LENGTH: Unsigned, "gre.key.payload_length", "payload_length",
        "Length of what it carries, bytes: PPTP";
    CALL_ID: Unsigned, "gre.key.call_id", "call_id", "Call: PPTP";
    VSID: Unsigned, "vse.nvgre.vsid", "vsid", "Virtual subnet id: NVGRE";
    FLOW_ID: Unsigned, "vse.nvgre.flow_id", "flow_id", "Flow id: NVGRE";
    SEQUENCE: Unsigned, "gre.sequence_number", "sequence_number", "Sequence number";
    ACKNOWLEDGED: Unsigned, "gre.ack_number", "ack_number", "Acknowledgement number: PPTP";
}

/// The protocol type of Ethernet, which NVGRE carries.
const ETHERNET: u16 = 0x6558;
/// That of PPP.
const PPP: u16 = 0x880b;
/// That of WCCP, which redirects to a cache: draft-mclaggan-wccp-v2rev1.
const WCCP: u16 = 0x883e;

/// Dissects a packet and what it carries.
pub(crate) fn dissect(
    walk: &mut Walk<'_>,
    datagram: &Datagram,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let Some(&[f0, f1, p0, p1]) = bytes.first_chunk::<4>() else {
        sink.enter(&PROTOCOL, place);
        short(walk, "GRE header", 4, place, sink);
        return sink.leave();
    };
    let (flags, protocol) = (u16::from_be_bytes([f0, f1]), u16::from_be_bytes([p0, p1]));
    // RFC 1701's routing counts with the checksum.
    let has_checksum = flags & 0xc000 != 0;
    let (has_key, has_sequence) = (flags & 0x2000 != 0, flags & 0x1000 != 0);
    let word = |at: usize| {
        bytes.get(at..).and_then(<[u8]>::first_chunk::<4>).map(|word| u32::from_be_bytes(*word))
    };
    let key_at = 4 + 4 * usize::from(has_checksum);
    let sequence_at = key_at + 4 * usize::from(has_key);
    let acknowledged_at = sequence_at + 4 * usize::from(has_sequence);
    let version = flags & 7;
    let has_acknowledged = version == 1 && flags & 0x80 != 0;
    let len = acknowledged_at + 4 * usize::from(has_acknowledged);
    let key = word(key_at).filter(|_| has_key);
    let nvgre = key.filter(|_| protocol == ETHERNET && !has_checksum && !has_sequence);

    sink.enter(&PROTOCOL, place.part(0, len.min(bytes.len())));
    if sink.wants(&PROTOCOL) {
        let mut put = |field, offset, len, value: u64| {
            sink.field(field, place.part(offset, len), Value::Unsigned(value));
        };
        put(&FLAGS, 0, 2, flags.into());
        put(&PROTO, 2, 2, protocol.into());
        if let Some(checksum) = word(4).filter(|_| flags & 0x8000 != 0) {
            put(&CHECKSUM, 4, 2, (checksum >> 16).into());
        }
        match key {
            Some(key) if version == 1 => {
                put(&PAYLOAD_LENGTH, key_at, 2, (key >> 16).into());
                put(&CALL_ID, key_at + 2, 2, (key & 0xffff).into());
            }
            Some(key) => put(&KEY, key_at, 4, key.into()),
            None => {}
        }
        if let Some(key) = nvgre {
            put(&VSID, key_at, 3, (key >> 8).into());
            put(&FLOW_ID, key_at + 3, 1, (key & 0xff).into());
        }
        if let Some(sequence) = word(sequence_at).filter(|_| has_sequence) {
            put(&SEQUENCE, sequence_at, 4, sequence.into());
        }
        if let Some(acknowledged) = word(acknowledged_at).filter(|_| has_acknowledged) {
            put(&ACKNOWLEDGED, acknowledged_at, 4, acknowledged.into());
        }
    }
    match nvgre {
        Some(key) => sink.info(Info::Tunnel((key >> 8).into(), datagram.fcf)),
        None => sink.info(Info::Gre(protocol, key)),
    }
    if flags & 0x4000 != 0 || version > 1 {
        let text = format!("GRE flags and version {flags:#06x}");
        sink.problem(Problem::unsupported(place.offset, text));
        return sink.leave();
    }
    let Some(payload) = bytes.get(len..) else {
        short(walk, "GRE header", len, place, sink);
        return sink.leave();
    };
    sink.leave();
    let place = place.rest(len);
    // Of version 1 the key is a length, which says nothing of the network, and a call.
    let network = key.map_or(0, |key| if version == 1 { key & 0xffff } else { key });
    walk.tunnel(Tunnel::Gre(network), place, sink, |walk, sink| match protocol {
        ETHERNET => ethernet::dissect(walk, payload, place, sink),
        // An acknowledgement alone carries nothing.
        PPP if version == 1 && payload.is_empty() => {}
        PPP => ppp::dissect(walk, payload, place, sink),
        // The second version has a header of four bytes, which is told from IPv4's.
        WCCP => match payload {
            [first, _, _, _, packet @ ..] if first >> 4 != 4 => {
                ipv4::dissect(walk, packet, place.rest(4), sink);
            }
            _ => ipv4::dissect(walk, payload, place, sink),
        },
        erspan::TYPE_II if has_sequence => erspan::dissect_ii(walk, payload, place, sink),
        erspan::TYPE_II => erspan::dissect_i(walk, payload, place, sink),
        erspan::TYPE_III => erspan::dissect_iii(walk, payload, place, sink),
        other => ethernet::payload_of(walk, other, payload, place, None, sink),
    });
}
