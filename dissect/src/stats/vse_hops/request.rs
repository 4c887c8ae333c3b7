//! What a controller asks of VSE, and what answers it.

use std::hash::{DefaultHasher, Hash, Hasher};

use codec::of10::stats::StatsReplyFlags;
use codec::of10::{BufferId, HEADER_LEN, Header, MessageType, VERSION};
use codec::proxy::bare;
use codec::vse::{Subtype, VENDOR_ID};

use super::super::latency::reply_to;
use super::super::openflow::type_name;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// By a message of OpenFlow, of that type.
    Plain(u8),
    /// By a vendor message of VSE, of that subtype.
    Vse(u32),
}

impl Kind {
    /// What a message asks that VSE can be asked.
    pub(super) fn of_request(bytes: &[u8]) -> Option<Self> {
        let r#type = MessageType::from(*bytes.get(1)?);
        if let Some(subtype) = subtype_of(bytes) {
            let asks = matches!(
                subtype,
                Subtype::HostFeaturesRequest
                    | Subtype::GetConfigRequest
                    | Subtype::SetConfig
                    | Subtype::FlowMod
                    | Subtype::CoreMod
                    | Subtype::MonitorRequest
                    | Subtype::TraceRequest
                    | Subtype::Bundle
            );
            return asks.then(|| Self::Vse(subtype.into()));
        }
        let asks = reply_to(r#type).is_some() || r#type == MessageType::FlowMod;
        asks.then(|| Self::Plain(r#type.into()))
    }

    /// Whether a message answers such a request; the caller compares the xids.
    pub(super) fn is_answered_by(self, bytes: &[u8]) -> bool {
        let Some(r#type) = bytes.get(1).copied().map(MessageType::from) else { return false };
        if r#type == MessageType::Error {
            // It brings back the beginning of what it refuses, behind its type and code.
            let refused = bytes.get(HEADER_LEN + 4..).unwrap_or_default();
            return match (self, refused.get(1)) {
                (Self::Plain(kind), Some(refused)) => kind == *refused,
                (Self::Vse(kind), Some(_)) => {
                    subtype_of(refused).is_none_or(|subtype| kind == u32::from(subtype))
                }
                (_, None) => true,
            };
        }
        match self {
            Self::Plain(kind) => reply_to(kind.into()) == Some(r#type),
            Self::Vse(kind) => {
                let answer = reply_to_vse(kind.into());
                answer.is_some() && answer == subtype_of(bytes)
            }
        }
    }

    /// Whether a request is answered where all is well. Others are settled by what answers a
    /// later one, since VSE does what it is asked in order.
    pub(super) fn has_answer(self) -> bool {
        match self {
            Self::Plain(kind) => reply_to(kind.into()).is_some(),
            Self::Vse(kind) => reply_to_vse(kind.into()).is_some(),
        }
    }

    /// What people call it.
    pub(super) fn name(self) -> String {
        match self {
            Self::Plain(kind) => type_name(VERSION, kind),
            Self::Vse(kind) => match Subtype::from(kind).name() {
                Some(name) => format!("vse {name}"),
                None => format!("vse subtype {kind}"),
            },
        }
    }
}

fn reply_to_vse(request: Subtype) -> Option<Subtype> {
    Some(match request {
        Subtype::HostFeaturesRequest => Subtype::HostFeaturesReply,
        Subtype::GetConfigRequest => Subtype::GetConfigReply,
        Subtype::TraceRequest => Subtype::TraceReply,
        _ => return None,
    })
}

fn number_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn is_vse_at(bytes: &[u8], at: usize) -> bool {
    number_at(bytes, at).map(u32::from_be_bytes) == Some(VENDOR_ID)
}

/// The subtype of a vendor message of VSE.
pub(super) fn subtype_of(bytes: &[u8]) -> Option<Subtype> {
    let is_vse = bytes.get(1) == Some(&MessageType::Vendor.into()) && is_vse_at(bytes, HEADER_LEN);
    let subtype = number_at(bytes, HEADER_LEN + 4).filter(|_| is_vse)?;
    Some(u32::from_be_bytes(subtype).into())
}

/// Whether a message says that it is for VSE: a vendor message, or statistics of a vendor.
pub(super) fn names_vse(bytes: &[u8]) -> bool {
    subtype_of(bytes).is_some()
        || bytes.get(1) == Some(&MessageType::StatsRequest.into())
            && bytes.get(HEADER_LEN..HEADER_LEN + 2) == Some(&[0xff, 0xff])
            && is_vse_at(bytes, HEADER_LEN + 4)
}

/// Whether more parts of an answer follow.
pub(super) fn has_more(bytes: &[u8]) -> bool {
    bytes.get(1) == Some(&MessageType::StatsReply.into())
        && number_at(bytes, HEADER_LEN + 2).map(u16::from_be_bytes).is_some_and(|flags| {
            StatsReplyFlags::from_bits_retain(flags).contains(StatsReplyFlags::REPLY_MORE)
        })
}

/// The message that is the whole data of a PACKET_OUT (OpenFlow 1.0.0 section 5.3.6).
pub(super) fn in_packet_out(bytes: &[u8]) -> Option<&[u8]> {
    let buffer = number_at(bytes, HEADER_LEN).map(u32::from_be_bytes).map(BufferId)?;
    let actions = number_at(bytes, HEADER_LEN + 6).map(u16::from_be_bytes)?;
    let data = bytes.get(HEADER_LEN + 8 + usize::from(actions)..)?;
    (buffer == BufferId::NONE && bare::is_message(data)).then_some(data)
}

/// The message that is the whole data of a PACKET_IN (OpenFlow 1.0.0 section 5.4.1).
pub(super) fn in_packet_in(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(HEADER_LEN + 10..).filter(|data| bare::is_message(data))
}

/// What the proxy hands on unchanged of a message: everything but the xid. Equal for equal
/// messages; the same on every run.
pub(super) fn content(bytes: &[u8], header: &Header) -> u64 {
    let mut hasher = DefaultHasher::new();
    (u8::from(header.r#type), bytes.get(HEADER_LEN..)).hash(&mut hasher);
    hasher.finish()
}
