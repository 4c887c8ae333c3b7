//! The words of an extended match: what the text of flows calls a field, where it shows, and in which
//! order its entries stand. The printer, the reader and the encoder of text go by these tables.

use super::field::NxmField;

/// What a match says of EtherType, IP protocol and ICMP type, on which the meaning of others depends.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Context {
    pub(crate) eth_type: Option<u128>,
    pub(crate) nw_proto: Option<u128>,
    pub(crate) icmp_type: Option<u128>,
    /// Whether the protocol of the tracked connection is said.
    pub(crate) has_ct_nw_proto: bool,
    pub(crate) erspan_version: Option<u128>,
}

pub(crate) const ETH_IP: u128 = 0x0800;
const ETH_ARP: u128 = 0x0806;
const ETH_RARP: u128 = 0x8035;
pub(crate) const ETH_IPV6: u128 = 0x86dd;
const ETH_MPLS: u128 = 0x8847;
const ETH_MPLS_MCAST: u128 = 0x8848;
pub(crate) const ETH_NSH: u128 = 0x894f;
const ICMP: u128 = 1;
const TCP: u128 = 6;
const UDP: u128 = 17;
const ICMP6: u128 = 58;
const SCTP: u128 = 132;
const NEIGHBOUR_SOLICITATION: u128 = 135;
const NEIGHBOUR_ADVERTISEMENT: u128 = 136;

/// Words for an EtherType and an IP protocol. Of several that fit, the first is printed.
#[rustfmt::skip]
const SHORTHANDS: &[(&str, u128, Option<u128>)] = &[
    ("icmp", ETH_IP, Some(ICMP)),
    ("tcp", ETH_IP, Some(TCP)),
    ("udp", ETH_IP, Some(UDP)),
    ("sctp", ETH_IP, Some(SCTP)),
    ("ip", ETH_IP, None),
    ("icmp6", ETH_IPV6, Some(ICMP6)),
    ("tcp6", ETH_IPV6, Some(TCP)),
    ("udp6", ETH_IPV6, Some(UDP)),
    ("sctp6", ETH_IPV6, Some(SCTP)),
    ("ipv6", ETH_IPV6, None),
    ("ip6", ETH_IPV6, None),
    ("arp", ETH_ARP, None),
    ("rarp", ETH_RARP, None),
    ("mpls", ETH_MPLS, None),
    ("mplsm", ETH_MPLS_MCAST, None),
];

/// EtherType and IP protocol of a shorthand.
pub(crate) fn shorthand(word: &str) -> Option<(u128, Option<u128>)> {
    let known = SHORTHANDS.iter().find(|(name, ..)| *name == word);
    known.map(|(_, eth_type, nw_proto)| (*eth_type, *nw_proto))
}

/// The shorthands.
pub(crate) fn shorthands() -> impl Iterator<Item = &'static str> {
    SHORTHANDS.iter().map(|(name, ..)| *name)
}

/// Fields that have other words beside their own; the first of a field is the one that is printed.
#[rustfmt::skip]
const NAMES: &[(&str, &str)] = &[
    ("eth_src", "dl_src"),
    ("eth_dst", "dl_dst"),
    ("eth_type", "dl_type"),
    ("ip_src", "nw_src"),
    ("ip_dst", "nw_dst"),
    ("ip_frag", "nw_frag"),
    ("tcp_src", "tp_src"),
    ("tcp_dst", "tp_dst"),
    ("udp_src", "tp_src"),
    ("udp_dst", "tp_dst"),
    ("sctp_src", "tp_src"),
    ("sctp_dst", "tp_dst"),
    ("icmpv6_type", "icmp_type"),
    ("icmpv6_code", "icmp_code"),
    ("tun_gtpu_flags", "gtpu_flags"),
    ("tun_gtpu_msgtype", "gtpu_msgtype"),
    ("nw_proto", "nw_proto"),
    ("nw_proto", "ip_proto"),
    ("nw_ecn", "nw_ecn"),
    ("nw_ecn", "ip_ecn"),
    ("tun_id", "tun_id"),
    ("tun_id", "tunnel_id"),
    ("nsh_spi", "nsh_spi"),
    ("nsh_spi", "nsp"),
    ("nsh_si", "nsh_si"),
    ("nsh_si", "nsi"),
];

/// What the text of flows calls the field with the word `field`.
pub(crate) fn printed(field: &'static str) -> &'static str {
    NAMES.iter().find(|(word, _)| *word == field).map_or(field, |(_, name)| name)
}

/// The field that the text of flows calls `name`: by its word, another name of it, or that of a header.
pub(crate) fn field_of(name: &str) -> Option<&'static NxmField> {
    let by_name = || {
        let (word, _) = NAMES.iter().find(|(_, other)| *other == name)?;
        NxmField::of_word(word)
    };
    NxmField::of_word(name).or_else(by_name).or_else(|| NxmField::of_name(name))
}

