//! Opaque numbers, which people write in hexadecimal.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An identifier or bit pattern: `"0x2a"` in JSON, since programs that read JSON numbers as
/// floating point would lose the low bits of 64. A plain number is taken too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Hex<T>(pub T);

impl<T: fmt::LowerHex> fmt::Display for Hex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl<T: fmt::LowerHex> fmt::Debug for Hex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T: fmt::LowerHex> Serialize for Hex<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: TryFrom<u64>> Deserialize<'de> for Hex<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor(std::marker::PhantomData))
    }
}

struct Visitor<T>(std::marker::PhantomData<T>);

impl<T: TryFrom<u64>> de::Visitor<'_> for Visitor<T> {
    type Value = Hex<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {}-bit number, or hex digits as in \"0x2a\"", 8 * size_of::<T>())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Hex<T>, E> {
        number
            .try_into()
            .map(Hex)
            .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Hex<T>, E> {
        text.strip_prefix("0x")
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .and_then(|number| number.try_into().ok())
            .map(Hex)
            .ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}
