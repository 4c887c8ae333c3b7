//! From the bytes of a frame to its key.

use codec::fcf::FcfLayout;
use codec::of10::PortNo;
use codec::vse::Carrier;

use super::transport::{Inner, Payload, Tunnel};
use super::{KEY_WORDS, MAX_EXTENSION_HEADERS, MAX_VLAN_TAGS, PacketKey, Presence};

/// EtherTypes (IEEE 802, RFC 791, RFC 826, RFC 8200).
pub(super) const IPV4: u16 = 0x0800;
const ARP: u16 = 0x0806;
pub(super) const IPV6: u16 = 0x86dd;
const VLAN: u16 = 0x8100;
const SERVICE_VLAN: u16 = 0x88a8;
/// Below this a type is a length (IEEE 802.3).
const SMALLEST_TYPE: u16 = 0x600;
/// The `dl_type` of a frame that has none (OpenFlow 1.0.0 section 5.2.3,
/// `OFP_DL_TYPE_NOT_ETH_TYPE`).
const NO_TYPE: u16 = 0x05ff;
/// The `dl_vlan` of a frame without a tag (`OFP_VLAN_NONE`).
const VLAN_NONE: u16 = 0xffff;
/// Logical link control and SNAP with the organisation of EtherTypes.
const SNAP: [u8; 6] = [0xaa, 0xaa, 3, 0, 0, 0];
/// The bits of a type of service that are no part of ECN.
const DSCP: u8 = 0xfc;

/// IPv6 extension headers that are stepped over (RFC 8200 section 4, RFC 4302).
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION: u8 = 60;

impl PacketKey {
    /// The key of `frame`, an Ethernet frame without its check sequence, that came in on `in_port`.
    /// The Flow Control Field is read where `layout` has it.
    #[must_use]
    pub fn extract(frame: &[u8], in_port: PortNo, layout: &FcfLayout) -> Self {
        let ethernet = Ethernet::read(frame);
        let network = Network::read(ethernet.dl_type, ethernet.payload);
        let (transport, tunnel) = network.payload.read(network.nw_proto);
        let (carrier, carried) = match layout.carrier {
            Carrier::Tos => (1, network.ipv4_tos.map(u16::from)),
            Carrier::Vlan => (2, ethernet.tci),
            Carrier::Unknown(_) | _ => (0, None),
        };
        let mut presence = Presence::empty();
        presence.set(Presence::IP, network.is_ip);
        let mut flow_control = 0;
        if let Some(bits) = carried {
            let fcf = layout.read(bits);
            presence |= Presence::FCF;
            flow_control =
                u64::from(fcf.vm_id) << 48 | u64::from(fcf.priority) << 24 | carrier << 16;
        }
        let mut esp_spi = 0;
        if let Some(spi) = transport.esp_spi {
            presence |= Presence::SPI;
            esp_spi = u64::from(spi) << 32;
        }
        let mut words = [0; KEY_WORDS];
        words[0] = u64::from(in_port.0) << 48 | ethernet.dl_src;
        words[1] = u64::from(ethernet.dl_type) << 48 | ethernet.dl_dst;
        words[2] = network.addresses;
        words[3] = u64::from(transport.ports) << 32
            | u64::from(ethernet.dl_vlan) << 16
            | u64::from(network.nw_proto) << 8
            | u64::from(network.nw_tos);
        words[5] = esp_spi;
        let mut tun_type = 0;
        if let Some(tunnel) = tunnel {
            tun_type = u64::from(u8::from(tunnel.tun_type)) << 8;
            presence |= tunnel.write(&mut words);
        }
        words[4] = flow_control
            | u64::from(ethernet.dl_vlan_pcp) << 40
            | u64::from(network.ip_frag) << 32
            | tun_type
            | u64::from(presence.bits());
        Self { words }
    }
}

