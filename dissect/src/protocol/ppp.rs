//! PPP: RFC 1661 section 2, RFC 1662 section 3.1; over Ethernet: RFC 2516 section 4.
//!
//! ```text
//! PPP:    address 0xff, control 0x03 (2, where they are not left out)  protocol (2, or 1)  ...
//! PPPoE:  version, type (1)  code (1)  session (2)  length (2)  then PPP, or tags of the discovery
//! ```

use super::{ip, ipv4, ipv6, mpls};
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::{Field, Names, named_values, protocol};
use crate::sink::{Place, Sink, Value};
use crate::walk::{Tunnel, Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "ppp", "PPP";
    ADDRESS: Hex, "ppp.address", "address", "Address: all stations";
    CONTROL: Hex, "ppp.control", "control", "Control: unnumbered information";
    PPP_PROTOCOL: NamedId(named_values! {
        0x0021 "ipv4", 0x0057 "ipv6", 0x0281 "mpls", 0x8021 "ipcp", 0x8057 "ipv6cp", 0xc021 "lcp",
        0xc023 "pap", 0xc223 "chap",
    }), "ppp.protocol", "protocol", "Protocol", 2;
}

protocol! {
    pub(crate) static PPPOES = "pppoes", "PPPoES";
    VERSION: Unsigned, "pppoe.version", "version", "Version";
    TYPE: Unsigned, "pppoe.type", "type", "Type";
    CODE: NamedId(CODES), "pppoe.code", "code", "What it is";
    SESSION_ID: Hex, "pppoe.session_id", "session_id", "Session";
    LENGTH: Unsigned, "pppoe.payload_length", "payload_length", "Length of what follows, bytes";
}

protocol! {
    pub(crate) static PPPOED = "pppoed", "PPPoED";
    D_VERSION: Unsigned, "pppoe.version", "version", "Version";
    D_TYPE: Unsigned, "pppoe.type", "type", "Type";
    D_CODE: NamedId(CODES), "pppoe.code", "code", "What it is";
    D_SESSION_ID: Hex, "pppoe.session_id", "session_id", "Session";
    D_LENGTH: Unsigned, "pppoe.payload_length", "payload_length", "Length of what follows, bytes";
}

static CODES: &Names = named_values! {
    0x00 "data", 0x07 "pado", 0x09 "padi", 0x19 "padr", 0x65 "pads", 0xa7 "padt",
};

/// The fields of each kind, in the order of the header.
static SESSION_FIELDS: [&Field; 5] = [&VERSION, &TYPE, &CODE, &SESSION_ID, &LENGTH];
static DISCOVERY_FIELDS: [&Field; 5] = [&D_VERSION, &D_TYPE, &D_CODE, &D_SESSION_ID, &D_LENGTH];

/// Dissects a PPPoE packet of the discovery, of which the header alone is read.
pub(crate) fn discovery(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    sink.enter(&PPPOED, place.part(0, bytes.len().min(LEN)));
    let wants = sink.wants(&PPPOED);
    over_ethernet(walk, DISCOVERY_FIELDS, wants, bytes, place, sink);
    sink.leave();
}

/// Dissects a PPPoE packet of a session, and the PPP frame within.
pub(crate) fn session(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    sink.enter(&PPPOES, place.part(0, bytes.len().min(LEN)));
    let wants = sink.wants(&PPPOES);
    let found = over_ethernet(walk, SESSION_FIELDS, wants, bytes, place, sink);
    sink.leave();
    let Some((id, payload)) = found else { return };
    let place = place.part(LEN, payload.len());
    walk.tunnel(Tunnel::Pppoe(id), place, sink, |walk, sink| dissect(walk, payload, place, sink));
}

/// Bytes of PPPoE's header.
const LEN: usize = 6;

/// The header of PPPoE: the session, and what belongs to the packet.
fn over_ethernet<'a>(
    walk: &Walk<'_>,
    [version_of, type_of, code_of, session_of, length_of]: [&'static Field; 5],
    wants: bool,
    bytes: &'a [u8],
    place: Place,
    sink: &mut impl Sink,
) -> Option<(u16, &'a [u8])> {
    let Some((&[first, code, s0, s1, l0, l1], payload)) = bytes.split_first_chunk::<LEN>() else {
        short(walk, "PPPoE header", LEN, place, sink);
        return None;
    };
    let (id, length) = (u16::from_be_bytes([s0, s1]), u16::from_be_bytes([l0, l1]));
    if wants {
        let mut put = |field, offset, len, value: u64| {
            sink.field(field, place.part(offset, len), Value::Unsigned(value));
        };
        put(version_of, 0, 1, (first >> 4).into());
        put(type_of, 0, 1, (first & 0xf).into());
        put(code_of, 1, 1, code.into());
        put(session_of, 2, 2, id.into());
        put(length_of, 4, 2, length.into());
    }
    sink.info(Info::Pppoe((CODES.name)(code.into()), id));
    if first != 0x11 {
        let text = format!("PPPoE version and type {first:#04x}");
        sink.problem(Problem::unsupported(place.offset, text));
        return None;
    }
    // What is behind the length is padding.
    let length = usize::from(length);
    if payload.len() < length {
        short(walk, "PPPoE payload", length, place.rest(LEN), sink);
    }
    Some((id, payload.get(..length).unwrap_or(payload)))
}

/// Dissects a PPP frame and what it carries.
pub(crate) fn dissect(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    // Address and control may be left out (RFC 1661 section 6.6), and the first byte of a protocol that
    // is zero (section 6.5): the last byte of a protocol alone is odd.
    let begin = if bytes.starts_with(&[0xff, 0x03]) { 2 } else { 0 };
    let (protocol, protocol_len) = match *bytes.get(begin..).unwrap_or_default() {
        [odd, ..] if odd & 1 == 1 => (u16::from(odd), 1),
        [even, odd, ..] => (u16::from_be_bytes([even, odd]), 2),
        _ => {
            sink.enter(&PROTOCOL, place);
            short(walk, "PPP header", begin + 2, place, sink);
            return sink.leave();
        }
    };
    let len = begin + protocol_len;
    sink.enter(&PROTOCOL, place.part(0, len));
    if sink.wants(&PROTOCOL) {
        if begin > 0 {
            sink.field(&ADDRESS, place.part(0, 1), Value::Unsigned(0xff));
            sink.field(&CONTROL, place.part(1, 1), Value::Unsigned(3));
        }
        let here = place.part(begin, protocol_len);
        sink.field(&PPP_PROTOCOL, here, Value::Unsigned(protocol.into()));
    }
    sink.info(Info::Ppp(protocol));
    sink.leave();
    let payload = bytes.get(len..).unwrap_or_default();
    let place = place.rest(len);
    match protocol {
        0x0021 => ipv4::dissect(walk, payload, place, sink),
        0x0057 => ipv6::dissect(walk, payload, place, sink),
        // MPLS unicast and multicast (RFC 3032 section 4.2).
        0x0281 | 0x0283 => mpls::dissect(walk, payload, place, sink),
        _ => ip::payload(place, payload, sink),
    }
}
