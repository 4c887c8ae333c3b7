//! Any OpenFlow 1.0 message: the header and the body of its type.

use super::echo::Echo;
use super::error_msg::ErrorMsg;
use super::features::FeaturesReply;
use super::flow_mod::FlowMod;
use super::flow_removed::FlowRemoved;
use super::header::{HEADER_LEN, Header, MessageType, VERSION};
use super::hello::Hello;
use super::packet_in::PacketIn;
use super::packet_out::PacketOut;
use super::port_mod::PortMod;
use super::port_status::PortStatus;
use super::queue::{QueueGetConfigReply, QueueGetConfigRequest};
use super::stats::{StatsReply, StatsRequest};
use super::switch_config::SwitchConfig;
use super::vendor::Vendor;
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
    Error(ErrorMsg),
    EchoRequest(Echo),
    EchoReply(Echo),
    Vendor(Vendor),
    FeaturesRequest,
    FeaturesReply(FeaturesReply),
    GetConfigRequest,
    GetConfigReply(SwitchConfig),
    SetConfig(SwitchConfig),
    PacketIn(PacketIn),
    FlowRemoved(FlowRemoved),
    PortStatus(PortStatus),
    PacketOut(PacketOut),
    FlowMod(FlowMod),
    PortMod(PortMod),
    StatsRequest(StatsRequest),
    StatsReply(StatsReply),
    BarrierRequest,
    BarrierReply,
    QueueGetConfigRequest(QueueGetConfigRequest),
    QueueGetConfigReply(QueueGetConfigReply),
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
                field: "body".into(),
                offset: input.len(),
                kind: DecodeErrorKind::Truncated {
                    need: header.len().saturating_sub(input.len()),
                    have: 0,
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
            Self::Error(_) => MessageType::Error,
            Self::EchoRequest(_) => MessageType::EchoRequest,
            Self::EchoReply(_) => MessageType::EchoReply,
            Self::Vendor(_) => MessageType::Vendor,
            Self::FeaturesRequest => MessageType::FeaturesRequest,
            Self::FeaturesReply(_) => MessageType::FeaturesReply,
            Self::GetConfigRequest => MessageType::GetConfigRequest,
            Self::GetConfigReply(_) => MessageType::GetConfigReply,
            Self::SetConfig(_) => MessageType::SetConfig,
            Self::PacketIn(_) => MessageType::PacketIn,
            Self::FlowRemoved(_) => MessageType::FlowRemoved,
            Self::PortStatus(_) => MessageType::PortStatus,
            Self::PacketOut(_) => MessageType::PacketOut,
            Self::FlowMod(_) => MessageType::FlowMod,
            Self::PortMod(_) => MessageType::PortMod,
            Self::StatsRequest(_) => MessageType::StatsRequest,
            Self::StatsReply(_) => MessageType::StatsReply,
            Self::BarrierRequest => MessageType::BarrierRequest,
            Self::BarrierReply => MessageType::BarrierReply,
            Self::QueueGetConfigRequest(_) => MessageType::QueueGetConfigRequest,
            Self::QueueGetConfigReply(_) => MessageType::QueueGetConfigReply,
            Self::Unknown { code, .. } => MessageType::Unknown(*code),
        }
    }

    fn read(r#type: MessageType, input: &[u8]) -> Parsed<'_, Self> {
        fn of<T>(parsed: Parsed<'_, T>, body: impl FnOnce(T) -> Body) -> Parsed<'_, Body> {
            parsed.map(|(rest, value)| (rest, body(value)))
        }
        match r#type {
            MessageType::Hello => of(Hello::read(input), Self::Hello),
            MessageType::Error => of(ErrorMsg::read(input), Self::Error),
            MessageType::EchoRequest => of(Echo::read(input), Self::EchoRequest),
            MessageType::EchoReply => of(Echo::read(input), Self::EchoReply),
            MessageType::Vendor => of(Vendor::read(input), Self::Vendor),
            MessageType::FeaturesRequest => Ok((input, Self::FeaturesRequest)),
            MessageType::FeaturesReply => of(FeaturesReply::read(input), Self::FeaturesReply),
            MessageType::GetConfigRequest => Ok((input, Self::GetConfigRequest)),
            MessageType::GetConfigReply => of(SwitchConfig::read(input), Self::GetConfigReply),
            MessageType::SetConfig => of(SwitchConfig::read(input), Self::SetConfig),
            MessageType::PacketIn => of(PacketIn::read(input), Self::PacketIn),
            MessageType::FlowRemoved => of(FlowRemoved::read(input), Self::FlowRemoved),
            MessageType::PortStatus => of(PortStatus::read(input), Self::PortStatus),
            MessageType::PacketOut => of(PacketOut::read(input), Self::PacketOut),
            MessageType::FlowMod => of(FlowMod::read(input), Self::FlowMod),
            MessageType::PortMod => of(PortMod::read(input), Self::PortMod),
            MessageType::StatsRequest => of(StatsRequest::read(input), Self::StatsRequest),
            MessageType::StatsReply => of(StatsReply::read(input), Self::StatsReply),
            MessageType::BarrierRequest => Ok((input, Self::BarrierRequest)),
            MessageType::BarrierReply => Ok((input, Self::BarrierReply)),
            MessageType::QueueGetConfigRequest => {
                of(QueueGetConfigRequest::read(input), Self::QueueGetConfigRequest)
            }
            MessageType::QueueGetConfigReply => {
                of(QueueGetConfigReply::read(input), Self::QueueGetConfigReply)
            }
            MessageType::Unknown(code) => {
                of(rest(input), |data| Self::Unknown { code, data: data.into() })
            }
        }
    }

    /// Bytes that [`Message::encode`] appends behind the header.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        match self {
            Self::Hello(body) => body.encoded_len(),
            Self::Error(body) => body.encoded_len(),
            Self::EchoRequest(body) => body.encoded_len(),
            Self::EchoReply(body) => body.encoded_len(),
            Self::Vendor(body) => body.encoded_len(),
            Self::FeaturesReply(body) => body.encoded_len(),
            Self::GetConfigReply(body) => body.encoded_len(),
            Self::SetConfig(body) => body.encoded_len(),
            Self::PacketIn(body) => body.encoded_len(),
            Self::FlowRemoved(body) => body.encoded_len(),
            Self::PortStatus(body) => body.encoded_len(),
            Self::PacketOut(body) => body.encoded_len(),
            Self::FlowMod(body) => body.encoded_len(),
            Self::PortMod(body) => body.encoded_len(),
            Self::StatsRequest(body) => body.encoded_len(),
            Self::StatsReply(body) => body.encoded_len(),
            Self::QueueGetConfigRequest(body) => body.encoded_len(),
            Self::QueueGetConfigReply(body) => body.encoded_len(),
            Self::FeaturesRequest
            | Self::GetConfigRequest
            | Self::BarrierRequest
            | Self::BarrierReply => 0,
            Self::Unknown { data, .. } => data.len(),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Hello(body) => body.encode(out),
            Self::Error(body) => body.encode(out),
            Self::EchoRequest(body) => body.encode(out),
            Self::EchoReply(body) => body.encode(out),
            Self::Vendor(body) => body.encode(out),
            Self::FeaturesReply(body) => body.encode(out),
            Self::GetConfigReply(body) => body.encode(out),
            Self::SetConfig(body) => body.encode(out),
            Self::PacketIn(body) => body.encode(out),
            Self::FlowRemoved(body) => body.encode(out),
            Self::PortStatus(body) => body.encode(out),
            Self::PacketOut(body) => body.encode(out),
            Self::FlowMod(body) => body.encode(out),
            Self::PortMod(body) => body.encode(out),
            Self::StatsRequest(body) => body.encode(out),
            Self::StatsReply(body) => body.encode(out),
            Self::QueueGetConfigRequest(body) => body.encode(out),
            Self::QueueGetConfigReply(body) => body.encode(out),
            Self::FeaturesRequest
            | Self::GetConfigRequest
            | Self::BarrierRequest
            | Self::BarrierReply => Ok(()),
            Self::Unknown { data, .. } => {
                out.extend_from_slice(data);
                Ok(())
            }
        }
    }
}
