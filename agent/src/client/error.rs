//! Why a conversation with an agent failed, in words that say what to do.

use std::fmt;
use std::io;
use std::time::Duration;

use codec::of10::ErrorCode;
use codec::{DecodeError, EncodeError};

use super::target::Target;
use crate::datapath::XdpError;

/// A conversation that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nobody answers at the target.
    #[error("no agent at {target}: {hint}")]
    Connect {
        /// The target.
        target: Target,
        /// What to do.
        hint: String,
        /// Why not.
        source: io::Error,
    },
    /// The connection broke.
    #[error("the connection with the agent at {target} broke")]
    Io {
        /// The target.
        target: Target,
        /// How.
        source: io::Error,
    },
    /// The agent did not answer in time.
    #[error("the agent at {target} did not answer within {} s", limit.as_secs_f32())]
    Timeout {
        /// The target.
        target: Target,
        /// How long it was waited.
        limit: Duration,
    },
    /// The agent closed the connection.
    #[error("the agent at {target} closed the connection")]
    Closed {
        /// The target.
        target: Target,
    },
    /// The agent said something that is no message.
    #[error("the agent at {target} sent what cannot be decoded")]
    Decode {
        /// The target.
        target: Target,
        /// What is wrong with it.
        source: Box<DecodeError>,
    },
    /// The request has no wire form.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The pinned maps cannot be read.
    #[error(transparent)]
    Pinned(#[from] Box<XdpError>),
    /// Pinned maps are for reading.
    #[error("{target} is read without the agent, which alone can {what}: name the agent's socket")]
    ReadOnly {
        /// The target.
        target: Target,
        /// What it is asked for.
        what: &'static str,
    },
    /// The agent refused the request.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The agent answered something else than what was asked.
    #[error("the agent at {target} answered {what}")]
    Unexpected {
        /// The target.
        target: Target,
        /// What it said.
        what: String,
    },
}

/// Why an agent did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The error of OpenFlow, or the errno of netlink.
    pub code: RefusalCode,
    /// The agent's own words, where it has some.
    pub words: Option<String>,
}

/// The number of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalCode {
    /// Type and code of an OpenFlow ERROR.
    OpenFlow(ErrorCode),
    /// An errno of a netlink acknowledgement.
    Errno(u32),
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(words) = &self.words {
            return f.write_str(words);
        }
        match self.code {
            RefusalCode::OpenFlow(code) => match meaning(code) {
                Some(words) => write!(f, "{words} ({code})"),
                None => code.fmt(f),
            },
            RefusalCode::Errno(errno) => {
                let number = i32::try_from(errno).unwrap_or(i32::MAX);
                io::Error::from_raw_os_error(number).fmt(f)
            }
        }
    }
}

/// What an error of OpenFlow means when VSE sends it: vse-protocol(7), Errors.
fn meaning(code: ErrorCode) -> Option<&'static str> {
    use codec::of10::{BadActionCode, BadRequestCode, FlowModFailedCode};
    Some(match code {
        ErrorCode::BadRequest(BadRequestCode::Eperm) => {
            "not permitted, or a value out of its range: changes need root or the socket's owner"
        }
        ErrorCode::BadRequest(BadRequestCode::BadType) => "not a message for VSE",
        ErrorCode::BadRequest(BadRequestCode::BadStat) => "the agent has no such statistics",
        ErrorCode::BadRequest(BadRequestCode::BadVendor) => "the other end does not speak VSE",
        ErrorCode::BadRequest(BadRequestCode::BadSubtype) => {
            "the agent is of another version: it does not know the message"
        }
        ErrorCode::BadRequest(BadRequestCode::BadLen) => "the message's length is wrong",
        ErrorCode::BadAction(BadActionCode::BadArgument) => {
            "actions: the core does not exist, or the layout of the FCF cannot hold the value"
        }
        ErrorCode::BadAction(BadActionCode::BadType | BadActionCode::BadVendorType) => {
            "actions: VSE has one action, set_irq_core"
        }
        ErrorCode::BadAction(BadActionCode::TooMany) => "actions: VSE takes one at most",
        ErrorCode::FlowModFailed(FlowModFailedCode::AllTablesFull) => "the flow table is full",
        ErrorCode::FlowModFailed(FlowModFailedCode::Overlap) => {
            "check_overlap is set, and an entry of the same priority overlaps"
        }
        ErrorCode::FlowModFailed(FlowModFailedCode::BadCommand) => "the command is unknown",
        ErrorCode::FlowModFailed(FlowModFailedCode::Unsupported) => {
            "match: a field is unknown, stands there twice, or has a value that no frame can have"
        }
        _ => return None,
    })
}

/// What to do about a target where nobody answers.
pub(super) fn hint(target: &Target, error: &io::Error) -> String {
    match (target, error.kind()) {
        (_, io::ErrorKind::PermissionDenied) => {
            "not permitted: you need the group of the socket, or root".to_owned()
        }
        (Target::Unix(path), io::ErrorKind::NotFound) => {
            format!("there is no socket {}; start one with vsectl agent run", path.display())
        }
        (Target::Netlink(_), io::ErrorKind::ConnectionRefused) => {
            "nobody has that netlink port in this network namespace".to_owned()
        }
        (_, io::ErrorKind::ConnectionRefused) => {
            "nobody listens there; start one with vsectl agent run".to_owned()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use codec::of10::{BadActionCode, BadRequestCode, HelloFailedCode};

    use super::*;

    #[test]
    fn words_of_the_agent_go_before_ours() {
        let code = RefusalCode::OpenFlow(ErrorCode::BadAction(BadActionCode::BadArgument));
        let silent = Refusal { code, words: None };
        assert_eq!(
            silent.to_string(),
            "actions: the core does not exist, or the layout of the FCF cannot hold the value \
             (bad_action/bad_argument)"
        );
        let said = Refusal { code: RefusalCode::Errno(22), words: Some("no core 9".to_owned()) };
        assert_eq!(said.to_string(), "no core 9");
        let errno = Refusal { code: RefusalCode::Errno(1), words: None };
        assert_eq!(errno.to_string(), "Operation not permitted (os error 1)");
    }

    #[test]
    fn every_error_of_vse_has_words() {
        assert!(meaning(ErrorCode::BadRequest(BadRequestCode::BadStat)).is_some());
        assert!(meaning(ErrorCode::HelloFailed(HelloFailedCode::Eperm)).is_none());
    }
}
