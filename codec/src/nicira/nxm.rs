//! Entries of an extended match (NXM, OXM), and the list of them that is a match.
//!
//! | offset | size | field of an entry |
//! | --- | --- | --- |
//! | 0 | 4 or 8 | header: see [`NxmField`] |
//! | | any | value |
//! | | as the value | mask, where hasmask is set |
//!
//! In JSON `{"field":"NXM_OF_IP_DST","value":"10.0.0.0","mask":"255.0.0.0"}`; an entry of a field or
//! a length that is not known is `{"nxm":"…"}`, its bytes. A match is an array of entries; where its
//! padding is not zero, an object with the array and the padding.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use nom::Parser;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value as Json, json};

use super::field::{EXPERIMENTER, Form, NxmField};
use crate::error::Limit;
use crate::of10::PortNo;
use crate::types::{Bytes, MacAddr};
use crate::wire::{Parsed, Put, bytes, list, u32, within};

/// A match is padded to a multiple of this many bytes.
const ALIGN: usize = 8;
/// The bit of a header that says that there is a mask.
const HAS_MASK: u32 = 0x100;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NxmEntry {
    /// The first four bytes; the last of them is the length of the body.
    header: u32,
    /// What follows: the experimenter, where there is one, value and mask.
    body: Bytes,
}

/// The parts of an entry that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known<'a> {
    /// Which field.
    pub field: &'static NxmField,
    /// Bytes of the header.
    pub header_len: usize,
    /// What it must be, in the bits of the mask.
    pub value: &'a [u8],
    /// Which bits count; all where there is no mask.
    pub mask: Option<&'a [u8]>,
}

impl NxmEntry {
    /// An entry that a field must have this value, in the bits of `mask`; nothing where a length
    /// is not the field's.
    #[must_use]
    pub fn new(field: &NxmField, value: &[u8], mask: Option<&[u8]>) -> Option<Self> {
        let fits = |part: &[u8]| match field.bytes {
            0 => (1..=124).contains(&part.len()) && part.len() == value.len(),
            bytes => part.len() == bytes,
        };
        if !fits(value) || !mask.is_none_or(fits) {
            return None;
        }
        let mut body = Vec::new();
        let plain = field.header();
        let short = if field.class == EXPERIMENTER {
            body.put_u32(field.experimenter);
            plain >> 32
        } else {
            plain
        };
        body.put(value);
        body.put(mask.unwrap_or_default());
        let len = u32::try_from(body.len()).ok().filter(|len| *len <= 0xff)?;
        let mask = if mask.is_some() { HAS_MASK } else { 0 };
        let header = u32::try_from(short).ok()? & !0xff | mask | len;
        Some(Self { header, body: Bytes(body) })
    }

    pub(crate) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (after, header) = u32("header").parse(input)?;
        let len = usize::try_from(header & 0xff).unwrap_or(0);
        let (after, body) = bytes("body", len).parse(after)?;
        Ok((after, Self { header, body: body.into() }))
    }

    /// Bytes of the entry.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        4 + self.body.len()
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u32(self.header);
        out.put(&self.body);
    }

    /// The parts of the entry; nothing where its field is not known, or has another length.
    #[must_use]
    pub fn known(&self) -> Option<Known<'_>> {
        let class = u16::try_from(self.header >> 16).unwrap_or(0);
        let number = u8::try_from(self.header >> 9 & 0x7f).unwrap_or(0);
        let (experimenter, parts) = match self.body.split_first_chunk() {
            Some((experimenter, rest)) if class == EXPERIMENTER => {
                (u32::from_be_bytes(*experimenter), rest)
            }
            _ => (0, &*self.body),
        };
        let masked = self.header & HAS_MASK != 0;
        let len = if masked { parts.len() / 2 } else { parts.len() };
        let (value, mask) = parts.split_at_checked(len)?;
        let fits = |field: &&NxmField| {
            let fits = match field.bytes {
                0 => (1..=124).contains(&len),
                bytes => bytes == len,
            };
            fits && (field.class, field.experimenter, field.field) == (class, experimenter, number)
        };
        let field = NxmField::ALL.iter().find(fits).filter(|_| !masked || mask.len() == len)?;
        let header_len = self.encoded_len() - parts.len();
        Some(Known { field, header_len, value, mask: masked.then_some(mask) })
    }

    /// The entry whose bytes these are, all of them.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        match Self::read(bytes) {
            Ok(([], entry)) => Some(entry),
            _ => None,
        }
    }

    fn wire(&self) -> Bytes {
        let mut wire = Vec::new();
        self.encode(&mut wire);
        Bytes(wire)
    }
}

