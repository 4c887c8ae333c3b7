//! A request that was not done: the code for programs, and words for people.

use codec::of10::{BadActionCode, BadRequestCode, ErrorCode, FlowModFailedCode};
use codec::{DecodeError, DecodeErrorKind};

use crate::engine::Refusal;

/// Why a request was not done, and nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Refused {
    /// Type and code of the OpenFlow ERROR.
    pub(crate) code: ErrorCode,
    /// In words.
    pub(crate) text: String,
}

impl Refused {
    pub(crate) fn new(code: BadRequestCode, text: impl Into<String>) -> Self {
        Self { code: ErrorCode::BadRequest(code), text: text.into() }
    }

    /// The client may not change anything.
    pub(crate) fn not_permitted() -> Self {
        Self::new(
            BadRequestCode::Eperm,
            "only root and the owner of the agent's socket may change something",
        )
    }

    /// The error number that means the same to a netlink client.
    pub(crate) fn errno(&self) -> u32 {
        use nix::errno::Errno;
        let errno = match self.code {
            ErrorCode::BadRequest(BadRequestCode::Eperm) => Errno::EPERM,
            ErrorCode::BadRequest(BadRequestCode::BadType | BadRequestCode::BadSubtype) => {
                Errno::EOPNOTSUPP
            }
            ErrorCode::FlowModFailed(FlowModFailedCode::AllTablesFull) => Errno::ENOSPC,
            ErrorCode::FlowModFailed(FlowModFailedCode::Overlap) => Errno::EEXIST,
            _ => Errno::EINVAL,
        };
        (errno as i32).unsigned_abs()
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { code: refusal.code(), text: refusal.to_string() }
    }
}

impl From<DecodeError> for Refused {
    /// A message that is malformed: vse-protocol(7), Errors.
    fn from(error: DecodeError) -> Self {
        let is_version = error.message == "header" && error.field == "version";
        let code = match error.kind {
            DecodeErrorKind::Value { .. } if is_version => {
                ErrorCode::BadRequest(BadRequestCode::BadVersion)
            }
            _ if error.field.starts_with("actions") => ErrorCode::BadAction(BadActionCode::BadLen),
            DecodeErrorKind::Value { .. } => {
                ErrorCode::FlowModFailed(FlowModFailedCode::Unsupported)
            }
            _ => ErrorCode::BadRequest(BadRequestCode::BadLen),
        };
        Self { code, text: error.to_string() }
    }
}
