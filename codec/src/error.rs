//! What went wrong, in which message, at which field and byte, and what would have been right.

use std::borrow::Cow;
use std::fmt;

/// A message that does not follow its specification.
///
/// The text names the message and the field, the byte where the reader stopped and the limit it
/// met: `flow_mod.actions[1] at byte 80: need 8 bytes, 3 left (header length 83)`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}.{field} at byte {offset}: {kind}")]
pub struct DecodeError {
    /// The message or structure, by its name in the specification: `flow_mod`.
    pub message: &'static str,
    /// The field, with the path to it: `actions[1].port`.
    pub field: Cow<'static, str>,
    /// Bytes from the start of what the caller handed in to where the field begins.
    pub offset: usize,
    /// What is wrong with it.
    pub kind: DecodeErrorKind,
}

impl DecodeError {
    /// The same error seen from `outer` bytes further out, so that users read the offset in the
    /// outermost frame.
    #[must_use]
    pub fn shifted(mut self, outer: usize) -> Self {
        self.offset += outer;
        self
    }

    /// Whether more input could make the message whole: it was cut by the end of the input, not
    /// by a length field within.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        matches!(self.kind, DecodeErrorKind::Truncated { limit: Limit::Input, .. })
    }
}

/// The ways in which a field can be wrong. Lengths are in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each variant's sentence names its fields")]
pub enum DecodeErrorKind {
    /// The field needs more bytes than there are before `limit`.
    Truncated { need: usize, have: usize, limit: Limit },
    /// A length field holds what the structure cannot have.
    Length { found: usize, expected: Expected },
    /// `extra` bytes follow where the structure ends.
    Excess { extra: usize, limit: Limit },
    /// The field holds a value that the specification rules out.
    Value { found: u64, expected: &'static str },
}

/// What set the end that a [`DecodeErrorKind::Truncated`] field ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The input itself ends there.
    Input,
    /// A length field says so: its name and its value in bytes.
    Field(&'static str, usize),
}

/// The lengths that would have been right, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names say it")]
pub enum Expected {
    Exactly(usize),
    AtLeast(usize),
    AtMost(usize),
    MultipleOf(usize),
}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { need, have, limit } => {
                write!(f, "need {need} {}, {have} left ({limit})", plural(*need))
            }
            Self::Length { found, expected } => write!(f, "length is {found}, must be {expected}"),
            Self::Excess { extra, limit } => {
                write!(f, "{extra} {} too many ({limit})", plural(*extra))
            }
            Self::Value { found, expected } => write!(f, "value {found:#x}, must be {expected}"),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input => f.write_str("end of input"),
            Self::Field(name, value) => write!(f, "{name} {value}"),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(n) => write!(f, "{n}"),
            Self::AtLeast(n) => write!(f, "at least {n}"),
            Self::AtMost(n) => write!(f, "at most {n}"),
            Self::MultipleOf(n) => write!(f, "a multiple of {n}"),
        }
    }
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "byte" } else { "bytes" }
}

/// A value that has no wire form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each variant's sentence names its fields")]
pub enum EncodeError {
    /// A part would be longer than its 16-bit length field can say.
    #[error("{what}: {len} bytes, but its length field ends at {max}; send it in parts")]
    TooLong { what: &'static str, len: usize, max: usize },
    /// A part would not fill the unit that its structure is made of.
    #[error("{what}: {len} bytes, must be a multiple of {unit}")]
    Unaligned { what: &'static str, len: usize, unit: usize },
    /// A field holds a value that the specification rules out.
    #[error("{field}: value {found:#x}, must be {expected}")]
    Value { field: &'static str, found: u64, expected: &'static str },
}
