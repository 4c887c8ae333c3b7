//! What an entry can match of a frame, in a fixed number of 64-bit words.
//!
//! A key holds every field of `struct ofp_match` and of the match TLVs of vse-protocol(7). An entry
//! is a mask and a value of the same form, so that matching is `key & mask == value`. The XDP
//! program makes the same words of the same frame; what follows is binding for both.
//!
//! # The words
//!
//! | word | bits 63-48 | 47-32 | 31-16 | 15-0 |
//! | --- | --- | --- | --- | --- |
//! | 0 | in_port | dl_src | dl_src | dl_src |
//! | 1 | dl_type | dl_dst | dl_dst | dl_dst |
//! | 2 | nw_src | nw_src | nw_dst | nw_dst |
//! | 3 | tp_src | tp_dst | dl_vlan | nw_proto, nw_tos |
//! | 4 | vm_id | dl_vlan_pcp, ip_frag | fcf_priority, fcf_carrier | tun_type, presence |
//! | 5 | esp_spi | esp_spi | 0 | 0 |
//! | 6 | tun_id | tun_id | tun_id | tun_id |
//! | 7 | inner_dl_vlan | inner_dl_src | inner_dl_src | inner_dl_src |
//! | 8 | inner_dl_type | inner_dl_dst | inner_dl_dst | inner_dl_dst |
//! | 9 | inner_nw_src | inner_nw_src | inner_nw_dst | inner_nw_dst |
//! | 10 | inner_tp_src | inner_tp_dst | inner_nw_proto, inner_nw_tos | inner_dl_vlan_pcp, 0 |
//!
//! Where two fields share 16 bits, the first stands in the upper eight. A field that the frame does
//! not have is 0; `dl_vlan` and `inner_dl_vlan` of a frame without a tag are 0xffff. What a field
//! of VSE needs to be there at all is told by the bits of [`Presence`]; an entry with a TLV has
//! them in its mask.
//!
//! # Reading a frame
//!
//! - Lengths in headers are not looked at, but for the header length of IPv4, the lengths of IPv6
//!   extension headers, of Geneve options and of STT: the bytes of the frame decide. A header
//!   that is cut short is not there, and neither is what follows it.
//! - Ethernet: 14 bytes. Up to [`MAX_VLAN_TAGS`] tags of EtherType 0x8100 or 0x88a8, 4 bytes each;
//!   `dl_vlan` and `dl_vlan_pcp` are those of the outermost, `dl_type` is the type behind them. A
//!   further tag, or one that is cut short, is the `dl_type`. A type below 0x600 is a length: the
//!   `dl_type` is that of a SNAP header (aa aa 03 00 00 00) behind it, if that is at least 0x600,
//!   and 0x05ff otherwise.
//! - ARP over Ethernet for IPv4: `nw_proto` is the operation where it is below 256, else 0;
//!   `nw_src` and `nw_dst` are the protocol addresses.
//! - IPv4: version 4, a header length of at least 20. A header whose options are cut short has its
//!   fields, but nothing behind it.
//! - IPv6: `nw_tos` is the traffic class, `nw_proto` the first header that is none of hop-by-hop,
//!   routing, destination options, authentication and fragment; `nw_src` and `nw_dst` are 0. Up to
//!   [`MAX_EXTENSION_HEADERS`] are stepped over; behind more there is nothing.
//! - `nw_tos` has its low two bits clear, in the key as in the match: they are ECN.
//! - Fragments, the first as well: the ports, the SPI and a tunnel are not there, so that all
//!   fragments of a datagram have the same key but for `ip_frag`. `nw_proto` in IPv6 is then the
//!   next header of the fragment header, in every fragment. Open vSwitch has 44 in all but the first: they
//!   would have two hashes, and an inner match on a protocol would take the first alone.
//! - TCP, UDP and SCTP: ports, where 4 bytes are there. ICMP in IPv4, ICMPv6 in IPv6: type and
//!   code, where 2 are. ESP: the SPI, where 4 are.
//! - Tunnels, one level: VXLAN (UDP to 4789 or 8472, flag 0x08), VXLAN-GPE (UDP to 4790, the same
//!   flag; Ethernet where flag 0x04 is clear), Geneve (UDP to 6081, version 0), NVGRE (GRE of
//!   version 0 with a key and nothing else, carrying Ethernet), STT (TCP to 7471, a segment that
//!   has a whole packet). Within, the inner headers are read like the outer ones; a tunnel that
//!   carries IPv4 or IPv6 without Ethernet has no inner Ethernet addresses and no inner tag.
//! - The Flow Control Field stands where the configured layout says: in the type of service of
//!   the outer IPv4 header, or in the outermost tag.

