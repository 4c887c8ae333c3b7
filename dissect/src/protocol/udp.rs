//! UDP: RFC 768.
//!
//! ```text
//!  0              16             32              48             64
//! +--------------+--------------+---------------+--------------+-----
//! | source port  |   dest port  |    length     |   checksum   | ...
//! +--------------+--------------+---------------+--------------+-----
//! ```

use super::ip::{self, Datagram};
use super::{geneve, ipsec, mpls, vxlan};
use crate::info::Info;
use crate::ports::Carries;
use crate::problem::Problem;
use crate::registry::protocol;
use crate::sink::{Ends, Place, Sink, Value};
use crate::walk::{Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "udp", "UDP";
    SRCPORT: Unsigned, "udp.srcport", "srcport", "Source port";
    DSTPORT: Unsigned, "udp.dstport", "dstport", "Destination port";
    LENGTH: Unsigned, "udp.length", "length", "Length, bytes";
    CHECKSUM: Hex, "udp.checksum", "checksum", "Checksum, 0 for none";
}

/// Its number in the header of IP.
pub(crate) const NUMBER: u8 = 17;
/// Bytes of the header.
pub(crate) const LEN: usize = 8;

/// Dissects a datagram and what it carries.
pub(crate) fn dissect(
    walk: &mut Walk<'_>,
    datagram: &Datagram,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let Some((&[s0, s1, d0, d1, l0, l1, c0, c1], payload)) = bytes.split_first_chunk::<LEN>()
    else {
        sink.enter(&PROTOCOL, place);
        short(walk, "UDP header", LEN, place, sink);
        return sink.leave();
    };
    let (source, destination) = (u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1]));
    let length = u16::from_be_bytes([l0, l1]);
    sink.enter(&PROTOCOL, place.part(0, LEN));
    if sink.wants(&PROTOCOL) {
        let mut put = |field, offset, value: u16| {
            sink.field(field, place.part(offset, 2), Value::Unsigned(value.into()));
        };
        put(&SRCPORT, 0, source);
        put(&DSTPORT, 2, destination);
        put(&LENGTH, 4, length);
        put(&CHECKSUM, 6, u16::from_be_bytes([c0, c1]));
    }
    sink.ends(Ends::Udp(source, destination));
    // A datagram of more than 65,535 bytes has the length 0 (RFC 2675 section 4).
    let len = if length == 0 { datagram.len } else { length.into() };
    let data_len = len.saturating_sub(LEN);
    sink.info(Info::Udp(source, destination, data_len));
    if len < LEN || (len > datagram.len && !datagram.first_fragment) {
        let text = format!("UDP header: length {length} in a datagram of {}", datagram.len);
        sink.problem(Problem::malformed(place.offset.map(|at| at + 4), text));
        if len < LEN {
            return sink.leave();
        }
    }
    sink.leave();
    let payload = payload.get(..data_len).unwrap_or(payload);
    let place = place.part(LEN, payload.len());
    match walk.ports.udp(source, destination) {
        Carries::Vxlan => vxlan::dissect(walk, datagram.fcf, payload, place, sink),
        Carries::VxlanGpe => vxlan::dissect_gpe(walk, datagram.fcf, payload, place, sink),
        Carries::Udpencap => ipsec::in_udp(walk, payload, place, sink),
        Carries::Mpls => mpls::dissect(walk, payload, place, sink),
        Carries::Geneve => geneve::dissect(walk, datagram.fcf, payload, place, sink),
        _ => ip::payload(place, payload, sink),
    }
}
