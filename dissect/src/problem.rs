//! What could not be dissected, as data: what was read before stays.

use std::fmt;

/// A problem of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Of which kind.
    pub kind: ProblemKind,
    /// Where, in bytes from the start of the frame; nothing where it is not in this frame.
    pub at: Option<usize>,
    /// What, for people.
    pub text: String,
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if let Some(at) = self.at {
            write!(f, " at byte {at}")?;
        }
        write!(f, ": {}", self.text)
    }
}
