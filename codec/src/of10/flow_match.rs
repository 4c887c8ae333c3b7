//! What an entry matches: OpenFlow 1.0.0 section 5.2.3, `struct ofp_match`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 4 | wildcards |
//! | 4 | 2 | in_port |
//! | 6 | 6 | dl_src |
//! | 12 | 6 | dl_dst |
//! | 18 | 2 | dl_vlan |
//! | 20 | 1 | dl_vlan_pcp |
//! | 21 | 1 | pad1 |
//! | 22 | 2 | dl_type |
//! | 24 | 1 | nw_tos |
//! | 25 | 1 | nw_proto |
//! | 26 | 2 | pad2 |
//! | 28 | 4 | nw_src |
//! | 32 | 4 | nw_dst |
//! | 36 | 2 | tp_src |
//! | 38 | 2 | tp_dst |

use std::net::Ipv4Addr;
use std::str::FromStr;

use nom::Parser;

use super::port_no::PortNo;
use crate::types::{Line, MacAddr, Pad, Piece};
use crate::wire::{Parsed, Put, array, u8, u16, u32};
use crate::{display_as_put, put};

/// Bytes of a match.
pub const MATCH_LEN: usize = 40;

bitflags::bitflags! {
    /// Which fields are wildcarded: OpenFlow 1.0.0 section 5.2.3, `enum ofp_flow_wildcards`.
    ///
    /// The two addresses have six bits each: how many of their low-order bits are ignored, 32 and
    /// more for all of them.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub struct Wildcards: u32 {
        /// Any input port.
        const IN_PORT = 1 << 0;
        /// Any VLAN id.
        const DL_VLAN = 1 << 1;
        /// Any Ethernet source.
        const DL_SRC = 1 << 2;
        /// Any Ethernet destination.
        const DL_DST = 1 << 3;
        /// Any EtherType.
        const DL_TYPE = 1 << 4;
        /// Any IP protocol.
        const NW_PROTO = 1 << 5;
        /// Any source port, or ICMP type.
        const TP_SRC = 1 << 6;
        /// Any destination port, or ICMP code.
        const TP_DST = 1 << 7;
        /// Any VLAN priority.
        const DL_VLAN_PCP = 1 << 20;
        /// Any type of service.
        const NW_TOS = 1 << 21;

        const _ = !0;
    }
}

impl Wildcards {
    const NW_SRC_SHIFT: u32 = 8;
    const NW_DST_SHIFT: u32 = 14;
    const NW_COUNT: u32 = 0x3f;

    /// Every field wildcarded, the addresses by a count of 32: what Open vSwitch sends.
    pub const ALL: Self = Self::from_bits_retain(0x0038_20ff);

    /// Low-order bits of the source address that are ignored, 0 to 63; 32 and above is all.
    #[must_use]
    pub const fn nw_src_ignored(self) -> u32 {
        self.bits() >> Self::NW_SRC_SHIFT & Self::NW_COUNT
    }

    /// Low-order bits of the destination address that are ignored, 0 to 63; 32 and above is all.
    #[must_use]
    pub const fn nw_dst_ignored(self) -> u32 {
        self.bits() >> Self::NW_DST_SHIFT & Self::NW_COUNT
    }

    /// These wildcards with `count` low-order bits of the source address ignored (capped at 63).
    #[must_use]
    pub const fn with_nw_src_ignored(self, count: u32) -> Self {
        self.with_count(Self::NW_SRC_SHIFT, count)
    }

    /// These wildcards with `count` low-order bits of the destination address ignored (at most
    /// 63).
    #[must_use]
    pub const fn with_nw_dst_ignored(self, count: u32) -> Self {
        self.with_count(Self::NW_DST_SHIFT, count)
    }

    const fn with_count(self, shift: u32, count: u32) -> Self {
        let count = if count > Self::NW_COUNT { Self::NW_COUNT } else { count };
        Self::from_bits_retain(self.bits() & !(Self::NW_COUNT << shift) | count << shift)
    }
}

