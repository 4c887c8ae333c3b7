//! Padding: zero when we make it, kept when somebody else did not.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::bytes::Bytes;

/// `N` bytes of padding. Senders should leave them zero, receivers ignore them, and the codec
/// keeps them, so that a message re-encodes to the bytes it came from. In JSON they show, as hex,
/// only where they are not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pad<const N: usize>(pub [u8; N]);

impl<const N: usize> Pad<N> {
    /// Whether the padding is as the specification asks.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0 == [0; N]
    }
}

impl<const N: usize> Default for Pad<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Serialize for Pad<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Bytes::from(self.0.as_slice()).serialize(serializer)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Pad<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Bytes(bytes) = Bytes::deserialize(deserializer)?;
        let len = bytes.len();
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| de::Error::invalid_length(len, &format!("{N} bytes of padding").as_str()))
    }
}
