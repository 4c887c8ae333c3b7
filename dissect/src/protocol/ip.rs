//! What IPv4 and IPv6 have in common: what they carry, by its protocol number.

use std::net::IpAddr;

use codec::fcf::Fcf;

use super::{ethernet, gre, icmp, icmpv6, ipsec, ipv4, ipv6, tcp, udp};
use crate::problem::Problem;
use crate::sink::{Place, Sink};
use crate::walk::{Tunnel, Walk, short};

/// What the header of a datagram says to what it carries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Datagram {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    /// Bytes of the payload on the wire.
    pub(crate) len: usize,
    /// The Flow Control Field of the header.
    pub(crate) fcf: Option<Fcf>,
    /// Whether the payload is the beginning of a datagram whose rest is not here.
    pub(crate) first_fragment: bool,
}

/// Dissects a datagram whose version is in its first four bits.
pub(crate) fn by_version(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    match bytes.first().map(|first| first >> 4) {
        Some(4) => ipv4::dissect(walk, bytes, place, sink),
        Some(6) => ipv6::dissect(walk, bytes, place, sink),
        Some(other) => {
            sink.problem(Problem::malformed(place.offset, format!("IP version {other}")));
        }
        None => short(walk, "IP header", 1, place, sink),
    }
}

/// Dissects the payload of a datagram, extension headers included.
pub(crate) fn carried(
    walk: &mut Walk<'_>,
    protocol: u8,
    datagram: &Datagram,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    match protocol {
        1 => icmp::dissect(walk, bytes, place, sink),
        tcp::NUMBER => tcp::dissect(walk, datagram, bytes, place, sink),
        udp::NUMBER => udp::dissect(walk, datagram, bytes, place, sink),
        47 => gre::dissect(walk, datagram, bytes, place, sink),
        50 => ipsec::esp(walk, bytes, place, sink),
        58 => icmpv6::dissect(walk, bytes, place, sink),
        4 => walk.tunnel(Tunnel::Ip(protocol), place, sink, |walk, sink| {
            ipv4::dissect(walk, bytes, place, sink);
        }),
        41 => walk.tunnel(Tunnel::Ip(protocol), place, sink, |walk, sink| {
            ipv6::dissect(walk, bytes, place, sink);
        }),
        // RFC 8986 section 10.1.
        143 => walk.tunnel(Tunnel::Ip(protocol), place, sink, |walk, sink| {
            ethernet::dissect(walk, bytes, place, sink);
        }),
        extension if ipv6::is_extension(extension, datagram) => {
            ipv6::extensions(walk, extension, datagram, bytes, place, sink);
        }
        _ => payload(place, bytes, sink),
    }
}

/// Where bytes are that nobody dissects: nothing is said of them, and nothing lost, since the frame
/// is there.
pub(crate) fn payload(_: Place, _: &[u8], _: &mut impl Sink) {}
