//! Ethernet addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Short;
use super::by_text::ByText;

/// A 48-bit Ethernet address (IEEE 802); as text six pairs of hexadecimal digits, colons between.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct MacAddr(pub [u8; 6]);

/// Text that is no Ethernet address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an Ethernet address: want six pairs of hex digits, as in 02:00:00:00:00:01")]
pub struct MacAddrError;

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Short::mac(*self).as_str())
    }
}

impl fmt::Debug for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MacAddr {
    type Err = MacAddrError;

    fn from_str(text: &str) -> Result<Self, MacAddrError> {
        let mut bytes = [0; 6];
        let mut pairs = text.split([':', '-']);
        for byte in &mut bytes {
            let pair =
                pairs.next().filter(|pair| matches!(pair.len(), 1 | 2)).ok_or(MacAddrError)?;
            let digits = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
            *byte = u8::from_str_radix(pair, 16).ok().filter(|_| digits).ok_or(MacAddrError)?;
        }
        pairs.next().is_none().then_some(Self(bytes)).ok_or(MacAddrError)
    }
}

impl Serialize for MacAddr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ByText(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MacAddr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ByText::deserialize(deserializer).map(|ByText(address)| address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_both_ways() {
        let address: MacAddr = "02:00:5e:00:0a:ff".parse().unwrap();
        assert_eq!(address, MacAddr([2, 0, 0x5e, 0, 0x0a, 0xff]));
        assert_eq!(address.to_string(), "02:00:5e:00:0a:ff");
        assert_eq!("2:0:5e:0:a:ff".parse(), Ok(address));
    }

    #[test]
    fn what_is_no_address() {
        for text in ["", "02:00:00:00:00", "02:00:00:00:00:00:00", "+2:0:0:0:0:0", "gg:0:0:0:0:0"] {
            assert_eq!(text.parse::<MacAddr>(), Err(MacAddrError), "{text}");
        }
    }
}
