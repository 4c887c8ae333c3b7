//! The way to TCP in plain frames, and in plain frames in VXLAN. To track such a frame nothing else of
//! it matters. Every other frame is walked over, and so are those of which anything looks wrong.

use super::plain::Plain;
use super::{tcp, udp, vxlan};
use crate::assembly::Tracker;
use crate::frame::{Frame, LinkType};
use crate::options::Options;
use crate::ports::{Carries, Ports};
use crate::walk::Tunnel;

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
        let plain = Plain::of(bytes, missing)?;
        let payload = plain.payload;
        match plain.protocol {
            tcp::NUMBER => {
                let header = tcp::Header::of(payload.first_chunk()?);
                let carries = self.ports.tcp(header.source, header.destination);
                if carries == Carries::Stt {
                    return None;
                }
                let on_port = tcp::on_port(carries, self.options);
                tcp::track(tracker, &header, on_port, (&plain.datagram(None), network), payload);
                Some(())
            }
            udp::NUMBER => {
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
                if length != plain.len || depth >= self.options.max_depth {
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
    use super::*;
    use crate::assembly::{Assembly, Role, Steps};
    use crate::damaged::each_frame;
    use crate::protocol;
    use crate::sink::{Ignore, Place};
    use crate::walk::Walk;

    /// Every frame brings the same by the shortcut as by a walk.
    #[test]
    fn a_walk_finds_the_same() {
        let options = Options { numbers_streams: true, ..Options::default() };
        let ports = Ports::new(&options.assignments);
        let shortcut = Shortcut { options: &options, ports: &ports };
        let fresh = || [(); 2].map(|()| Assembly::new(options.limits, true));
        let mut assemblies = fresh();
        let (mut short, mut all) = (0, 0);
        each_frame(|begins, frame| {
            if begins {
                assemblies = fresh();
            }
            let [by_shortcut, by_walk] = &mut assemblies;
            let [mut noted, mut expected] = [(); 2].map(|()| Steps::default());
            by_shortcut.note(frame.number, frame.time);
            by_walk.note(frame.number, frame.time);
            let missing = frame.len.saturating_sub(frame.bytes.len());
            let walk = |tracker| {
                let role = Role::Tracks(tracker);
                let (options, ports) = (&options, &ports);
                let mut walk = Walk { options, ports, role, depth: 0, missing, network: 0 };
                let place = Place { offset: Some(0), len: frame.bytes.len() };
                protocol::link(&mut walk, frame.link_type, frame.bytes, place, &mut Ignore);
            };
            walk(Tracker { assembly: by_walk, steps: &mut expected });
            let mut tracker = Tracker { assembly: by_shortcut, steps: &mut noted };
            if shortcut.track(frame, &mut tracker) {
                short += 1;
            } else {
                assert_eq!(tracker.steps.len(), 0, "it goes no step too far");
                walk(tracker);
            }
            all += 1;
            assert_eq!(format!("{noted:?}"), format!("{expected:?}"), "{frame:?}");
        });
        assert!(short > 1000 && all - short > 1000, "{short} of {all}");
    }
}
