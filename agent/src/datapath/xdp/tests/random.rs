//! Random frames and rules: of few values, so that they meet.

use codec::of10::{Action, FlowMod, FlowModCommand, FlowModFlags, Match, PortNo, Wildcards};
use codec::types::{Hex, MacAddr};
use codec::vse::{Core, FieldMatch, MatchField, Tlv, Tlvs, VseAction};

use super::rig::IN_PORT;
use crate::engine::{FlowChange, PacketKey};

/// A generator of numbers (xorshift64*).
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(super) fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 33) % n
    }

    pub(super) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub(super) fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u64) as usize]
    }

    fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.next() as u8).collect()
    }

    /// An Ethernet frame of at least 14 bytes, sometimes cut, sometimes with a wrong bit.
    pub(super) fn frame(&mut self) -> Vec<u8> {
        let mut frame = self.ethernet(2);
        if self.one_in(4) {
            let len = 14 + self.below(frame.len() as u64 - 13) as usize;
            frame.truncate(len);
        }
        if self.one_in(8) {
            let at = self.below(frame.len() as u64) as usize;
            frame[at] ^= 1 << self.below(8);
        }
        frame
    }

    fn ethernet(&mut self, levels: u32) -> Vec<u8> {
        let mut frame =
            vec![2, 0, 0, 0, 0, self.below(3) as u8, 2, 0, 0, 0, 1, self.below(3) as u8];
        for _ in 0..self.of(&[0, 0, 0, 1, 1, 2, 3]) {
            frame.extend(self.of(&[[0x81, 0x00], [0x88, 0xa8], [0x91, 0x00]]));
            frame.extend(self.of(&[[0x00, 5], [0x80, 5], [0x20, 6], [0xe0, 7], [0x8f, 0xfe]]));
        }
        let (kind, payload) = match self.below(8) {
            0..4 => (0x0800, self.ipv4(levels)),
            4..6 => (0x86dd, self.ipv6(levels)),
            6 => (0x0806, self.arp()),
            _ => (self.of(&[0x88b5, 0x05ff, 0x0800, 46, 0x8100]), self.bytes(20)),
        };
        let length = self.one_in(12);
        match length {
            // Behind a length, with SNAP or without.
            true if self.one_in(2) => {
                frame.extend([0, 60, 0xaa, 0xaa, 3, 0, 0, self.of(&[0, 0, 0, 1])]);
                frame.extend(u16::to_be_bytes(kind));
            }
            true => frame.extend([0, 60]),
            false => frame.extend(u16::to_be_bytes(kind)),
        }
        frame.extend(payload);
        frame
    }

    fn address(&mut self) -> [u8; 4] {
        [10, 0, self.below(2) as u8, self.below(3) as u8]
    }

    fn ipv4(&mut self, levels: u32) -> Vec<u8> {
        let options = self.of(&[0, 0, 0, 4, 40]);
        let proto = self.protocol();
        let fragment = self.of(&[0, 0, 0, 0x4000, 0x2000, 0x2001, 0x0003, 0x8000]);
        let version = self.of(&[4, 4, 4, 4, 4, 4, 4, 6]);
        let tos = self.of(&[0, 0, 0x14, 0x94, 0x95, 0x85, 0x51, 0xff]);
        let ihl = self.of(&[5, 5, 5, 5, 5, 5, 5, 4]) + options / 4;
        let mut packet = vec![version << 4 | ihl, tos, 0, 0, 0, 0];
        packet.extend(u16::to_be_bytes(fragment));
        packet.extend([64, proto, 0, 0]);
        packet.extend(self.address());
        packet.extend(self.address());
        packet.extend(self.bytes(options.into()));
        packet.extend(self.transport(proto, levels));
        packet
    }

    fn ipv6(&mut self, levels: u32) -> Vec<u8> {
        let proto = self.protocol();
        let mut chain = Vec::new();
        for _ in 0..self.of(&[0, 0, 0, 1, 1, 2, 3, 5, 6, 7]) {
            chain.push(self.of(&[0, 43, 60, 51, 44, 44]));
        }
        let mut nexts =
            chain.iter().skip(1).copied().chain([proto]).collect::<Vec<_>>().into_iter();
        let mut packet = vec![0x60 | self.below(2) as u8, self.of(&[0, 0x50, 0x4f]), 0, 0, 0, 0];
        packet.extend([*chain.first().unwrap_or(&proto), 64]);
        packet.extend(self.bytes(32));
        for header in chain {
            let next = nexts.next().unwrap();
            match header {
                44 => {
                    packet.extend([next, 0]);
                    packet.extend(self.of(&[[0, 0], [0, 0], [0, 1], [0, 9], [1, 0], [0, 6]]));
                    packet.extend([0, 0, 0, 9]);
                }
                51 => {
                    let len = self.of(&[0, 1, 4]);
                    packet.extend([next, len]);
                    packet.extend(self.bytes((usize::from(len) + 2) * 4 - 2));
                }
                _ => {
                    let len = self.of(&[0, 0, 1, 3]);
                    packet.extend([next, len]);
                    packet.extend(self.bytes((usize::from(len) + 1) * 8 - 2));
                }
            }
        }
        packet.extend(self.transport(proto, levels));
        packet
    }

    fn arp(&mut self) -> Vec<u8> {
        let mut packet = vec![0, 1, 8, 0, 6, 4, self.of(&[0, 0, 0, 1]), self.of(&[1, 2])];
        packet.extend(self.bytes(6));
        packet.extend(self.address());
        packet.extend(self.bytes(6));
        packet.extend(self.address());
        packet
    }

    fn protocol(&mut self) -> u8 {
        self.of(&[17, 17, 17, 17, 6, 6, 1, 58, 50, 47, 47, 132, 51, 44, 99])
    }

    fn transport(&mut self, proto: u8, levels: u32) -> Vec<u8> {
        let port = self.of(&[53_u16, 1000, 4789, 8472, 4790, 6081, 7471, 4789]);
        let mut segment = self.of(&[1000_u16, 2000]).to_be_bytes().to_vec();
        match proto {
            17 => {
                segment.extend(port.to_be_bytes());
                segment.extend([0, 0, 0, 0]);
                if levels > 1 {
                    segment.extend(self.udp_tunnel(port));
                }
            }
            6 => {
                segment.extend(port.to_be_bytes());
                segment.extend(self.of(&[[0, 40], [0, 10], [2, 0]]));
                segment.extend(self.of(&[[0, 0], [0, 0], [0, 1]]));
                segment.extend(self.bytes(12));
                segment.extend(self.bytes(18));
                segment.extend(self.ethernet(1));
            }
            47 if levels > 1 => {
                segment.clear();
                segment.extend(self.of(&[
                    [0x20, 0, 0x65, 0x58],
                    [0x20, 0, 0x65, 0x58],
                    [0x28, 0x08, 0x65, 0x58],
                    [0x20, 0, 0x08, 0],
                    [0x30, 0, 0x65, 0x58],
                    [0x20, 1, 0x65, 0x58],
                ]));
                segment.extend([0, 0, self.of(&[42, 43]), 0]);
                segment.extend(self.ethernet(1));
            }
            1 | 58 => segment = vec![self.of(&[8, 0, 128]), self.of(&[0, 1]), 0, 0],
            _ => segment.extend([0, self.of(&[7, 8]), 0, 0]),
        }
        segment
    }

    fn udp_tunnel(&mut self, port: u16) -> Vec<u8> {
        let mut head = if port == 6081 {
            let options = self.of(&[0_u8, 0, 2, 63]);
            let kind = self.of(&[[0x65, 0x58], [0x65, 0x58], [0x08, 0], [0x86, 0xdd], [0, 9]]);
            let version = self.of(&[0_u8, 0, 0, 0x40]);
            let mut head = vec![version | options, 0, kind[0], kind[1]];
            head.extend([0, 0, self.of(&[42, 43]), 0]);
            head.extend(self.bytes(usize::from(options) * 4));
            head
        } else {
            let next = self.of(&[0, 1, 2, 3, 3, 4]);
            let flags = self.of(&[0x08, 0x08, 0x0c, 0x0c, 0x04]);
            vec![flags, 0, 0, next, 0, 0, self.of(&[42, 43]), 0]
        };
        let inner = match self.below(6) {
            0 => self.ipv4(1),
            1 => self.ipv6(1),
            _ => self.ethernet(1),
        };
        head.extend(inner);
        head
    }

    /// A rule that is near to frames with `key`.
    pub(super) fn rule(&mut self, key: &PacketKey) -> Option<FlowChange> {
        let mut wildcards = Wildcards::ALL;
        let number = |field| key.field(field);
        let mac = |field| MacAddr(number(field).to_be_bytes()[2..].try_into().unwrap());
        let often = self.of(&[2, 3, 6, 20]);
        for bit in [
            Wildcards::IN_PORT,
            Wildcards::DL_VLAN,
            Wildcards::DL_SRC,
            Wildcards::DL_DST,
            Wildcards::DL_TYPE,
            Wildcards::NW_PROTO,
            Wildcards::TP_SRC,
            Wildcards::TP_DST,
            Wildcards::DL_VLAN_PCP,
            Wildcards::NW_TOS,
        ] {
            if self.one_in(often) {
                wildcards.remove(bit);
            }
        }
        if self.one_in(often) {
            wildcards = wildcards.with_nw_src_ignored(self.of(&[0, 0, 8, 31]));
        }
        if self.one_in(often) {
            wildcards = wildcards.with_nw_dst_ignored(self.of(&[0, 0, 8, 31]));
        }
        if self.one_in(2) {
            wildcards.remove(Wildcards::DL_TYPE);
        }
        let near = |random: &mut Self, value: u64| if random.one_in(8) { value ^ 1 } else { value };
        let r#match = Match {
            wildcards,
            in_port: if self.one_in(8) { PortNo(1) } else { IN_PORT },
            dl_src: mac(MatchField::DlSrc),
            dl_dst: mac(MatchField::DlDst),
            dl_vlan: near(self, number(MatchField::DlVlan)) as u16,
            dl_vlan_pcp: number(MatchField::DlVlanPcp) as u8,
            dl_type: number(MatchField::DlType) as u16,
            nw_tos: number(MatchField::NwTos) as u8,
            nw_proto: near(self, number(MatchField::NwProto)) as u8,
            nw_src: (number(MatchField::NwSrc) as u32).into(),
            nw_dst: (near(self, number(MatchField::NwDst)) as u32).into(),
            tp_src: number(MatchField::TpSrc) as u16,
            tp_dst: near(self, number(MatchField::TpDst)) as u16,
            ..Match::ANY
        };
        let mut tlvs = Vec::new();
        for field in (1..=43).map(MatchField::from).filter(|field| field.value_len().is_some()) {
            if !self.one_in(often * 3) {
                continue;
            }
            let value = near(self, number(field));
            let mask = match field {
                MatchField::InnerNwSrc | MatchField::InnerNwDst => Some(0xffff_ff00),
                field if field.is_maskable() && self.one_in(2) => {
                    Some(self.next() & (u64::MAX >> (64 - 8 * field.value_len().unwrap())))
                }
                _ => None,
            };
            let value = value & mask.unwrap_or(u64::MAX);
            tlvs.push(Tlv::Field(FieldMatch::with_mask(field, value, mask).ok()?));
        }
        let core = self.of(&[Core(0), Core(1), Core(3), Core::NONE, Core::NONE, Core::NONE]);
        let set_core = Action::Vse(VseAction::SetIrqCore { core, rxhash: Hex(0) });
        let flow = FlowMod {
            r#match,
            cookie: Hex(self.next()),
            command: FlowModCommand::Add,
            idle_timeout: 0,
            hard_timeout: 0,
            priority: self.of(&[1, 10, 10, 100, 32768]),
            buffer_id: codec::of10::BufferId::NONE,
            out_port: PortNo::NONE,
            flags: FlowModFlags::empty(),
            actions: if self.one_in(10) { Vec::new() } else { vec![set_core] },
        };
        FlowChange::new(&flow, &Tlvs::new(tlvs)).ok()
    }
}
