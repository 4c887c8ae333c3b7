//! Ethernet: IEEE 802.3.
//!
//! ```text
//!  0                   6                  12                14
//! +-------------------+------------------+-----------------+------
//! |    destination    |      source      | EtherType/length| ...
//! +-------------------+------------------+-----------------+------
//! ```

use codec::types::MacAddr;

use super::{arp, ip, ipv4, ipv6, llc, mpls, nsh, plain, ppp, vlan, vse_frame};
use crate::info::Info;
use crate::registry::protocol;
use crate::sink::{Ends, Place, Sink, Value};
use crate::walk::{Tunnel, Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "eth", "Ethernet";
    DST: Mac, "eth.dst", "dst", "Destination";
    SRC: Mac, "eth.src", "src", "Source";
    TYPE: Hex, "eth.type", "type", "EtherType";
    LENGTH: Unsigned, "eth.len", "len", "Length of what follows, bytes: IEEE 802.3";
}

/// Bytes of the header.
pub(crate) const LEN: usize = 14;
/// These are lengths (IEEE 802.3 section 3.2.6), and from 0x600 on there are EtherTypes. What is
/// neither is no length that anybody could go by.
pub(crate) const LENGTHS: std::ops::RangeInclusive<u16> = 1..=1500;

/// Dissects a frame that begins with an Ethernet header, and all that is in it.
pub(crate) fn dissect(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    if !plain::dissect(walk, bytes, place, sink) {
        dissect_any(walk, bytes, place, sink);
    }
}

/// The same, whatever the frame carries.
pub(super) fn dissect_any(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    let Some((fixed, payload)) = bytes.split_first_chunk::<LEN>() else {
        sink.enter(&PROTOCOL, place);
        short(walk, "Ethernet header", LEN, place, sink);
        return sink.leave();
    };
    let ethertype = header(fixed, place, sink);
    if LENGTHS.contains(&ethertype) {
        // What is behind the length is padding.
        let len = usize::from(ethertype);
        let payload = payload.get(..len).unwrap_or(payload);
        return llc::dissect(walk, payload, place.part(LEN, payload.len()), sink);
    }
    payload_of(walk, ethertype, payload, place.part(LEN, payload.len()), Some(bytes), sink);
}

/// Tells of the header at the start of `place`, and returns the EtherType or length.
#[inline]
pub(super) fn header(header: &[u8; LEN], place: Place, sink: &mut impl Sink) -> u16 {
    let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1] = *header;
    let destination = MacAddr([d0, d1, d2, d3, d4, d5]);
    let source = MacAddr([s0, s1, s2, s3, s4, s5]);
    let ethertype = u16::from_be_bytes([t0, t1]);
    let field = if LENGTHS.contains(&ethertype) { &LENGTH } else { &TYPE };
    sink.enter(&PROTOCOL, place.part(0, LEN));
    if sink.wants(&PROTOCOL) {
        sink.field(&DST, place.part(0, 6), Value::Mac(destination));
        sink.field(&SRC, place.part(6, 6), Value::Mac(source));
        sink.field(field, place.part(12, 2), Value::Unsigned(ethertype.into()));
    }
    sink.ends(Ends::Mac(source, destination));
    sink.info(Info::EtherType(ethertype));
    sink.leave();
    ethertype
}

/// Dissects what an Ethernet header or a VLAN tag announces by its EtherType. `frame` is the
/// whole frame, where it is not too deep in tags.
pub(crate) fn payload_of(
    walk: &mut Walk<'_>,
    ethertype: u16,
    bytes: &[u8],
    place: Place,
    frame: Option<&[u8]>,
    sink: &mut impl Sink,
) {
    match (ethertype, frame) {
        (0x8100 | 0x88a8 | 0x9100, _) => vlan::dissect(walk, bytes, place, frame, sink),
        (0x0800, _) => ipv4::dissect(walk, bytes, place, sink),
        (0x86dd, _) => ipv6::dissect(walk, bytes, place, sink),
        // ARP, and RARP (RFC 903) in the same form.
        (0x0806 | 0x8035, _) => arp::dissect(walk, bytes, place, sink),
        (0x8847 | 0x8848, _) => mpls::dissect(walk, bytes, place, sink),
        (0x8863, _) => ppp::discovery(walk, bytes, place, sink),
        (0x8864, _) => ppp::session(walk, bytes, place, sink),
        (0x894f, _) => nsh::dissect(walk, bytes, place, sink),
        (other, frame) if walk.options.assignments.vse.contains(&other) => {
            vse_frame::dissect(walk, frame, bytes, place, sink);
        }
        (0x6558, _) => walk.tunnel(Tunnel::Ethernet, place, sink, |walk, sink| {
            dissect(walk, bytes, place, sink);
        }),
        _ => ip::payload(place, bytes, sink),
    }
}