impl Tunnel<'_> {
    /// Writes the tunnel's id and the inner fields, and says what there is.
    fn write(&self, words: &mut [u64; KEY_WORDS]) -> Presence {
        words[6] = self.tun_id;
        let (ethernet, presence) = match self.inner {
            Inner::Nothing => return Presence::TUNNEL,
            Inner::Ethernet(frame) => match Ethernet::read(frame) {
                Ethernet { dl_type: 0, .. } => return Presence::TUNNEL,
                ethernet => (ethernet, Presence::INNER_ETHERNET),
            },
            Inner::Network(dl_type, payload) => {
                (Ethernet { dl_type, payload, dl_vlan: 0, ..Ethernet::NONE }, Presence::empty())
            }
        };
        let network = Network::read(ethernet.dl_type, ethernet.payload);
        let transport = network.payload.read_transport(network.nw_proto);
        words[7] = u64::from(ethernet.dl_vlan) << 48 | ethernet.dl_src;
        words[8] = u64::from(ethernet.dl_type) << 48 | ethernet.dl_dst;
        words[9] = network.addresses;
        words[10] = u64::from(transport.ports) << 32
            | u64::from(network.nw_proto) << 24
            | u64::from(network.nw_tos) << 16
            | u64::from(ethernet.dl_vlan_pcp) << 8;
        presence | Presence::TUNNEL | Presence::INNER
    }
}

/// An Ethernet header with its tags.
struct Ethernet<'a> {
    dl_src: u64,
    dl_dst: u64,
    dl_type: u16,
    dl_vlan: u16,
    dl_vlan_pcp: u8,
    /// The tag control information of the outermost tag.
    tci: Option<u16>,
    payload: &'a [u8],
}

impl<'a> Ethernet<'a> {
    /// A frame that is too short to have a header.
    const NONE: Self = Self {
        dl_src: 0,
        dl_dst: 0,
        dl_type: 0,
        dl_vlan: VLAN_NONE,
        dl_vlan_pcp: 0,
        tci: None,
        payload: &[],
    };

    #[inline]
    fn read(frame: &'a [u8]) -> Self {
        let Some((header, mut payload)) = frame.split_first_chunk::<14>() else {
            return Self::NONE;
        };
        let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1] = *header;
        let mut read = Self {
            dl_src: u64::from_be_bytes([0, 0, s0, s1, s2, s3, s4, s5]),
            dl_dst: u64::from_be_bytes([0, 0, d0, d1, d2, d3, d4, d5]),
            ..Self::NONE
        };
        let mut dl_type = u16::from_be_bytes([t0, t1]);
        for _ in 0..MAX_VLAN_TAGS {
            if !matches!(dl_type, VLAN | SERVICE_VLAN) {
                break;
            }
            let Some((&[v0, v1, t0, t1], rest)) = payload.split_first_chunk::<4>() else { break };
            if read.tci.is_none() {
                let tci = u16::from_be_bytes([v0, v1]);
                read.tci = Some(tci);
                read.dl_vlan = tci & 0x0fff;
                read.dl_vlan_pcp = v0 >> 5;
            }
            (dl_type, payload) = (u16::from_be_bytes([t0, t1]), rest);
        }
        if dl_type < SMALLEST_TYPE {
            (dl_type, payload) = behind_length(payload);
        }
        read.dl_type = dl_type;
        read.payload = payload;
        read
    }
}

/// The type of a frame that has a length in its place, and what is behind.
fn behind_length(payload: &[u8]) -> (u16, &[u8]) {
    match payload.split_first_chunk::<8>() {
        Some((&[l0, l1, l2, o0, o1, o2, t0, t1], rest)) if [l0, l1, l2, o0, o1, o2] == SNAP => {
            match u16::from_be_bytes([t0, t1]) {
                dl_type @ SMALLEST_TYPE.. => (dl_type, rest),
                _ => (NO_TYPE, &[]),
            }
        }
        _ => (NO_TYPE, &[]),
    }
}

/// What the network layer says.
struct Network<'a> {
    /// Source in the upper half, destination in the lower.
    addresses: u64,
    nw_proto: u8,
    nw_tos: u8,
    /// The type of service with its low bits, of IPv4 alone.
    ipv4_tos: Option<u8>,
    is_ip: bool,
    ip_frag: u8,
    payload: Payload<'a>,
}

impl<'a> Network<'a> {
    const NONE: Self = Self {
        addresses: 0,
        nw_proto: 0,
        nw_tos: 0,
        ipv4_tos: None,
        is_ip: false,
        ip_frag: 0,
        payload: Payload::Nothing,
    };

