//! Values as ovs-ofctl writes them.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::field::{Form, NxmField};
use super::nxm::number;
use crate::of10::PortNo;
use crate::types::{Bytes, MacAddr};

/// The bits of a connection's state.
pub(crate) const CT_STATE: &[&str] = &["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"];
/// TCP's flags.
pub(crate) const TCP_FLAGS: &[&str] =
    &["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns", "[200]", "[400]", "[800]"];
/// A tunnel's flags.
pub(crate) const TUN_FLAGS: &[&str] = &["oam"];
/// Which fragments: name, value and mask. Of several values with one name, the first is meant.
pub(crate) const FRAGMENTS: &[(&str, u128, u128)] = &[
    ("no", 0, 3),
    ("first", 1, 3),
    ("later", 3, 3),
    ("no", 0, 1),
    ("yes", 1, 1),
    ("not_later", 0, 2),
    ("later", 2, 2),
];

/// A number in hexadecimal as C's `%#x` has it: a zero is a bare `0`.
pub(super) fn hex(number: impl Into<u128>) -> String {
    match number.into() {
        0 => "0".to_owned(),
        number => format!("{number:#x}"),
    }
}

/// Bytes as one number in hexadecimal: a zero is `0x0`.
pub(super) fn hex_bytes(bytes: &[u8]) -> String {
    match Bytes::from(bytes).to_string().trim_start_matches('0') {
        "" => "0x0".to_owned(),
        digits => format!("0x{digits}"),
    }
}

/// Bytes in hexadecimal with dots between.
pub(super) fn dotted(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(".")
}

pub(super) fn is_full(mask: &[u8]) -> bool {
    mask.iter().all(|byte| *byte == 0xff)
}

/// An address and a prefix length, or a mask that is none.
pub(super) fn ipv4(value: u128, mask: u128) -> String {
    let address = |number: u128| Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX));
    let mask = u32::from(address(mask));
    match mask {
        u32::MAX => address(value).to_string(),
        _ if mask.leading_ones() + mask.trailing_zeros() == 32 => {
            format!("{}/{}", address(value), mask.leading_ones())
        }
        _ => format!("{}/{}", address(value), Ipv4Addr::from(mask)),
    }
}

/// An address and a prefix length, or a mask that is none.
pub(super) fn ipv6(value: u128, mask: u128) -> String {
    let address = Ipv6Addr::from(value);
    match mask {
        u128::MAX => address.to_string(),
        _ if mask.leading_ones() + mask.trailing_zeros() == 128 => {
            format!("{address}/{}", mask.leading_ones())
        }
        _ => format!("{address}/{}", Ipv6Addr::from(mask)),
    }
}

/// An Ethernet address, with a mask that is not full.
pub(super) fn mac(value: u128, mask: u128) -> String {
    let address =
        |number: u128| MacAddr(number.to_be_bytes().last_chunk().copied().unwrap_or_default());
    match mask {
        0xffff_ffff_ffff => address(value).to_string(),
        _ => format!("{}/{}", address(value), address(mask)),
    }
}

/// The names of bits: those that are set where the mask is `full`, else each of the mask with a
/// plus or minus.
pub(super) fn flags(names: &[&str], value: u32, mask: u32, full: u32) -> String {
    let bits = |of: u32| (0..32_usize).filter(move |bit| of >> bit & 1 == 1);
    if mask != full {
        if mask == 0 {
            return "0/0".to_owned();
        }
        let sign = |bit: usize| if value >> bit & 1 == 1 { '+' } else { '-' };
        let name = |bit: usize| names.get(bit).copied().unwrap_or("[Unknown]");
        let words: Vec<String> =
            bits(mask).map(|bit| format!("{}{}", sign(bit), name(bit))).collect();
        return words.concat();
    }
    let mut words: Vec<String> =
        bits(value).filter_map(|bit| names.get(bit)).map(|name| (*name).to_owned()).collect();
    let known = u32::MAX.checked_shl(u32::try_from(names.len()).unwrap_or(32)).unwrap_or(0);
    if value & known != 0 {
        words.push(format!("{:#x}", value & known));
    }
    if words.is_empty() { "0".to_owned() } else { words.join("|") }
}

