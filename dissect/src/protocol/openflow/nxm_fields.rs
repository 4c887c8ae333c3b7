//! The fields of extended matches, by their words: one line each, which declares the value and its
//! mask. The names are Wireshark's where OpenFlow 1.0 matches the same thing.

use super::fields::{PORTS, TlvFields};
use crate::registry::{Field, Protocol};

/// Declares the fields: word, kinds of value and mask, full name, documentation.
macro_rules! nxm {
    ($( $word:ident: $kind:expr, $mask_kind:expr, $name:literal, $doc:literal; )*) => {
        /// The values.
        #[allow(non_upper_case_globals, reason = "named by the words of flows")]
        mod value {
            use super::*;
            use crate::registry::Kind::*;
            $( pub(super) static $word: Field = Field::new($name, "value", $doc, $kind); )*
        }
        /// The masks.
        #[allow(non_upper_case_globals, reason = "named by the words of flows")]
        mod mask {
            use super::*;
            use crate::registry::Kind::*;
            $( pub(super) static $word: Field = Field::new(
                concat!("vse.nxm.", stringify!($word), ".mask"),
                "mask",
                "Its mask",
                $mask_kind,
            ); )*
        }

        pub(crate) static PROTOCOL: Protocol =
            Protocol::new("nxm", "Extended match", &[$(&value::$word, &mask::$word),*]);

        /// The fields of the word's value and mask.
        pub(super) fn fields(word: &str) -> Option<TlvFields> {
            Some(match word {
                $( stringify!($word) => {
                    TlvFields { value: &value::$word, mask: &mask::$word }
                } )*
                options if options.starts_with("tun_metadata") => {
                    TlvFields { value: &value::tun_metadata, mask: &mask::tun_metadata }
                }
                _ => return None,
            })
        }
    };
}

