//! Match TLVs: what an entry matches beyond `struct ofp_match`. vse-protocol(7); the header is an
//! OXM header of the experimenter class (OpenFlow 1.3.5 sections 7.2.3.2 and 7.2.3.5).
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 2 | oxm_class: 0xffff, experimenter |
//! | 2 | 7 bits | oxm_field |
//! | | 1 bit | oxm_hasmask |
//! | 3 | 1 | oxm_length: of what follows |
//! | 4 | 4 | experimenter: the vendor id of VSE |
//! | 8 | any | value |
//! | | as the value | mask, where oxm_hasmask is set |

use std::fmt;
use std::net::Ipv4Addr;

use nom::Parser;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::code::{Carrier, MatchField, TunnelType};
use super::ids::VENDOR_ID;
use crate::error::{EncodeError, Expected};
use crate::of10::Match;
use crate::types::{Bytes, MacAddr};
use crate::wire::{Fault, Parsed, Put, bytes, list, u8, u16};

/// The class of experimenters (OpenFlow 1.3.5 section 7.2.3.2, `OFPXMC_EXPERIMENTER`).
const EXPERIMENTER_CLASS: u16 = 0xffff;
/// Bytes of class, field and length.
const HEADER_LEN: usize = 4;
/// Bytes of the experimenter.
const EXPERIMENTER_LEN: usize = 4;
/// A list of TLVs is padded to a multiple of this many bytes.
const ALIGN: usize = 8;

/// One TLV.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tlv {
    /// A field of VSE.
    Field(FieldMatch),
    /// A TLV that is not known here, kept as it came.
    Unknown(UnknownTlv),
}

/// A field of VSE with the value to match, and which bits of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FieldMatch {
    field: MatchField,
    /// The value in its low-order bytes.
    value: u64,
    /// The mask, where the TLV has one; bits that are not set are ignored.
    mask: Option<u64>,
}

/// A TLV of another class or experimenter, or of a field that is not known, header included.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnknownTlv(Bytes);

impl FieldMatch {
    /// A field that must have this value. An error where the value does not fit.
    pub fn new(field: MatchField, value: u64) -> Result<Self, EncodeError> {
        Self::with_mask(field, value, None)
    }

    /// A field of which the bits of `mask` must be as in `value`. An error where one does not fit
    /// the field, or the field has no mask.
    pub fn with_mask(
        field: MatchField,
        value: u64,
        mask: Option<u64>,
    ) -> Result<Self, EncodeError> {
        let name = field.name().unwrap_or("match field");
        let len = field.value_len().ok_or(EncodeError::Value {
            field: name,
            found: u8::from(field).into(),
            expected: "a field that a match TLV can hold",
        })?;
        let fits = |value: u64| value.checked_shr(8 * wide(len)).unwrap_or(0) == 0;
        if let Some(found) = [Some(value), mask].into_iter().flatten().find(|v| !fits(*v)) {
            let expected = match len {
                1 => "below 2^8",
                2 => "below 2^16",
                4 => "below 2^32",
                _ => "below 2^48",
            };
            return Err(EncodeError::Value { field: name, found, expected });
        }
        match mask {
            Some(mask) if !field.is_maskable() => {
                Err(EncodeError::Value { field: name, found: mask, expected: "without a mask" })
            }
            _ => Ok(Self { field, value, mask }),
        }
    }

    /// The field.
    #[must_use]
    pub fn field(&self) -> MatchField {
        self.field
    }

    /// The value, in the low-order bytes.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.value
    }

    /// The mask, where there is one.
    #[must_use]
    pub fn mask(&self) -> Option<u64> {
        self.mask
    }
}

