//! STATS_REPLY.

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::{
    AggregateStats, DescStats, FIXED_LEN, FlowStats, PortStats, QueueStats, StatsType, TableStats,
    UnknownStats, UnknownVendorStats,
};
use crate::error::{DecodeError, EncodeError, Limit};
use crate::nicira::{self, NiciraStatsReply};
use crate::types::{Hex, Line, Piece, flags};
use crate::vse::{VENDOR_ID, VseStatsReply};
use crate::wire::{Parsed, Put, list, rest, u16, u32, whole};
use crate::{display_as_put, put};

bitflags::bitflags! {
    /// OpenFlow 1.0.0 section 5.3.5, `enum ofp_stats_reply_flags`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct StatsReplyFlags: u16 {
        /// More replies to the same request follow.
        const REPLY_MORE = 1 << 0;

        const _ = !0;
    }
}

/// Statistics, or a part of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatsReply {
    /// Whether more follow.
    #[serde(with = "flags")]
    pub flags: StatsReplyFlags,
    /// The statistics.
    #[serde(flatten)]
    pub body: StatsReplyBody,
}

/// The statistics, by type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "body", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the types of the specification; see the payloads")]
pub enum StatsReplyBody {
    /// Boxed: its strings take a kilobyte.
    Desc(Box<DescStats>),
    Flow(Vec<FlowStats>),
    Aggregate(AggregateStats),
    Table(Vec<TableStats>),
    Port(Vec<PortStats>),
    Queue(Vec<QueueStats>),
    Vse(VseStatsReply),
    Nicira(NiciraStatsReply),
    Vendor(UnknownVendorStats),
    Unknown(UnknownStats),
}

