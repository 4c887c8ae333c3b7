//! The fields that an entry of an extended match (NXM, OXM) can name: ovs-fields(7); OpenFlow 1.3.5
//! section 7.2.3. The numbers are those of Nicira's and of the Open Networking Foundation.
//!
//! | offset | size | field of a header |
//! | --- | --- | --- |
//! | 0 | 2 | class |
//! | 2 | 7 bits | field |
//! | | 1 bit | hasmask |
//! | 3 | 1 | length of what follows |
//! | 4 | 4 | experimenter, where the class is 0xffff |

use super::code::VENDOR_ID;

const NXM_OF: u16 = 0x0000;
const NXM_NX: u16 = 0x0001;
const ERICSSON: u16 = 0x1000;
const OXM_OF: u16 = 0x8000;
const PKT_REG: u16 = 0x8001;
/// The class whose headers have four bytes more, the experimenter.
pub(super) const EXPERIMENTER: u16 = 0xffff;
/// Bytes of a field of any length, where an action names it.
const LONGEST: usize = 124;
/// The experimenters that are known here.
const NICIRA: u32 = VENDOR_ID;
const ONF: u32 = 0x4f4e_4600;
const NSH: u32 = 0x005a_d650;

/// How people write a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Form {
    Decimal,
    Hex,
    Mac,
    Ipv4,
    Ipv6,
    Port,
    Frag,
    CtState,
    TcpFlags,
    TunFlags,
    PacketType,
}

/// A field, by one of its headers: Open vSwitch knows several for most.
#[derive(Debug, PartialEq, Eq)]
pub struct NxmField {
    /// The name of the header: `NXM_OF_ETH_SRC`.
    pub name: &'static str,
    /// The field's word in the text of flows, the same for all its headers: `eth_src`.
    pub word: &'static str,
    pub(super) class: u16,
    pub(super) experimenter: u32,
    pub(super) field: u8,
    header: u64,
    /// Bytes of a value; 0 where it can have any length.
    pub bytes: usize,
    /// Bits that count; 0 where it can have any length.
    pub bits: u16,
    /// How its values are written.
    pub form: Form,
}

impl NxmField {
    /// The header as a number, without a mask: 4 bytes, or 8 of an experimenter.
    #[must_use]
    pub fn header(&self) -> u64 {
        self.header
    }

    /// The field whose header, without a mask, is this number.
    #[must_use]
    pub fn of_header(header: u64) -> Option<&'static Self> {
        Self::ALL.iter().find(|field| field.header() == header)
    }

    /// As [`of_header`](Self::of_header), for fields of any length with each length.
    #[must_use]
    pub fn like_header(header: u64) -> Option<&'static Self> {
        let alike = |field: &&Self| field.bytes == 0 && field.header() >> 8 == header >> 8;
        Self::of_header(header).or_else(|| Self::ALL.iter().find(alike))
    }

    /// The field whose header has this name, in any case.
    #[must_use]
    pub fn of_name(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The header that Open vSwitch prefers for the field with this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|field| field.word == word)
    }

    /// Every header that is known; of those of one field, the preferred one first.
    pub const ALL: &[Self] = FIELDS;
}

const fn field(
    class: u16,
    field: u8,
    name: &'static str,
    bytes: usize,
    bits: u16,
    form: Form,
    word: &'static str,
) -> NxmField {
    let len = if bytes == 0 { LONGEST } else { bytes };
    let header = (class as u64) << 16 | (field as u64) << 9 | len as u64;
    NxmField { name, word, class, experimenter: 0, field, header, bytes, bits, form }
}

const fn experimenter(
    experimenter: u32,
    number: u8,
    name: &'static str,
    bytes: usize,
    bits: u16,
    form: Form,
    word: &'static str,
) -> NxmField {
    let field = field(EXPERIMENTER, number, name, bytes, bits, form, word);
    // The length counts the experimenter.
    let header = (field.header + 4) << 32 | experimenter as u64;
    NxmField { experimenter, header, ..field }
}

