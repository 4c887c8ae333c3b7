//! Whether a message is sound, without the cost of decoding what is.

use super::header::{HEADER_LEN, MessageType, VERSION};
use super::message::Message;
use super::stats::{
    AggregateStats, DescStats, FlowStats, FlowStatsRequest, PortStats, PortStatsRequest,
    QueueStats, QueueStatsRequest, StatsType, TableStats,
};
use crate::error::DecodeError;
use crate::vse::{VENDOR_ID, VseActionType};

impl Message {
    /// What is wrong with the message that `bytes` hold; the same that [`decode`](Self::decode)
    /// says of it, in a fraction of the time where nothing is.
    pub fn check(bytes: &[u8]) -> Result<(), DecodeError> {
        if is_plainly_sound(bytes) {
            return Ok(());
        }
        Self::decode(bytes).map(|_| ())
    }
}

/// Whether the lengths of a message are those of its type. It may be sound where they are not
/// looked at here.
pub(super) fn is_plainly_sound(bytes: &[u8]) -> bool {
    let Some((&[version, r#type, l0, l1, ..], body)) = bytes.split_first_chunk::<HEADER_LEN>()
    else {
        return false;
    };
    let len = bytes.len();
    if version != VERSION || usize::from(u16::from_be_bytes([l0, l1])) != len {
        return false;
    }
    match MessageType::from(r#type) {
        MessageType::EchoRequest | MessageType::EchoReply => true,
        MessageType::FeaturesRequest
        | MessageType::GetConfigRequest
        | MessageType::BarrierRequest
        | MessageType::BarrierReply => body.is_empty(),
        MessageType::GetConfigReply | MessageType::SetConfig => len == 12,
        MessageType::PacketIn => len >= 18,
        MessageType::FlowRemoved => len == 88,
        MessageType::PortStatus => len == 64,
        MessageType::PortMod => len == 32,
        MessageType::FlowMod => body.get(64..).is_some_and(are_plain_actions),
        MessageType::PacketOut => match body.split_first_chunk::<8>() {
            Some(([.., a, b], rest)) => {
                rest.get(..usize::from(u16::from_be_bytes([*a, *b]))).is_some_and(are_plain_actions)
            }
            None => false,
        },
        MessageType::StatsRequest => stats(body).is_some_and(|(r#type, rest)| match r#type {
            StatsType::Desc | StatsType::Table => rest.is_empty(),
            StatsType::Flow | StatsType::Aggregate => rest.len() == FlowStatsRequest::LEN,
            StatsType::Port => rest.len() == PortStatsRequest::LEN,
            StatsType::Queue => rest.len() == QueueStatsRequest::LEN,
            StatsType::Vendor | StatsType::Unknown(_) => false,
        }),
        MessageType::StatsReply => stats(body).is_some_and(|(r#type, rest)| match r#type {
            StatsType::Desc => rest.len() == DescStats::LEN,
            StatsType::Flow => are_plain_entries(rest),
            StatsType::Aggregate => rest.len() == AggregateStats::LEN,
            StatsType::Table => rest.len().is_multiple_of(TableStats::LEN),
            StatsType::Port => rest.len().is_multiple_of(PortStats::LEN),
            StatsType::Queue => rest.len().is_multiple_of(QueueStats::LEN),
            StatsType::Vendor | StatsType::Unknown(_) => false,
        }),
        _ => false,
    }
}

/// The type of statistics, and what follows their flags.
fn stats(body: &[u8]) -> Option<(StatsType, &[u8])> {
    let (&[t0, t1, ..], rest) = body.split_first_chunk::<4>()?;
    Some((StatsType::from(u16::from_be_bytes([t0, t1])), rest))
}

/// Whether `bytes` are entries of a flow table, each with plain actions up to its length.
fn are_plain_entries(mut bytes: &[u8]) -> bool {
    while let Some(length) = bytes.first_chunk() {
        let Some((entry, rest)) = bytes.split_at_checked(u16::from_be_bytes(*length).into()) else {
            return false;
        };
        if !entry.get(FlowStats::FIXED_LEN..).is_some_and(are_plain_actions) {
            return false;
        }
        bytes = rest;
    }
    bytes.is_empty()
}

/// Whether `bytes` are actions of OpenFlow 1.0 itself or of VSE, each of its length.
fn are_plain_actions(mut bytes: &[u8]) -> bool {
    while let Some((&[t0, t1, l0, l1], rest)) = bytes.split_first_chunk::<4>() {
        let expected = match u16::from_be_bytes([t0, t1]) {
            0..=3 | 6..=10 => 8,
            4 | 5 | 11 => 16,
            0xffff if is_known_of_vse(rest) => 16,
            _ => return false,
        };
        if usize::from(u16::from_be_bytes([l0, l1])) != expected {
            return false;
        }
        match bytes.get(expected..) {
            Some(rest) => bytes = rest,
            None => return false,
        }
    }
    bytes.is_empty()
}

/// Whether `bytes`, which follow type and length of a vendor's action, begin one of VSE.
fn is_known_of_vse(bytes: &[u8]) -> bool {
    let Some((&[v0, v1, v2, v3, s0, s1], _)) = bytes.split_first_chunk() else { return false };
    let subtype = VseActionType::from(u16::from_be_bytes([s0, s1]));
    u32::from_be_bytes([v0, v1, v2, v3]) == VENDOR_ID && subtype.name().is_some()
}