/// The names of fields beside their own words.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(_, name)| *name)
}

/// Fields whose values the text has without a mask: most cannot have one, and Open vSwitch prints
/// none for the rest.
const WHOLE: &[&str] = &[
    "packet_type",
    "recirc_id",
    "conj_id",
    "in_port",
    "in_port_oxm",
    "actset_output",
    "eth_type",
    "vlan_pcp",
    "mpls_label",
    "mpls_tc",
    "mpls_bos",
    "mpls_ttl",
    "nw_proto",
    "nw_tos",
    "ip_dscp",
    "nw_ecn",
    "nw_ttl",
    "arp_op",
    "icmp_type",
    "icmp_code",
    "icmpv6_type",
    "icmpv6_code",
    "nd_reserved",
    "nd_options_type",
    "tun_gbp_flags",
    "tun_erspan_idx",
    "tun_erspan_ver",
    "tun_erspan_dir",
    "tun_erspan_hwid",
    "tun_gtpu_flags",
    "tun_gtpu_msgtype",
    "nsh_spi",
    "ct_nw_proto",
];

/// Whether the text of a field can have a mask.
pub(crate) fn takes_mask(field: &str) -> bool {
    !WHOLE.contains(&field)
}

impl Context {
    pub(crate) fn is_arp(self) -> bool {
        matches!(self.eth_type, Some(ETH_ARP | ETH_RARP))
    }

    fn is_ip(self) -> bool {
        matches!(self.eth_type, Some(ETH_IP | ETH_IPV6))
    }

    pub(crate) fn is_icmp6(self) -> bool {
        self.eth_type == Some(ETH_IPV6) && self.nw_proto == Some(ICMP6)
    }

    /// The shorthand that says EtherType and protocol, and whether it says the protocol.
    pub(crate) fn shorthand(self) -> Option<(&'static str, bool)> {
        let fits = |(_, eth_type, nw_proto): &&(&str, u128, Option<u128>)| {
            Some(*eth_type) == self.eth_type && (nw_proto.is_none() || *nw_proto == self.nw_proto)
        };
        SHORTHANDS.iter().find(fits).map(|(name, _, nw_proto)| (*name, nw_proto.is_some()))
    }

