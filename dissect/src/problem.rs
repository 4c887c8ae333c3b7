//! What could not be dissected, as data: what was read before stays.

use codec::types::{Line, Piece};
use codec::{display_as_put, put};

use crate::registry::{named_values, protocol};
use crate::sink::{Place, Sink, Value};

protocol! {
    /// Fields of no layer, for filters.
    pub(crate) static PROTOCOL = "vse.problem", "Problem";
    KIND: Names(named_values! { 0 "truncated", 1 "malformed", 2 "unsupported", 3 "gap" }),
        "vse.problem.kind", "kind", "What kind of problem the frame has";
    TEXT: Text, "vse.problem.text", "text", "What is wrong with the frame";
}

/// A problem of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Of which kind.
    pub kind: ProblemKind,
    /// Where, in bytes from the start of the frame; nothing where it is not in this frame.
    pub at: Option<usize>,
    /// What, for people.
    pub what: What,
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The capture holds only the beginning of the frame.
    Truncated,
    /// The bytes do not follow their protocol.
    Malformed,
    /// The bytes follow a protocol, or a part of one, that is not known here.
    Unsupported,
    /// Bytes of a stream are not in the capture.
    Gap,
}

impl ProblemKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Truncated, Self::Malformed, Self::Unsupported, Self::Gap];

    /// Its name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::Unsupported => "unsupported",
            Self::Gap => "gap",
        }
    }
}

/// What is wrong. What every frame of a capture can have costs no allocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Bytes of the frame that were not captured, of so many.
    NotCaptured {
        /// Bytes that are missing.
        missing: usize,
        /// Bytes of the frame on the wire.
        len: usize,
    },
    /// A header or field that needs more bytes than there are.
    Short {
        /// The header or field.
        what: &'static str,
        /// Bytes that it needs.
        need: usize,
        /// Bytes that there are.
        have: usize,
    },
    /// Bytes of a stream that are not in the capture.
    Missing {
        /// How many, where the sequence numbers say so.
        bytes: Option<u32>,
        /// Bytes behind them that could not be read, up to the next message.
        skipped: usize,
    },
    /// Anything else.
    Text(String),
}

display_as_put!(What, Problem);

impl Piece for What {
    fn put(&self, out: &mut Line) {
        match self {
            Self::NotCaptured { missing, len } => {
                put!(out, *missing, " of ", *len, " bytes were not captured");
            }
            Self::Short { what, need, have } => {
                put!(out, *what, ": need ", *need, " bytes, ", *have, " left");
            }
            Self::Missing { bytes, skipped } => {
                match bytes {
                    Some(bytes) => put!(out, *bytes, " bytes of the stream are not in the capture"),
                    None => out.push_str("the capture begins in the middle of the stream"),
                }
                if *skipped > 0 {
                    put!(out, "; ", *skipped, " more skipped up to the next message");
                }
            }
            Self::Text(text) => out.push_str(text),
        }
    }
}

impl Problem {
    /// Reports the problem as fields.
    pub(crate) fn fields(&self, sink: &mut impl Sink) {
        let place = Place { offset: self.at, len: 0 };
        let kind = match self.kind {
            ProblemKind::Truncated => 0,
            ProblemKind::Malformed => 1,
            ProblemKind::Unsupported => 2,
            ProblemKind::Gap => 3,
        };
        sink.field(&KIND, place, Value::Unsigned(kind));
        sink.field(&TEXT, place, Value::Text(&self.what.to_string()));
    }

    /// Bytes that do not follow their protocol.
    pub(crate) fn malformed(at: Option<usize>, text: impl Into<String>) -> Self {
        Self { kind: ProblemKind::Malformed, at, what: What::Text(text.into()) }
    }

    /// Bytes that are not known here.
    pub(crate) fn unsupported(at: Option<usize>, text: impl Into<String>) -> Self {
        Self { kind: ProblemKind::Unsupported, at, what: What::Text(text.into()) }
    }
}

impl Piece for Problem {
    fn put(&self, out: &mut Line) {
        out.push_str(self.kind.name());
        if let Some(at) = self.at {
            put!(out, " at byte ", at);
        }
        put!(out, ": ", self.what);
    }
}
