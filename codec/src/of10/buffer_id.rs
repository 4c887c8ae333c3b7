//! Buffered frames: OpenFlow 1.0.0 section 5.3.3.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::code_points::NameOrNumber;
use crate::put;
use crate::types::{Line, Piece};

/// The switch's handle of a frame that it keeps; [`NONE`](Self::NONE) for no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BufferId(pub u32);

impl BufferId {
    /// Nothing is buffered: the message carries the whole frame, or none.
    pub const NONE: Self = Self(0xffff_ffff);

    const NONE_NAME: &'static str = "none";

    fn from_name(name: &str) -> Option<Self> {
        name.eq_ignore_ascii_case(Self::NONE_NAME).then_some(Self::NONE)
    }
}

impl From<u32> for BufferId {
    fn from(id: u32) -> Self {
        Self(id)
    }
}

impl From<BufferId> for u32 {
    fn from(BufferId(id): BufferId) -> Self {
        id
    }
}

impl fmt::Display for BufferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NONE => f.write_str(Self::NONE_NAME),
            Self(id) => write!(f, "{id:#010x}"),
        }
    }
}

impl Piece for BufferId {
    fn put(&self, out: &mut Line) {
        put!(out, format_args!("{self}"));
    }
}

impl Serialize for BufferId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::NONE => serializer.serialize_str(Self::NONE_NAME),
            Self(id) => serializer.serialize_u32(id),
        }
    }
}

impl<'de> Deserialize<'de> for BufferId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrNumber::<Self, u32>::new(Self::from_name, || {
            vec![Self::NONE_NAME]
        }))
    }
}
