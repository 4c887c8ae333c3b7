//! What kinds of layers and fields there are: the words of a specification.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use codec::types::MacAddr;

/// A kind of layer.
#[derive(Debug)]
pub(crate) struct LayerType {
    /// Its word.
    pub(crate) name: &'static str,
    /// Other words for it.
    pub(crate) aliases: &'static [&'static str],
    /// Its name for people.
    pub(crate) title: &'static str,
    pub(crate) protocol: Protocol,
    pub(crate) fields: &'static [FieldType],
}

/// How a layer is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Ethernet,
    /// 802.1Q, or with another EtherType 802.1ad.
    Vlan,
    Arp,
    Ipv4,
    Ipv6,
    Icmp,
    Icmpv6,
    Udp,
    Tcp,
    Vxlan,
    Nvgre,
    Geneve,
    Esp,
    Payload,
}

/// A field, or a word that stands alone.
#[derive(Debug)]
pub(crate) struct FieldType {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The word without which this one means nothing.
    pub(crate) needs: Option<&'static str>,
    /// The name of the field in display filters, where decoding tells it.
    pub(crate) filter: Option<&'static str>,
    pub(crate) doc: &'static str,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A number of so many bits.
    Number(u32),
    /// A number of so many bits, which people write in hexadecimal.
    Hex(u32),
    /// Letters of TCP's flags, or their number.
    TcpFlags,
    /// A word that stands alone, or 0 or 1.
    Switch,
    Mac,
    Ipv4,
    Ipv6,
    /// Hex digits.
    Bytes,
    Text,
    /// Where the Flow Control Field stands.
    Layout,
    /// One of a few words.
    Word(&'static [&'static str]),
}

impl LayerType {
    pub(crate) fn field(&self, name: &str) -> Option<&'static FieldType> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl FieldType {
    pub(crate) const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, kind, needs: None, filter: None, doc }
    }

    pub(crate) const fn needs(self, needs: &'static str) -> Self {
        Self { needs: Some(needs), ..self }
    }

    pub(crate) const fn filter(self, filter: &'static str) -> Self {
        Self { filter: Some(filter), ..self }
    }
}

/// The letters of TCP's flags, from bit 0 on.
const TCP_FLAGS: [char; 8] = ['F', 'S', 'R', 'P', 'A', 'U', 'E', 'C'];

impl Kind {
    /// How many bits a value has; nothing where values are no numbers.
    pub(crate) fn bits(self) -> Option<u32> {
        Some(match self {
            Self::Number(bits) | Self::Hex(bits) => bits,
            Self::TcpFlags => 8,
            Self::Switch => 1,
            Self::Mac => 48,
            Self::Ipv4 => 32,
            Self::Ipv6 => 128,
            Self::Bytes | Self::Text | Self::Layout | Self::Word(_) => return None,
        })
    }

    /// The highest value.
    pub(crate) fn max(self) -> Option<u128> {
        self.bits().map(|bits| u128::MAX >> (128 - bits))
    }

    /// Reads one value; the error says what is wanted.
    pub(crate) fn read(self, text: &str) -> Result<u128, String> {
        let value = match self {
            Self::Mac => {
                let mac: MacAddr = text.parse().map_err(|error| format!("{error}"))?;
                mac.0.iter().fold(0, |value, byte| value << 8 | u128::from(*byte))
            }
            Self::Ipv4 => u128::from(text.parse::<Ipv4Addr>().map(u32::from).map_err(|_| {
                format!("{text:?} is no IPv4 address: want four numbers, as in 10.0.0.1")
            })?),
            Self::Ipv6 => text
                .parse::<Ipv6Addr>()
                .map(u128::from)
                .map_err(|_| format!("{text:?} is no IPv6 address, as 2001:db8::1 is one"))?,
            Self::TcpFlags => tcp_flags(text)?,
            _ => number(text).ok_or_else(|| format!("{text:?} is no number"))?,
        };
        match self.max() {
            Some(max) if value > max => Err(format!("{text} is too high: at most {max}")),
            _ => Ok(value),
        }
    }

    /// Writes a value as [`read`](Self::read) takes it.
    pub(crate) fn write(self, value: u128) -> String {
        match self {
            Self::Mac => {
                let bytes = value.to_be_bytes();
                MacAddr(bytes.last_chunk().copied().unwrap_or_default()).to_string()
            }
            // Values have the bits of their kind.
            Self::Ipv4 => Ipv4Addr::from(u32::try_from(value).unwrap_or(u32::MAX)).to_string(),
            Self::Ipv6 => Ipv6Addr::from(value).to_string(),
            Self::Hex(_) => format!("{value:#x}"),
            Self::TcpFlags => {
                let set = (0..).zip(TCP_FLAGS).filter(|(bit, _)| value >> bit & 1 == 1);
                match set.map(|(_, letter)| letter).collect::<String>() {
                    none if none.is_empty() => "0".to_owned(),
                    letters => letters,
                }
            }
            _ => value.to_string(),
        }
    }
}

impl fmt::Display for Kind {
    /// What values there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch => f.write_str("-"),
            Self::Mac => f.write_str("MAC address"),
            Self::Ipv4 => f.write_str("IPv4 address"),
            Self::Ipv6 => f.write_str("IPv6 address"),
            Self::TcpFlags => f.write_str("FSRPAUEC"),
            Self::Bytes => f.write_str("hex digits"),
            Self::Text => f.write_str("text"),
            Self::Layout => f.write_str("layout"),
            Self::Word(words) => f.write_str(&words.join(", ")),
            Self::Number(_) | Self::Hex(_) => {
                write!(f, "0-{}", self.write(self.max().unwrap_or(0)))
            }
        }
    }
}

fn tcp_flags(text: &str) -> Result<u128, String> {
    if let Some(value) = number(text) {
        return Ok(value);
    }
    text.chars().try_fold(0, |flags, letter| {
        let letter = letter.to_ascii_uppercase();
        match TCP_FLAGS.iter().position(|known| *known == letter) {
            Some(bit) => Ok(flags | 1 << bit),
            None => Err(format!("{letter:?} is none of the flags FSRPAUEC")),
        }
    })
}

/// A number in decimal, or in hexadecimal behind `0x`.
pub(crate) fn number(text: &str) -> Option<u128> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    u128::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))
}
