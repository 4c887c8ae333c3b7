//! ERROR, symmetric: OpenFlow 1.0.0 section 5.4.4, `struct ofp_error_msg`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | 2 | type |
//! | 10 | 2 | code: its meaning depends on the type |
//! | 12 | any | data: the beginning of the message that was refused, or text for HELLO_FAILED |

use nom::Parser;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::header::Header;
use crate::code_points::code_points;
use crate::error::{DecodeError, EncodeError, Limit};
use crate::types::{Bytes, Hex, Line, Piece};
use crate::wire::{Parsed, Put, rest, u16, whole};
use crate::{display_as_put, put};

/// Bytes of the body before the data.
const FIXED_LEN: usize = 4;

code_points! {
    /// OpenFlow 1.0.0 section 5.4.4, `enum ofp_error_type`.
    pub enum ErrorType: u16 {
        /// The versions do not meet.
        HelloFailed = 0 "hello_failed",
        /// The request was not understood.
        BadRequest = 1 "bad_request",
        /// An action is wrong.
        BadAction = 2 "bad_action",
        /// A FLOW_MOD failed.
        FlowModFailed = 3 "flow_mod_failed",
        /// A PORT_MOD failed.
        PortModFailed = 4 "port_mod_failed",
        /// A queue operation failed.
        QueueOpFailed = 5 "queue_op_failed",
    }
}

code_points! {
    /// OpenFlow 1.0.0 section 5.4.4, `enum ofp_hello_failed_code`.
    pub enum HelloFailedCode: u16 {
        /// No version in common.
        Incompatible = 0 "incompatible",
        /// Permissions.
        Eperm = 1 "eperm",
    }
}

code_points! {
    /// OpenFlow 1.0.0 section 5.4.4, `enum ofp_bad_request_code`.
    pub enum BadRequestCode: u16 {
        /// The header's version is not supported.
        BadVersion = 0 "bad_version",
        /// The header's type is not supported.
        BadType = 1 "bad_type",
        /// The kind of statistics is not supported.
        BadStat = 2 "bad_stat",
        /// The vendor is not known.
        BadVendor = 3 "bad_vendor",
        /// The vendor's subtype is not known.
        BadSubtype = 4 "bad_subtype",
        /// Permissions.
        Eperm = 5 "eperm",
        /// The length does not suit the type.
        BadLen = 6 "bad_len",
        /// The buffer was used already.
        BufferEmpty = 7 "buffer_empty",
        /// There is no such buffer.
        BufferUnknown = 8 "buffer_unknown",
    }
}

code_points! {
    /// OpenFlow 1.0.0 section 5.4.4, `enum ofp_bad_action_code`.
    pub enum BadActionCode: u16 {
        /// The type is not known.
        BadType = 0 "bad_type",
        /// A length is wrong.
        BadLen = 1 "bad_len",
        /// The vendor is not known.
        BadVendor = 2 "bad_vendor",
        /// The vendor's type is not known.
        BadVendorType = 3 "bad_vendor_type",
        /// The port to send out of is wrong.
        BadOutPort = 4 "bad_out_port",
        /// An argument is wrong.
        BadArgument = 5 "bad_argument",
        /// Permissions.
        Eperm = 6 "eperm",
        /// More actions than the switch takes.
        TooMany = 7 "too_many",
        /// The queue is wrong.
        BadQueue = 8 "bad_queue",
    }
}

code_points! {
    /// OpenFlow 1.0.0 section 5.4.4, `enum ofp_flow_mod_failed_code`.
    pub enum FlowModFailedCode: u16 {
        /// The tables are full.
        AllTablesFull = 0 "all_tables_full",
        /// The entry overlaps another, and was not to.
        Overlap = 1 "overlap",
        /// Permissions.
        Eperm = 2 "eperm",
        /// An emergency entry with a timeout.
        BadEmergTimeout = 3 "bad_emerg_timeout",
        /// The command is not known.
        BadCommand = 4 "bad_command",
        /// The actions cannot be done in this order.
        Unsupported = 5 "unsupported",
    }
}

code_points! {
    /// OpenFlow 1.0.0 section 5.4.4, `enum ofp_port_mod_failed_code`.
    pub enum PortModFailedCode: u16 {
        /// There is no such port.
        BadPort = 0 "bad_port",
        /// The port has another address.
        BadHwAddr = 1 "bad_hw_addr",
    }
}

code_points! {
    /// OpenFlow 1.0.0 section 5.4.4, `enum ofp_queue_op_failed_code`.
    pub enum QueueOpFailedCode: u16 {
        /// There is no such port.
        BadPort = 0 "bad_port",
        /// There is no such queue.
        BadQueue = 1 "bad_queue",
        /// Permissions.
        Eperm = 2 "eperm",
    }
}

/// What was wrong: type and code together, since a code means nothing without its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the types of the specification; see the payloads")]
pub enum ErrorCode {
    HelloFailed(HelloFailedCode),
    BadRequest(BadRequestCode),
    BadAction(BadActionCode),
    FlowModFailed(FlowModFailedCode),
    PortModFailed(PortModFailedCode),
    QueueOpFailed(QueueOpFailedCode),
    /// A type that is not known.
    Unknown {
        r#type: u16,
        code: u16,
    },
}