pub(super) fn ct_state(value: u128, mask: u128, full: u32) -> String {
    flags(CT_STATE, low32(value), low32(mask), full)
}

pub(super) fn tcp_flags(value: u128, mask: u128) -> String {
    flags(TCP_FLAGS, low32(value) & 0xfff, low32(mask) & 0xfff, 0xfff)
}

pub(super) fn tun_flags(value: u128, mask: u128, full: u32) -> String {
    flags(TUN_FLAGS, low32(value) & full, low32(mask) & full, full)
}

pub(super) fn low32(number: u128) -> u32 {
    u32::try_from(number & 0xffff_ffff).unwrap_or(u32::MAX)
}

/// Which fragments.
pub(super) fn frag(value: u128, mask: u128) -> &'static str {
    let said = (value & mask & 3, mask & 3);
    let known = FRAGMENTS.iter().find(|(_, value, mask)| (*value, *mask) == said);
    known.map_or("<error>", |(name, ..)| name)
}

/// The value of a field by its form, as in `set_field`.
pub(crate) fn value(field: &NxmField, value: &[u8], mask: Option<&[u8]>) -> String {
    let mask = mask.filter(|mask| !is_full(mask));
    if mask.is_some_and(|mask| mask.iter().all(|byte| *byte == 0)) {
        return "ANY".to_owned();
    }
    let (numeric, bits) = (number(value), mask.map(number));
    let slashed = |text: String| match mask {
        None => text,
        Some(mask) => format!("{text}/{}", hex_bytes(mask)),
    };
    match field.form {
        Form::Mac => mac(numeric, bits.unwrap_or(0xffff_ffff_ffff)),
        Form::Ipv4 => ipv4(numeric, bits.unwrap_or(0xffff_ffff)),
        Form::Ipv6 => ipv6(numeric, bits.unwrap_or(u128::MAX)),
        Form::Port if mask.is_none() => port(numeric).to_string(),
        Form::Frag => frag(numeric, bits.unwrap_or(3)).to_owned(),
        Form::CtState => ct_state(numeric, bits.unwrap_or(0xffff_ffff), 0xffff),
        Form::TcpFlags => tcp_flags(numeric, bits.unwrap_or(0xfff)),
        Form::TunFlags => tun_flags(numeric, bits.unwrap_or(1), 1),
        Form::Decimal => slashed(numeric.to_string()),
        Form::Hex | Form::Port | Form::PacketType => slashed(hex_bytes(value)),
    }
}

/// The port of a number of 16 or 32 bits.
pub(super) fn port(number: u128) -> PortNo {
    // The reserved ports of 32 bits have their 16-bit numbers in the low half.
    PortNo(u16::try_from(number & 0xffff).unwrap_or(u16::MAX))
}

/// Bits of a field: `NXM_NX_REG0[0..15]`, and the whole as `NXM_NX_REG0[]`.
pub(super) struct Subfield {
    pub(super) header: u64,
    pub(super) ofs: u64,
    pub(super) n_bits: u64,
}

impl fmt::Display for Subfield {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { header, ofs, n_bits } = *self;
        let field = NxmField::like_header(header);
        match field.and_then(|field| NxmField::of_word(field.word)) {
            Some(preferred) => f.write_str(preferred.name)?,
            None => write!(f, "{header:#x}")?,
        }
        // A field of any length is named with its greatest.
        let all = field.map_or(0, |field| if field.bits == 0 { 992 } else { field.bits.into() });
        match (ofs, n_bits) {
            (0, bits) if bits == all => f.write_str("[]"),
            (ofs, 1) => write!(f, "[{ofs}]"),
            (ofs, bits) => write!(f, "[{ofs}..{}]", (ofs + bits).saturating_sub(1)),
        }
    }
}
