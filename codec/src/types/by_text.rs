//! JSON by the text that people write.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A value that JSON holds as its text: `Display` out, `FromStr` in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByText<T>(pub(crate) T);

impl<T: fmt::Display> Serialize for ByText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for ByText<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|error| de::Error::custom(format_args!("{text:?}: {error}")))
    }
}
