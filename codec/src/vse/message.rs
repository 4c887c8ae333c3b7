//! Any vendor message of VSE.

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Deserializer, Serialize};

use super::assignment::Assignment;
use super::bundle::Bundle;
use super::code::Subtype;
use super::config::Config;
use super::core_mod::CoreMod;
use super::flow_mod::VseFlowMod;
use super::flow_removed::VseFlowRemoved;
use super::host_features::HostFeatures;
use super::monitor::MonitorRequest;
use super::trace::{TraceReply, TraceRequest};
use super::vm_info::VmInfo;
use crate::error::EncodeError;
use crate::types::Bytes;
use crate::wire::{Parsed, Put, rest, u32};

/// A vendor message of VSE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "subtype", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the subtypes; see the payloads")]
pub enum VseMessage {
    #[serde(deserialize_with = "no_fields")]
    HostFeaturesRequest,
    HostFeaturesReply(HostFeatures),
    #[serde(deserialize_with = "no_fields")]
    GetConfigRequest,
    GetConfigReply(Config),
    SetConfig(Config),
    VmInfo(VmInfo),
    FlowMod(VseFlowMod),
    FlowRemoved(VseFlowRemoved),
    CoreMod(CoreMod),
    MonitorRequest(MonitorRequest),
    Assignment(Assignment),
    TraceRequest(TraceRequest),
    TraceReply(TraceReply),
    Bundle(Bundle),
    /// A subtype that is not known here.
    Unknown(UnknownVse),
}

/// Refuses fields where there are none; serde would pass over them.
fn no_fields<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Empty {}
    Empty::deserialize(deserializer).map(|Empty {}| ())
}

/// A message of a subtype that is not known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnknownVse {
    /// The subtype.
    pub code: u32,
    /// What follows it.
    pub data: Bytes,
}

impl VseMessage {
    /// The code point of the message.
    #[must_use]
    pub fn subtype(&self) -> Subtype {
        match self {
            Self::HostFeaturesRequest => Subtype::HostFeaturesRequest,
            Self::HostFeaturesReply(_) => Subtype::HostFeaturesReply,
            Self::GetConfigRequest => Subtype::GetConfigRequest,
            Self::GetConfigReply(_) => Subtype::GetConfigReply,
            Self::SetConfig(_) => Subtype::SetConfig,
            Self::VmInfo(_) => Subtype::VmInfo,
            Self::FlowMod(_) => Subtype::FlowMod,
            Self::FlowRemoved(_) => Subtype::FlowRemoved,
            Self::CoreMod(_) => Subtype::CoreMod,
            Self::MonitorRequest(_) => Subtype::MonitorRequest,
            Self::Assignment(_) => Subtype::Assignment,
            Self::TraceRequest(_) => Subtype::TraceRequest,
            Self::TraceReply(_) => Subtype::TraceReply,
            Self::Bundle(_) => Subtype::Bundle,
            Self::Unknown(unknown) => Subtype::Unknown(unknown.code),
        }
    }

    /// Reads what follows the vendor id.
    pub(crate) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (left, subtype) = u32("subtype").map(Subtype::from).parse(input)?;
        match subtype {
            Subtype::HostFeaturesRequest => Ok((left, Self::HostFeaturesRequest)),
            Subtype::HostFeaturesReply => {
                HostFeatures::read.map(Self::HostFeaturesReply).parse(left)
            }
            Subtype::GetConfigRequest => Ok((left, Self::GetConfigRequest)),
            Subtype::GetConfigReply => Config::read.map(Self::GetConfigReply).parse(left),
            Subtype::SetConfig => Config::read.map(Self::SetConfig).parse(left),
            Subtype::VmInfo => VmInfo::read.map(Self::VmInfo).parse(left),
            Subtype::FlowMod => VseFlowMod::read.map(Self::FlowMod).parse(left),
            Subtype::FlowRemoved => VseFlowRemoved::read.map(Self::FlowRemoved).parse(left),
            Subtype::CoreMod => CoreMod::read.map(Self::CoreMod).parse(left),
            Subtype::MonitorRequest => MonitorRequest::read.map(Self::MonitorRequest).parse(left),
            Subtype::Assignment => Assignment::read.map(Self::Assignment).parse(left),
            Subtype::TraceRequest => TraceRequest::read.map(Self::TraceRequest).parse(left),
            Subtype::TraceReply => TraceReply::read.map(Self::TraceReply).parse(left),
            Subtype::Bundle => Bundle::read.map(Self::Bundle).parse(left),
            Subtype::Unknown(code) => rest
                .map(|data: &[u8]| Self::Unknown(UnknownVse { code, data: data.into() }))
                .parse(left),
        }
    }

    /// Bytes behind the vendor id.
    pub(crate) fn encoded_len(&self) -> usize {
        4 + match self {
            Self::HostFeaturesRequest | Self::GetConfigRequest => 0,
            Self::HostFeaturesReply(_) => HostFeatures::LEN,
            Self::GetConfigReply(_) | Self::SetConfig(_) => Config::LEN,
            Self::VmInfo(_) => VmInfo::LEN,
            Self::FlowMod(body) => body.encoded_len(),
            Self::FlowRemoved(body) => body.encoded_len(),
            Self::CoreMod(_) => CoreMod::LEN,
            Self::MonitorRequest(_) => MonitorRequest::LEN,
            Self::Assignment(body) => body.encoded_len(),
            Self::TraceRequest(body) => body.encoded_len(),
            Self::TraceReply(body) => body.encoded_len(),
            Self::Bundle(_) => Bundle::LEN,
            Self::Unknown(unknown) => unknown.data.len(),
        }
    }

    /// Appends what follows the vendor id.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u32(self.subtype().into());
        match self {
            Self::HostFeaturesRequest | Self::GetConfigRequest => {}
            Self::HostFeaturesReply(body) => body.encode(out),
            Self::GetConfigReply(body) | Self::SetConfig(body) => body.encode(out),
            Self::VmInfo(body) => body.encode(out),
            Self::FlowMod(body) => body.encode(out)?,
            Self::FlowRemoved(body) => body.encode(out)?,
            Self::CoreMod(body) => body.encode(out),
            Self::MonitorRequest(body) => body.encode(out),
            Self::Assignment(body) => body.encode(out)?,
            Self::TraceRequest(body) => body.encode(out),
            Self::TraceReply(body) => body.encode(out)?,
            Self::Bundle(body) => body.encode(out),
            Self::Unknown(unknown) => out.put(&unknown.data),
        }
        Ok(())
    }
}

impl fmt::Display for VseMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.subtype().to_string().to_ascii_uppercase();
        match self {
            Self::HostFeaturesRequest | Self::GetConfigRequest => f.write_str(&name),
            Self::HostFeaturesReply(body) => write!(f, "{name} {body}"),
            Self::GetConfigReply(body) | Self::SetConfig(body) => write!(f, "{name} {body}"),
            Self::VmInfo(body) => write!(f, "{name} {body}"),
            Self::FlowMod(body) => write!(f, "{name} {body}"),
            Self::FlowRemoved(body) => write!(f, "{name} {body}"),
            Self::CoreMod(body) => write!(f, "{name} {body}"),
            Self::MonitorRequest(body) => write!(f, "{name} {body}"),
            Self::Assignment(body) => write!(f, "{name} {body}"),
            Self::TraceRequest(body) => write!(f, "{name} {body}"),
            Self::TraceReply(body) => write!(f, "{name} {body}"),
            Self::Bundle(body) => write!(f, "{name} {body}"),
            Self::Unknown(unknown) => write!(f, "subtype {name} data_len={}", unknown.data.len()),
        }
    }
}
