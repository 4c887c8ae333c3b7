//! Exit codes: 0 all well, 1 failed, 2 usage (clap's), 3 done but not everything was decoded.

use std::io;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All well.
    Done,
    /// Nothing of use was done.
    Failed,
    /// The arguments are wrong.
    Usage,
    /// Done, but something could not be decoded; it was named on standard error.
    Partial,
}

impl Outcome {
    /// The outcome of decoding `decoded` things of which `refused` more could not be.
    pub(crate) fn of_decoding(decoded: usize, refused: usize) -> Self {
        match (decoded, refused) {
            (_, 0) => Self::Done,
            (0, _) => Self::Failed,
            _ => Self::Partial,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::SUCCESS,
            Outcome::Failed => Self::FAILURE,
            Outcome::Usage => Self::from(2),
            Outcome::Partial => Self::from(3),
        }
    }
}

/// Arguments that mean nothing together, or a text within them that is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(pub(crate) String);

/// A comparison that could not be made: `diff` ends with 2, as diff(1) does.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Trouble(pub(crate) String);

/// Tells something on standard error, behind the program's name. Whoever closed standard error
/// does not want to hear it.
macro_rules! diagnostic {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        drop(writeln!(std::io::stderr(), "vsectl: {}", format_args!($($text)*)));
    }};
}

pub(crate) use diagnostic;

/// Whether `error` is a write to a pipe that nobody reads any more.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
            || cause
                .downcast_ref::<serde_json::Error>()
                .is_some_and(|e| e.io_error_kind() == Some(io::ErrorKind::BrokenPipe))
    })
}
