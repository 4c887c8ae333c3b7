//! What follows the network layer: ports, the SPI, tunnels.

use codec::vse::TunnelType;

use super::extract::{IPV4, IPV6};

/// Protocols (IANA, Assigned Internet Protocol Numbers).
const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const GRE: u8 = 47;
const ESP: u8 = 50;
const ICMPV6: u8 = 58;
const SCTP: u8 = 132;

/// Ports of tunnels (IANA; 8472 is what Linux used before VXLAN had one).
const VXLAN_PORTS: [u16; 2] = [4789, 8472];
const VXLAN_GPE_PORT: u16 = 4790;
const GENEVE_PORT: u16 = 6081;
const STT_PORT: u16 = 7471;
/// The protocol type of Ethernet in GRE and Geneve.
const ETHERNET: u16 = 0x6558;

/// What an IP header carries, where it can be read.
#[derive(Clone, Copy)]
pub(super) enum Payload<'a> {
    /// Nothing: a fragment, or cut off.
    Nothing,
    Ipv4(&'a [u8]),
    Ipv6(&'a [u8]),
}

/// Fields of the transport layer.
#[derive(Clone, Copy, Default)]
pub(super) struct Transport {
    /// Source in the upper half, destination in the lower.
    pub(super) ports: u32,
    pub(super) esp_spi: Option<u32>,
}

/// A tunnel's header.
pub(super) struct Tunnel<'a> {
    pub(super) tun_type: TunnelType,
    pub(super) tun_id: u64,
    pub(super) inner: Inner<'a>,
}

/// What a tunnel carries.
#[derive(Clone, Copy)]
pub(super) enum Inner<'a> {
    /// Nothing that is read.
    Nothing,
    /// An Ethernet frame.
    Ethernet(&'a [u8]),
    /// A datagram of this EtherType.
    Network(u16, &'a [u8]),
}

impl<'a> Payload<'a> {
    /// The transport layer and the tunnel of an outer header.
    #[inline]
    pub(super) fn read(self, nw_proto: u8) -> (Transport, Option<Tunnel<'a>>) {
        let transport = self.read_transport(nw_proto);
        let (Self::Ipv4(payload) | Self::Ipv6(payload)) = self else { return (transport, None) };
        let [_, _, p0, p1] = transport.ports.to_be_bytes();
        let port = u16::from_be_bytes([p0, p1]);
        let tunnel = match nw_proto {
            UDP => udp_tunnel(port, payload.get(8..).unwrap_or_default()),
            TCP if port == STT_PORT => stt(payload),
            GRE => nvgre(payload),
            _ => None,
        };
        (transport, tunnel)
    }

    #[inline]
    pub(super) fn read_transport(self, nw_proto: u8) -> Transport {
        let (payload, icmp) = match self {
            Self::Nothing => return Transport::default(),
            Self::Ipv4(payload) => (payload, ICMP),
            Self::Ipv6(payload) => (payload, ICMPV6),
        };
        let word = payload.first_chunk::<4>().map(|word| u32::from_be_bytes(*word));
        match (nw_proto, word) {
            (TCP | UDP | SCTP, Some(ports)) => Transport { ports, esp_spi: None },
            (ESP, esp_spi) => Transport { ports: 0, esp_spi },
            (proto, _) if proto == icmp => match payload.first_chunk::<2>() {
                Some(&[kind, code]) => {
                    let ports = u32::from(kind) << 16 | u32::from(code);
                    Transport { ports, esp_spi: None }
                }
                None => Transport::default(),
            },
            _ => Transport::default(),
        }
    }
}

/// The tunnel in a UDP datagram to `port`.
#[inline]
fn udp_tunnel(port: u16, payload: &[u8]) -> Option<Tunnel<'_>> {
    if VXLAN_PORTS.contains(&port) {
        vxlan(payload)
    } else if port == VXLAN_GPE_PORT {
        vxlan_gpe(payload)
    } else if port == GENEVE_PORT {
        geneve(payload)
    } else {
        None
    }
}

