//! ESP, of which the outside alone can be read, in IP or in UDP, and AH: RFC 4303 section 2, RFC 3948,
//! RFC 4302 section 2.
//!
//! ```text
//! ESP:  security parameters index (4)   sequence number (4)   ...
//! AH:   next header (1)  length (1)  reserved (2)  index (4)  sequence number (4)  check value
//! ```

use super::ip;
use crate::info::Info;
use crate::registry::protocol;
use crate::sink::{Place, Sink, Value};
use crate::walk::{Walk, short};

protocol! {
    pub(crate) static ESP = "esp", "ESP";
    SPI: Hex, "esp.spi", "spi", "Security parameters index";
    SEQUENCE: Unsigned, "esp.sequence", "sequence", "Sequence number";
}

protocol! {
    pub(crate) static AH = "ah", "AH";
    AH_NEXT: Unsigned, "ah.next_header", "next_header", "Next header";
    AH_LENGTH: Unsigned, "ah.length", "length", "Length in words of 32 bits, less two";
    AH_SPI: Hex, "ah.spi", "spi", "Security parameters index";
    AH_SEQUENCE: Unsigned, "ah.sequence", "sequence", "Sequence number";
}

protocol! {
    pub(crate) static UDPENCAP = "udpencap", "UDPENCAP";
    KEEPALIVE: Flag, "udpencap.nat_keepalive", "nat_keepalive",
        "A byte that keeps a translation of addresses alive";
    MARKER: Flag, "udpencap.non_esp_marker", "non_esp_marker", "IKE follows, and no ESP";
}

/// Dissects what UDP carries on the port of IPsec: ESP, IKE behind four bytes of zero, or a byte
/// that keeps a translation alive (RFC 3948 section 2).
pub(crate) fn in_udp(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    let (len, field) = match bytes {
        [0xff] => (1, Some(&KEEPALIVE)),
        [0, 0, 0, 0, ..] => (4, Some(&MARKER)),
        _ => (0, None),
    };
    sink.enter(&UDPENCAP, place.part(0, len));
    if let Some(field) = field
        && sink.wants(&UDPENCAP)
    {
        sink.field(field, place.part(0, len), Value::Flag(true));
    }
    sink.leave();
    let rest = bytes.get(len..).unwrap_or_default();
    match field {
        None => esp(walk, rest, place, sink),
        Some(_) => ip::payload(place.rest(len), rest, sink),
    }
}

/// Dissects the outside of ESP.
pub(crate) fn esp(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    sink.enter(&ESP, place);
    match bytes.first_chunk::<8>() {
        Some(&[p0, p1, p2, p3, s0, s1, s2, s3]) => {
            let spi = u32::from_be_bytes([p0, p1, p2, p3]);
            let sequence = u32::from_be_bytes([s0, s1, s2, s3]);
            if sink.wants(&ESP) {
                sink.field(&SPI, place.part(0, 4), Value::Unsigned(spi.into()));
                sink.field(&SEQUENCE, place.part(4, 4), Value::Unsigned(sequence.into()));
            }
            sink.info(Info::Security(spi, sequence));
        }
        None => short(walk, "ESP header", 8, place, sink),
    }
    sink.leave();
}

/// Dissects AH: what follows it, and how long it is.
pub(crate) fn ah(
    walk: &Walk<'_>,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) -> Option<(u8, usize)> {
    let Some(&[next, length, _, _, p0, p1, p2, p3, s0, s1, s2, s3]) = bytes.first_chunk::<12>()
    else {
        sink.enter(&AH, place);
        short(walk, "AH header", 12, place, sink);
        sink.leave();
        return None;
    };
    let len = (usize::from(length) + 2) * 4;
    let spi = u32::from_be_bytes([p0, p1, p2, p3]);
    let sequence = u32::from_be_bytes([s0, s1, s2, s3]);
    sink.enter(&AH, place.part(0, len.min(bytes.len())));
    if sink.wants(&AH) {
        sink.field(&AH_NEXT, place.part(0, 1), Value::Unsigned(next.into()));
        sink.field(&AH_LENGTH, place.part(1, 1), Value::Unsigned(length.into()));
        sink.field(&AH_SPI, place.part(4, 4), Value::Unsigned(spi.into()));
        sink.field(&AH_SEQUENCE, place.part(8, 4), Value::Unsigned(sequence.into()));
    }
    sink.info(Info::Security(spi, sequence));
    let len = len.max(12);
    if len > bytes.len() {
        short(walk, "AH header", len, place, sink);
    }
    sink.leave();
    (len <= bytes.len()).then_some((next, len))
}
