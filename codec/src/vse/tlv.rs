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

use nom::Parser;

use super::code::MatchField;
use super::ids::VENDOR_ID;
use crate::error::{EncodeError, Expected};
use crate::types::Bytes;
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
pub struct UnknownTlv(pub(super) Bytes);

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
pub(super) fn number(bytes: &[u8]) -> u64 {
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

    /// A list with this padding, if it is as long as the list needs.
    pub(super) fn padded(tlvs: Vec<Tlv>, pad: &[u8]) -> Option<Self> {
        let mut list = Self::new(tlvs);
        let fits = pad.len() == padding(list.match_len());
        for (to, from) in list.pad.iter_mut().zip(pad) {
            *to = *from;
        }
        fits.then_some(list)
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
    pub(super) fn odd_padding(&self) -> Option<Bytes> {
        let pad = self.pad.get(..padding(self.match_len())).unwrap_or_default();
        pad.iter().any(|byte| *byte != 0).then(|| pad.into())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tlvs.is_empty()
    }
}