/// What a frame must look like. A field whose wildcard bit is set is ignored, and kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Match {
    /// The fields that are ignored.
    pub wildcards: Wildcards,
    /// Input port.
    pub in_port: PortNo,
    /// Ethernet source.
    pub dl_src: MacAddr,
    /// Ethernet destination.
    pub dl_dst: MacAddr,
    /// VLAN id, 0 to 4095; [`Match::VLAN_NONE`] for a frame without a tag.
    pub dl_vlan: u16,
    /// VLAN priority, 0 to 7.
    pub dl_vlan_pcp: u8,
    /// Padding at offset 21.
    pub pad1: Pad<1>,
    /// EtherType; the one behind the tag of a tagged frame.
    pub dl_type: u16,
    /// IP type of service; the low two bits are no part of it.
    pub nw_tos: u8,
    /// IP protocol, or the lower eight bits of the ARP operation.
    pub nw_proto: u8,
    /// Padding at offset 26.
    pub pad2: Pad<2>,
    /// IPv4 source, or the sender's protocol address in ARP.
    pub nw_src: Ipv4Addr,
    /// IPv4 destination, or the target's protocol address in ARP.
    pub nw_dst: Ipv4Addr,
    /// TCP or UDP source port, or ICMP type.
    pub tp_src: u16,
    /// TCP or UDP destination port, or ICMP code.
    pub tp_dst: u16,
}

impl Match {
    /// The value of `dl_vlan` for a frame without a tag (`OFP_VLAN_NONE`).
    pub const VLAN_NONE: u16 = 0xffff;

    /// A match that every frame meets.
    pub const ANY: Self = Self {
        wildcards: Wildcards::ALL,
        in_port: PortNo(0),
        dl_src: MacAddr([0; 6]),
        dl_dst: MacAddr([0; 6]),
        dl_vlan: 0,
        dl_vlan_pcp: 0,
        pad1: Pad([0; 1]),
        dl_type: 0,
        nw_tos: 0,
        nw_proto: 0,
        pad2: Pad([0; 2]),
        nw_src: Ipv4Addr::UNSPECIFIED,
        nw_dst: Ipv4Addr::UNSPECIFIED,
        tp_src: 0,
        tp_dst: 0,
    };

    /// Whether the field of the wildcard bit `field` is matched.
    #[must_use]
    pub const fn matches(&self, field: Wildcards) -> bool {
        !self.wildcards.contains(field)
    }

    /// The source prefix that is matched, if any bit of it is.
    #[must_use]
    pub fn nw_src_prefix(&self) -> Option<Ipv4Prefix> {
        Ipv4Prefix::new(self.nw_src, self.wildcards.nw_src_ignored())
    }

    /// The destination prefix that is matched, if any bit of it is.
    #[must_use]
    pub fn nw_dst_prefix(&self) -> Option<Ipv4Prefix> {
        Ipv4Prefix::new(self.nw_dst, self.wildcards.nw_dst_ignored())
    }

