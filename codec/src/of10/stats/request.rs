//! STATS_REQUEST.

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::{
    FIXED_LEN, FlowStatsRequest, PortStatsRequest, QueueStatsRequest, StatsType, UnknownStats,
    UnknownVendorStats,
};
use crate::error::{DecodeError, EncodeError, Limit};
use crate::nicira::{self, NiciraStatsRequest};
use crate::types::{Hex, Line, Piece, flags};
use crate::vse::{VENDOR_ID, VseStatsRequest};
use crate::wire::{Parsed, Put, rest, u16, u32, whole};
use crate::{display_as_put, put};

bitflags::bitflags! {
    /// The flags of a request; none is defined.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct StatsRequestFlags: u16 {
        const _ = !0;
    }
}

/// Asks for statistics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatsRequest {
    /// None is defined.
    #[serde(with = "flags")]
    pub flags: StatsRequestFlags,
    /// What is asked for.
    #[serde(flatten)]
    pub body: StatsRequestBody,
}

/// What is asked for, by type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "body", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "the types of the specification; see the payloads")]
pub enum StatsRequestBody {
    Desc {},
    Flow(FlowStatsRequest),
    Aggregate(FlowStatsRequest),
    Table {},
    Port(PortStatsRequest),
    Queue(QueueStatsRequest),
    Vse(VseStatsRequest),
    Nicira(NiciraStatsRequest),
    Vendor(UnknownVendorStats),
    Unknown(UnknownStats),
}

impl StatsRequest {
    /// Reads the body: what follows the header. Offsets in the error count from there.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("stats_request", body, body, Limit::Input, Self::read)
    }

    pub(in crate::of10) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (left, (r#type, flags)) = (
            u16("type").map(StatsType::from),
            u16("flags").map(StatsRequestFlags::from_bits_retain),
        )
            .parse(input)?;
        let (left, body) = read_body(r#type, left)?;
        Ok((left, Self { flags, body }))
    }

    /// The kind of statistics.
    #[must_use]
    pub fn r#type(&self) -> StatsType {
        match &self.body {
            StatsRequestBody::Desc {} => StatsType::Desc,
            StatsRequestBody::Flow(_) => StatsType::Flow,
            StatsRequestBody::Aggregate(_) => StatsType::Aggregate,
            StatsRequestBody::Table {} => StatsType::Table,
            StatsRequestBody::Port(_) => StatsType::Port,
            StatsRequestBody::Queue(_) => StatsType::Queue,
            StatsRequestBody::Vse(_)
            | StatsRequestBody::Nicira(_)
            | StatsRequestBody::Vendor(_) => StatsType::Vendor,
            StatsRequestBody::Unknown(UnknownStats { code, .. }) => StatsType::Unknown(*code),
        }
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        FIXED_LEN
            + match &self.body {
                StatsRequestBody::Desc {} | StatsRequestBody::Table {} => 0,
                StatsRequestBody::Flow(_) | StatsRequestBody::Aggregate(_) => FlowStatsRequest::LEN,
                StatsRequestBody::Port(_) => PortStatsRequest::LEN,
                StatsRequestBody::Queue(_) => QueueStatsRequest::LEN,
                StatsRequestBody::Vse(body) => 4 + body.encoded_len(),
                StatsRequestBody::Nicira(body) => 4 + body.encoded_len(),
                StatsRequestBody::Vendor(body) => 4 + body.data.len(),
                StatsRequestBody::Unknown(body) => body.data.len(),
            }
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u16(self.r#type().into());
        out.put_u16(self.flags.bits());
        match &self.body {
            StatsRequestBody::Desc {} | StatsRequestBody::Table {} => {}
            StatsRequestBody::Flow(body) | StatsRequestBody::Aggregate(body) => body.encode(out),
            StatsRequestBody::Port(body) => body.encode(out),
            StatsRequestBody::Queue(body) => body.encode(out),
            StatsRequestBody::Vse(body) => {
                out.put_u32(VENDOR_ID);
                body.encode(out)?;
            }
            StatsRequestBody::Nicira(body) => {
                out.put_u32(nicira::VENDOR_ID);
                body.encode(out)?;
            }
            StatsRequestBody::Vendor(body) => {
                out.put_u32(body.vendor.0);
                out.put(&body.data);
            }
            StatsRequestBody::Unknown(body) => out.put(&body.data),
        }
        Ok(())
    }
}

fn read_body(r#type: StatsType, input: &[u8]) -> Parsed<'_, StatsRequestBody> {
    match r#type {
        StatsType::Desc => Ok((input, StatsRequestBody::Desc {})),
        StatsType::Flow => FlowStatsRequest::read.map(StatsRequestBody::Flow).parse(input),
        StatsType::Aggregate => {
            FlowStatsRequest::read.map(StatsRequestBody::Aggregate).parse(input)
        }
        StatsType::Table => Ok((input, StatsRequestBody::Table {})),
        StatsType::Port => PortStatsRequest::read.map(StatsRequestBody::Port).parse(input),
        StatsType::Queue => QueueStatsRequest::read.map(StatsRequestBody::Queue).parse(input),
        StatsType::Vendor => {
            let (left, vendor) = u32("vendor").parse(input)?;
            if vendor == VENDOR_ID {
                return VseStatsRequest::read.map(StatsRequestBody::Vse).parse(left);
            }
            if vendor == nicira::VENDOR_ID {
                return NiciraStatsRequest::read.map(StatsRequestBody::Nicira).parse(left);
            }
            let (left, data) = rest(left)?;
            let unknown = UnknownVendorStats { vendor: Hex(vendor), data: data.into() };
            Ok((left, StatsRequestBody::Vendor(unknown)))
        }
        StatsType::Unknown(code) => rest
            .map(|data: &[u8]| StatsRequestBody::Unknown(UnknownStats { code, data: data.into() }))
            .parse(input),
    }
}

display_as_put!(StatsRequest);

impl Piece for StatsRequest {
    fn put(&self, out: &mut Line) {
        // The name of Nicira's says its type.
        if !matches!(self.body, StatsRequestBody::Nicira(_)) {
            put!(out, self.r#type());
        }
        match &self.body {
            StatsRequestBody::Desc {} | StatsRequestBody::Table {} => {}
            StatsRequestBody::Flow(body) | StatsRequestBody::Aggregate(body) => {
                put!(out, " ", *body);
            }
            StatsRequestBody::Port(body) => put!(out, " port_no=", body.port_no),
            StatsRequestBody::Queue(body) => put!(out, format_args!(" {body}")),
            StatsRequestBody::Vse(body) => put!(out, format_args!("=VSE {body}")),
            StatsRequestBody::Nicira(body) => put!(out, format_args!("{body}")),
            StatsRequestBody::Vendor(body) => {
                put!(out, "=", body.vendor, " data_len=", body.data.len());
            }
            StatsRequestBody::Unknown(body) => put!(out, " data_len=", body.data.len()),
        }
    }
}
