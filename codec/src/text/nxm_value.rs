//! Values of fields as ovs-ofctl writes them, read: the reverse of what prints them, by the same tables.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::diagnostic::Problem;
use super::word::{Word, number128};
use crate::nicira::match_key::CT_STATE;
use crate::nicira::match_words::takes_mask;
use crate::nicira::value_text::{self, FRAGMENTS};
use crate::nicira::{Form, NxmField};
use crate::of10::PortNo;
use crate::types::MacAddr;

/// The greatest port that a number of 16 bits means as such; the others are reserved.
const MAX_PORT: u16 = 0xff00;
/// No port in the action set (OpenFlow 1.5, `OFPP_UNSET`).
pub(super) const UNSET: u128 = 0xffff_fff7;

/// What a field must be, and in which bits: the low-order ones of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Masked {
    pub(super) value: u128,
    /// Nothing where all bits count.
    pub(super) mask: Option<u128>,
}

impl Masked {
    fn whole(value: u128) -> Self {
        Self { value, mask: None }
    }
}

/// The number as so many big-endian bytes.
pub(super) fn bytes_of(number: u128, bytes: usize) -> Vec<u8> {
    let all = number.to_be_bytes();
    all.get(all.len().saturating_sub(bytes)..).unwrap_or(&all).to_vec()
}

/// A number with this many bits, all of them set.
pub(super) fn ones(bits: u32) -> u128 {
    u128::MAX.checked_shr(128_u32.saturating_sub(bits)).unwrap_or(0)
}

/// Reads a value of `field` that is no tunnel option, with its mask.
pub(super) fn masked(field: &NxmField, word: &Word<'_>) -> Result<Masked, Problem> {
    let full = ones(u32::try_from(8 * field.bytes).unwrap_or(128));
    if matches!(word.text, "ANY" | "*") && field.form != Form::Port {
        return Ok(Masked { value: 0, mask: Some(0) });
    }
    match field.form {
        Form::Frag => return fragments(word),
        Form::CtState => return flags(word, field, value_text::CT_STATE, CT_STATE),
        Form::TcpFlags => return flags(word, field, value_text::TCP_FLAGS, ones(12)),
        Form::TunFlags => return flags(word, field, value_text::TUN_FLAGS, ones(1)),
        Form::PacketType => return packet_type(word).map(Masked::whole),
        _ => {}
    }
    let (first, mask) = word.split('/');
    let end = word.span.start + first.len();
    let value = one(field, &Word { text: first, span: word.span.start..end })?;
    let Some(mask) = mask else { return Ok(Masked::whole(value)) };
    let mask = match mask.text {
        "-1" => full,
        _ => match mask_of(field, &mask)? {
            number if number <= full => number,
            _ => {
                let text =
                    format!("the mask is longer than the {} bytes of {}", field.bytes, field.word);
                return Err(mask.problem(text));
            }
        },
    };
    if mask != full && !takes_mask(field.word) {
        let text = format!("{} cannot be matched in part", field.word);
        return Err(word.problem(text).help(format!("{first}, without a mask")));
    }
    Ok(Masked { value, mask: (mask != full).then_some(mask) })
}

/// A value without a mask.
fn one(field: &NxmField, word: &Word<'_>) -> Result<u128, Problem> {
    let text = word.text;
    let no = |what: &str| word.problem(format!("{text:?} is no {what}"));
    match field.form {
        Form::Mac => {
            let MacAddr(octets) =
                text.parse().map_err(|error| word.problem(format!("{text:?}: {error}")))?;
            Ok(octets.iter().fold(0, |number, octet| number << 8 | u128::from(*octet)))
        }
        Form::Ipv4 => {
            let address: Ipv4Addr = text.parse().map_err(|_| no("IPv4 address"))?;
            Ok(u32::from(address).into())
        }
        Form::Ipv6 => {
            let address: Ipv6Addr = text.parse().map_err(|_| no("IPv6 address"))?;
            Ok(address.into())
        }
        Form::Port => port(field, word),
        _ => {
            let bits = match field.word {
                // Open vSwitch has the bit in it that says that there is a tag.
                "vlan_vid" => 13,
                _ => u32::from(field.bits),
            };
            match number128(text) {
                Some(number) if number <= ones(bits) => Ok(number),
                Some(_) => {
                    let message = format!("{} has {bits} bits, {text} more", field.word);
                    Err(word.problem(message).help(format!("at most {:#x}", ones(bits))))
                }
                None => Err(word.problem(format!("{} must be a number, not {text:?}", field.word))),
            }
        }
    }
}

/// A mask: for addresses also the length of a prefix.
fn mask_of(field: &NxmField, mask: &Word<'_>) -> Result<u128, Problem> {
    let bits = u32::from(field.bits);
    let prefix = || {
        let len = number128(mask.text).and_then(|len| u32::try_from(len).ok());
        let len = len.filter(|len| *len <= bits)?;
        Some(ones(bits) & !ones(bits - len))
    };
    let wrong = |help: &str| {
        mask.problem(format!("{:?} is no mask of {}", mask.text, field.word)).help(help)
    };
    match field.form {
        Form::Ipv4 => match (prefix(), mask.text.parse::<Ipv4Addr>()) {
            (Some(mask), _) => Ok(mask),
            (_, Ok(mask)) => Ok(u32::from(mask).into()),
            _ => Err(wrong("0 to 32, or four numbers as in 255.0.0.255")),
        },
        Form::Ipv6 => match (prefix(), mask.text.parse::<Ipv6Addr>()) {
            (Some(mask), _) => Ok(mask),
            (_, Ok(mask)) => Ok(mask.into()),
            _ => Err(wrong("0 to 128, or an address as in ffff::ff")),
        },
        Form::Mac => one(field, mask),
        _ => number128(mask.text).ok_or_else(|| wrong("a number, as in 0xff")),
    }
}

