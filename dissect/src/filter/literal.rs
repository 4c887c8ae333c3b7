//! Values as a filter writes them.

use std::net::{Ipv4Addr, Ipv6Addr};

use codec::types::MacAddr;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::registry::Kind;
use crate::sink::Value;

/// A value to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Number(u64),
    Flag(bool),
    Ipv4(Ipv4Addr, u8),
    Ipv6(Ipv6Addr, u8),
    Bytes(Vec<u8>),
    Text(String),
}

/// Reads `word` as a value of that kind; an error says what is wanted. `quoted` says whether it
/// stood in quotes.
pub(super) fn read(word: &str, quoted: bool, kind: Kind) -> Result<Literal, String> {
    match kind {
        Kind::Unsigned | Kind::Hex | Kind::Id => number(word).ok_or_else(|| want("a number")),
        Kind::Names(names) | Kind::HexNames(names) | Kind::NamedId(names) | Kind::Bits(names) => {
            let value = names.value(word).or_else(|| number(word).and_then(Literal::number));
            value.map(Literal::Number).ok_or_else(|| {
                let all: Vec<_> =
                    (names.all)().into_iter().map(|(_, name)| name.to_ascii_lowercase()).collect();
                let near = all.iter().max_by(|a, b| {
                    strsim::jaro_winkler(word, a).total_cmp(&strsim::jaro_winkler(word, b))
                });
                match near {
                    Some(near) if strsim::jaro_winkler(word, near) > 0.8 => {
                        format!("want a number or a name; did you mean {near}?")
                    }
                    _ if all.is_empty() => "want a number".to_owned(),
                    _ => format!("want a number or one of {}", all.join(", ")),
                }
            })
        }
        Kind::Flag => match word.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" => Ok(Literal::Flag(true)),
            "0" | "false" | "no" => Ok(Literal::Flag(false)),
            _ => Err(want("true or false")),
        },
        Kind::Seconds => seconds(word).map(Literal::Number).ok_or_else(|| want("seconds, as 1.5")),
        Kind::Time => time(word).map(Literal::Number).ok_or_else(|| {
            want("a time, as \"2026-11-24T09:00:00Z\", or seconds since the Unix epoch")
        }),
        Kind::Mac => {
            let mac = word.replace(['-', '.'], ":").parse::<MacAddr>().ok();
            let bytes = mac.map(|MacAddr(octets)| octets.to_vec()).or_else(|| bytes(word));
            bytes.map(Literal::Bytes).ok_or_else(|| want("an Ethernet address"))
        }
        Kind::Ipv4 => {
            let (address, prefix) = word.split_once('/').unwrap_or((word, "32"));
            let prefix = prefix.parse().ok().filter(|prefix| *prefix <= 32);
            let both = address.parse().ok().zip(prefix);
            both.map(|(address, prefix)| Literal::Ipv4(address, prefix))
                .ok_or_else(|| want("an IPv4 address, or a prefix as 10.0.0.0/8"))
        }
        Kind::Ipv6 => {
            let (address, prefix) = word.split_once('/').unwrap_or((word, "128"));
            let prefix = prefix.parse().ok().filter(|prefix| *prefix <= 128);
            let both = address.parse().ok().zip(prefix);
            both.map(|(address, prefix)| Literal::Ipv6(address, prefix))
                .ok_or_else(|| want("an IPv6 address, or a prefix as 2001:db8::/32"))
        }
        Kind::Text => Ok(Literal::Text(word.to_owned())),
        Kind::Bytes | Kind::Structure | Kind::List if quoted => {
            Ok(Literal::Bytes(word.as_bytes().to_vec()))
        }
        Kind::Bytes | Kind::Structure | Kind::List => {
            bytes(word).map(Literal::Bytes).ok_or_else(|| want("bytes, as de:ad:be:ef or \"text\""))
        }
    }
}

fn want(what: &str) -> String {
    format!("want {what}")
}

fn number(word: &str) -> Option<Literal> {
    let number = if let Some(digits) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        u64::from_str_radix(digits, 16)
    } else if let Some(digits) = word.strip_prefix("0b") {
        u64::from_str_radix(digits, 2)
    } else if let Some(digits) = word.strip_prefix('0').filter(|digits| !digits.is_empty()) {
        u64::from_str_radix(digits, 8)
    } else {
        word.parse()
    };
    number.ok().map(Literal::Number)
}

/// Seconds with up to nine decimals, as nanoseconds.
fn seconds(word: &str) -> Option<u64> {
    let (whole, decimals) = word.split_once('.').unwrap_or((word, ""));
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    if decimals.len() > 9 || !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let nanoseconds: u64 = format!("{decimals:0<9}").parse().ok()?;
    whole.checked_mul(1_000_000_000)?.checked_add(nanoseconds)
}

fn time(word: &str) -> Option<u64> {
    if let Some(time) = seconds(word) {
        return Some(time);
    }
    let text = word.trim().replacen(' ', "T", 1);
    let text = if text.len() == 10 { format!("{text}T00:00:00") } else { text };
    let has_zone =
        text.ends_with('Z') || text.get(10..).is_some_and(|rest| rest.contains(['+', '-']));
    let text = if has_zone { text } else { format!("{text}Z") };
    let time = OffsetDateTime::parse(&text, &Rfc3339).ok()?;
    u64::try_from(time.unix_timestamp_nanos()).ok()
}

/// Bytes with `:`, `-`, `.` or nothing between them; a single one in decimal or hexadecimal too.
fn bytes(word: &str) -> Option<Vec<u8>> {
    if let Some(digits) = word.strip_prefix("0x") {
        return u8::from_str_radix(digits, 16).ok().map(|byte| vec![byte]);
    }
    let parts: Vec<&str> = word.split([':', '-', '.']).collect();
    if let [digits] = parts.as_slice() {
        if digits.len() % 2 == 1 {
            return digits.parse::<u8>().ok().map(|byte| vec![byte]);
        }
        let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
        return pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect();
    }
    parts.iter().map(|part| u8::from_str_radix(part, 16).ok().filter(|_| part.len() <= 2)).collect()
}

impl Literal {
    pub(super) fn number(self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// What a value of a frame is as a literal; to compare fields with each other.
    pub(super) fn of(value: Value<'_>) -> Self {
        match value {
            Value::Unsigned(number) => Self::Number(number),
            Value::Flag(flag) => Self::Flag(flag),
            Value::Mac(MacAddr(octets)) => Self::Bytes(octets.to_vec()),
            Value::Ipv4(address, prefix) => Self::Ipv4(address, prefix),
            Value::Ipv6(address) => Self::Ipv6(address, 128),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}