    /// Reads a match, which any bytes are, without what a parser costs.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; MATCH_LEN]) -> Self {
        let [w0, w1, w2, w3, i0, i1, bytes @ ..] = *bytes;
        let [s0, s1, s2, s3, s4, s5, d0, d1, d2, d3, d4, d5, v0, v1, pcp, pad, bytes @ ..] = bytes;
        let [t0, t1, nw_tos, nw_proto, p0, p1, bytes @ ..] = bytes;
        let [a0, a1, a2, a3, b0, b1, b2, b3, x0, x1, y0, y1] = bytes;
        Self {
            wildcards: Wildcards::from_bits_retain(u32::from_be_bytes([w0, w1, w2, w3])),
            in_port: PortNo(u16::from_be_bytes([i0, i1])),
            dl_src: MacAddr([s0, s1, s2, s3, s4, s5]),
            dl_dst: MacAddr([d0, d1, d2, d3, d4, d5]),
            dl_vlan: u16::from_be_bytes([v0, v1]),
            dl_vlan_pcp: pcp,
            pad1: Pad([pad]),
            dl_type: u16::from_be_bytes([t0, t1]),
            nw_tos,
            nw_proto,
            pad2: Pad([p0, p1]),
            nw_src: Ipv4Addr::new(a0, a1, a2, a3),
            nw_dst: Ipv4Addr::new(b0, b1, b2, b3),
            tp_src: u16::from_be_bytes([x0, x1]),
            tp_dst: u16::from_be_bytes([y0, y1]),
        }
    }

    /// The wildcards that Open vSwitch would write for what is matched: bits without a field are
    /// clear, and an address that is ignored has a count of 32.
    #[must_use]
    pub fn canonical_wildcards(&self) -> Wildcards {
        let fields = Wildcards::ALL.with_nw_src_ignored(0).with_nw_dst_ignored(0);
        (self.wildcards & fields)
            .with_nw_src_ignored(self.wildcards.nw_src_ignored().min(32))
            .with_nw_dst_ignored(self.wildcards.nw_dst_ignored().min(32))
    }

    /// The match that means the same and says nothing more: no values under wildcards, no bits
    /// behind a prefix, the [canonical wildcards](Self::canonical_wildcards), no padding.
    #[must_use]
    pub fn normalized(&self) -> Self {
        fn kept<T: Default>(matched: bool, value: T) -> T {
            if matched { value } else { T::default() }
        }
        fn prefix(prefix: Option<Ipv4Prefix>) -> Ipv4Addr {
            let kept = prefix.and_then(|prefix| {
                let mask = u32::MAX.checked_shl(prefix.ignored())?;
                Some(Ipv4Addr::from(u32::from(prefix.addr) & mask))
            });
            kept.unwrap_or(Ipv4Addr::UNSPECIFIED)
        }
        Self {
            wildcards: self.canonical_wildcards(),
            in_port: PortNo(kept(self.matches(Wildcards::IN_PORT), self.in_port.0)),
            dl_src: MacAddr(kept(self.matches(Wildcards::DL_SRC), self.dl_src.0)),
            dl_dst: MacAddr(kept(self.matches(Wildcards::DL_DST), self.dl_dst.0)),
            dl_vlan: kept(self.matches(Wildcards::DL_VLAN), self.dl_vlan),
            dl_vlan_pcp: kept(self.matches(Wildcards::DL_VLAN_PCP), self.dl_vlan_pcp),
            pad1: Pad::default(),
            dl_type: kept(self.matches(Wildcards::DL_TYPE), self.dl_type),
            nw_tos: kept(self.matches(Wildcards::NW_TOS), self.nw_tos),
            nw_proto: kept(self.matches(Wildcards::NW_PROTO), self.nw_proto),
            pad2: Pad::default(),
            nw_src: prefix(self.nw_src_prefix()),
            nw_dst: prefix(self.nw_dst_prefix()),
            tp_src: kept(self.matches(Wildcards::TP_SRC), self.tp_src),
            tp_dst: kept(self.matches(Wildcards::TP_DST), self.tp_dst),
        }
    }

    /// Whether a field that is ignored has a value other than zero.
    #[must_use]
    pub fn has_unmatched_values(&self) -> bool {
        let hidden = |field, zero: bool| !self.matches(field) && !zero;
        hidden(Wildcards::IN_PORT, self.in_port.0 == 0)
            || hidden(Wildcards::DL_SRC, self.dl_src.0 == [0; 6])
            || hidden(Wildcards::DL_DST, self.dl_dst.0 == [0; 6])
            || hidden(Wildcards::DL_VLAN, self.dl_vlan == 0)
            || hidden(Wildcards::DL_VLAN_PCP, self.dl_vlan_pcp == 0)
            || hidden(Wildcards::DL_TYPE, self.dl_type == 0)
            || hidden(Wildcards::NW_TOS, self.nw_tos == 0)
            || hidden(Wildcards::NW_PROTO, self.nw_proto == 0)
            || hidden(Wildcards::TP_SRC, self.tp_src == 0)
            || hidden(Wildcards::TP_DST, self.tp_dst == 0)
            || (self.nw_src_prefix().is_none() && !self.nw_src.is_unspecified())
            || (self.nw_dst_prefix().is_none() && !self.nw_dst.is_unspecified())
    }

    pub(crate) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, (wildcards, in_port, dl_src, dl_dst, dl_vlan, dl_vlan_pcp, pad1, dl_type)) = (
            u32("wildcards").map(Wildcards::from_bits_retain),
            u16("in_port").map(PortNo),
            array("dl_src").map(MacAddr),
            array("dl_dst").map(MacAddr),
            u16("dl_vlan"),
            u8("dl_vlan_pcp"),
            array("pad1").map(Pad),
            u16("dl_type"),
        )
            .parse(input)?;
        let (rest, (nw_tos, nw_proto, pad2, nw_src, nw_dst, tp_src, tp_dst)) = (
            u8("nw_tos"),
            u8("nw_proto"),
            array("pad2").map(Pad),
            array::<4>("nw_src").map(Ipv4Addr::from),
            array::<4>("nw_dst").map(Ipv4Addr::from),
            u16("tp_src"),
            u16("tp_dst"),
        )
            .parse(rest)?;
        let read = Self {
            wildcards,
            in_port,
            dl_src,
            dl_dst,
            dl_vlan,
            dl_vlan_pcp,
            pad1,
            dl_type,
            nw_tos,
            nw_proto,
            pad2,
            nw_src,
            nw_dst,
            tp_src,
            tp_dst,
        };
        Ok((rest, read))
    }

    /// Appends the 40 bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.put_u32(self.wildcards.bits());
        out.put_u16(self.in_port.0);
        out.put(&self.dl_src.0);
        out.put(&self.dl_dst.0);
        out.put_u16(self.dl_vlan);
        out.put_u8(self.dl_vlan_pcp);
        out.put(&self.pad1.0);
        out.put_u16(self.dl_type);
        out.put_u8(self.nw_tos);
        out.put_u8(self.nw_proto);
        out.put(&self.pad2.0);
        out.put(&self.nw_src.octets());
        out.put(&self.nw_dst.octets());
        out.put_u16(self.tp_src);
        out.put_u16(self.tp_dst);
    }
}

