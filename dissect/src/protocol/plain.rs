//! Frames whose headers stand where they mostly do: Ethernet, IPv4 without options and in one piece,
//! then TCP or UDP. They are told of as all others are, but checked once for all headers. A frame of
//! which anything looks different is left to the dissectors of its headers.

use std::net::{IpAddr, Ipv4Addr};

use codec::fcf::Fcf;

use super::ip::Datagram;
use super::{ethernet, ipv4, tcp, udp};
use crate::sink::{Place, Sink};
use crate::walk::Walk;

/// The first byte of a header without options.
const IPV4_PLAIN: u8 = 0x45;
/// More fragments, and the fragment offset.
const FRAGMENT: u16 = 0x3fff;

/// A plain frame.
#[derive(Debug)]
pub(super) struct Plain<'a> {
    ethernet: &'a [u8; ethernet::LEN],
    ip: &'a [u8; ipv4::LEAST],
    /// The IP header and all behind it.
    packet: &'a [u8],
    /// What the datagram carries: TCP or UDP.
    pub(super) protocol: u8,
    /// As much of it as was captured.
    pub(super) payload: &'a [u8],
    /// Bytes of it on the wire.
    pub(super) len: usize,
}

impl<'a> Plain<'a> {
    /// The frame in `bytes`, of which so many more are `missing`, if it is plain.
    #[inline]
    pub(super) fn of(bytes: &'a [u8], missing: usize) -> Option<Self> {
        let (ethernet, packet) = bytes.split_first_chunk::<{ ethernet::LEN }>()?;
        let (ip, rest) = packet.split_first_chunk::<{ ipv4::LEAST }>()?;
        let [.., 0x08, 0x00] = *ethernet else { return None };
        let [IPV4_PLAIN, _, l0, l1, _, _, f0, f1, _, protocol, ..] = *ip else { return None };
        let total = usize::from(u16::from_be_bytes([l0, l1]));
        let len = total.checked_sub(ipv4::LEAST)?;
        // What the capture cut is no fault of the frame.
        let fits = total <= packet.len() || missing > 0;
        let in_one_piece = u16::from_be_bytes([f0, f1]) & FRAGMENT == 0;
        let payload = rest.get(..len).unwrap_or(rest);
        (fits && in_one_piece && matches!(protocol, tcp::NUMBER | udp::NUMBER)).then_some(Self {
            ethernet,
            ip,
            packet,
            protocol,
            payload,
            len,
        })
    }

    /// What the IP header says to what it carries.
    #[inline]
    pub(super) fn datagram(&self, fcf: Option<Fcf>) -> Datagram {
        let [.., s0, s1, s2, s3, d0, d1, d2, d3] = *self.ip;
        Datagram {
            source: IpAddr::V4(Ipv4Addr::new(s0, s1, s2, s3)),
            destination: IpAddr::V4(Ipv4Addr::new(d0, d1, d2, d3)),
            len: self.len,
            fcf,
            first_fragment: false,
        }
    }
}

/// Dissects a frame that begins with an Ethernet header, and all that is in it, if it is plain.
/// Returns whether it is; where not, nothing was told of it.
#[inline]
pub(super) fn dissect(
    walk: &mut Walk<'_>,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) -> bool {
    let Some(plain) = Plain::of(bytes, walk.missing) else { return false };
    let Plain { packet, payload, .. } = plain;
    ethernet::header(plain.ethernet, place, sink);
    let place = place.rest(ethernet::LEN);
    let fcf = ipv4::header(walk, plain.ip, packet, place, sink);
    sink.leave();
    let place = place.part(ipv4::LEAST, payload.len());
    let datagram = plain.datagram(fcf);
    if plain.protocol == tcp::NUMBER {
        tcp::dissect(walk, &datagram, payload, place, sink);
    } else {
        udp::dissect(walk, &datagram, payload, place, sink);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assembly::{Assembly, Role, Steps, Tracker};
    use crate::damaged::each_frame;
    use crate::frame::LinkType;
    use crate::info::Info;
    use crate::options::Options;
    use crate::ports::Ports;
    use crate::problem::Problem;
    use crate::registry::{Field, Protocol};
    use crate::sink::{Ends, Ignore, Value};

    /// All that a sink is told.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct Told(Vec<String>);

    impl Told {
        fn note(&mut self, what: &dyn std::fmt::Debug) {
            self.0.push(format!("{what:?}"));
        }
    }

    impl Sink for Told {
        fn wants(&self, _: &'static Protocol) -> bool {
            true
        }
        fn enter(&mut self, protocol: &'static Protocol, place: Place) {
            self.note(&(protocol.name, place));
        }
        fn leave(&mut self) {
            self.note(&"leave");
        }
        fn field(&mut self, field: &'static Field, place: Place, value: Value<'_>) {
            self.note(&(field.name, place, value));
        }
        fn open(&mut self, field: &'static Field, place: Place) {
            self.note(&(field.name, place));
        }
        fn close(&mut self) {
            self.note(&"close");
        }
        fn ends(&mut self, ends: Ends) {
            self.note(&ends);
        }
        fn info(&mut self, info: Info) {
            self.note(&info);
        }
        fn message(&mut self, bytes: &[u8], place: Place) {
            self.note(&(bytes, place));
        }
        fn problem(&mut self, problem: Problem) {
            self.note(&problem);
        }
    }

    /// The dissectors of the headers tell the same of every frame.
    #[test]
    fn the_same_is_told_header_by_header() {
        let options = Options::default();
        let ports = Ports::new(&options.assignments);
        let mut assembly = Assembly::new(options.limits, false);
        let (mut plain, mut all) = (0, 0);
        each_frame(|begins, frame| {
            if begins {
                assembly = Assembly::new(options.limits, false);
            }
            if frame.link_type != LinkType::ETHERNET {
                return;
            }
            let missing = frame.len.saturating_sub(frame.bytes.len());
            let place = Place { offset: Some(0), len: frame.bytes.len() };
            let mut steps = Steps::default();
            let mut tracks = Walk::nowhere(&options, &ports);
            tracks.missing = missing;
            tracks.role = Role::Tracks(Tracker { assembly: &mut assembly, steps: &mut steps });
            ethernet::dissect_any(&mut tracks, frame.bytes, place, &mut Ignore);
            let follows =
                || Walk { role: steps.follow(0), missing, ..Walk::nowhere(&options, &ports) };
            let [mut told, mut expected] = [(); 2].map(|()| Told::default());
            all += 1;
            if dissect(&mut follows(), frame.bytes, place, &mut told) {
                ethernet::dissect_any(&mut follows(), frame.bytes, place, &mut expected);
                plain += 1;
            }
            assert_eq!(told, expected, "{frame:?}");
        });
        assert!(plain > 1000 && all - plain > 1000, "{plain} of {all}");
    }
}
