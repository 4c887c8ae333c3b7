//! The VSE vendor extension of OpenFlow 1.0: vse-protocol(7).
//!
//! A vendor message of VSE has this head; what follows is in the file of its subtype.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | 4 | vendor: [`VENDOR_ID`] |
//! | 12 | 4 | subtype |
//! | 16 | any | by subtype |
//!
//! ```
//! use codec::of10::{Body, Message, Vendor};
//! use codec::vse::VseMessage;
//!
//! let message = Message::new(7, Body::Vendor(Vendor::Vse(VseMessage::HostFeaturesRequest)));
//! let mut bytes = Vec::new();
//! message.encode(&mut bytes)?;
//! assert_eq!(bytes, *b"\x01\x04\0\x10\0\0\0\x07\0VSE\0\0\0\x01");
//! # Ok::<(), codec::EncodeError>(())
//! ```

mod action;
mod assignment;
mod bundle;
mod code;
mod config;
mod core_mod;
mod flow_mod;
mod flow_removed;
#[cfg(test)]
mod generators;
mod host_features;
mod ids;
mod message;
mod monitor;
mod stats;
mod tlv;
mod tlv_json;
mod tlv_text;
mod trace;
mod vm_info;

pub use action::VseAction;
pub use assignment::Assignment;
pub use bundle::Bundle;
pub use code::{
    AssignmentEvent, BundleCommand, Carrier, CoreCommand, DatapathMode, MatchField, MonitorCommand,
    Policy, Reason, Subtype, TraceOutcome, TunnelType, VmEvent, VmSource, VseActionType,
    VseStatsType,
};
pub use config::{Config, ConfigFlags};
pub use core_mod::CoreMod;
pub use flow_mod::VseFlowMod;
pub use flow_removed::VseFlowRemoved;
pub use host_features::{Acceleration, Carriers, HostFeatures};
pub use ids::{Core, VENDOR_ID};
pub use message::{UnknownVse, VseMessage};
pub use monitor::{MonitorEvents, MonitorRequest};
pub use stats::{
    CoreFlags, CoreStats, CoreStatsRequest, DatapathStats, DatapathStatsRequest, UnknownVseStats,
    VmStats, VmStatsRequest, VseFlowStats, VseFlowStatsRequest, VseStatsReply, VseStatsReplyBody,
    VseStatsRequest,
};
pub use tlv::{FieldMatch, Tlv, Tlvs, UnknownTlv};
pub use trace::{TraceCandidate, TraceReply, TraceRequest};
pub use vm_info::VmInfo;

#[cfg(test)]
mod tests;
