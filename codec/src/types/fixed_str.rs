//! Names in fields of a fixed width, padded with NUL.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::bytes::{read_hex, write_hex};

/// A name in a field of `N` bytes, NUL-terminated where it is shorter (OpenFlow 1.0.0 section
/// 5.2.1, `OFP_MAX_PORT_NAME_LEN`). Every byte is kept, those behind the NUL too.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FixedStr<const N: usize>(pub [u8; N]);

impl<const N: usize> FixedStr<N> {
    /// `name` padded with NUL, or nothing where it is longer than `N - 1` bytes or holds a NUL.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let mut bytes = [0; N];
        let fits = name.len() < N && !name.contains('\0');
        bytes.get_mut(..name.len()).filter(|_| fits)?.copy_from_slice(name.as_bytes());
        Some(Self(bytes))
    }

    /// The name up to the first NUL; bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn name(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.0.split(|byte| *byte == 0).next().unwrap_or_default())
    }

    /// Whether the name alone gives back every byte.
    fn is_plain(&self) -> bool {
        Self::new(&self.name()).is_some_and(|again| again == *self)
    }
}

impl<const N: usize> Default for FixedStr<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> fmt::Display for FixedStr<N> {
    /// The name, with control characters escaped: it comes from outside, and goes to terminals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().chars().try_for_each(|letter| {
            if letter.is_control() {
                write!(f, "{}", letter.escape_default())
            } else {
                write!(f, "{letter}")
            }
        })
    }
}

impl<const N: usize> fmt::Debug for FixedStr<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.name(), f)
    }
}

/// In JSON, a name that does not give back every byte is `{"hex": "…"}`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Json {
    Name(String),
    Raw { hex: String },
}

impl<const N: usize> Serialize for FixedStr<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_plain() {
            return serializer.serialize_str(&self.name());
        }
        let mut hex = String::new();
        write_hex(&mut hex, &self.0).map_err(serde::ser::Error::custom)?;
        Json::Raw { hex }.serialize(serializer)
    }
}

impl<'de, const N: usize> Deserialize<'de> for FixedStr<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (given, read) = match Json::deserialize(deserializer)? {
            Json::Name(name) => (name.len(), Self::new(&name)),
            Json::Raw { hex } => (
                hex.len() / 2,
                read_hex(&hex).and_then(|bytes| <[u8; N]>::try_from(bytes).ok()).map(Self),
            ),
        };
        read.ok_or_else(|| {
            let expected = format!("a name of at most {} bytes, or {N} bytes of hex", N - 1);
            de::Error::invalid_length(given, &expected.as_str())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_every_byte() {
        for bytes in [*b"eth0\0\0\0\0", *b"eth0\0x\0\0", *b"12345678", [0xff; 8], [0; 8]] {
            let name = FixedStr(bytes);
            let json = serde_json::to_string(&name).unwrap();
            assert_eq!(serde_json::from_str::<FixedStr<8>>(&json).unwrap(), name, "{json}");
        }
        assert_eq!(serde_json::to_string(&FixedStr(*b"eth0\0\0\0\0")).unwrap(), r#""eth0""#);
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        let name = FixedStr(*b"a\n\x1b[2J\0\0");
        assert_eq!(name.to_string(), r"a\n\u{1b}[2J");
        let json = serde_json::to_string(&name).unwrap();
        assert_eq!(serde_json::from_str::<FixedStr<8>>(&json).unwrap(), name, "{json}");
    }

    #[test]
    fn a_name_too_long_is_refused() {
        let error = serde_json::from_str::<FixedStr<8>>(r#""12345678""#).unwrap_err();
        assert!(error.to_string().contains("at most 7 bytes"), "{error}");
    }
}