mod extract;
mod place;
mod transport;

use codec::of10::PortNo;
use codec::vse::MatchField;

pub(crate) use place::{FIELDS, Place};

/// Words of a key.
pub const KEY_WORDS: usize = 11;
/// VLAN tags that are read at most.
pub const MAX_VLAN_TAGS: usize = 2;
/// IPv6 extension headers that are stepped over at most.
pub const MAX_EXTENSION_HEADERS: usize = 6;

bitflags::bitflags! {
    /// What of VSE's fields a frame has: the low byte of word 4.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Presence: u8 {
        /// A Flow Control Field: the carrier of the layout is there.
        const FCF = 1 << 0;
        /// An IPv4 or IPv6 header.
        const IP = 1 << 1;
        /// A security parameters index.
        const SPI = 1 << 2;
        /// A tunnel.
        const TUNNEL = 1 << 3;
        /// A frame or a datagram in the tunnel.
        const INNER = 1 << 4;
        /// An Ethernet header in the tunnel.
        const INNER_ETHERNET = 1 << 5;
    }
}

/// The fields of one frame. See the module for the words and for how a frame is read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PacketKey {
    words: [u64; KEY_WORDS],
}

impl PacketKey {
    /// The key of these words.
    #[must_use]
    pub const fn from_words(words: [u64; KEY_WORDS]) -> Self {
        Self { words }
    }

    /// The words, as the module describes them.
    #[must_use]
    pub const fn words(&self) -> &[u64; KEY_WORDS] {
        &self.words
    }

    /// The port that the frame came in on.
    #[must_use]
    pub fn in_port(&self) -> PortNo {
        PortNo(u16::try_from(self.field(MatchField::InPort)).unwrap_or_default())
    }

    /// The VM id of the Flow Control Field; 0 where there is none.
    #[must_use]
    pub const fn vm_id(&self) -> u16 {
        let [a, b, ..] = self.words[4].to_be_bytes();
        u16::from_be_bytes([a, b])
    }

    /// Whether the priority bit of the Flow Control Field is set.
    #[must_use]
    pub const fn is_priority(&self) -> bool {
        let [.., priority, _, _, _] = self.words[4].to_be_bytes();
        priority != 0
    }

    /// Which of VSE's fields the frame has.
    #[must_use]
    pub const fn presence(&self) -> Presence {
        let [.., presence] = self.words[4].to_be_bytes();
        Presence::from_bits_retain(presence)
    }

    /// A field as a number; 0 for one that this version does not know.
    #[must_use]
    pub fn field(&self, field: MatchField) -> u64 {
        Place::of(field).map_or(0, |place| place.read(&self.words))
    }

    /// The hash of the flow that the frame belongs to: of outer addresses, ports, protocol and VM
    /// id, the same for all fragments of a datagram. Never 0, which stands for none.
    #[must_use]
    pub const fn rxhash(&self) -> u32 {
        // 64-bit finaliser of MurmurHash3, over the two words that hold the flow and its VM.
        let nw = self.words[2];
        let tp = self.words[3] & 0xffff_ffff_0000_ff00;
        let vm = self.words[4] >> 48;
        let mut hash = nw ^ tp.rotate_left(23) ^ vm.rotate_left(41);
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        let [a, b, c, d, ..] = (hash ^ (hash >> 33)).to_be_bytes();
        match u32::from_be_bytes([a, b, c, d]) {
            0 => 1,
            hash => hash,
        }
    }
}

impl std::fmt::Debug for PacketKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut all = f.debug_struct("PacketKey");
        for place in FIELDS {
            match place.read(&self.words) {
                0 => {}
                value => drop(all.field(&place.field.to_string(), &format_args!("{value:#x}"))),
            }
        }
        all.field("presence", &self.presence()).finish()
    }
}

#[cfg(test)]
mod tests;
