//! Identifiers that VSE's messages share.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::code_points::NameOrNumber;

/// The vendor id of VSE, "\0VSE": a locally administered OUI, so that it collides with none that
/// is assigned.
pub const VENDOR_ID: u32 = 0x0056_5345;

/// A CPU core; [`Core::NONE`] stands for none, or for any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Core(pub u16);

impl Core {
    /// No core: unknown, not chosen, or to be chosen by VSE.
    pub const NONE: Self = Self(0xffff);

    /// The word for [`Core::NONE`].
    const NONE_NAME: &'static str = "none";

    fn from_name(name: &str) -> Option<Self> {
        name.eq_ignore_ascii_case(Self::NONE_NAME).then_some(Self::NONE)
    }
}

impl From<u16> for Core {
    fn from(number: u16) -> Self {
        Self(number)
    }
}

impl fmt::Display for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NONE => f.write_str(Self::NONE_NAME),
            Self(number) => write!(f, "{number}"),
        }
    }
}

impl Serialize for Core {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::NONE => serializer.serialize_str(Self::NONE_NAME),
            Self(number) => serializer.serialize_u16(number),
        }
    }
}

impl<'de> Deserialize<'de> for Core {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrNumber::<Self, u16>::new(Self::from_name, || {
            vec![Self::NONE_NAME]
        }))
    }
}
