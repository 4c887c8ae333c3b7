//! Wire formats of VSE: bytes to values and back, and the text and JSON that people and programs
//! write for them. No I/O, no logging, no clock.
//!
//! # A tour
//!
//! [`of10`] has every message of OpenFlow 1.0. A value keeps every bit of the bytes that it was
//! read from, so that writing it gives them back.
//!
//! ```
//! use codec::of10::{Body, Message};
//!
//! let bytes = b"\x01\x0e\0\x50\0\0\0\x07\0\x30\x20\xef\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\
//!     \0\0\0\0\0\0\0\0\x0a\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\x2a\0\0\0\x0a\0\0\0\x05\xff\xff\xff\xff\
//!     \xff\xff\0\x01\0\0\0\x08\0\x02\0\0";
//! let (message, rest) = Message::decode(bytes)?;
//! let Body::FlowMod(flow_mod) = &message.body else { unreachable!() };
//! assert_eq!((flow_mod.priority, flow_mod.r#match.to_string().as_str()), (5, "ip,nw_dst=10.0.0.1"));
//!
//! let mut again = Vec::new();
//! message.encode(&mut again)?;
//! assert_eq!((again.as_slice(), rest), (&bytes[..], &[][..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is wrong with a message is told with field, offset and limit:
//!
//! ```
//! use codec::of10::Message;
//!
//! let error = Message::decode(&[1, 12, 0, 12, 0, 0, 0, 7, 0, 0, 0, 0]).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "port_status.pad at byte 9: need 7 bytes, 3 left (header length 12)"
//! );
//! ```
//!
//! Every message has a JSON form, with the names of the specification:
//!
//! ```
//! use codec::of10::Message;
//!
//! let json = r#"{"version":1,"type":"echo_request","length":10,"xid":1,"body":{"data":"00ff"}}"#;
//! let message: Message = serde_json::from_str(json)?;
//! assert_eq!(serde_json::to_string(&message)?, json);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! - [`vse`] is the vendor extension: messages, statistics, actions, match TLVs.
//! - [`nicira`] is Nicira's extensions, which Open vSwitch speaks: NXM matches, NXAST actions.
//! - [`fcf`] is the Flow Control Field, in the type of service and in VLAN tags.
//! - [`proxy`] is messages inside of PACKET_OUT and PACKET_IN.
//! - [`text`] is the flow syntax of ovs-ofctl with the words of VSE.
//! - [`netlink`] is the same world through netlink.

mod code_points;
mod error;
pub mod fcf;
pub mod netlink;
pub mod nicira;
pub mod of10;
pub mod proxy;
pub mod text;
pub mod types;
pub mod vse;
mod wire;

pub use error::{DecodeError, DecodeErrorKind, EncodeError, Expected, Limit};