impl fmt::Display for NxmEntry {
    /// The entry as it is, by the name of its header: `NXM_OF_IP_DST_W(0a000000/ff000000)`, as `ovs-ofctl
    /// -mmm` writes it; `nxm(…)` of its bytes where it is not known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known() {
            None => write!(f, "nxm({})", self.wire()),
            Some(Known { field, value, mask: None, .. }) => {
                write!(f, "{}({})", field.name, Bytes::from(value))
            }
            Some(Known { field, value, mask: Some(mask), .. }) => {
                write!(f, "{}_W({}/{})", field.name, Bytes::from(value), Bytes::from(mask))
            }
        }
    }
}

/// The number whose big-endian bytes are `bytes`, at most sixteen of them.
pub(super) fn number(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// A value or mask in JSON: numbers of up to 32 bits as such, those of 64 in hexadecimal digits,
/// addresses as people write them, what is longer as bytes.
fn to_json(field: &NxmField, value: &[u8]) -> Json {
    let fixed = |bytes: &[u8]| number(bytes);
    match (field.form, field.bytes) {
        (Form::Mac, 6) => json!(value.first_chunk().map(|octets| MacAddr(*octets))),
        (Form::Ipv4, 4) => json!(value.first_chunk::<4>().map(|octets| Ipv4Addr::from(*octets))),
        (Form::Ipv6, 16) => json!(value.first_chunk::<16>().map(|octets| Ipv6Addr::from(*octets))),
        (Form::Port, 2) => json!(PortNo(u16::try_from(fixed(value)).unwrap_or(u16::MAX))),
        (_, 8) => json!(format!("{:#x}", fixed(value))),
        (_, 1 | 2 | 4) => json!(u64::try_from(fixed(value)).unwrap_or(u64::MAX)),
        _ => json!(Bytes::from(value)),
    }
}

/// The reverse, for a value of `len` bytes; 0 for any length.
fn from_json(form: Form, len: usize, json: Json) -> Result<Vec<u8>, String> {
    fn read<T: de::DeserializeOwned>(json: Json) -> Result<T, String> {
        serde_json::from_value(json).map_err(|error| error.to_string())
    }
    let sized = |number: u64| {
        let bytes = number.to_be_bytes();
        let (high, low) = bytes.split_at_checked(8_usize.saturating_sub(len)).unwrap_or_default();
        let fits = high.iter().all(|byte| *byte == 0);
        fits.then(|| low.to_vec()).ok_or_else(|| format!("{number} does not fit {len} bytes"))
    };
    match (form, len) {
        (Form::Mac, 6) => read(json).map(|MacAddr(octets)| octets.to_vec()),
        (Form::Ipv4, 4) => read::<Ipv4Addr>(json).map(|address| address.octets().to_vec()),
        (Form::Ipv6, 16) => read::<Ipv6Addr>(json).map(|address| address.octets().to_vec()),
        (Form::Port, 2) => read::<PortNo>(json).map(|PortNo(port)| port.to_be_bytes().to_vec()),
        (_, 1 | 2 | 4 | 8) => read::<crate::types::Hex<u64>>(json).and_then(|hex| sized(hex.0)),
        _ => read::<Bytes>(json).map(|Bytes(bytes)| bytes),
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mask: Option<Json>,
    /// The whole entry, where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nxm: Option<Bytes>,
}

impl Serialize for NxmEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = match self.known() {
            Some(Known { field, value, mask, .. }) => EntryJson {
                field: Some(field.name.to_owned()),
                value: Some(to_json(field, value)),
                mask: mask.map(|mask| to_json(field, mask)),
                nxm: None,
            },
            None => EntryJson { field: None, value: None, mask: None, nxm: Some(self.wire()) },
        };
        json.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for NxmEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match EntryJson::deserialize(deserializer)? {
            EntryJson { field: Some(name), value: Some(value), mask, nxm: None } => {
                let wrong = |text: String| de::Error::custom(format_args!("{name}: {text}"));
                let field = NxmField::of_name(&name)
                    .ok_or_else(|| wrong("no field of this name is known".to_owned()))?;
                let read = |json| from_json(field.form, field.bytes, json).map_err(wrong);
                let value = read(value)?;
                let mask = mask.map(read).transpose()?;
                Self::new(field, &value, mask.as_deref())
                    .ok_or_else(|| wrong("value or mask has a wrong length".to_owned()))
            }
            EntryJson { field: None, value: None, mask: None, nxm: Some(wire) } => {
                Self::of_bytes(&wire).ok_or_else(|| de::Error::custom("nxm is not one whole entry"))
            }
            _ => Err(de::Error::custom("want either field and value, or nxm")),
        }
    }
}