    /// The word of the field that the slot of a key is where the rest of the match is this; nothing
    /// where no field has it then.
    pub(crate) fn field(self, slot: &'static str) -> Option<&'static str> {
        let arp = self.is_arp();
        let neighbour = self.icmp_type.filter(|_| self.is_icmp6());
        let if_so = |field: &'static str, so: bool| so.then_some(field);
        let port = |fields: [&'static str; 5]| {
            let [tcp, udp, sctp, icmp, icmp6] = fields;
            Some(match (self.is_ip(), self.nw_proto?) {
                (true, TCP) => tcp,
                (true, UDP) => udp,
                (true, SCTP) => sctp,
                (true, ICMP) if self.eth_type == Some(ETH_IP) => icmp,
                (true, ICMP6) if self.eth_type == Some(ETH_IPV6) => icmp6,
                _ => return None,
            })
        };
        match slot {
            "tci" => Some("vlan_tci"),
            "tos" => if_so("nw_tos", self.is_ip()),
            "nw_proto" if arp => Some("arp_op"),
            "ip_src" if arp => Some("arp_spa"),
            "ip_dst" if arp => Some("arp_tpa"),
            "ip_src" | "ip_dst" => if_so(slot, self.eth_type == Some(ETH_IP)),
            "arp_sha" | "arp_tha" if arp => Some(slot),
            "arp_sha" => if_so("nd_sll", neighbour == Some(NEIGHBOUR_SOLICITATION)),
            "arp_tha" => if_so("nd_tll", neighbour == Some(NEIGHBOUR_ADVERTISEMENT)),
            "ipv6_src" | "ipv6_dst" | "ipv6_label" => if_so(slot, self.eth_type == Some(ETH_IPV6)),
            "nw_proto" | "nw_ttl" | "ip_frag" => if_so(slot, self.is_ip()),
            "tp_src" => port(["tcp_src", "udp_src", "sctp_src", "icmp_type", "icmpv6_type"]),
            "tp_dst" => port(["tcp_dst", "udp_dst", "sctp_dst", "icmp_code", "icmpv6_code"]),
            "tcp_flags" => if_so(slot, self.is_ip() && self.nw_proto == Some(TCP)),
            "nd_target" | "nd_reserved" | "nd_options_type" => if_so(
                slot,
                matches!(neighbour, Some(NEIGHBOUR_SOLICITATION | NEIGHBOUR_ADVERTISEMENT)),
            ),
            "mpls_label" | "mpls_tc" | "mpls_bos" | "mpls_ttl" => {
                if_so(slot, matches!(self.eth_type, Some(ETH_MPLS | ETH_MPLS_MCAST)))
            }
            "ct_tp_src" | "ct_tp_dst" => if_so(slot, self.has_ct_nw_proto),
            "tun_erspan_idx" => if_so(slot, self.erspan_version == Some(1)),
            "tun_erspan_dir" | "tun_erspan_hwid" => if_so(slot, self.erspan_version == Some(2)),
            nsh if nsh.starts_with("nsh_") => if_so(slot, self.eth_type == Some(ETH_NSH)),
            _ => Some(slot),
        }
    }
}

/// What a match must have, in words, for a field to count.
pub(crate) fn needs(field: &str) -> &'static str {
    match field {
        "ip_src" | "ip_dst" => "ip or arp",
        "ipv6_src" | "ipv6_dst" | "ipv6_label" => "ipv6",
        "arp_op" | "arp_spa" | "arp_tpa" | "arp_sha" | "arp_tha" => "arp or rarp",
        "tcp_src" | "tcp_dst" => "tcp or tcp6",
        "udp_src" | "udp_dst" => "udp or udp6",
        "sctp_src" | "sctp_dst" => "sctp or sctp6",
        "tcp_flags" => "tcp or tcp6",
        "icmp_type" | "icmp_code" => "icmp or icmp6",
        "icmpv6_type" | "icmpv6_code" => "icmp6",
        "tp_src" | "tp_dst" => "tcp or udp or sctp or icmp",
        "nd_sll" => "icmp6,icmp_type=135",
        "nd_tll" => "icmp6,icmp_type=136",
        nd if nd.starts_with("nd_") => "icmp6,icmp_type=135 or icmp6,icmp_type=136",
        mpls if mpls.starts_with("mpls_") => "mpls or mplsm",
        nsh if nsh.starts_with("nsh_") => "dl_type=0x894f",
        "ct_tp_src" | "ct_tp_dst" => "ct_nw_proto",
        "tun_erspan_idx" => "tun_erspan_ver=1",
        "tun_erspan_dir" | "tun_erspan_hwid" => "tun_erspan_ver=2",
        _ => "ip or ipv6",
    }
}

/// The slots of a key in the order in which Open vSwitch writes their entries (`nx_put_raw`), but
/// for what ARP has before its addresses.
#[rustfmt::skip]
pub(super) const ORDER: &[&str] = &[
    "packet_type", "dp_hash", "recirc_id", "conj_id", "in_port", "actset_output",
    "eth_src", "eth_dst", "eth_type", "tci", "mpls_tc", "mpls_bos", "mpls_ttl", "mpls_label",
    "ip_src", "ip_dst", "ipv6_src", "ipv6_dst", "ip_frag", "tos", "nw_ttl", "ipv6_label",
    "nw_proto", "tp_src", "tp_dst", "tcp_flags", "nd_reserved", "nd_target", "nd_options_type",
    "arp_sha", "arp_tha",
    "tun_id", "tun_flags", "tun_src", "tun_dst", "tun_ipv6_src", "tun_ipv6_dst", "tun_gbp_id",
    "tun_gbp_flags",
    OPTIONS,
    "tun_erspan_idx", "tun_erspan_ver", "tun_erspan_dir", "tun_erspan_hwid", "tun_gtpu_flags",
    "tun_gtpu_msgtype",
    "nsh_flags", "nsh_ttl", "nsh_mdtype", "nsh_np", "nsh_spi", "nsh_si", "nsh_c1", "nsh_c2",
    "nsh_c3", "nsh_c4",
    "reg0", "reg1", "reg2", "reg3", "reg4", "reg5", "reg6", "reg7", "reg8", "reg9", "reg10",
    "reg11", "reg12", "reg13", "reg14", "reg15", "reg16", "reg17", "reg18", "reg19", "reg20",
    "reg21", "reg22", "reg23", "reg24", "reg25", "reg26", "reg27", "reg28", "reg29", "reg30",
    "reg31",
    "pkt_mark", "ct_state", "ct_zone", "ct_mark", "ct_label", "ct_nw_src", "ct_ipv6_src",
    "ct_nw_dst", "ct_ipv6_dst", "ct_nw_proto", "ct_tp_src", "ct_tp_dst", "metadata", "cookie",
];

/// Where tunnel options stand in [`ORDER`].
pub(super) const OPTIONS: &str = "tun_metadata";

/// Where ARP's operation stands in [`ORDER`]: before this.
pub(super) const BEFORE_ARP: &str = "ip_src";
