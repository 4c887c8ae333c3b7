//! Any OpenFlow 1.0 message: the header and the body of its type.

use std::fmt;

use super::echo::Echo;
use super::flow_mod::FlowMod;
use super::header::{HEADER_LEN, Header, MessageType, VERSION};
use super::hello::Hello;
use super::packet_out::PacketOut;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError, Limit};
use crate::types::Bytes;
use crate::wire::{Parsed, length16, rest, whole};

/// One message. What is derived, as its type and length, is a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// [`VERSION`], but for a HELLO, which may come from a peer that speaks a later one.
    pub version: u8,
    /// Pairs a reply with its request.
    pub xid: u32,
    /// What the message says.
    pub body: Body,
}

/// What a message says, by its type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the types of the specification; see the payloads")]
pub enum Body {
    Hello(Hello),
    EchoRequest(Echo),
    EchoReply(Echo),
    PacketOut(PacketOut),
    FlowMod(FlowMod),
    BarrierRequest,
    BarrierReply,
    /// A type that OpenFlow 1.0 does not have.
    Unknown {
        code: u8,
        data: Bytes,
    },
}

impl Message {
    /// An OpenFlow 1.0 message.
    #[must_use]
    pub fn new(xid: u32, body: Body) -> Self {
        Self { version: VERSION, xid, body }
    }

    /// Reads the message at the start of `input`; also returns what follows it. Offsets in the
    /// error count from the start of `input`.
    pub fn decode(input: &[u8]) -> Result<(Self, &[u8]), DecodeError> {
        let header = Header::parse(input)?;
        let Some((frame, after)) = input.split_at_checked(header.len()) else {
            return Err(DecodeError {
                message: name(header.r#type),
                field: "end".into(),
                offset: input.len(),
                kind: DecodeErrorKind::Truncated {
                    need: header.len(),
                    have: input.len(),
                    limit: Limit::Input,
                },
            });
        };
        if header.version != VERSION && header.r#type != MessageType::Hello {
            return Err(DecodeError {
                message: "header",
                field: "version".into(),
                offset: 0,
                kind: DecodeErrorKind::Value {
                    found: header.version.into(),
                    expected: "0x1, OpenFlow 1.0",
                },
            });
        }
        let body = frame.get(HEADER_LEN..).unwrap_or_default();
        let body = whole(name(header.r#type), frame, body, header.limit(), |body| {
            Body::read(header.r#type, body)
        })?;
        Ok((Self { version: header.version, xid: header.xid, body }, after))
    }

    /// Bytes of the whole message.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        HEADER_LEN + self.body.encoded_len()
    }

    /// Appends the message; on an error, `out` is as it was.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        let len = self.encoded_len();
        let r#type = self.body.r#type();
        let length = length16(name(r#type), len)?;
        out.reserve(len);
        Header { version: self.version, r#type, length, xid: self.xid }.encode(out);
        self.body.encode(out).inspect_err(|_| out.truncate(start))
    }
}

/// A message type's name where an error needs one.
fn name(r#type: MessageType) -> &'static str {
    r#type.name().unwrap_or("message")
}

impl Body {
    /// The code point of the body.
    #[must_use]
    pub fn r#type(&self) -> MessageType {
        match self {
            Self::Hello(_) => MessageType::Hello,
            Self::EchoRequest(_) => MessageType::EchoRequest,
            Self::EchoReply(_) => MessageType::EchoReply,
            Self::PacketOut(_) => MessageType::PacketOut,
            Self::FlowMod(_) => MessageType::FlowMod,
            Self::BarrierRequest => MessageType::BarrierRequest,
            Self::BarrierReply => MessageType::BarrierReply,
            Self::Unknown { code, .. } => MessageType::Unknown(*code),
        }
    }

    fn read(r#type: MessageType, input: &[u8]) -> Parsed<'_, Self> {
        fn of<T>(parsed: Parsed<'_, T>, body: impl FnOnce(T) -> Body) -> Parsed<'_, Body> {
            parsed.map(|(rest, value)| (rest, body(value)))
        }
        match r#type {
            MessageType::Hello => of(Hello::read(input), Self::Hello),
            MessageType::EchoRequest => of(Echo::read(input), Self::EchoRequest),
            MessageType::EchoReply => of(Echo::read(input), Self::EchoReply),
            MessageType::PacketOut => of(PacketOut::read(input), Self::PacketOut),
            MessageType::FlowMod => of(FlowMod::read(input), Self::FlowMod),
            MessageType::BarrierRequest => Ok((input, Self::BarrierRequest)),
            MessageType::BarrierReply => Ok((input, Self::BarrierReply)),
            other => {
                of(rest(input), |data| Self::Unknown { code: other.into(), data: data.into() })
            }
        }
    }

    /// Bytes that [`Message::encode`] appends behind the header.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        match self {
            Self::Hello(body) => body.encoded_len(),
            Self::EchoRequest(body) | Self::EchoReply(body) => body.encoded_len(),
            Self::PacketOut(body) => body.encoded_len(),
            Self::FlowMod(body) => body.encoded_len(),
            Self::BarrierRequest | Self::BarrierReply => 0,
            Self::Unknown { data, .. } => data.len(),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Hello(body) => body.encode(out),
            Self::EchoRequest(body) | Self::EchoReply(body) => body.encode(out),
            Self::PacketOut(body) => body.encode(out),
            Self::FlowMod(body) => body.encode(out),
            Self::BarrierRequest | Self::BarrierReply => Ok(()),
            Self::Unknown { data, .. } => {
                out.extend_from_slice(data);
                Ok(())
            }
        }
    }
}

impl fmt::Display for Message {
    /// One line, as ovs-ofctl writes it: `OFPT_FLOW_MOD (xid=0x7): ADD priority=5 …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.body.r#type().name() {
            Some(name) => write!(f, "OFPT_{}", name.to_ascii_uppercase())?,
            None => write!(f, "OFPT_{}", u8::from(self.body.r#type()))?,
        }
        if self.version != VERSION {
            write!(f, " (version={})", self.version)?;
        }
        write!(f, " (xid={:#x})", self.xid)?;
        match &self.body {
            Body::Hello(_) | Body::BarrierRequest | Body::BarrierReply => Ok(()),
            Body::EchoRequest(body) | Body::EchoReply(body) => {
                write!(f, ": {} bytes of payload", body.data.len())
            }
            Body::PacketOut(_) | Body::FlowMod(_) => Ok(()),
            Body::Unknown { data, .. } => write!(f, ": {data}"),
        }
    }
}
