//! The fields of a flow's match that VSE adds.

use std::net::Ipv4Addr;

use super::diagnostic::Problem;
use super::field::{Fields, mac_addr};
use super::word::{Word, number, number_up_to};
use crate::types::MacAddr;
use crate::vse::{Carrier, FieldMatch, MatchField, Tlv, TunnelType};

impl Fields {
    pub(super) fn read_tlv(
        &mut self,
        word: &Word<'_>,
        field: MatchField,
        value: &Word<'_>,
    ) -> Result<(), Problem> {
        let set = |tlv: &Tlv| matches!(tlv, Tlv::Field(set) if set.field() == field);
        if self.tlvs.iter().any(set) {
            return Err(word.problem(format!("{field} was set before")));
        }
        let (text, mask) = value.split('/');
        let end = value.span.start + text.len();
        let text = Word { text, span: value.span.start..end };
        let read = tlv_value(field, &text)?;
        let mask = match mask {
            None => None,
            Some(mask) if matches!(field, MatchField::InnerNwSrc | MatchField::InnerNwDst) => {
                Some(ipv4_mask(&mask)?)
            }
            Some(mask) => Some(tlv_value(field, &mask)?),
        };
        if let Some(mask) = mask.filter(|mask| read & !mask != 0) {
            let message = format!("{} has bits that the mask {mask:#x} ignores", word.text);
            return Err(value.problem(message));
        }
        let tlv = FieldMatch::with_mask(field, read, mask)
            .map_err(|error| value.problem(error.to_string()))?;
        self.tlvs.push(Tlv::Field(tlv));
        Ok(())
    }
}

fn tlv_value(field: MatchField, value: &Word<'_>) -> Result<u64, Problem> {
    let name = field.name().unwrap_or("field");
    let unknown = |like: &str| {
        value.problem(format!("{name}={:?} is not known", value.text)).help(like.to_owned())
    };
    match field {
        MatchField::InnerDlSrc | MatchField::InnerDlDst => {
            let MacAddr(bytes) = mac_addr(value)?;
            Ok(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
        }
        MatchField::InnerNwSrc | MatchField::InnerNwDst => {
            let addr: Ipv4Addr = value
                .text
                .parse()
                .map_err(|_| value.problem(format!("{:?} is no IPv4 address", value.text)))?;
            Ok(u32::from(addr).into())
        }
        MatchField::FcfCarrier if number(value.text).is_none() => Carrier::from_name(value.text)
            .map(|carrier| u8::from(carrier).into())
            .ok_or_else(|| unknown("tos or vlan")),
        MatchField::TunType if number(value.text).is_none() => TunnelType::from_name(value.text)
            .map(|tunnel| u8::from(tunnel).into())
            .ok_or_else(|| unknown("vxlan, nvgre, geneve, stt or vxlan_gpe")),
        _ => {
            let bits = field.value_len().map_or(64, |len| 8 * len);
            let max = u64::MAX.checked_shr(u32::try_from(64 - bits).unwrap_or(0)).unwrap_or(0);
            let max = match field {
                MatchField::VmId | MatchField::InnerDlVlan => 0xffff,
                MatchField::FcfPriority => 1,
                _ => max,
            };
            number_up_to(value, name, max)
        }
    }
}

fn ipv4_mask(mask: &Word<'_>) -> Result<u64, Problem> {
    let bits = match (number(mask.text), mask.text.parse::<Ipv4Addr>()) {
        (Some(len @ 0..=32), _) => {
            let ignored = u32::try_from(32 - len).unwrap_or(0);
            u32::MAX.checked_shl(ignored).unwrap_or(0)
        }
        (_, Ok(dotted)) => u32::from(dotted),
        _ => return Err(mask.problem(format!("{:?} is no prefix length or mask", mask.text))),
    };
    Ok(bits.into())
}