impl ErrorCode {
    /// The meaning of `code` under `type`.
    #[must_use]
    pub fn new(r#type: u16, code: u16) -> Self {
        match r#type.into() {
            ErrorType::HelloFailed => Self::HelloFailed(code.into()),
            ErrorType::BadRequest => Self::BadRequest(code.into()),
            ErrorType::BadAction => Self::BadAction(code.into()),
            ErrorType::FlowModFailed => Self::FlowModFailed(code.into()),
            ErrorType::PortModFailed => Self::PortModFailed(code.into()),
            ErrorType::QueueOpFailed => Self::QueueOpFailed(code.into()),
            ErrorType::Unknown(r#type) => Self::Unknown { r#type, code },
        }
    }

    /// The type.
    #[must_use]
    pub fn r#type(self) -> ErrorType {
        match self {
            Self::HelloFailed(_) => ErrorType::HelloFailed,
            Self::BadRequest(_) => ErrorType::BadRequest,
            Self::BadAction(_) => ErrorType::BadAction,
            Self::FlowModFailed(_) => ErrorType::FlowModFailed,
            Self::PortModFailed(_) => ErrorType::PortModFailed,
            Self::QueueOpFailed(_) => ErrorType::QueueOpFailed,
            Self::Unknown { r#type, .. } => ErrorType::Unknown(r#type),
        }
    }

    /// The code's number.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::HelloFailed(code) => code.into(),
            Self::BadRequest(code) => code.into(),
            Self::BadAction(code) => code.into(),
            Self::FlowModFailed(code) => code.into(),
            Self::PortModFailed(code) => code.into(),
            Self::QueueOpFailed(code) => code.into(),
            Self::Unknown { code, .. } => code,
        }
    }

    /// The code's name, where type and code are known.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::HelloFailed(code) => code.name(),
            Self::BadRequest(code) => code.name(),
            Self::BadAction(code) => code.name(),
            Self::FlowModFailed(code) => code.name(),
            Self::PortModFailed(code) => code.name(),
            Self::QueueOpFailed(code) => code.name(),
            Self::Unknown { .. } => None,
        }
    }

    /// The code of that name under `type`.
    fn from_names(r#type: ErrorType, code: &str) -> Option<Self> {
        Some(match r#type {
            ErrorType::HelloFailed => Self::HelloFailed(HelloFailedCode::from_name(code)?),
            ErrorType::BadRequest => Self::BadRequest(BadRequestCode::from_name(code)?),
            ErrorType::BadAction => Self::BadAction(BadActionCode::from_name(code)?),
            ErrorType::FlowModFailed => Self::FlowModFailed(FlowModFailedCode::from_name(code)?),
            ErrorType::PortModFailed => Self::PortModFailed(PortModFailedCode::from_name(code)?),
            ErrorType::QueueOpFailed => Self::QueueOpFailed(QueueOpFailedCode::from_name(code)?),
            ErrorType::Unknown(_) => return None,
        })
    }
}

display_as_put!(ErrorCode, ErrorMsg);

impl Piece for ErrorCode {
    /// `bad_request/bad_vendor`, with numbers for what has no name.
    fn put(&self, out: &mut Line) {
        put!(out, self.r#type(), "/");
        match self.name() {
            Some(name) => out.push_str(name),
            None => self.code().put(out),
        }
    }
}

/// Something that was asked for was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorMsg {
    /// What was wrong.
    pub code: ErrorCode,
    /// At least the first 64 bytes of the message that was refused; text for HELLO_FAILED.
    pub data: Bytes,
}

impl ErrorMsg {
    /// Reads the body: what follows the header. Offsets in the error count from there.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("error", body, body, Limit::Input, Self::read)
    }

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (u16("type"), u16("code"), rest)
            .map(|(r#type, code, data)| Self {
                code: ErrorCode::new(r#type, code),
                data: data.into(),
            })
            .parse(input)
    }

    /// The header of the message that was refused, where the data begins with one.
    #[must_use]
    pub fn offending(&self) -> Option<Header> {
        match self.code {
            ErrorCode::HelloFailed(_) => None,
            _ => Header::parse(&self.data).ok(),
        }
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        FIXED_LEN + self.data.len()
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u16(self.code.r#type().into());
        out.put_u16(self.code.code());
        out.put(&self.data);
        Ok(())
    }
}

impl Piece for ErrorMsg {
    fn put(&self, out: &mut Line) {
        self.code.put(out);
        match (self.code, self.offending()) {
            (ErrorCode::HelloFailed(_), _) => {
                let words = String::from_utf8_lossy(&self.data);
                put!(out, format_args!(": {}", words.escape_debug()));
            }
            (_, Some(header)) => {
                put!(out, " for ", header.r#type, " (xid=", Hex(header.xid), ")");
            }
            (_, None) => put!(out, " data_len=", self.data.len()),
        }
    }
}

/// The fields as JSON has them: the code by name where it has one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    r#type: ErrorType,
    code: CodeJson,
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    data: Bytes,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum CodeJson {
    Number(u16),
    Name(String),
}

impl Serialize for ErrorMsg {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = || CodeJson::Number(self.code.code());
        let code = self.code.name().map_or_else(number, |name| CodeJson::Name(name.to_owned()));
        Json { r#type: self.code.r#type(), code, data: self.data.clone() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ErrorMsg {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Json { r#type, code, data } = Json::deserialize(deserializer)?;
        let code = match code {
            CodeJson::Number(code) => ErrorCode::new(r#type.into(), code),
            CodeJson::Name(name) => ErrorCode::from_names(r#type, &name).ok_or_else(|| {
                de::Error::custom(format_args!("{type} has no code {name:?}; give its number"))
            })?,
        };
        Ok(Self { code, data })
    }
}