#[rustfmt::skip]
const FIELDS: &[NxmField] = &[
    field(NXM_NX, 35, "NXM_NX_DP_HASH", 4, 32, Form::Hex, "dp_hash"),
    experimenter(NICIRA, 0, "NXOXM_ET_DP_HASH", 4, 32, Form::Hex, "dp_hash"),
    field(NXM_NX, 36, "NXM_NX_RECIRC_ID", 4, 32, Form::Decimal, "recirc_id"),
    field(OXM_OF, 44, "OXM_OF_PACKET_TYPE", 4, 32, Form::PacketType, "packet_type"),
    field(NXM_NX, 37, "NXM_NX_CONJ_ID", 4, 32, Form::Decimal, "conj_id"),
    field(NXM_NX, 16, "NXM_NX_TUN_ID", 8, 64, Form::Hex, "tun_id"),
    field(OXM_OF, 38, "OXM_OF_TUNNEL_ID", 8, 64, Form::Hex, "tun_id"),
    field(NXM_NX, 31, "NXM_NX_TUN_IPV4_SRC", 4, 32, Form::Ipv4, "tun_src"),
    field(NXM_NX, 32, "NXM_NX_TUN_IPV4_DST", 4, 32, Form::Ipv4, "tun_dst"),
    field(NXM_NX, 109, "NXM_NX_TUN_IPV6_SRC", 16, 128, Form::Ipv6, "tun_ipv6_src"),
    field(NXM_NX, 110, "NXM_NX_TUN_IPV6_DST", 16, 128, Form::Ipv6, "tun_ipv6_dst"),
    field(NXM_NX, 104, "NXM_NX_TUN_FLAGS", 2, 1, Form::TunFlags, "tun_flags"),
    field(NXM_NX, 38, "NXM_NX_TUN_GBP_ID", 2, 16, Form::Decimal, "tun_gbp_id"),
    field(NXM_NX, 39, "NXM_NX_TUN_GBP_FLAGS", 1, 8, Form::Hex, "tun_gbp_flags"),
    experimenter(NICIRA, 11, "NXOXM_ET_ERSPAN_IDX", 4, 20, Form::Hex, "tun_erspan_idx"),
    experimenter(NICIRA, 12, "NXOXM_ET_ERSPAN_VER", 1, 4, Form::Decimal, "tun_erspan_ver"),
    experimenter(NICIRA, 13, "NXOXM_ET_ERSPAN_DIR", 1, 1, Form::Decimal, "tun_erspan_dir"),
    experimenter(NICIRA, 14, "NXOXM_ET_ERSPAN_HWID", 1, 6, Form::Hex, "tun_erspan_hwid"),
    experimenter(NICIRA, 15, "NXOXM_ET_GTPU_FLAGS", 1, 8, Form::Hex, "tun_gtpu_flags"),
    experimenter(NICIRA, 16, "NXOXM_ET_GTPU_MSGTYPE", 1, 8, Form::Decimal, "tun_gtpu_msgtype"),
    field(NXM_NX, 40, "NXM_NX_TUN_METADATA0", 0, 0, Form::Hex, "tun_metadata0"),
    field(NXM_NX, 41, "NXM_NX_TUN_METADATA1", 0, 0, Form::Hex, "tun_metadata1"),
    field(NXM_NX, 42, "NXM_NX_TUN_METADATA2", 0, 0, Form::Hex, "tun_metadata2"),
    field(NXM_NX, 43, "NXM_NX_TUN_METADATA3", 0, 0, Form::Hex, "tun_metadata3"),
    field(NXM_NX, 44, "NXM_NX_TUN_METADATA4", 0, 0, Form::Hex, "tun_metadata4"),
    field(NXM_NX, 45, "NXM_NX_TUN_METADATA5", 0, 0, Form::Hex, "tun_metadata5"),
    field(NXM_NX, 46, "NXM_NX_TUN_METADATA6", 0, 0, Form::Hex, "tun_metadata6"),
    field(NXM_NX, 47, "NXM_NX_TUN_METADATA7", 0, 0, Form::Hex, "tun_metadata7"),
    field(NXM_NX, 48, "NXM_NX_TUN_METADATA8", 0, 0, Form::Hex, "tun_metadata8"),
    field(NXM_NX, 49, "NXM_NX_TUN_METADATA9", 0, 0, Form::Hex, "tun_metadata9"),
    field(NXM_NX, 50, "NXM_NX_TUN_METADATA10", 0, 0, Form::Hex, "tun_metadata10"),
    field(NXM_NX, 51, "NXM_NX_TUN_METADATA11", 0, 0, Form::Hex, "tun_metadata11"),
    field(NXM_NX, 52, "NXM_NX_TUN_METADATA12", 0, 0, Form::Hex, "tun_metadata12"),
    field(NXM_NX, 53, "NXM_NX_TUN_METADATA13", 0, 0, Form::Hex, "tun_metadata13"),
    field(NXM_NX, 54, "NXM_NX_TUN_METADATA14", 0, 0, Form::Hex, "tun_metadata14"),
    field(NXM_NX, 55, "NXM_NX_TUN_METADATA15", 0, 0, Form::Hex, "tun_metadata15"),
    field(NXM_NX, 56, "NXM_NX_TUN_METADATA16", 0, 0, Form::Hex, "tun_metadata16"),
    field(NXM_NX, 57, "NXM_NX_TUN_METADATA17", 0, 0, Form::Hex, "tun_metadata17"),
    field(NXM_NX, 58, "NXM_NX_TUN_METADATA18", 0, 0, Form::Hex, "tun_metadata18"),
    field(NXM_NX, 59, "NXM_NX_TUN_METADATA19", 0, 0, Form::Hex, "tun_metadata19"),
    field(NXM_NX, 60, "NXM_NX_TUN_METADATA20", 0, 0, Form::Hex, "tun_metadata20"),
    field(NXM_NX, 61, "NXM_NX_TUN_METADATA21", 0, 0, Form::Hex, "tun_metadata21"),
    field(NXM_NX, 62, "NXM_NX_TUN_METADATA22", 0, 0, Form::Hex, "tun_metadata22"),
    field(NXM_NX, 63, "NXM_NX_TUN_METADATA23", 0, 0, Form::Hex, "tun_metadata23"),
    field(NXM_NX, 64, "NXM_NX_TUN_METADATA24", 0, 0, Form::Hex, "tun_metadata24"),
    field(NXM_NX, 65, "NXM_NX_TUN_METADATA25", 0, 0, Form::Hex, "tun_metadata25"),
    field(NXM_NX, 66, "NXM_NX_TUN_METADATA26", 0, 0, Form::Hex, "tun_metadata26"),
    field(NXM_NX, 67, "NXM_NX_TUN_METADATA27", 0, 0, Form::Hex, "tun_metadata27"),
    field(NXM_NX, 68, "NXM_NX_TUN_METADATA28", 0, 0, Form::Hex, "tun_metadata28"),
    field(NXM_NX, 69, "NXM_NX_TUN_METADATA29", 0, 0, Form::Hex, "tun_metadata29"),
    field(NXM_NX, 70, "NXM_NX_TUN_METADATA30", 0, 0, Form::Hex, "tun_metadata30"),
    field(NXM_NX, 71, "NXM_NX_TUN_METADATA31", 0, 0, Form::Hex, "tun_metadata31"),
    field(NXM_NX, 72, "NXM_NX_TUN_METADATA32", 0, 0, Form::Hex, "tun_metadata32"),
    field(NXM_NX, 73, "NXM_NX_TUN_METADATA33", 0, 0, Form::Hex, "tun_metadata33"),
    field(NXM_NX, 74, "NXM_NX_TUN_METADATA34", 0, 0, Form::Hex, "tun_metadata34"),
    field(NXM_NX, 75, "NXM_NX_TUN_METADATA35", 0, 0, Form::Hex, "tun_metadata35"),
    field(NXM_NX, 76, "NXM_NX_TUN_METADATA36", 0, 0, Form::Hex, "tun_metadata36"),
    field(NXM_NX, 77, "NXM_NX_TUN_METADATA37", 0, 0, Form::Hex, "tun_metadata37"),
    field(NXM_NX, 78, "NXM_NX_TUN_METADATA38", 0, 0, Form::Hex, "tun_metadata38"),
    field(NXM_NX, 79, "NXM_NX_TUN_METADATA39", 0, 0, Form::Hex, "tun_metadata39"),
    field(NXM_NX, 80, "NXM_NX_TUN_METADATA40", 0, 0, Form::Hex, "tun_metadata40"),
    field(NXM_NX, 81, "NXM_NX_TUN_METADATA41", 0, 0, Form::Hex, "tun_metadata41"),
    field(NXM_NX, 82, "NXM_NX_TUN_METADATA42", 0, 0, Form::Hex, "tun_metadata42"),
    field(NXM_NX, 83, "NXM_NX_TUN_METADATA43", 0, 0, Form::Hex, "tun_metadata43"),
    field(NXM_NX, 84, "NXM_NX_TUN_METADATA44", 0, 0, Form::Hex, "tun_metadata44"),
    field(NXM_NX, 85, "NXM_NX_TUN_METADATA45", 0, 0, Form::Hex, "tun_metadata45"),
    field(NXM_NX, 86, "NXM_NX_TUN_METADATA46", 0, 0, Form::Hex, "tun_metadata46"),
    field(NXM_NX, 87, "NXM_NX_TUN_METADATA47", 0, 0, Form::Hex, "tun_metadata47"),
    field(NXM_NX, 88, "NXM_NX_TUN_METADATA48", 0, 0, Form::Hex, "tun_metadata48"),
    field(NXM_NX, 89, "NXM_NX_TUN_METADATA49", 0, 0, Form::Hex, "tun_metadata49"),
    field(NXM_NX, 90, "NXM_NX_TUN_METADATA50", 0, 0, Form::Hex, "tun_metadata50"),
    field(NXM_NX, 91, "NXM_NX_TUN_METADATA51", 0, 0, Form::Hex, "tun_metadata51"),
    field(NXM_NX, 92, "NXM_NX_TUN_METADATA52", 0, 0, Form::Hex, "tun_metadata52"),
    field(NXM_NX, 93, "NXM_NX_TUN_METADATA53", 0, 0, Form::Hex, "tun_metadata53"),
    field(NXM_NX, 94, "NXM_NX_TUN_METADATA54", 0, 0, Form::Hex, "tun_metadata54"),
    field(NXM_NX, 95, "NXM_NX_TUN_METADATA55", 0, 0, Form::Hex, "tun_metadata55"),
    field(NXM_NX, 96, "NXM_NX_TUN_METADATA56", 0, 0, Form::Hex, "tun_metadata56"),
    field(NXM_NX, 97, "NXM_NX_TUN_METADATA57", 0, 0, Form::Hex, "tun_metadata57"),
    field(NXM_NX, 98, "NXM_NX_TUN_METADATA58", 0, 0, Form::Hex, "tun_metadata58"),
    field(NXM_NX, 99, "NXM_NX_TUN_METADATA59", 0, 0, Form::Hex, "tun_metadata59"),
    field(NXM_NX, 100, "NXM_NX_TUN_METADATA60", 0, 0, Form::Hex, "tun_metadata60"),
    field(NXM_NX, 101, "NXM_NX_TUN_METADATA61", 0, 0, Form::Hex, "tun_metadata61"),
    field(NXM_NX, 102, "NXM_NX_TUN_METADATA62", 0, 0, Form::Hex, "tun_metadata62"),
    field(NXM_NX, 103, "NXM_NX_TUN_METADATA63", 0, 0, Form::Hex, "tun_metadata63"),
    field(OXM_OF, 2, "OXM_OF_METADATA", 8, 64, Form::Hex, "metadata"),
    field(NXM_OF, 0, "NXM_OF_IN_PORT", 2, 16, Form::Port, "in_port"),
    field(OXM_OF, 0, "OXM_OF_IN_PORT", 4, 32, Form::Port, "in_port_oxm"),
    field(OXM_OF, 43, "OXM_OF_ACTSET_OUTPUT", 4, 32, Form::Port, "actset_output"),
    experimenter(ONF, 43, "ONFOXM_ET_ACTSET_OUTPUT", 4, 32, Form::Port, "actset_output"),
    field(NXM_NX, 33, "NXM_NX_PKT_MARK", 4, 32, Form::Hex, "pkt_mark"),
    field(NXM_NX, 105, "NXM_NX_CT_STATE", 4, 32, Form::CtState, "ct_state"),
    field(NXM_NX, 106, "NXM_NX_CT_ZONE", 2, 16, Form::Hex, "ct_zone"),
    field(NXM_NX, 107, "NXM_NX_CT_MARK", 4, 32, Form::Hex, "ct_mark"),
    field(NXM_NX, 108, "NXM_NX_CT_LABEL", 16, 128, Form::Hex, "ct_label"),
    field(NXM_NX, 119, "NXM_NX_CT_NW_PROTO", 1, 8, Form::Decimal, "ct_nw_proto"),
    field(NXM_NX, 120, "NXM_NX_CT_NW_SRC", 4, 32, Form::Ipv4, "ct_nw_src"),
    field(NXM_NX, 121, "NXM_NX_CT_NW_DST", 4, 32, Form::Ipv4, "ct_nw_dst"),
    field(NXM_NX, 122, "NXM_NX_CT_IPV6_SRC", 16, 128, Form::Ipv6, "ct_ipv6_src"),
    field(NXM_NX, 123, "NXM_NX_CT_IPV6_DST", 16, 128, Form::Ipv6, "ct_ipv6_dst"),
    field(NXM_NX, 124, "NXM_NX_CT_TP_SRC", 2, 16, Form::Decimal, "ct_tp_src"),
    field(NXM_NX, 125, "NXM_NX_CT_TP_DST", 2, 16, Form::Decimal, "ct_tp_dst"),
    field(NXM_NX, 0, "NXM_NX_REG0", 4, 32, Form::Hex, "reg0"),
    field(NXM_NX, 1, "NXM_NX_REG1", 4, 32, Form::Hex, "reg1"),
    field(NXM_NX, 2, "NXM_NX_REG2", 4, 32, Form::Hex, "reg2"),
    field(NXM_NX, 3, "NXM_NX_REG3", 4, 32, Form::Hex, "reg3"),
    field(NXM_NX, 4, "NXM_NX_REG4", 4, 32, Form::Hex, "reg4"),
    field(NXM_NX, 5, "NXM_NX_REG5", 4, 32, Form::Hex, "reg5"),
    field(NXM_NX, 6, "NXM_NX_REG6", 4, 32, Form::Hex, "reg6"),
    field(NXM_NX, 7, "NXM_NX_REG7", 4, 32, Form::Hex, "reg7"),
    field(NXM_NX, 8, "NXM_NX_REG8", 4, 32, Form::Hex, "reg8"),
    field(NXM_NX, 9, "NXM_NX_REG9", 4, 32, Form::Hex, "reg9"),
    field(NXM_NX, 10, "NXM_NX_REG10", 4, 32, Form::Hex, "reg10"),
    field(NXM_NX, 11, "NXM_NX_REG11", 4, 32, Form::Hex, "reg11"),
    field(NXM_NX, 12, "NXM_NX_REG12", 4, 32, Form::Hex, "reg12"),
    field(NXM_NX, 13, "NXM_NX_REG13", 4, 32, Form::Hex, "reg13"),
    field(NXM_NX, 14, "NXM_NX_REG14", 4, 32, Form::Hex, "reg14"),
    field(NXM_NX, 15, "NXM_NX_REG15", 4, 32, Form::Hex, "reg15"),
    experimenter(NICIRA, 17, "NXOXM_ET_REG16", 4, 32, Form::Hex, "reg16"),
    experimenter(NICIRA, 18, "NXOXM_ET_REG17", 4, 32, Form::Hex, "reg17"),
    experimenter(NICIRA, 19, "NXOXM_ET_REG18", 4, 32, Form::Hex, "reg18"),
    experimenter(NICIRA, 20, "NXOXM_ET_REG19", 4, 32, Form::Hex, "reg19"),
    experimenter(NICIRA, 21, "NXOXM_ET_REG20", 4, 32, Form::Hex, "reg20"),
    experimenter(NICIRA, 22, "NXOXM_ET_REG21", 4, 32, Form::Hex, "reg21"),
    experimenter(NICIRA, 23, "NXOXM_ET_REG22", 4, 32, Form::Hex, "reg22"),
    experimenter(NICIRA, 24, "NXOXM_ET_REG23", 4, 32, Form::Hex, "reg23"),
    experimenter(NICIRA, 25, "NXOXM_ET_REG24", 4, 32, Form::Hex, "reg24"),
    experimenter(NICIRA, 26, "NXOXM_ET_REG25", 4, 32, Form::Hex, "reg25"),
    experimenter(NICIRA, 27, "NXOXM_ET_REG26", 4, 32, Form::Hex, "reg26"),
    experimenter(NICIRA, 28, "NXOXM_ET_REG27", 4, 32, Form::Hex, "reg27"),
    experimenter(NICIRA, 29, "NXOXM_ET_REG28", 4, 32, Form::Hex, "reg28"),
    experimenter(NICIRA, 30, "NXOXM_ET_REG29", 4, 32, Form::Hex, "reg29"),
    experimenter(NICIRA, 31, "NXOXM_ET_REG30", 4, 32, Form::Hex, "reg30"),
    experimenter(NICIRA, 32, "NXOXM_ET_REG31", 4, 32, Form::Hex, "reg31"),
    field(PKT_REG, 0, "OXM_OF_PKT_REG0", 8, 64, Form::Hex, "xreg0"),
    field(PKT_REG, 1, "OXM_OF_PKT_REG1", 8, 64, Form::Hex, "xreg1"),
    field(PKT_REG, 2, "OXM_OF_PKT_REG2", 8, 64, Form::Hex, "xreg2"),
    field(PKT_REG, 3, "OXM_OF_PKT_REG3", 8, 64, Form::Hex, "xreg3"),
    field(PKT_REG, 4, "OXM_OF_PKT_REG4", 8, 64, Form::Hex, "xreg4"),
    field(PKT_REG, 5, "OXM_OF_PKT_REG5", 8, 64, Form::Hex, "xreg5"),
    field(PKT_REG, 6, "OXM_OF_PKT_REG6", 8, 64, Form::Hex, "xreg6"),
    field(PKT_REG, 7, "OXM_OF_PKT_REG7", 8, 64, Form::Hex, "xreg7"),
    field(PKT_REG, 8, "OXM_OF_PKT_REG8", 8, 64, Form::Hex, "xreg8"),
    field(PKT_REG, 9, "OXM_OF_PKT_REG9", 8, 64, Form::Hex, "xreg9"),
    field(PKT_REG, 10, "OXM_OF_PKT_REG10", 8, 64, Form::Hex, "xreg10"),
    field(PKT_REG, 11, "OXM_OF_PKT_REG11", 8, 64, Form::Hex, "xreg11"),
    field(PKT_REG, 12, "OXM_OF_PKT_REG12", 8, 64, Form::Hex, "xreg12"),
    field(PKT_REG, 13, "OXM_OF_PKT_REG13", 8, 64, Form::Hex, "xreg13"),
    field(PKT_REG, 14, "OXM_OF_PKT_REG14", 8, 64, Form::Hex, "xreg14"),
    field(PKT_REG, 15, "OXM_OF_PKT_REG15", 8, 64, Form::Hex, "xreg15"),
    field(NXM_NX, 111, "NXM_NX_XXREG0", 16, 128, Form::Hex, "xxreg0"),
    field(NXM_NX, 112, "NXM_NX_XXREG1", 16, 128, Form::Hex, "xxreg1"),
    field(NXM_NX, 113, "NXM_NX_XXREG2", 16, 128, Form::Hex, "xxreg2"),
    field(NXM_NX, 114, "NXM_NX_XXREG3", 16, 128, Form::Hex, "xxreg3"),
    experimenter(NICIRA, 33, "NXOXM_ET_XXREG4", 16, 128, Form::Hex, "xxreg4"),
    experimenter(NICIRA, 34, "NXOXM_ET_XXREG5", 16, 128, Form::Hex, "xxreg5"),
    experimenter(NICIRA, 35, "NXOXM_ET_XXREG6", 16, 128, Form::Hex, "xxreg6"),
    experimenter(NICIRA, 36, "NXOXM_ET_XXREG7", 16, 128, Form::Hex, "xxreg7"),
    field(NXM_OF, 2, "NXM_OF_ETH_SRC", 6, 48, Form::Mac, "eth_src"),
    field(OXM_OF, 4, "OXM_OF_ETH_SRC", 6, 48, Form::Mac, "eth_src"),
    field(NXM_OF, 1, "NXM_OF_ETH_DST", 6, 48, Form::Mac, "eth_dst"),
    field(OXM_OF, 3, "OXM_OF_ETH_DST", 6, 48, Form::Mac, "eth_dst"),
    field(NXM_OF, 3, "NXM_OF_ETH_TYPE", 2, 16, Form::Hex, "eth_type"),
    field(OXM_OF, 5, "OXM_OF_ETH_TYPE", 2, 16, Form::Hex, "eth_type"),
    field(NXM_OF, 4, "NXM_OF_VLAN_TCI", 2, 16, Form::Hex, "vlan_tci"),
    field(OXM_OF, 6, "OXM_OF_VLAN_VID", 2, 12, Form::Decimal, "vlan_vid"),
    field(OXM_OF, 7, "OXM_OF_VLAN_PCP", 1, 3, Form::Decimal, "vlan_pcp"),
    field(OXM_OF, 34, "OXM_OF_MPLS_LABEL", 4, 20, Form::Decimal, "mpls_label"),
    field(OXM_OF, 35, "OXM_OF_MPLS_TC", 1, 3, Form::Decimal, "mpls_tc"),
    field(OXM_OF, 36, "OXM_OF_MPLS_BOS", 1, 1, Form::Decimal, "mpls_bos"),
    field(NXM_NX, 30, "NXM_NX_MPLS_TTL", 1, 8, Form::Decimal, "mpls_ttl"),
    field(NXM_OF, 7, "NXM_OF_IP_SRC", 4, 32, Form::Ipv4, "ip_src"),
    field(OXM_OF, 11, "OXM_OF_IPV4_SRC", 4, 32, Form::Ipv4, "ip_src"),
    field(NXM_OF, 8, "NXM_OF_IP_DST", 4, 32, Form::Ipv4, "ip_dst"),
    field(OXM_OF, 12, "OXM_OF_IPV4_DST", 4, 32, Form::Ipv4, "ip_dst"),
    field(NXM_NX, 19, "NXM_NX_IPV6_SRC", 16, 128, Form::Ipv6, "ipv6_src"),
    field(OXM_OF, 26, "OXM_OF_IPV6_SRC", 16, 128, Form::Ipv6, "ipv6_src"),
    field(NXM_NX, 20, "NXM_NX_IPV6_DST", 16, 128, Form::Ipv6, "ipv6_dst"),
    field(OXM_OF, 27, "OXM_OF_IPV6_DST", 16, 128, Form::Ipv6, "ipv6_dst"),
    field(NXM_NX, 27, "NXM_NX_IPV6_LABEL", 4, 20, Form::Hex, "ipv6_label"),
    field(OXM_OF, 28, "OXM_OF_IPV6_FLABEL", 4, 20, Form::Hex, "ipv6_label"),
    field(NXM_OF, 6, "NXM_OF_IP_PROTO", 1, 8, Form::Decimal, "nw_proto"),
    field(OXM_OF, 10, "OXM_OF_IP_PROTO", 1, 8, Form::Decimal, "nw_proto"),
    field(NXM_OF, 5, "NXM_OF_IP_TOS", 1, 8, Form::Decimal, "nw_tos"),
    field(OXM_OF, 8, "OXM_OF_IP_DSCP", 1, 6, Form::Decimal, "ip_dscp"),
    field(NXM_NX, 28, "NXM_NX_IP_ECN", 1, 2, Form::Decimal, "nw_ecn"),
    field(OXM_OF, 9, "OXM_OF_IP_ECN", 1, 2, Form::Decimal, "nw_ecn"),
    field(NXM_NX, 29, "NXM_NX_IP_TTL", 1, 8, Form::Decimal, "nw_ttl"),
    field(NXM_NX, 26, "NXM_NX_IP_FRAG", 1, 2, Form::Frag, "ip_frag"),
    field(NXM_OF, 15, "NXM_OF_ARP_OP", 2, 16, Form::Decimal, "arp_op"),
    field(OXM_OF, 21, "OXM_OF_ARP_OP", 2, 16, Form::Decimal, "arp_op"),
    field(NXM_OF, 16, "NXM_OF_ARP_SPA", 4, 32, Form::Ipv4, "arp_spa"),
    field(OXM_OF, 22, "OXM_OF_ARP_SPA", 4, 32, Form::Ipv4, "arp_spa"),
    field(NXM_OF, 17, "NXM_OF_ARP_TPA", 4, 32, Form::Ipv4, "arp_tpa"),
    field(OXM_OF, 23, "OXM_OF_ARP_TPA", 4, 32, Form::Ipv4, "arp_tpa"),
    field(NXM_NX, 17, "NXM_NX_ARP_SHA", 6, 48, Form::Mac, "arp_sha"),
    field(OXM_OF, 24, "OXM_OF_ARP_SHA", 6, 48, Form::Mac, "arp_sha"),
    field(NXM_NX, 18, "NXM_NX_ARP_THA", 6, 48, Form::Mac, "arp_tha"),
    field(OXM_OF, 25, "OXM_OF_ARP_THA", 6, 48, Form::Mac, "arp_tha"),
    field(NXM_OF, 9, "NXM_OF_TCP_SRC", 2, 16, Form::Decimal, "tcp_src"),
    field(OXM_OF, 13, "OXM_OF_TCP_SRC", 2, 16, Form::Decimal, "tcp_src"),
    field(NXM_OF, 10, "NXM_OF_TCP_DST", 2, 16, Form::Decimal, "tcp_dst"),
    field(OXM_OF, 14, "OXM_OF_TCP_DST", 2, 16, Form::Decimal, "tcp_dst"),
    field(NXM_NX, 34, "NXM_NX_TCP_FLAGS", 2, 12, Form::TcpFlags, "tcp_flags"),
    field(OXM_OF, 42, "OXM_OF_TCP_FLAGS", 2, 12, Form::TcpFlags, "tcp_flags"),
    experimenter(ONF, 42, "ONFOXM_ET_TCP_FLAGS", 2, 12, Form::TcpFlags, "tcp_flags"),
    field(NXM_OF, 11, "NXM_OF_UDP_SRC", 2, 16, Form::Decimal, "udp_src"),
    field(OXM_OF, 15, "OXM_OF_UDP_SRC", 2, 16, Form::Decimal, "udp_src"),
    field(NXM_OF, 12, "NXM_OF_UDP_DST", 2, 16, Form::Decimal, "udp_dst"),
    field(OXM_OF, 16, "OXM_OF_UDP_DST", 2, 16, Form::Decimal, "udp_dst"),
    field(OXM_OF, 17, "OXM_OF_SCTP_SRC", 2, 16, Form::Decimal, "sctp_src"),
    field(OXM_OF, 18, "OXM_OF_SCTP_DST", 2, 16, Form::Decimal, "sctp_dst"),
    field(NXM_OF, 13, "NXM_OF_ICMP_TYPE", 1, 8, Form::Decimal, "icmp_type"),
    field(OXM_OF, 19, "OXM_OF_ICMPV4_TYPE", 1, 8, Form::Decimal, "icmp_type"),
    field(NXM_OF, 14, "NXM_OF_ICMP_CODE", 1, 8, Form::Decimal, "icmp_code"),
    field(OXM_OF, 20, "OXM_OF_ICMPV4_CODE", 1, 8, Form::Decimal, "icmp_code"),
    field(NXM_NX, 21, "NXM_NX_ICMPV6_TYPE", 1, 8, Form::Decimal, "icmpv6_type"),
    field(OXM_OF, 29, "OXM_OF_ICMPV6_TYPE", 1, 8, Form::Decimal, "icmpv6_type"),
    field(NXM_NX, 22, "NXM_NX_ICMPV6_CODE", 1, 8, Form::Decimal, "icmpv6_code"),
    field(OXM_OF, 30, "OXM_OF_ICMPV6_CODE", 1, 8, Form::Decimal, "icmpv6_code"),
    field(NXM_NX, 23, "NXM_NX_ND_TARGET", 16, 128, Form::Ipv6, "nd_target"),
    field(OXM_OF, 31, "OXM_OF_IPV6_ND_TARGET", 16, 128, Form::Ipv6, "nd_target"),
    field(NXM_NX, 24, "NXM_NX_ND_SLL", 6, 48, Form::Mac, "nd_sll"),
    field(OXM_OF, 32, "OXM_OF_IPV6_ND_SLL", 6, 48, Form::Mac, "nd_sll"),
    field(NXM_NX, 25, "NXM_NX_ND_TLL", 6, 48, Form::Mac, "nd_tll"),
    field(OXM_OF, 33, "OXM_OF_IPV6_ND_TLL", 6, 48, Form::Mac, "nd_tll"),
    field(ERICSSON, 1, "ERICOXM_OF_ICMPV6_ND_RESERVED", 4, 32, Form::Decimal, "nd_reserved"),
    field(ERICSSON, 2, "ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE", 1, 8, Form::Decimal, "nd_options_type"),
    experimenter(NSH, 1, "NXOXM_NSH_FLAGS", 1, 8, Form::Decimal, "nsh_flags"),
    experimenter(NSH, 2, "NXOXM_NSH_MDTYPE", 1, 8, Form::Decimal, "nsh_mdtype"),
    experimenter(NSH, 3, "NXOXM_NSH_NP", 1, 8, Form::Decimal, "nsh_np"),
    experimenter(NSH, 4, "NXOXM_NSH_SPI", 4, 24, Form::Hex, "nsh_spi"),
    experimenter(NSH, 5, "NXOXM_NSH_SI", 1, 8, Form::Decimal, "nsh_si"),
    experimenter(NSH, 6, "NXOXM_NSH_C1", 4, 32, Form::Hex, "nsh_c1"),
    experimenter(NSH, 7, "NXOXM_NSH_C2", 4, 32, Form::Hex, "nsh_c2"),
    experimenter(NSH, 8, "NXOXM_NSH_C3", 4, 32, Form::Hex, "nsh_c3"),
    experimenter(NSH, 9, "NXOXM_NSH_C4", 4, 32, Form::Hex, "nsh_c4"),
    experimenter(NSH, 10, "NXOXM_NSH_TTL", 1, 8, Form::Decimal, "nsh_ttl"),
    field(NXM_NX, 30, "NXM_NX_COOKIE", 8, 64, Form::Hex, "cookie"),
];
