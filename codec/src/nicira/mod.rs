//! Nicira's extensions of OpenFlow 1.0 (vendor 0x00002320), which Open vSwitch speaks as soon as 1.0
//! cannot say a thing: messages, statistics, actions, and extended matches (NXM, and OXM of later
//! versions). The source is `nicira-ext.h`, `meta-flow.h` and `ofp-actions.c` of Open vSwitch.
//!
//! Each structure is a table ([`Layout`]) of items. One reader, one writer, one JSON form and one
//! dissector go by the tables; what is not in them stays raw.
//!
//! ```
//! use codec::of10::Message;
//!
//! let json = r#"{"version":1,"type":"vendor","length":24,"xid":1,
//!     "body":{"vendor":"nicira","subtype":"set_controller_id","controller_id":7}}"#;
//! let message: Message = serde_json::from_str(json)?;
//! assert_eq!(message.to_string(), "NXT_SET_CONTROLLER_ID (xid=0x1): id=7");
//! # Ok::<(), serde_json::Error>(())
//! ```

mod action_tables;
mod action_text;
mod code;
mod field;
mod flow_mod;
mod learn_text;
pub(crate) mod match_key;
pub(crate) mod match_text;
pub(crate) mod match_words;
mod message;
mod message_tables;
mod message_text;
mod nxm;
mod record;
mod record_json;
mod shape;
pub(crate) mod value_text;

pub use code::{
    AsyncProperty, BundleAlgorithm, Controller2Property, CtFlags, FlowFormat, FlowMonitorFlags,
    FlowUpdateEvent, HashFields, LearnDestination, LearnFlags, LearnSource, MultipathAlgorithm,
    NatFlags, NatRange, NiciraActionType, NiciraPacketInReason, NiciraRole, NiciraStatsType,
    NiciraSubtype, PacketIn2Property, PacketInFormat, SampleDirection, TlvTableCommand, VENDOR_ID,
};
pub use field::{Form, NxmField};
pub use message::{
    NiciraAction, NiciraMessage, NiciraStatsReply, NiciraStatsRequest, action_layout,
    message_layout, reply_layout, request_layout,
};
pub use nxm::{Known, NxmEntry, NxmMatch};
pub use record::{Record, Shown, TAIL_KEY, Value};
pub use shape::{Coding, Item, Kind, Layout, Many, Part, Shape, Size, Style, Tail, When};

#[cfg(test)]
pub(crate) mod generators;
#[cfg(test)]
mod tests;
