//! What a message is, from a look at its first bytes: most messages pass without being decoded.

use codec::of10::stats::StatsReplyFlags;
use codec::of10::{BufferId, HEADER_LEN, MessageType};
use codec::vse::{Subtype, VENDOR_ID};

/// Appends `message` with another xid.
pub(super) fn with_xid(message: &[u8], xid: u32, out: &mut Vec<u8>) {
    let at = out.len();
    out.extend_from_slice(message);
    if let Some(place) = out.get_mut(at + 4..at + HEADER_LEN) {
        place.copy_from_slice(&xid.to_be_bytes());
    }
}

/// The answer to an ECHO_REQUEST; nothing for other messages.
pub(super) fn echo_reply(message: &[u8]) -> Option<Vec<u8>> {
    if message.get(1) != Some(&MessageType::EchoRequest.into()) {
        return None;
    }
    let mut answer = message.to_vec();
    *answer.get_mut(1)? = MessageType::EchoReply.into();
    Some(answer)
}

/// Whether the four bytes at `at` are VSE's vendor id.
pub(super) fn vendor_at(message: &[u8], at: usize) -> bool {
    let bytes = message.get(at..).and_then(<[u8]>::first_chunk::<4>);
    bytes.is_some_and(|bytes| u32::from_be_bytes(*bytes) == VENDOR_ID)
}

/// Whether a STATS_REQUEST is for statistics of VSE: type and vendor stand behind the header.
pub(super) fn is_vse_stats(message: &[u8]) -> bool {
    message.get(HEADER_LEN..HEADER_LEN + 2) == Some(&[0xff, 0xff]) && vendor_at(message, 12)
}

/// Whether VSE's vendor id stands anywhere in a message: a quick look before it is decoded.
pub(super) fn mentions_vse(message: &[u8]) -> bool {
    let id = VENDOR_ID.to_be_bytes();
    message.windows(id.len()).any(|window| window == id)
}

/// The subtype of a vendor message of VSE.
pub(super) fn subtype_of(message: &[u8]) -> Option<Subtype> {
    let is_vse =
        message.get(1) == Some(&MessageType::Vendor.into()) && vendor_at(message, HEADER_LEN);
    let bytes = message.get(12..).and_then(<[u8]>::first_chunk::<4>).filter(|_| is_vse)?;
    Some(u32::from_be_bytes(*bytes).into())
}

/// Whether a request is answered where all is well.
pub(super) fn is_answered(message: &[u8]) -> bool {
    match message.get(1).copied().map(MessageType::from) {
        Some(
            MessageType::EchoRequest
            | MessageType::FeaturesRequest
            | MessageType::GetConfigRequest
            | MessageType::StatsRequest
            | MessageType::BarrierRequest
            | MessageType::QueueGetConfigRequest,
        ) => true,
        Some(MessageType::Vendor) => matches!(
            subtype_of(message),
            Some(Subtype::HostFeaturesRequest | Subtype::GetConfigRequest | Subtype::TraceRequest)
        ),
        _ => false,
    }
}

/// Whether a message is one that VSE sends and never receives.
pub(super) fn is_from_vse(message: &[u8]) -> bool {
    match message.get(1).copied().map(MessageType::from) {
        Some(
            MessageType::Error
            | MessageType::EchoReply
            | MessageType::FeaturesReply
            | MessageType::GetConfigReply
            | MessageType::PacketIn
            | MessageType::FlowRemoved
            | MessageType::PortStatus
            | MessageType::StatsReply
            | MessageType::BarrierReply
            | MessageType::QueueGetConfigReply,
        ) => true,
        Some(MessageType::Vendor) => matches!(
            subtype_of(message),
            Some(
                Subtype::HostFeaturesReply
                    | Subtype::GetConfigReply
                    | Subtype::FlowRemoved
                    | Subtype::Assignment
                    | Subtype::TraceReply
            )
        ),
        _ => false,
    }
}

/// Whether more parts of a STATS_REPLY follow.
pub(super) fn has_more(message: &[u8]) -> bool {
    let flags = message.get(10..).and_then(<[u8]>::first_chunk::<2>);
    flags.is_some_and(|flags| {
        StatsReplyFlags::from_bits_retain(u16::from_be_bytes(*flags))
            .contains(StatsReplyFlags::REPLY_MORE)
    })
}

/// The data of a PACKET_OUT that holds its frame itself (OpenFlow 1.0.0 section 5.3.6).
pub(super) fn data_of_packet_out(message: &[u8]) -> Option<&[u8]> {
    let fixed = message.get(HEADER_LEN..)?;
    let (&[b0, b1, b2, b3, _, _, a0, a1], rest) = fixed.split_first_chunk::<8>()?;
    let buffer_id = BufferId(u32::from_be_bytes([b0, b1, b2, b3]));
    let data = rest.get(usize::from(u16::from_be_bytes([a0, a1]))..)?;
    (buffer_id == BufferId::NONE).then_some(data)
}