/// A length of at most eight bytes as 32 bits.
fn wide(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl Tlv {
    pub(crate) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (after, (class, field_and_mask, length)) =
            (u16("oxm_class"), u8("oxm_field"), u8("oxm_length")).parse(input)?;
        let (after, body) = bytes("body", length.into()).parse(after)?;
        let field = MatchField::from(field_and_mask >> 1);
        let has_mask = field_and_mask & 1 == 1;
        let ours =
            body.strip_prefix(&VENDOR_ID.to_be_bytes()).filter(|_| class == EXPERIMENTER_CLASS);
        let (Some(value), Some(len)) = (ours, field.value_len()) else {
            let whole = HEADER_LEN + body.len();
            let whole = input.get(..whole).unwrap_or(input);
            return Ok((after, Self::Unknown(UnknownTlv(whole.into()))));
        };
        let at = input.get(3..).unwrap_or_default();
        let expected = EXPERIMENTER_LEN + if has_mask { 2 * len } else { len };
        if body.len() != expected {
            let expected = Expected::Exactly(expected);
            return Err(Fault::length(at, "oxm_length", body.len(), expected));
        }
        let (value, mask) = value.split_at_checked(len).unwrap_or((value, &[]));
        let read = FieldMatch { field, value: number(value), mask: has_mask.then(|| number(mask)) };
        if has_mask && !field.is_maskable() {
            let at = input.get(2..).unwrap_or_default();
            let found = field_and_mask.into();
            let kind = crate::error::DecodeErrorKind::Value { found, expected: "without a mask" };
            return Err(Fault::new(at, "oxm_hasmask", kind));
        }
        Ok((after, Self::Field(read)))
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        match self {
            Self::Field(FieldMatch { field, mask, .. }) => {
                let len = field.value_len().unwrap_or(0);
                HEADER_LEN + EXPERIMENTER_LEN + if mask.is_some() { 2 * len } else { len }
            }
            Self::Unknown(UnknownTlv(wire)) => wire.len(),
        }
    }

    /// Appends the TLV.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Field(FieldMatch { field, value, mask }) => {
                let len = field.value_len().unwrap_or(0);
                out.put_u16(EXPERIMENTER_CLASS);
                out.put_u8(u8::from(*field) << 1 | u8::from(mask.is_some()));
                let body = self.encoded_len().saturating_sub(HEADER_LEN);
                out.put_u8(u8::try_from(body).unwrap_or(u8::MAX));
                out.put_u32(VENDOR_ID);
                for number in [Some(*value), *mask].into_iter().flatten() {
                    out.put(number.to_be_bytes().get(8_usize.saturating_sub(len)..).unwrap_or(&[]));
                }
            }
            Self::Unknown(UnknownTlv(wire)) => out.put(wire),
        }
    }
}

/// The number whose big-endian bytes are `bytes`, at most eight of them.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Reads `len` bytes of TLVs and the padding behind them.
pub(super) fn read_tlvs(input: &[u8], len: usize) -> Parsed<'_, Tlvs> {
    let (after, tlvs) = bytes("match_len", len).parse(input)?;
    let limit = crate::error::Limit::Field("match_len", len);
    let tlvs = crate::wire::within(tlvs, limit, list("tlvs", Tlv::read))?;
    let (after, pad) = bytes("pad", padding(len)).parse(after)?;
    let mut tlv_pad = [0; ALIGN];
    for (to, from) in tlv_pad.iter_mut().zip(pad) {
        *to = *from;
    }
    Ok((after, Tlvs { tlvs, pad: tlv_pad }))
}

/// Bytes from `len` to the next multiple of [`ALIGN`].
fn padding(len: usize) -> usize {
    len.next_multiple_of(ALIGN).saturating_sub(len)
}

/// A list of match TLVs, with its padding.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tlvs {
    /// The TLVs, in the order of the wire.
    pub tlvs: Vec<Tlv>,
    /// The padding behind them; as many bytes of it count as there are on the wire.
    pad: [u8; ALIGN],
}

impl Tlvs {
    /// A list with padding of zero.
    #[must_use]
    pub fn new(tlvs: Vec<Tlv>) -> Self {
        Self { tlvs, pad: [0; ALIGN] }
    }

    /// Bytes without the padding: what `match_len` says.
    #[must_use]
    pub fn match_len(&self) -> usize {
        self.tlvs.iter().map(Tlv::encoded_len).sum()
    }

    /// Bytes with the padding.
    #[must_use]
    pub fn padded_len(&self) -> usize {
        self.match_len().next_multiple_of(ALIGN)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        self.tlvs.iter().for_each(|tlv| tlv.encode(out));
        let pad = padding(self.match_len());
        out.put(self.pad.get(..pad).unwrap_or_default());
    }

    /// The padding on the wire, where it is not zero.
    fn odd_padding(&self) -> Option<Bytes> {
        let pad = self.pad.get(..padding(self.match_len())).unwrap_or_default();
        pad.iter().any(|byte| *byte != 0).then(|| pad.into())
    }

    /// The words of a match and of these TLVs, commas between.
    pub(crate) fn with_match(&self, r#match: &Match) -> String {
        let words = std::iter::once(r#match.to_string()).filter(|words| !words.is_empty());
        words.chain(self.tlvs.iter().map(Tlv::to_string)).collect::<Vec<_>>().join(",")
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tlvs.is_empty()
    }
}

impl fmt::Display for FieldMatch {
    /// `vm_id=5`, `tun_id=0x10/0xf0`, `inner_nw_dst=10.0.0.0/8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.field)?;
        self.write_value(f)
    }
}