/// Flags of VXLAN: a network identifier is given; a next protocol is (GPE).
const HAS_VNI: u8 = 0x08;
const HAS_PROTOCOL: u8 = 0x04;

fn vxlan(payload: &[u8]) -> Option<Tunnel<'_>> {
    let (&[flags, _, _, _, v0, v1, v2, _], inner) = payload.split_first_chunk::<8>()?;
    let (tun_type, inner) = (TunnelType::Vxlan, Inner::Ethernet(inner));
    (flags & HAS_VNI != 0).then(|| Tunnel { tun_type, tun_id: id24(v0, v1, v2), inner })
}

fn vxlan_gpe(payload: &[u8]) -> Option<Tunnel<'_>> {
    let (&[flags, _, _, protocol, v0, v1, v2, _], inner) = payload.split_first_chunk::<8>()?;
    let inner = match protocol {
        _ if flags & HAS_PROTOCOL == 0 => Inner::Ethernet(inner),
        1 => Inner::Network(IPV4, inner),
        2 => Inner::Network(IPV6, inner),
        3 => Inner::Ethernet(inner),
        _ => Inner::Nothing,
    };
    let tun_type = TunnelType::VxlanGpe;
    (flags & HAS_VNI != 0).then(|| Tunnel { tun_type, tun_id: id24(v0, v1, v2), inner })
}

fn geneve(payload: &[u8]) -> Option<Tunnel<'_>> {
    let (&[version_len, _, p0, p1, v0, v1, v2, _], rest) = payload.split_first_chunk::<8>()?;
    let inner = match rest.get(usize::from(version_len & 0x3f) * 4..) {
        Some(inner) => carried(u16::from_be_bytes([p0, p1]), inner),
        None => Inner::Nothing,
    };
    let tun_type = TunnelType::Geneve;
    (version_len >> 6 == 0).then(|| Tunnel { tun_type, tun_id: id24(v0, v1, v2), inner })
}

/// NVGRE is GRE with a key and nothing else, carrying Ethernet (RFC 7637 section 3.2).
fn nvgre(payload: &[u8]) -> Option<Tunnel<'_>> {
    let (&[f0, f1, p0, p1, v0, v1, v2, _], inner) = payload.split_first_chunk::<8>()?;
    let flags = u16::from_be_bytes([f0, f1]);
    let is_nvgre = flags & 0xf007 == 0x2000 && u16::from_be_bytes([p0, p1]) == ETHERNET;
    let (tun_type, inner) = (TunnelType::Nvgre, Inner::Ethernet(inner));
    is_nvgre.then(|| Tunnel { tun_type, tun_id: id24(v0, v1, v2), inner })
}

/// A segment of STT that has a whole packet: a header like that of TCP whose sequence number is
/// length and offset, then 18 bytes with the context id (draft-davie-stt section 3).
fn stt(segment: &[u8]) -> Option<Tunnel<'_>> {
    let (header, packet) = segment.split_first_chunk::<20>()?;
    let [_, _, _, _, l0, l1, o0, o1, ..] = *header;
    let (&[_, _, _, _, _, _, _, _, id @ .., _, _], inner) = packet.split_first_chunk::<18>()?;
    let whole = [o0, o1] == [0, 0] && usize::from(u16::from_be_bytes([l0, l1])) <= packet.len();
    let (tun_type, inner) = (TunnelType::Stt, Inner::Ethernet(inner));
    whole.then(|| Tunnel { tun_type, tun_id: u64::from_be_bytes(id), inner })
}

/// What a protocol type says that is carried.
fn carried(protocol: u16, inner: &[u8]) -> Inner<'_> {
    match protocol {
        ETHERNET => Inner::Ethernet(inner),
        IPV4 | IPV6 => Inner::Network(protocol, inner),
        _ => Inner::Nothing,
    }
}

/// A number of 24 bits.
const fn id24(a: u8, b: u8, c: u8) -> u64 {
    u64::from_be_bytes([0, 0, 0, 0, 0, a, b, c])
}