/// What a frame must be like: entries, and the padding behind them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NxmMatch {
    /// The entries in the order of the wire.
    pub entries: Vec<NxmEntry>,
    /// The padding, where it is not zero; as long as the entries need.
    odd_pad: Option<Bytes>,
}

impl NxmMatch {
    /// A match with padding of zero.
    #[must_use]
    pub fn new(entries: Vec<NxmEntry>) -> Self {
        Self { entries, odd_pad: None }
    }

    /// The match with this padding, where it is as long as the entries need.
    #[must_use]
    pub fn with_pad(mut self, pad: &[u8]) -> Self {
        let fits = pad.len() == padding(self.match_len()) && pad.iter().any(|byte| *byte != 0);
        self.odd_pad = fits.then(|| pad.into());
        self
    }

    /// Reads `len` bytes of entries and their padding.
    pub(crate) fn read(input: &[u8], len: usize) -> Parsed<'_, Self> {
        let (after, entries) = bytes("match_len", len).parse(input)?;
        let limit = Limit::Field("match_len", len);
        let entries = within(entries, limit, list("match", NxmEntry::read))?;
        let (after, pad) = bytes("match_pad", padding(len)).parse(after)?;
        let odd_pad = pad.iter().any(|byte| *byte != 0).then(|| pad.into());
        Ok((after, Self { entries, odd_pad }))
    }

    /// Bytes of the entries.
    #[must_use]
    pub fn match_len(&self) -> usize {
        self.entries.iter().map(NxmEntry::encoded_len).sum()
    }

    /// Bytes with the padding.
    #[must_use]
    pub fn padded_len(&self) -> usize {
        self.match_len().next_multiple_of(ALIGN)
    }

    /// The padding, where it is not zero.
    #[must_use]
    pub fn odd_pad(&self) -> Option<&[u8]> {
        self.odd_pad.as_deref()
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        for entry in &self.entries {
            entry.encode(out);
        }
        let pad = padding(self.match_len());
        match &self.odd_pad {
            Some(odd) => out.put(odd),
            None => out.resize(out.len() + pad, 0),
        }
    }
}

/// Bytes from `len` to the next multiple of [`ALIGN`].
fn padding(len: usize) -> usize {
    len.next_multiple_of(ALIGN).saturating_sub(len)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Padded {
    entries: Vec<NxmEntry>,
    pad: Bytes,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "entries of a match: an array, or an object with entries and pad")]
enum MatchJson {
    Plain(Vec<NxmEntry>),
    Padded(Padded),
}

impl Serialize for NxmMatch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.odd_pad {
            None => self.entries.serialize(serializer),
            Some(pad) => {
                Padded { entries: self.entries.clone(), pad: pad.clone() }.serialize(serializer)
            }
        }
    }
}

impl<'de> Deserialize<'de> for NxmMatch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // An array at first, so that what is wrong in it is told.
        let json = Json::deserialize(deserializer)?;
        if json.is_array() {
            return serde_json::from_value(json).map(Self::new).map_err(de::Error::custom);
        }
        match serde_json::from_value(json).map_err(de::Error::custom)? {
            MatchJson::Plain(entries) => Ok(Self::new(entries)),
            MatchJson::Padded(Padded { entries, pad }) => {
                let read = Self::new(entries);
                let need = padding(read.match_len());
                if pad.len() != need {
                    let text = format!("pad has {} bytes, the entries need {need}", pad.len());
                    return Err(de::Error::custom(text));
                }
                Ok(read.with_pad(&pad))
            }
        }
    }
}
