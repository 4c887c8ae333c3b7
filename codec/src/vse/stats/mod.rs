//! Statistics of VSE, behind OFPST_VENDOR: vse-protocol(7).
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 12 | 4 | vendor: that of VSE |
//! | 16 | 2 | type |
//! | 18 | 6 | head_pad |
//! | 24 | any | body, by type |

mod core;
mod datapath;
mod flow;
mod vm;

pub use self::core::{CoreFlags, CoreStats, CoreStatsRequest};
pub use datapath::DatapathStats;
pub use flow::{VseFlowStats, VseFlowStatsRequest};
pub use vm::{VmStats, VmStatsRequest};

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::code::VseStatsType;
use crate::error::{EncodeError, Expected};
use crate::types::{Bytes, Pad};
use crate::wire::{Fault, Parsed, Put, array, bytes, list, rest, u16};

/// Bytes of type and padding.
const HEAD_LEN: usize = 8;

/// Asks for statistics of VSE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "vse_type", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the types; see the payloads")]
pub enum VseStatsRequest {
    Flow(VseFlowStatsRequest),
    Core(CoreStatsRequest),
    Vm(VmStatsRequest),
    Datapath(DatapathStatsRequest),
    /// A type that is not known here.
    Unknown(UnknownVseStats),
}

/// Asks for the state of the datapath.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatapathStatsRequest {
    /// Padding at the head of the statistics.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub head_pad: Pad<6>,
}

/// Statistics of a type that is not known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnknownVseStats {
    /// The type.
    pub code: u16,
    /// What follows it.
    pub data: Bytes,
}

impl VseStatsRequest {
    /// The code point of the statistics.
    #[must_use]
    pub fn vse_type(&self) -> VseStatsType {
        match self {
            Self::Flow(_) => VseStatsType::Flow,
            Self::Core(_) => VseStatsType::Core,
            Self::Vm(_) => VseStatsType::Vm,
            Self::Datapath(_) => VseStatsType::Datapath,
            Self::Unknown(unknown) => VseStatsType::Unknown(unknown.code),
        }
    }

    pub(crate) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (left, r#type) = u16("type").map(VseStatsType::from).parse(input)?;
        match r#type {
            VseStatsType::Flow => VseFlowStatsRequest::read.map(Self::Flow).parse(left),
            VseStatsType::Core => CoreStatsRequest::read.map(Self::Core).parse(left),
            VseStatsType::Vm => VmStatsRequest::read.map(Self::Vm).parse(left),
            VseStatsType::Datapath => array("pad")
                .map(|pad| Self::Datapath(DatapathStatsRequest { head_pad: Pad(pad) }))
                .parse(left),
            VseStatsType::Unknown(code) => rest
                .map(|data: &[u8]| Self::Unknown(UnknownVseStats { code, data: data.into() }))
                .parse(left),
        }
    }

    pub(crate) fn encoded_len(&self) -> usize {
        match self {
            Self::Flow(body) => HEAD_LEN + body.encoded_len(),
            Self::Core(_) => HEAD_LEN + CoreStatsRequest::LEN,
            Self::Vm(_) => HEAD_LEN + VmStatsRequest::LEN,
            Self::Datapath(_) => HEAD_LEN,
            Self::Unknown(unknown) => 2 + unknown.data.len(),
        }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u16(self.vse_type().into());
        match self {
            Self::Flow(body) => body.encode(out)?,
            Self::Core(body) => body.encode(out),
            Self::Vm(body) => body.encode(out),
            Self::Datapath(body) => out.put(&body.head_pad.0),
            Self::Unknown(unknown) => out.put(&unknown.data),
        }
        Ok(())
    }
}

impl fmt::Display for VseStatsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flow(body) => write!(f, "flow {body}"),
            Self::Core(body) => write!(f, "core {}", body.core),
            Self::Vm(body) => write!(f, "vm {}", body.vm_id),
            Self::Datapath(_) => f.write_str("datapath"),
            Self::Unknown(unknown) => write!(f, "type {} {}", unknown.code, unknown.data),
        }
    }
}

/// Statistics of VSE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VseStatsReply {
    /// Padding at the head of the statistics; none where the type is not known.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub head_pad: Pad<6>,
    /// The statistics.
    #[serde(flatten)]
    pub body: VseStatsReplyBody,
}

/// The statistics, by type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "vse_type", content = "entries", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the types; see the payloads")]
pub enum VseStatsReplyBody {
    Flow(Vec<VseFlowStats>),
    Core(Vec<CoreStats>),
    Vm(Vec<VmStats>),
    Datapath(Box<DatapathStats>),
    /// A type that is not known here.
    Unknown(UnknownVseStats),
}

