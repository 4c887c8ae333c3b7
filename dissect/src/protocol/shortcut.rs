//! The way to TCP in frames whose headers stand where they mostly do: Ethernet, IPv4 without options,
//! TCP, or the same in VXLAN. To track such a frame nothing else of it matters. Every other frame is
//! walked over, and so are those of which anything looks wrong.

use std::net::{IpAddr, Ipv4Addr};

use super::ip::Datagram;
use super::{ethernet, ipv4, tcp, udp, vxlan};
use crate::assembly::Tracker;
use crate::frame::{Frame, LinkType};
use crate::options::Options;
use crate::ports::{Carries, Ports};
use crate::walk::Tunnel;

/// The first byte of a header without options.
const IPV4_PLAIN: u8 = 0x45;
/// More fragments, and the fragment offset.
const FRAGMENT: u16 = 0x3fff;

/// What a shortcut goes by.
#[derive(Debug)]
pub(crate) struct Shortcut<'a> {
    pub(crate) options: &'a Options,
    pub(crate) ports: &'a Ports,
}

impl Shortcut<'_> {
    /// Tracks a frame. Returns whether that is done.
    pub(crate) fn track(&self, frame: &Frame<'_>, tracker: &mut Tracker<'_>) -> bool {
        let missing = frame.len.saturating_sub(frame.bytes.len());
        frame.link_type == LinkType::ETHERNET
            && self.ethernet(frame.bytes, missing, (0, 0), tracker).is_some()
    }

    /// Tracks a frame that is so deep in tunnels, and of which so many bytes are `missing`.
    fn ethernet(
        &self,
        bytes: &[u8],
        missing: usize,
        (depth, network): (usize, u64),
        tracker: &mut Tracker<'_>,
    ) -> Option<()> {
        let (&[.., 0x08, 0x00], packet) = bytes.split_first_chunk::<{ ethernet::LEN }>()? else {
            return None;
        };
        let (header, rest) = packet.split_first_chunk::<{ ipv4::LEAST }>()?;
        let [first, _, l0, l1, _, _, f0, f1, _, protocol, _, _, addresses @ ..] = *header;
        let total = usize::from(u16::from_be_bytes([l0, l1]));
        let len = total.checked_sub(ipv4::LEAST)?;
        let whole = u16::from_be_bytes([f0, f1]) & FRAGMENT == 0;
        if first != IPV4_PLAIN || !whole || total > packet.len() + missing {
            return None;
        }
        let payload = rest.get(..len).unwrap_or(rest);
        match protocol {
            6 => {
                let header = tcp::Header::of(payload.first_chunk()?);
                let carries = self.ports.tcp(header.source, header.destination);
                if carries == Carries::Stt {
                    return None;
                }
                let [s0, s1, s2, s3, d0, d1, d2, d3] = addresses;
                let datagram = Datagram {
                    source: IpAddr::V4(Ipv4Addr::new(s0, s1, s2, s3)),
                    destination: IpAddr::V4(Ipv4Addr::new(d0, d1, d2, d3)),
                    len,
                    fcf: None,
                    first_fragment: false,
                };
                let on_port = tcp::on_port(carries, self.options);
                tcp::track(tracker, &header, on_port, (&datagram, network), payload);
                Some(())
            }
            17 => {
                let (&[s0, s1, d0, d1, l0, l1, ..], rest) =
                    payload.split_first_chunk::<{ udp::LEN }>()?;
                let (source, destination) =
                    (u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1]));
                match self.ports.udp(source, destination) {
                    Carries::Unknown => return Some(()),
                    Carries::Vxlan => {}
                    _ => return None,
                }
                let length = usize::from(u16::from_be_bytes([l0, l1]));
                if length != len || depth >= self.options.max_depth {
                    return None;
                }
                let (&[_, _, _, _, v0, v1, v2, _], inner) =
                    rest.split_first_chunk::<{ vxlan::LEN }>()?;
                let vni = u32::from_be_bytes([0, v0, v1, v2]);
                let network = Tunnel::Vxlan(vni).network(network);
                self.ethernet(inner, missing, (depth + 1, network), tracker)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;
    use crate::assembly::{Assembly, Role, Steps};
    use crate::protocol;
    use crate::savefile::{Reader, decompressed};
    use crate::sink::{Ignore, Place};
    use crate::walk::Walk;

    /// Every frame of pcaps/ brings the same by the shortcut as by a walk, and so do the same frames
    /// with a byte changed here and there, or cut.
    #[test]
    fn a_walk_finds_the_same() {
        let options = Options { numbers_streams: true, ..Options::default() };
        let ports = Ports::new(&options.assignments);
        let shortcut = Shortcut { options: &options, ports: &ports };
        let mut state = 1_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % below
        };
        let (mut short, mut all) = (0, 0);
        for entry in fs::read_dir("../pcaps").unwrap() {
            for damaged in [false, true, true, true] {
                let path = entry.as_ref().unwrap().path();
                let input = decompressed(File::open(path).unwrap()).unwrap();
                let Ok(mut reader) = Reader::new(input) else { continue };
                let mut assemblies = [(); 2].map(|()| Assembly::new(options.limits, true));
                let mut steps = [(); 2].map(|()| Steps::default());
                while let Ok(Some(record)) = reader.next() {
                    let mut bytes = record.frame.bytes.to_vec();
                    if damaged && !bytes.is_empty() && random(2) == 0 {
                        let at = random(bytes.len());
                        match random(8) {
                            0 => bytes.truncate(at),
                            _ => bytes[at] = u8::try_from(random(256)).unwrap(),
                        }
                    }
                    let frame = Frame { bytes: &bytes, ..record.frame };
                    let [by_shortcut, by_walk] = &mut assemblies;
                    let [noted, expected] = &mut steps;
                    by_shortcut.note(frame.number, frame.time);
                    by_walk.note(frame.number, frame.time);
                    let missing = frame.len.saturating_sub(bytes.len());
                    let walk = |tracker| {
                        let role = Role::Tracks(tracker);
                        let (options, ports) = (&options, &ports);
                        let mut walk = Walk { options, ports, role, depth: 0, missing, network: 0 };
                        let place = Place { offset: Some(0), len: bytes.len() };
                        protocol::link(&mut walk, frame.link_type, &bytes, place, &mut Ignore);
                    };
                    walk(Tracker { assembly: by_walk, steps: expected });
                    let mut tracker = Tracker { assembly: by_shortcut, steps: noted };
                    let before = format!("{:?}", tracker.steps);
                    if shortcut.track(&frame, &mut tracker) {
                        short += 1;
                    } else {
                        assert_eq!(
                            format!("{:?}", tracker.steps),
                            before,
                            "it goes no step too far"
                        );
                        walk(tracker);
                    }
                    all += 1;
                    assert_eq!(format!("{noted:?}"), format!("{expected:?}"), "{frame:?}");
                    steps.iter_mut().for_each(Steps::clear);
                }
            }
        }
        assert!(short > 1000 && all - short > 1000, "{short} of {all}");
    }
}