impl Default for Match {
    fn default() -> Self {
        Self::ANY
    }
}

/// An IPv4 address of which the first `len` bits are matched; `10.0.0.0/8` as text. Bits behind
/// the prefix are ignored by a match, and kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ipv4Prefix {
    /// The address, all 32 bits of it.
    pub addr: Ipv4Addr,
    /// How many leading bits are matched, 1 to 32.
    pub len: u8,
}

impl Ipv4Prefix {
    fn new(addr: Ipv4Addr, ignored: u32) -> Option<Self> {
        let len = u8::try_from(32_u32.checked_sub(ignored)?).ok().filter(|len| *len > 0)?;
        Some(Self { addr, len })
    }

    /// Low-order bits that are not matched.
    #[must_use]
    pub fn ignored(self) -> u32 {
        32_u32.saturating_sub(self.len.into())
    }
}

display_as_put!(Ipv4Prefix);

impl Piece for Ipv4Prefix {
    fn put(&self, out: &mut Line) {
        put!(out, self.addr);
        if self.len != 32 {
            put!(out, "/", self.len);
        }
    }
}

/// Text that is no IPv4 prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an IPv4 prefix: want an address and 1 to 32 bits, as in 10.0.0.0/8")]
pub struct Ipv4PrefixError;

impl FromStr for Ipv4Prefix {
    type Err = Ipv4PrefixError;

    fn from_str(text: &str) -> Result<Self, Ipv4PrefixError> {
        let (addr, len) = text.split_once('/').unwrap_or((text, "32"));
        let addr = addr.parse().map_err(|_| Ipv4PrefixError)?;
        let len = len.parse().ok().filter(|len| (1..=32).contains(len)).ok_or(Ipv4PrefixError)?;
        Ok(Self { addr, len })
    }
}