    #[inline]
    fn read(dl_type: u16, payload: &'a [u8]) -> Self {
        match dl_type {
            IPV4 => Self::read_ipv4(payload),
            IPV6 => Self::read_ipv6(payload),
            ARP => Self::read_arp(payload),
            _ => Self::NONE,
        }
    }

    #[inline]
    fn read_ipv4(datagram: &'a [u8]) -> Self {
        let Some(header) = datagram.first_chunk::<20>() else { return Self::NONE };
        let [version_ihl, tos, _, _, _, _, f0, f1, _, proto, _, _, addresses @ ..] = *header;
        let header_len = usize::from(version_ihl & 0x0f) * 4;
        if version_ihl >> 4 != 4 || header_len < 20 {
            return Self::NONE;
        }
        let fragment = u16::from_be_bytes([f0, f1]);
        let ip_frag = ip_frag(fragment & 0x1fff != 0, fragment & 0x2000 != 0);
        Self {
            addresses: u64::from_be_bytes(addresses),
            nw_proto: proto,
            nw_tos: tos & DSCP,
            ipv4_tos: Some(tos),
            is_ip: true,
            ip_frag,
            payload: match datagram.get(header_len..) {
                Some(payload) if ip_frag == 0 => Payload::Ipv4(payload),
                _ => Payload::Nothing,
            },
        }
    }

    fn read_ipv6(datagram: &'a [u8]) -> Self {
        let Some((header, mut payload)) = datagram.split_first_chunk::<40>() else {
            return Self::NONE;
        };
        let [v0, v1, _, _, _, _, mut next, ..] = *header;
        if v0 >> 4 != 6 {
            return Self::NONE;
        }
        let mut read =
            Self { nw_tos: (v0 << 4 | v1 >> 4) & DSCP, is_ip: true, nw_proto: next, ..Self::NONE };
        for _ in 0..MAX_EXTENSION_HEADERS {
            let Some(&[then, len, f0, f1]) = payload.first_chunk::<4>() else { break };
            let len = match next {
                HOP_BY_HOP | ROUTING | DESTINATION => (usize::from(len) + 1) * 8,
                AUTHENTICATION => (usize::from(len) + 2) * 4,
                FRAGMENT => 8,
                _ => break,
            };
            let Some(rest) = payload.get(len..) else {
                return read;
            };
            if next == FRAGMENT {
                let fragment = u16::from_be_bytes([f0, f1]);
                read.ip_frag = ip_frag(fragment & 0xfff8 != 0, fragment & 1 != 0);
            }
            (next, payload) = (then, rest);
            read.nw_proto = next;
            if read.ip_frag != 0 {
                return read;
            }
        }
        let stepped =
            matches!(next, HOP_BY_HOP | ROUTING | FRAGMENT | AUTHENTICATION | DESTINATION);
        if !stepped {
            read.payload = Payload::Ipv6(payload);
        }
        read
    }

    fn read_arp(packet: &[u8]) -> Self {
        /// Ethernet, IPv4, and the lengths of their addresses.
        const KIND: [u8; 6] = [0, 1, 8, 0, 6, 4];
        let Some((kind, rest)) = packet.split_first_chunk::<6>() else { return Self::NONE };
        let Some(&[o0, o1, fields @ ..]) = rest.first_chunk::<22>() else { return Self::NONE };
        if *kind != KIND {
            return Self::NONE;
        }
        let [_, _, _, _, _, _, s0, s1, s2, s3, _, _, _, _, _, _, t0, t1, t2, t3] = fields;
        Self {
            addresses: u64::from_be_bytes([s0, s1, s2, s3, t0, t1, t2, t3]),
            nw_proto: if o0 == 0 { o1 } else { 0 },
            ..Self::NONE
        }
    }
}

/// The field of that name: bit 0 for any fragment, bit 1 for one that is not the first.
fn ip_frag(later: bool, more: bool) -> u8 {
    match (later, more) {
        (true, _) => 3,
        (false, true) => 1,
        (false, false) => 0,
    }
}