impl FieldMatch {
    /// The value as people write it, with its mask.
    pub(crate) fn write_value(&self, f: &mut impl fmt::Write) -> fmt::Result {
        let low32 = |value: u64| u32::try_from(value & 0xffff_ffff).unwrap_or(0);
        let mac = |value: u64| {
            let [_, _, mac @ ..] = value.to_be_bytes();
            MacAddr(mac)
        };
        match (self.field, self.mask) {
            (MatchField::InnerNwSrc | MatchField::InnerNwDst, mask) => {
                write!(f, "{}", Ipv4Addr::from(low32(self.value)))?;
                match mask.map(low32) {
                    None => Ok(()),
                    Some(mask) if mask.leading_ones() + mask.trailing_zeros() == 32 => {
                        write!(f, "/{}", mask.leading_ones())
                    }
                    Some(mask) => write!(f, "/{}", Ipv4Addr::from(mask)),
                }
            }
            (MatchField::InnerDlSrc | MatchField::InnerDlDst, mask) => {
                write!(f, "{}", mac(self.value))?;
                mask.map_or(Ok(()), |mask| write!(f, "/{}", mac(mask)))
            }
            (MatchField::FcfCarrier, _) => match u8::try_from(self.value).map(Carrier::from) {
                Ok(carrier) => write!(f, "{carrier}"),
                Err(_) => write!(f, "{}", self.value),
            },
            (MatchField::TunType, _) => match u8::try_from(self.value).map(TunnelType::from) {
                Ok(tunnel) => write!(f, "{tunnel}"),
                Err(_) => write!(f, "{}", self.value),
            },
            (MatchField::EspSpi | MatchField::TunId | MatchField::InnerDlType, None) => {
                write!(f, "{:#x}", self.value)
            }
            (_, None) => write!(f, "{}", self.value),
            (_, Some(mask)) => write!(f, "{:#x}/{mask:#x}", self.value),
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

/// A TLV in JSON: `{"field":"vm_id","value":5}`; MAC and IPv4 addresses as people write them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TlvJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<MatchField>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<NumberJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mask: Option<NumberJson>,
    /// The whole TLV, where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tlv: Option<Bytes>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum NumberJson {
    Number(u64),
    Mac(MacAddr),
    Ipv4(Ipv4Addr),
}

impl NumberJson {
    fn of(field: MatchField, value: u64) -> Self {
        match field {
            MatchField::InnerDlSrc | MatchField::InnerDlDst => {
                let [_, _, mac @ ..] = value.to_be_bytes();
                Self::Mac(MacAddr(mac))
            }
            MatchField::InnerNwSrc | MatchField::InnerNwDst => {
                let [_, _, _, _, ipv4 @ ..] = value.to_be_bytes();
                Self::Ipv4(Ipv4Addr::from(ipv4))
            }
            _ => Self::Number(value),
        }
    }

    fn value(&self) -> u64 {
        match self {
            Self::Number(number) => *number,
            Self::Mac(MacAddr(bytes)) => number(bytes),
            Self::Ipv4(address) => u32::from(*address).into(),
        }
    }
}

impl Serialize for Tlv {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = match self {
            Self::Field(FieldMatch { field, value, mask }) => TlvJson {
                field: Some(*field),
                value: Some(NumberJson::of(*field, *value)),
                mask: mask.map(|mask| NumberJson::of(*field, mask)),
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
                let mask = mask.map(|mask| mask.value());
                FieldMatch::with_mask(field, value.value(), mask)
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
#[serde(untagged)]
enum TlvsJson {
    Plain(Vec<Tlv>),
    Padded { tlvs: Vec<Tlv>, pad: Bytes },
}

impl Serialize for Tlvs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.odd_padding() {
            None => self.tlvs.serialize(serializer),
            Some(pad) => TlvsJson::Padded { tlvs: self.tlvs.clone(), pad }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Tlvs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut read = Self::default();
        match TlvsJson::deserialize(deserializer)? {
            TlvsJson::Plain(tlvs) => read.tlvs = tlvs,
            TlvsJson::Padded { tlvs, pad } => {
                read.tlvs = tlvs;
                let len = padding(read.match_len());
                if pad.len() != len {
                    let expected = format!("{len} bytes of padding");
                    return Err(de::Error::invalid_length(pad.len(), &expected.as_str()));
                }
                for (to, from) in read.pad.iter_mut().zip(&*pad) {
                    *to = *from;
                }
            }
        }
        Ok(read)
    }
}