fn port(field: &NxmField, word: &Word<'_>) -> Result<u128, Problem> {
    let port = match (PortNo::from_name(word.text), number128(word.text)) {
        (Some(PortNo(port)), _) => port,
        _ if field.word == "actset_output" && word.text == "UNSET" => return Ok(UNSET),
        // The name that later versions have for it, and ovs-ofctl prints.
        _ if word.text.eq_ignore_ascii_case("any") => PortNo::NONE.0,
        (None, Some(number)) => u16::try_from(number)
            .map_err(|_| word.problem(format!("port is {number}, must be at most 65535")))?,
        (None, None) => {
            let text = format!("{:?} is no port", word.text);
            return Err(word.problem(text).help("a number, or LOCAL, CONTROLLER, NONE"));
        }
    };
    // In 32 bits, the reserved ports are the last ones too.
    let reserved = if field.bytes == 4 && port >= MAX_PORT { 0xffff_0000 } else { 0 };
    Ok(reserved | u128::from(port))
}

fn fragments(word: &Word<'_>) -> Result<Masked, Problem> {
    let known = FRAGMENTS.iter().find(|(name, ..)| *name == word.text);
    let Some((_, value, mask)) = known else {
        let text = format!("{:?} is no kind of fragments", word.text);
        return Err(word.problem(text).help("no, yes, first, later or not_later"));
    };
    Ok(Masked { value: *value, mask: (*mask != 3).then_some(*mask) })
}

/// `+syn-ack`, of which the bits that are named count; or `syn|ack`, of which all do; or numbers.
fn flags(word: &Word<'_>, field: &NxmField, names: &[&str], full: u128) -> Result<Masked, Problem> {
    let bit = |name: &str, at: usize| {
        let end = at + name.len();
        let index = names.iter().position(|known| *known == name);
        let index = index.and_then(|index| u32::try_from(index).ok());
        index.and_then(|index| 1_u128.checked_shl(index)).ok_or_else(|| {
            let text = format!("{name:?} is no flag of {}", field.word);
            Problem::new(at..end, text).help(names.join(", "))
        })
    };
    let start = word.span.start;
    let (mut value, mut mask) = (0, 0);
    if word.text.starts_with(['+', '-']) {
        let mut at = 0;
        while let Some(rest) = word.text.get(at..).filter(|rest| !rest.is_empty()) {
            let name = rest.get(1..).unwrap_or_default();
            let name = name.split(['+', '-']).next().unwrap_or_default();
            let bit = bit(name, start + at + 1)?;
            if mask & bit != 0 {
                let end = start + at + 1 + name.len();
                return Err(Problem::new(start + at..end, format!("{name} was said before")));
            }
            mask |= bit;
            value |= if rest.starts_with('+') { bit } else { 0 };
            at += 1 + name.len();
        }
        // Flags of which all are named are still those that are named.
        let all = mask == full && field.form == Form::TcpFlags;
        return Ok(Masked { value, mask: (!all).then_some(mask) });
    }
    let (text, slash) = word.split('/');
    let mut at = start;
    for name in text.split('|') {
        value |= match number128(name) {
            Some(number) if number <= full => number,
            _ => bit(name, at)?,
        };
        at += name.len() + 1;
    }
    let mask = match slash {
        None => full,
        Some(mask) => number128(mask.text)
            .filter(|number| number & !full == 0)
            .ok_or_else(|| mask.problem(format!("{:?} is no mask of {}", mask.text, field.word)))?,
    };
    let all = mask == full && field.form == Form::TcpFlags;
    Ok(Masked { value, mask: (!all).then_some(mask) })
}

/// `(namespace,type)`, or both as one number.
fn packet_type(word: &Word<'_>) -> Result<u128, Problem> {
    let inside = word.text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    let both = match inside.and_then(|text| text.split_once(',')) {
        Some((namespace, kind)) => number128(namespace).zip(number128(kind)),
        None => number128(word.text).map(|number| (number >> 16, number & 0xffff)),
    };
    match both {
        Some((namespace, kind)) if namespace <= 0xffff && kind <= 0xffff => {
            Ok(namespace << 16 | kind)
        }
        _ => {
            let text = format!("{:?} is no type of a packet", word.text);
            Err(word.problem(text).help("a namespace and a type, as in (1,0x800)"))
        }
    }
}

/// Reads a tunnel option, whose length is that of its digits.
pub(super) fn option(
    field: &NxmField,
    word: &Word<'_>,
) -> Result<(Vec<u8>, Option<Vec<u8>>), Problem> {
    let digits = |word: &Word<'_>| {
        let digits = word.text.strip_prefix("0x").unwrap_or_default();
        let even =
            if digits.len().is_multiple_of(2) { digits.to_owned() } else { format!("0{digits}") };
        let read = crate::types::read_hex(&even).filter(|bytes| (1..=124).contains(&bytes.len()));
        read.ok_or_else(|| {
            let text = format!("{} is hexadecimal digits of at most 124 bytes", field.word);
            word.problem(text).help(format!("{}=0x1234", field.word))
        })
    };
    let (first, mask) = word.split('/');
    let end = word.span.start + first.len();
    let mut value = digits(&Word { text: first, span: word.span.start..end })?;
    let mut mask = mask.as_ref().map(digits).transpose()?;
    let len = value.len().max(mask.as_ref().map_or(0, Vec::len));
    for part in [Some(&mut value), mask.as_mut()].into_iter().flatten() {
        let missing = len - part.len();
        part.splice(..0, std::iter::repeat_n(0, missing));
    }
    Ok((value, mask))
}