impl VseStatsReply {
    /// The code point of the statistics.
    #[must_use]
    pub fn vse_type(&self) -> VseStatsType {
        match &self.body {
            VseStatsReplyBody::Flow(_) => VseStatsType::Flow,
            VseStatsReplyBody::Core(_) => VseStatsType::Core,
            VseStatsReplyBody::Vm(_) => VseStatsType::Vm,
            VseStatsReplyBody::Datapath(_) => VseStatsType::Datapath,
            VseStatsReplyBody::Unknown(unknown) => VseStatsType::Unknown(unknown.code),
        }
    }

    pub(crate) fn read(input: &[u8]) -> Parsed<'_, Self> {
        use VseStatsReplyBody as Body;
        let (left, r#type) = u16("type").map(VseStatsType::from).parse(input)?;
        if let VseStatsType::Unknown(code) = r#type {
            let (left, data) = rest(left)?;
            let body = Body::Unknown(UnknownVseStats { code, data: data.into() });
            return Ok((left, Self { head_pad: Pad::default(), body }));
        }
        let (left, head_pad) = array("head_pad").map(Pad).parse(left)?;
        let (left, body) = match r#type {
            VseStatsType::Flow => {
                list("entries", VseFlowStats::read).map(Body::Flow).parse(left)?
            }
            VseStatsType::Core => list("entries", CoreStats::read).map(Body::Core).parse(left)?,
            VseStatsType::Vm => list("entries", VmStats::read).map(Body::Vm).parse(left)?,
            VseStatsType::Datapath | VseStatsType::Unknown(_) => {
                DatapathStats::read.map(|stats| Body::Datapath(Box::new(stats))).parse(left)?
            }
        };
        Ok((left, Self { head_pad, body }))
    }

    pub(crate) fn encoded_len(&self) -> usize {
        HEAD_LEN
            + match &self.body {
                VseStatsReplyBody::Flow(entries) => {
                    entries.iter().map(VseFlowStats::encoded_len).sum()
                }
                VseStatsReplyBody::Core(entries) => {
                    entries.iter().map(CoreStats::encoded_len).sum()
                }
                VseStatsReplyBody::Vm(entries) => VmStats::LEN * entries.len(),
                VseStatsReplyBody::Datapath(_) => DatapathStats::LEN,
                VseStatsReplyBody::Unknown(unknown) => return 2 + unknown.data.len(),
            }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u16(self.vse_type().into());
        if let VseStatsReplyBody::Unknown(unknown) = &self.body {
            out.put(&unknown.data);
            return Ok(());
        }
        out.put(&self.head_pad.0);
        match &self.body {
            VseStatsReplyBody::Flow(entries) => entries.iter().try_for_each(|e| e.encode(out)),
            VseStatsReplyBody::Core(entries) => entries.iter().try_for_each(|e| e.encode(out)),
            VseStatsReplyBody::Vm(entries) => {
                for entry in entries {
                    entry.encode(out);
                }
                Ok(())
            }
            VseStatsReplyBody::Datapath(stats) => {
                stats.encode(out);
                Ok(())
            }
            VseStatsReplyBody::Unknown(_) => Ok(()),
        }
    }
}

impl fmt::Display for VseStatsReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn each<T: fmt::Display>(f: &mut fmt::Formatter<'_>, entries: &[T]) -> fmt::Result {
            write!(f, " {} entries", entries.len())?;
            entries.iter().try_for_each(|entry| write!(f, "; {entry}"))
        }
        write!(f, "{}", self.vse_type())?;
        match &self.body {
            VseStatsReplyBody::Flow(entries) => each(f, entries),
            VseStatsReplyBody::Core(entries) => each(f, entries),
            VseStatsReplyBody::Vm(entries) => each(f, entries),
            VseStatsReplyBody::Datapath(stats) => write!(f, " {stats}"),
            VseStatsReplyBody::Unknown(unknown) => write!(f, " {}", unknown.data),
        }
    }
}

/// An entry of a reply that begins with its own length: at least `least` bytes, a multiple of 8.
fn entry(input: &[u8], least: usize) -> Parsed<'_, &[u8]> {
    let (after, length) = u16("length").parse(input)?;
    let len = usize::from(length);
    let Some(body_len) = len.checked_sub(2).filter(|_| len >= least) else {
        return Err(Fault::length(input, "length", len, Expected::AtLeast(least)));
    };
    if !len.is_multiple_of(8) {
        return Err(Fault::length(input, "length", len, Expected::MultipleOf(8)));
    }
    bytes("body", body_len).parse(after)
}
