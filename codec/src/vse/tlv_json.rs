//! Match TLVs in JSON: `{"field":"vm_id","value":5}`, values as people write them.
//!
//! A TLV that is not known is `{"tlv":"…"}`, its bytes. A list is an array; where its padding is
//! not zero, an object with the array and the padding.

use std::fmt::Display;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::code::{Carrier, MatchField, TunnelType};
use super::tlv::{FieldMatch, Tlv, Tlvs, UnknownTlv, number};
use super::tlv_text::{ipv4, mac};
use crate::types::{Bytes, Hex, MacAddr};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TlvJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<MatchField>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<ValueJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mask: Option<ValueJson>,
    /// The whole TLV, where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tlv: Option<Bytes>,
}

/// A number is taken for every field.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "a number, or a text that is a value of the field")]
enum ValueJson {
    Number(u64),
    Text(String),
}

impl ValueJson {
    /// The value or mask of a field: addresses and names as people write them, identifiers of 32
    /// and 64 bits in hexadecimal.
    fn of(field: MatchField, value: u64) -> Self {
        let byte = || u8::try_from(value).ok();
        Self::Text(match field {
            MatchField::InnerDlSrc | MatchField::InnerDlDst => mac(value).to_string(),
            MatchField::InnerNwSrc | MatchField::InnerNwDst => ipv4(value).to_string(),
            MatchField::EspSpi | MatchField::TunId => Hex(value).to_string(),
            MatchField::FcfCarrier => match byte().and_then(|code| Carrier::from(code).name()) {
                Some(name) => name.to_owned(),
                None => return Self::Number(value),
            },
            MatchField::TunType => match byte().and_then(|code| TunnelType::from(code).name()) {
                Some(name) => name.to_owned(),
                None => return Self::Number(value),
            },
            _ => return Self::Number(value),
        })
    }

    fn value<E: de::Error>(&self, field: MatchField) -> Result<u64, E> {
        fn read<T: FromStr<Err: Display>, E: de::Error>(text: &str) -> Result<T, E> {
            text.parse().map_err(|error| E::custom(format_args!("{text:?}: {error}")))
        }
        fn named<T, E: de::Error>(text: &str, value: Option<T>, all: &[T]) -> Result<u8, E>
        where
            T: Copy + Into<u8> + Display,
        {
            value.map(Into::into).ok_or_else(|| {
                let names: Vec<_> = all.iter().map(T::to_string).collect();
                E::custom(format_args!("{text:?}: want a number or one of {}", names.join(", ")))
            })
        }
        let text = match self {
            Self::Number(number) => return Ok(*number),
            Self::Text(text) => text,
        };
        match field {
            MatchField::InnerDlSrc | MatchField::InnerDlDst => {
                read(text).map(|MacAddr(bytes)| number(&bytes))
            }
            MatchField::InnerNwSrc | MatchField::InnerNwDst => {
                Ok(u32::from(read::<Ipv4Addr, E>(text)?).into())
            }
            MatchField::FcfCarrier => {
                named(text, Carrier::from_name(text), Carrier::ALL).map(Into::into)
            }
            MatchField::TunType => {
                named(text, TunnelType::from_name(text), TunnelType::ALL).map(Into::into)
            }
            _ => Hex::deserialize(de::value::StrDeserializer::new(text)).map(|Hex(number)| number),
        }
    }
}

impl Serialize for Tlv {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = match self {
            Self::Field(matched) => TlvJson {
                field: Some(matched.field()),
                value: Some(ValueJson::of(matched.field(), matched.value())),
                mask: matched.mask().map(|mask| ValueJson::of(matched.field(), mask)),
                tlv: None,
            },
            Self::Unknown(UnknownTlv(wire)) => {
                TlvJson { field: None, value: None, mask: None, tlv: Some(wire.clone()) }
            }
        };
        json.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Tlv {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match TlvJson::deserialize(deserializer)? {
            TlvJson { field: Some(field), value: Some(value), mask, tlv: None } => {
                let value = value.value(field)?;
                let mask = mask.map(|mask| mask.value(field)).transpose()?;
                FieldMatch::with_mask(field, value, mask)
                    .map(Self::Field)
                    .map_err(de::Error::custom)
            }
            TlvJson { field: None, value: None, mask: None, tlv: Some(wire) } => {
                match Self::read(&wire) {
                    Ok(([], tlv)) => Ok(tlv),
                    _ => Err(de::Error::custom("tlv is not one whole match TLV")),
                }
            }
            _ => Err(de::Error::custom("want either field and value, or tlv")),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Padded {
    tlvs: Vec<Tlv>,
    pad: Bytes,
}

impl Serialize for Tlvs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.odd_padding() {
            None => self.tlvs.serialize(serializer),
            Some(pad) => Padded { tlvs: self.tlvs.clone(), pad }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Tlvs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TlvsVisitor)
    }
}

/// Tells the two forms apart; an untagged enumeration would do it too, and lose what is wrong.
struct TlvsVisitor;

impl<'de> de::Visitor<'de> for TlvsVisitor {
    type Value = Tlvs;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of match TLVs, or an object of tlvs and pad")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Tlvs, A::Error> {
        Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Tlvs::new)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Tlvs, A::Error> {
        let Padded { tlvs, pad } = Padded::deserialize(de::value::MapAccessDeserializer::new(map))?;
        let len = pad.len();
        Tlvs::padded(tlvs, &pad).ok_or_else(|| {
            de::Error::invalid_length(len, &"zero to seven bytes, up to a multiple of 8")
        })
    }
}
