//! OpenFlow 1.0.0 (wire protocol 0x01): every message, by specification section.
//!
//! ```
//! use codec::of10::{Body, BufferId, Message, PortNo};
//!
//! let bytes = [1, 18, 0, 8, 0, 0, 0, 7];
//! let (message, rest) = Message::decode(&bytes)?;
//! assert_eq!(message.body, Body::BarrierRequest);
//! assert_eq!(message.to_string(), "OFPT_BARRIER_REQUEST (xid=0x7)");
//! assert!(rest.is_empty());
//!
//! let mut out = Vec::new();
//! message.encode(&mut out)?;
//! assert_eq!(out, bytes);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod action;
mod buffer_id;
mod check;
mod echo;
mod error_msg;
mod features;
pub(crate) mod flow_match;
mod flow_mod;
mod flow_removed;
mod header;
mod hello;
mod match_json;
mod match_text;
mod message;
mod message_json;
mod message_text;
mod packet_in;
mod packet_out;
mod port;
mod port_mod;
mod port_no;
mod port_status;
mod queue;
pub mod stats;
mod switch_config;
mod vendor;

pub use action::{Action, ActionType};
pub use buffer_id::BufferId;
pub use echo::Echo;
pub use error_msg::{
    BadActionCode, BadRequestCode, ErrorCode, ErrorMsg, ErrorType, FlowModFailedCode,
    HelloFailedCode, PortModFailedCode, QueueOpFailedCode,
};
pub use features::{ActionSet, Capabilities, FeaturesReply};
pub use flow_match::{Ipv4Prefix, Ipv4PrefixError, MATCH_LEN, Match, Wildcards};
pub use flow_mod::{FlowMod, FlowModCommand, FlowModFlags};
pub use flow_removed::{FlowRemoved, FlowRemovedReason};
pub use header::{HEADER_LEN, Header, MessageType, VERSION};
pub use hello::Hello;
pub use message::{Body, Message};
pub use packet_in::{PacketIn, PacketInReason};
pub use packet_out::PacketOut;
pub use port::{Port, PortConfig, PortFeatures, PortState};
pub use port_mod::PortMod;
pub use port_no::PortNo;
pub use port_status::{PortReason, PortStatus};
pub use queue::{
    PacketQueue, QueueGetConfigReply, QueueGetConfigRequest, QueueProperty, QueuePropertyType,
};
pub use stats::{StatsReply, StatsRequest};
pub use switch_config::{FragmentHandling, SwitchConfig};
pub use vendor::{UnknownVendor, Vendor};

#[cfg(test)]
mod tests;
