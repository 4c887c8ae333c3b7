//! The netlink family "vse": generic-netlink framing over NETLINK_USERSOCK, since only the kernel
//! can register a family with NETLINK_GENERIC. `codec/vse.yaml` describes it for other programs.
//!
//! A request that changes something has REQUEST and ACK; one that reads everything has DUMP too,
//! and its answers, flagged MULTI, end in DONE. Acknowledgements are extended: they say what was
//! wrong and where.
//!
//! ```
//! use codec::netlink::{AttributeValue, Command, NetlinkCommand, NetlinkFlags, NetlinkMessage};
//! use codec::netlink::{Object, schema};
//!
//! let core = Object::new(&schema::CORE)
//!     .with("id", AttributeValue::U16(2))?
//!     .with("flags", AttributeValue::U16(0b10))?;
//! let request = Command::new(NetlinkCommand::CoreSet, core)
//!     .message(NetlinkFlags::REQUEST | NetlinkFlags::ACK, 1, 0)?;
//! let mut bytes = Vec::new();
//! request.encode(&mut bytes)?;
//!
//! let (message, rest) = NetlinkMessage::decode(&bytes)?;
//! let command = Command::parse(&message.payload)?;
//! assert_eq!(command.command, NetlinkCommand::CoreSet);
//! assert_eq!(command.object.value("id"), Some(&AttributeValue::U16(2)));
//! assert!(rest.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod framing;
mod message;
mod object;
pub mod schema;
mod typed;

pub use framing::{
    Attribute, FAMILY_TYPES, HEADER_LEN, NetlinkFlags, NetlinkMessage, NetlinkType,
    encode_attributes, parse_attributes,
};
pub use message::{Ack, Command};
pub use object::{AttributeValue, Object};
pub use schema::NetlinkCommand;
pub use typed::{NetlinkObject, change_of, command_of_change};

#[cfg(test)]
mod tests;