#[rustfmt::skip]
nxm! {
    dp_hash: Hex, Hex, "vse.nxm.dp_hash", "NXM_NX_DP_HASH";
    recirc_id: Unsigned, Hex, "vse.nxm.recirc_id", "NXM_NX_RECIRC_ID";
    packet_type: Hex, Hex, "vse.nxm.packet_type", "OXM_OF_PACKET_TYPE";
    conj_id: Unsigned, Hex, "vse.nxm.conj_id", "NXM_NX_CONJ_ID";
    tun_id: Id, Id, "vse.nxm.tun_id", "NXM_NX_TUN_ID";
    tun_src: Ipv4, Ipv4, "vse.nxm.tun_src", "NXM_NX_TUN_IPV4_SRC";
    tun_dst: Ipv4, Ipv4, "vse.nxm.tun_dst", "NXM_NX_TUN_IPV4_DST";
    tun_ipv6_src: Ipv6, Ipv6, "vse.nxm.tun_ipv6_src", "NXM_NX_TUN_IPV6_SRC";
    tun_ipv6_dst: Ipv6, Ipv6, "vse.nxm.tun_ipv6_dst", "NXM_NX_TUN_IPV6_DST";
    tun_flags: Hex, Hex, "vse.nxm.tun_flags", "NXM_NX_TUN_FLAGS";
    tun_gbp_id: Unsigned, Hex, "vse.nxm.tun_gbp_id", "NXM_NX_TUN_GBP_ID";
    tun_gbp_flags: Hex, Hex, "vse.nxm.tun_gbp_flags", "NXM_NX_TUN_GBP_FLAGS";
    tun_erspan_idx: Hex, Hex, "vse.nxm.tun_erspan_idx", "NXOXM_ET_ERSPAN_IDX";
    tun_erspan_ver: Unsigned, Hex, "vse.nxm.tun_erspan_ver", "NXOXM_ET_ERSPAN_VER";
    tun_erspan_dir: Unsigned, Hex, "vse.nxm.tun_erspan_dir", "NXOXM_ET_ERSPAN_DIR";
    tun_erspan_hwid: Hex, Hex, "vse.nxm.tun_erspan_hwid", "NXOXM_ET_ERSPAN_HWID";
    tun_gtpu_flags: Hex, Hex, "vse.nxm.tun_gtpu_flags", "NXOXM_ET_GTPU_FLAGS";
    tun_gtpu_msgtype: Unsigned, Hex, "vse.nxm.tun_gtpu_msgtype", "NXOXM_ET_GTPU_MSGTYPE";
    tun_metadata: Bytes, Bytes, "vse.nxm.tun_metadata", "NXM_NX_TUN_METADATA0 to 63";
    metadata: Id, Id, "vse.nxm.metadata", "OXM_OF_METADATA";
    in_port: Names(PORTS), Names(PORTS), "openflow.in_port", "NXM_OF_IN_PORT";
    in_port_oxm: Unsigned, Hex, "vse.nxm.in_port_oxm", "OXM_OF_IN_PORT";
    actset_output: Unsigned, Hex, "vse.nxm.actset_output", "OXM_OF_ACTSET_OUTPUT";
    pkt_mark: Hex, Hex, "vse.nxm.pkt_mark", "NXM_NX_PKT_MARK";
    ct_state: Hex, Hex, "vse.nxm.ct_state", "NXM_NX_CT_STATE";
    ct_zone: Hex, Hex, "vse.nxm.ct_zone", "NXM_NX_CT_ZONE";
    ct_mark: Hex, Hex, "vse.nxm.ct_mark", "NXM_NX_CT_MARK";
    ct_label: Bytes, Bytes, "vse.nxm.ct_label", "NXM_NX_CT_LABEL";
    ct_nw_proto: Unsigned, Hex, "vse.nxm.ct_nw_proto", "NXM_NX_CT_NW_PROTO";
    ct_nw_src: Ipv4, Ipv4, "vse.nxm.ct_nw_src", "NXM_NX_CT_NW_SRC";
    ct_nw_dst: Ipv4, Ipv4, "vse.nxm.ct_nw_dst", "NXM_NX_CT_NW_DST";
    ct_ipv6_src: Ipv6, Ipv6, "vse.nxm.ct_ipv6_src", "NXM_NX_CT_IPV6_SRC";
    ct_ipv6_dst: Ipv6, Ipv6, "vse.nxm.ct_ipv6_dst", "NXM_NX_CT_IPV6_DST";
    ct_tp_src: Unsigned, Hex, "vse.nxm.ct_tp_src", "NXM_NX_CT_TP_SRC";
    ct_tp_dst: Unsigned, Hex, "vse.nxm.ct_tp_dst", "NXM_NX_CT_TP_DST";
    reg0: Hex, Hex, "vse.nxm.reg0", "NXM_NX_REG0";
    reg1: Hex, Hex, "vse.nxm.reg1", "NXM_NX_REG1";
    reg2: Hex, Hex, "vse.nxm.reg2", "NXM_NX_REG2";
    reg3: Hex, Hex, "vse.nxm.reg3", "NXM_NX_REG3";
    reg4: Hex, Hex, "vse.nxm.reg4", "NXM_NX_REG4";
    reg5: Hex, Hex, "vse.nxm.reg5", "NXM_NX_REG5";
    reg6: Hex, Hex, "vse.nxm.reg6", "NXM_NX_REG6";
    reg7: Hex, Hex, "vse.nxm.reg7", "NXM_NX_REG7";
    reg8: Hex, Hex, "vse.nxm.reg8", "NXM_NX_REG8";
    reg9: Hex, Hex, "vse.nxm.reg9", "NXM_NX_REG9";
    reg10: Hex, Hex, "vse.nxm.reg10", "NXM_NX_REG10";
    reg11: Hex, Hex, "vse.nxm.reg11", "NXM_NX_REG11";
    reg12: Hex, Hex, "vse.nxm.reg12", "NXM_NX_REG12";
    reg13: Hex, Hex, "vse.nxm.reg13", "NXM_NX_REG13";
    reg14: Hex, Hex, "vse.nxm.reg14", "NXM_NX_REG14";
    reg15: Hex, Hex, "vse.nxm.reg15", "NXM_NX_REG15";
    reg16: Hex, Hex, "vse.nxm.reg16", "NXOXM_ET_REG16";
    reg17: Hex, Hex, "vse.nxm.reg17", "NXOXM_ET_REG17";
    reg18: Hex, Hex, "vse.nxm.reg18", "NXOXM_ET_REG18";
    reg19: Hex, Hex, "vse.nxm.reg19", "NXOXM_ET_REG19";
    reg20: Hex, Hex, "vse.nxm.reg20", "NXOXM_ET_REG20";
    reg21: Hex, Hex, "vse.nxm.reg21", "NXOXM_ET_REG21";
    reg22: Hex, Hex, "vse.nxm.reg22", "NXOXM_ET_REG22";
    reg23: Hex, Hex, "vse.nxm.reg23", "NXOXM_ET_REG23";
    reg24: Hex, Hex, "vse.nxm.reg24", "NXOXM_ET_REG24";
    reg25: Hex, Hex, "vse.nxm.reg25", "NXOXM_ET_REG25";
    reg26: Hex, Hex, "vse.nxm.reg26", "NXOXM_ET_REG26";
    reg27: Hex, Hex, "vse.nxm.reg27", "NXOXM_ET_REG27";
    reg28: Hex, Hex, "vse.nxm.reg28", "NXOXM_ET_REG28";
    reg29: Hex, Hex, "vse.nxm.reg29", "NXOXM_ET_REG29";
    reg30: Hex, Hex, "vse.nxm.reg30", "NXOXM_ET_REG30";
    reg31: Hex, Hex, "vse.nxm.reg31", "NXOXM_ET_REG31";
    xreg0: Id, Id, "vse.nxm.xreg0", "OXM_OF_PKT_REG0";
    xreg1: Id, Id, "vse.nxm.xreg1", "OXM_OF_PKT_REG1";
    xreg2: Id, Id, "vse.nxm.xreg2", "OXM_OF_PKT_REG2";
    xreg3: Id, Id, "vse.nxm.xreg3", "OXM_OF_PKT_REG3";
    xreg4: Id, Id, "vse.nxm.xreg4", "OXM_OF_PKT_REG4";
    xreg5: Id, Id, "vse.nxm.xreg5", "OXM_OF_PKT_REG5";
    xreg6: Id, Id, "vse.nxm.xreg6", "OXM_OF_PKT_REG6";
    xreg7: Id, Id, "vse.nxm.xreg7", "OXM_OF_PKT_REG7";
    xreg8: Id, Id, "vse.nxm.xreg8", "OXM_OF_PKT_REG8";
    xreg9: Id, Id, "vse.nxm.xreg9", "OXM_OF_PKT_REG9";
    xreg10: Id, Id, "vse.nxm.xreg10", "OXM_OF_PKT_REG10";
    xreg11: Id, Id, "vse.nxm.xreg11", "OXM_OF_PKT_REG11";
    xreg12: Id, Id, "vse.nxm.xreg12", "OXM_OF_PKT_REG12";
    xreg13: Id, Id, "vse.nxm.xreg13", "OXM_OF_PKT_REG13";
    xreg14: Id, Id, "vse.nxm.xreg14", "OXM_OF_PKT_REG14";
    xreg15: Id, Id, "vse.nxm.xreg15", "OXM_OF_PKT_REG15";
    xxreg0: Bytes, Bytes, "vse.nxm.xxreg0", "NXM_NX_XXREG0";
    xxreg1: Bytes, Bytes, "vse.nxm.xxreg1", "NXM_NX_XXREG1";
    xxreg2: Bytes, Bytes, "vse.nxm.xxreg2", "NXM_NX_XXREG2";
    xxreg3: Bytes, Bytes, "vse.nxm.xxreg3", "NXM_NX_XXREG3";
    xxreg4: Bytes, Bytes, "vse.nxm.xxreg4", "NXOXM_ET_XXREG4";
    xxreg5: Bytes, Bytes, "vse.nxm.xxreg5", "NXOXM_ET_XXREG5";
    xxreg6: Bytes, Bytes, "vse.nxm.xxreg6", "NXOXM_ET_XXREG6";
    xxreg7: Bytes, Bytes, "vse.nxm.xxreg7", "NXOXM_ET_XXREG7";
    eth_src: Mac, Mac, "openflow.eth_src", "NXM_OF_ETH_SRC";
    eth_dst: Mac, Mac, "openflow.eth_dst", "NXM_OF_ETH_DST";
    eth_type: Hex, Hex, "openflow.ofp_match.dl_type", "NXM_OF_ETH_TYPE";
    vlan_tci: Hex, Hex, "vse.nxm.vlan_tci", "NXM_OF_VLAN_TCI";
    vlan_vid: Hex, Hex, "vse.nxm.vlan_vid", "OXM_OF_VLAN_VID";
    vlan_pcp: Unsigned, Hex, "vse.nxm.vlan_pcp", "OXM_OF_VLAN_PCP";
    mpls_label: Unsigned, Hex, "vse.nxm.mpls_label", "OXM_OF_MPLS_LABEL";
    mpls_tc: Unsigned, Hex, "vse.nxm.mpls_tc", "OXM_OF_MPLS_TC";
    mpls_bos: Unsigned, Hex, "vse.nxm.mpls_bos", "OXM_OF_MPLS_BOS";
    mpls_ttl: Unsigned, Hex, "vse.nxm.mpls_ttl", "NXM_NX_MPLS_TTL";
    ip_src: Ipv4, Ipv4, "openflow.ofp_match.source_addr", "NXM_OF_IP_SRC";
    ip_dst: Ipv4, Ipv4, "openflow.ofp_match.dest_addr", "NXM_OF_IP_DST";
    ipv6_src: Ipv6, Ipv6, "vse.nxm.ipv6_src", "NXM_NX_IPV6_SRC";
    ipv6_dst: Ipv6, Ipv6, "vse.nxm.ipv6_dst", "NXM_NX_IPV6_DST";
    ipv6_label: Hex, Hex, "vse.nxm.ipv6_label", "NXM_NX_IPV6_LABEL";
    nw_proto: Unsigned, Hex, "openflow.ofp_match.nw_proto", "NXM_OF_IP_PROTO";
    nw_tos: Hex, Hex, "openflow.ofp_match.tos", "NXM_OF_IP_TOS";
    ip_dscp: Unsigned, Hex, "vse.nxm.ip_dscp", "OXM_OF_IP_DSCP";
    nw_ecn: Unsigned, Hex, "vse.nxm.nw_ecn", "NXM_NX_IP_ECN";
    nw_ttl: Unsigned, Hex, "vse.nxm.nw_ttl", "NXM_NX_IP_TTL";
    ip_frag: Unsigned, Hex, "vse.nxm.ip_frag", "NXM_NX_IP_FRAG";
    arp_op: Unsigned, Hex, "vse.nxm.arp_op", "NXM_OF_ARP_OP";
    arp_spa: Ipv4, Ipv4, "vse.nxm.arp_spa", "NXM_OF_ARP_SPA";
    arp_tpa: Ipv4, Ipv4, "vse.nxm.arp_tpa", "NXM_OF_ARP_TPA";
    arp_sha: Mac, Mac, "vse.nxm.arp_sha", "NXM_NX_ARP_SHA";
    arp_tha: Mac, Mac, "vse.nxm.arp_tha", "NXM_NX_ARP_THA";
    tcp_src: Unsigned, Hex, "openflow.ofp_match.source_port", "NXM_OF_TCP_SRC";
    tcp_dst: Unsigned, Hex, "openflow.ofp_match.dest_port", "NXM_OF_TCP_DST";
    tcp_flags: Hex, Hex, "vse.nxm.tcp_flags", "NXM_NX_TCP_FLAGS";
    udp_src: Unsigned, Hex, "openflow.ofp_match.source_port", "NXM_OF_UDP_SRC";
    udp_dst: Unsigned, Hex, "openflow.ofp_match.dest_port", "NXM_OF_UDP_DST";
    sctp_src: Unsigned, Hex, "openflow.ofp_match.source_port", "OXM_OF_SCTP_SRC";
    sctp_dst: Unsigned, Hex, "openflow.ofp_match.dest_port", "OXM_OF_SCTP_DST";
    icmp_type: Unsigned, Hex, "openflow.ofp_match.source_port", "NXM_OF_ICMP_TYPE";
    icmp_code: Unsigned, Hex, "openflow.ofp_match.dest_port", "NXM_OF_ICMP_CODE";
    icmpv6_type: Unsigned, Hex, "vse.nxm.icmpv6_type", "NXM_NX_ICMPV6_TYPE";
    icmpv6_code: Unsigned, Hex, "vse.nxm.icmpv6_code", "NXM_NX_ICMPV6_CODE";
    nd_target: Ipv6, Ipv6, "vse.nxm.nd_target", "NXM_NX_ND_TARGET";
    nd_sll: Mac, Mac, "vse.nxm.nd_sll", "NXM_NX_ND_SLL";
    nd_tll: Mac, Mac, "vse.nxm.nd_tll", "NXM_NX_ND_TLL";
    nd_reserved: Unsigned, Hex, "vse.nxm.nd_reserved", "ERICOXM_OF_ICMPV6_ND_RESERVED";
    nd_options_type: Unsigned, Hex, "vse.nxm.nd_options_type", "ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE";
    nsh_flags: Unsigned, Hex, "vse.nxm.nsh_flags", "NXOXM_NSH_FLAGS";
    nsh_mdtype: Unsigned, Hex, "vse.nxm.nsh_mdtype", "NXOXM_NSH_MDTYPE";
    nsh_np: Unsigned, Hex, "vse.nxm.nsh_np", "NXOXM_NSH_NP";
    nsh_spi: Hex, Hex, "vse.nxm.nsh_spi", "NXOXM_NSH_SPI";
    nsh_si: Unsigned, Hex, "vse.nxm.nsh_si", "NXOXM_NSH_SI";
    nsh_c1: Hex, Hex, "vse.nxm.nsh_c1", "NXOXM_NSH_C1";
    nsh_c2: Hex, Hex, "vse.nxm.nsh_c2", "NXOXM_NSH_C2";
    nsh_c3: Hex, Hex, "vse.nxm.nsh_c3", "NXOXM_NSH_C3";
    nsh_c4: Hex, Hex, "vse.nxm.nsh_c4", "NXOXM_NSH_C4";
    nsh_ttl: Unsigned, Hex, "vse.nxm.nsh_ttl", "NXOXM_NSH_TTL";
    cookie: Id, Id, "openflow.cookie", "NXM_NX_COOKIE";
}
