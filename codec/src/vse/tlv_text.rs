//! Match TLVs as words of a flow: `vm_id=5`, `tun_id=0x10/0xf0`, `inner_nw_dst=10.0.0.0/8`.

use std::fmt;
use std::net::Ipv4Addr;

use super::code::{Carrier, MatchField, TunnelType};
use super::tlv::{FieldMatch, Tlv, Tlvs, UnknownTlv};
use crate::of10::Match;
use crate::types::MacAddr;

impl fmt::Display for FieldMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.field())?;
        self.write_value(f)
    }
}

impl FieldMatch {
    /// The value as people write it, with its mask.
    pub(crate) fn write_value(&self, f: &mut impl fmt::Write) -> fmt::Result {
        let (value, mask) = (self.value(), self.mask());
        let byte = || u8::try_from(value).unwrap_or(u8::MAX);
        match (self.field(), mask) {
            (MatchField::InnerNwSrc | MatchField::InnerNwDst, mask) => {
                write!(f, "{}", ipv4(value))?;
                match mask.map(|mask| u32::from(ipv4(mask))) {
                    None => Ok(()),
                    Some(mask) if mask.leading_ones() + mask.trailing_zeros() == 32 => {
                        write!(f, "/{}", mask.leading_ones())
                    }
                    Some(mask) => write!(f, "/{}", Ipv4Addr::from(mask)),
                }
            }
            (MatchField::InnerDlSrc | MatchField::InnerDlDst, mask) => {
                write!(f, "{}", mac(value))?;
                mask.map_or(Ok(()), |mask| write!(f, "/{}", mac(mask)))
            }
            (MatchField::FcfCarrier, _) => write!(f, "{}", Carrier::from(byte())),
            (MatchField::TunType, _) => write!(f, "{}", TunnelType::from(byte())),
            (MatchField::EspSpi | MatchField::TunId | MatchField::InnerDlType, None) => {
                write!(f, "{value:#x}")
            }
            (_, None) => write!(f, "{value}"),
            (_, Some(mask)) => write!(f, "{value:#x}/{mask:#x}"),
        }
    }
}

impl fmt::Display for Tlv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => write!(f, "{field}"),
            Self::Unknown(UnknownTlv(wire)) => write!(f, "tlv({wire})"),
        }
    }
}

impl Tlvs {
    /// The words of a match and of these TLVs, commas between.
    #[must_use]
    pub fn with_match(&self, r#match: &Match) -> String {
        let words = std::iter::once(r#match.to_string()).filter(|words| !words.is_empty());
        words.chain(self.tlvs.iter().map(Tlv::to_string)).collect::<Vec<_>>().join(",")
    }
}

/// The address in the low-order bytes of `value`.
pub(super) fn mac(value: u64) -> MacAddr {
    let [_, _, mac @ ..] = value.to_be_bytes();
    MacAddr(mac)
}

/// The address in the low-order bytes of `value`.
pub(super) fn ipv4(value: u64) -> Ipv4Addr {
    let [_, _, _, _, ipv4 @ ..] = value.to_be_bytes();
    Ipv4Addr::from(ipv4)
}
