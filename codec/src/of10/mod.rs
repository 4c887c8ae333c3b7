//! OpenFlow 1.0.0 (wire protocol 0x01): every message, by specification section.

mod action;
mod buffer_id;
mod echo;
mod flow_match;
mod flow_mod;
mod header;
mod hello;
mod match_json;
mod message;
mod message_json;
mod packet_out;
mod port_no;

pub use action::{Action, ActionType};
pub use buffer_id::BufferId;
pub use echo::Echo;
pub use flow_match::{Ipv4Prefix, Ipv4PrefixError, MATCH_LEN, Match, Wildcards};
pub use flow_mod::{FlowMod, FlowModCommand, FlowModFlags};
pub use header::{HEADER_LEN, Header, MessageType, VERSION};
pub use hello::Hello;
pub use message::{Body, Message};
pub use packet_out::PacketOut;
pub use port_no::PortNo;

#[cfg(test)]
mod tests;