impl StatsReply {
    /// Reads the body: what follows the header. Offsets in the error count from there.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("stats_reply", body, body, Limit::Input, Self::read)
    }

    pub(in crate::of10) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (left, (r#type, flags)) =
            (u16("type").map(StatsType::from), u16("flags").map(StatsReplyFlags::from_bits_retain))
                .parse(input)?;
        let (left, body) = read_body(r#type, left)?;
        Ok((left, Self { flags, body }))
    }

    /// The kind of statistics.
    #[must_use]
    pub fn r#type(&self) -> StatsType {
        match &self.body {
            StatsReplyBody::Desc(_) => StatsType::Desc,
            StatsReplyBody::Flow(_) => StatsType::Flow,
            StatsReplyBody::Aggregate(_) => StatsType::Aggregate,
            StatsReplyBody::Table(_) => StatsType::Table,
            StatsReplyBody::Port(_) => StatsType::Port,
            StatsReplyBody::Queue(_) => StatsType::Queue,
            StatsReplyBody::Vse(_) | StatsReplyBody::Nicira(_) | StatsReplyBody::Vendor(_) => {
                StatsType::Vendor
            }
            StatsReplyBody::Unknown(UnknownStats { code, .. }) => StatsType::Unknown(*code),
        }
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        FIXED_LEN
            + match &self.body {
                StatsReplyBody::Desc(_) => DescStats::LEN,
                StatsReplyBody::Flow(entries) => entries.iter().map(FlowStats::encoded_len).sum(),
                StatsReplyBody::Aggregate(_) => AggregateStats::LEN,
                StatsReplyBody::Table(entries) => TableStats::LEN * entries.len(),
                StatsReplyBody::Port(entries) => PortStats::LEN * entries.len(),
                StatsReplyBody::Queue(entries) => QueueStats::LEN * entries.len(),
                StatsReplyBody::Vse(body) => 4 + body.encoded_len(),
                StatsReplyBody::Nicira(body) => 4 + body.encoded_len(),
                StatsReplyBody::Vendor(body) => 4 + body.data.len(),
                StatsReplyBody::Unknown(body) => body.data.len(),
            }
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u16(self.r#type().into());
        out.put_u16(self.flags.bits());
        match &self.body {
            StatsReplyBody::Desc(desc) => desc.encode(out),
            StatsReplyBody::Flow(entries) => {
                entries.iter().try_for_each(|entry| entry.encode(out))?;
            }
            StatsReplyBody::Aggregate(sums) => sums.encode(out),
            StatsReplyBody::Table(entries) => entries.iter().for_each(|entry| entry.encode(out)),
            StatsReplyBody::Port(entries) => entries.iter().for_each(|entry| entry.encode(out)),
            StatsReplyBody::Queue(entries) => entries.iter().for_each(|entry| entry.encode(out)),
            StatsReplyBody::Vse(body) => {
                out.put_u32(VENDOR_ID);
                body.encode(out)?;
            }
            StatsReplyBody::Nicira(body) => {
                out.put_u32(nicira::VENDOR_ID);
                body.encode(out)?;
            }
            StatsReplyBody::Vendor(body) => {
                out.put_u32(body.vendor.0);
                out.put(&body.data);
            }
            StatsReplyBody::Unknown(body) => out.put(&body.data),
        }
        Ok(())
    }
}

fn read_body(r#type: StatsType, input: &[u8]) -> Parsed<'_, StatsReplyBody> {
    match r#type {
        StatsType::Desc => {
            DescStats::read.map(|desc| StatsReplyBody::Desc(Box::new(desc))).parse(input)
        }
        StatsType::Flow => list("body", FlowStats::read).map(StatsReplyBody::Flow).parse(input),
        StatsType::Aggregate => AggregateStats::read.map(StatsReplyBody::Aggregate).parse(input),
        StatsType::Table => list("body", TableStats::read).map(StatsReplyBody::Table).parse(input),
        StatsType::Port => list("body", PortStats::read).map(StatsReplyBody::Port).parse(input),
        StatsType::Queue => list("body", QueueStats::read).map(StatsReplyBody::Queue).parse(input),
        StatsType::Vendor => {
            let (left, vendor) = u32("vendor").parse(input)?;
            if vendor == VENDOR_ID {
                return VseStatsReply::read.map(StatsReplyBody::Vse).parse(left);
            }
            if vendor == nicira::VENDOR_ID {
                return NiciraStatsReply::read.map(StatsReplyBody::Nicira).parse(left);
            }
            let (left, data) = rest(left)?;
            let unknown = UnknownVendorStats { vendor: Hex(vendor), data: data.into() };
            Ok((left, StatsReplyBody::Vendor(unknown)))
        }
        StatsType::Unknown(code) => rest
            .map(|data: &[u8]| StatsReplyBody::Unknown(UnknownStats { code, data: data.into() }))
            .parse(input),
    }
}

display_as_put!(StatsReply);

impl Piece for StatsReply {
    fn put(&self, out: &mut Line) {
        fn each<T: Piece>(entries: &[T], out: &mut Line) {
            put!(out, " ", entries.len(), " entries");
            for entry in entries {
                out.push_str("; ");
                entry.put(out);
            }
        }
        // The name of Nicira's says its type.
        if !matches!(self.body, StatsReplyBody::Nicira(_)) {
            put!(out, self.r#type());
        }
        if !self.flags.is_empty() {
            put!(out, " flags=", flags::Words(&self.flags));
        }
        match &self.body {
            StatsReplyBody::Desc(desc) => put!(out, format_args!(" {desc}")),
            StatsReplyBody::Flow(entries) => each(entries, out),
            StatsReplyBody::Aggregate(sums) => put!(out, " ", *sums),
            StatsReplyBody::Table(entries) => each(entries, out),
            StatsReplyBody::Port(entries) => each(entries, out),
            StatsReplyBody::Queue(entries) => each(entries, out),
            StatsReplyBody::Vse(body) => put!(out, format_args!("=VSE {body}")),
            StatsReplyBody::Nicira(body) => put!(out, format_args!("{body}")),
            StatsReplyBody::Vendor(body) => {
                put!(out, "=", body.vendor, " data_len=", body.data.len());
            }
            StatsReplyBody::Unknown(body) => put!(out, " data_len=", body.data.len()),
        }
    }
}
