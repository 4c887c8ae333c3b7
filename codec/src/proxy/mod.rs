//! OpenFlow messages that travel inside PACKET_OUT and PACKET_IN: how a controller reaches VSE
//! through a switch that knows nothing of it. Section III.C of the paper; vse-protocol(7).
//!
//! Three forms: *bare*, where the data is the message itself; *framed*, where the data is an
//! Ethernet frame of EtherType 0x88B5 that holds messages; and *buffered*, where the frame is in
//! the switch and there is no data.
//!
//! ```
//! use codec::of10::{Body, Message};
//! use codec::proxy::{Carried, bare};
//!
//! let inner = Message::new(7, Body::BarrierRequest);
//! let outer = bare::wrap(&inner)?;
//! let carried = Carried::by_packet_out(&outer);
//! assert_eq!(carried, Carried::Bare(&outer.data));
//! assert_eq!(carried.messages().collect::<Vec<_>>(), [(0, Ok(inner))]);
//! # Ok::<(), codec::EncodeError>(())
//! ```
//!
//! A frame that only a holder of the key can have made:
//!
//! ```
//! use codec::of10::{Body, Message, PortNo};
//! use codec::proxy::{Carried, Framed, Key, ReplayWindow};
//! use codec::types::MacAddr;
//!
//! let key = Key::new(b"0123456789abcdef")?;
//! let (agent, controller) = (MacAddr([2, 0, 0, 0, 0, 10]), MacAddr([2, 0, 0, 0, 0, 1]));
//! let messages = vec![Message::new(7, Body::BarrierRequest)];
//! let mut frame = Framed::new(agent, controller, 9, messages);
//! frame.sign(&key, 1)?;
//! let packet_out = frame.packet_out(PortNo::LOCAL)?;
//!
//! let Carried::Framed(Ok(received)) = Carried::by_packet_out(&packet_out) else { panic!() };
//! let mut window = ReplayWindow::default();
//! assert!(window.accept(received.verify(&key)?));
//! // The same frame once more is a replay.
//! assert!(!window.accept(received.verify(&key)?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod auth;
pub mod bare;
mod framed;
mod framed_ref;
mod replay;

pub use auth::{AuthError, Key, KeyTooShort, Signature};
pub use framed::{ETHERTYPE, Framed, FramedFlags, Tag};
pub use framed_ref::FramedRef;
pub use replay::ReplayWindow;

use crate::error::{DecodeError, EncodeError};
use crate::of10::{BufferId, Message, PacketIn, PacketInReason, PacketOut, PortNo};
use crate::types::{Bytes, Pad};
use crate::wire::length16;

/// What the data of a PACKET_OUT or PACKET_IN is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried<'a> {
    /// One OpenFlow message, by its header; whether the rest of it is sound,
    /// [`messages`](Self::messages) tells.
    Bare(&'a [u8]),
    /// A frame of EtherType 0x88B5, or why its header cannot be read.
    Framed(Result<FramedRef<'a>, DecodeError>),
    /// Any other frame.
    Frame,
    /// Nothing: the frame is in the switch's buffer.
    Buffered(BufferId),
    /// Nothing at all.
    Empty,
}

impl<'a> Carried<'a> {
    /// What a PACKET_OUT carries.
    #[must_use]
    pub fn by_packet_out(message: &'a PacketOut) -> Self {
        Self::of(&message.data, message.buffer_id)
    }

    /// What a PACKET_IN carries.
    #[must_use]
    pub fn by_packet_in(message: &'a PacketIn) -> Self {
        Self::of(&message.data, message.buffer_id)
    }

    /// What `data` is, in a PACKET_OUT or PACKET_IN with this `buffer_id`.
    #[must_use]
    pub fn of(data: &'a [u8], buffer_id: BufferId) -> Self {
        match (data, buffer_id) {
            ([], BufferId::NONE) => Self::Empty,
            ([], buffer_id) => Self::Buffered(buffer_id),
            _ if bare::is_message(data) => Self::Bare(data),
            _ => FramedRef::find(data).map_or(Self::Frame, Self::Framed),
        }
    }

    /// The OpenFlow messages within, each with its offset from the start of the data.
    #[must_use]
    pub fn messages(&self) -> Messages<'a> {
        match self {
            Self::Bare(data) => Messages::new(data, 0),
            Self::Framed(Ok(frame)) => frame.messages(),
            _ => Messages::new(&[], 0),
        }
    }
}

/// The messages that stand back to back; each with its offset, or why it cannot be read. Behind
/// one that cannot, there is no more.
#[derive(Debug, Clone)]
pub struct Messages<'a> {
    left: &'a [u8],
    at: usize,
}

impl<'a> Messages<'a> {
    /// The messages in `bytes`, the first at the offset `at`.
    fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { left: bytes, at }
    }
}

impl Iterator for Messages<'_> {
    type Item = (usize, Result<Message, DecodeError>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.left.is_empty() {
            return None;
        }
        let at = self.at;
        let message = Message::decode(self.left).map(|(message, rest)| {
            self.at += self.left.len() - rest.len();
            self.left = rest;
            message
        });
        if message.is_err() {
            self.left = &[];
        }
        Some((at, message.map_err(|error| error.shifted(at))))
    }
}

/// The PACKET_IN by which a switch hands `data` from `in_port` to the controller.
fn packet_in(data: Vec<u8>, in_port: PortNo) -> Result<PacketIn, EncodeError> {
    Ok(PacketIn {
        buffer_id: BufferId::NONE,
        total_len: length16("packet_in.data", data.len())?,
        in_port,
        reason: PacketInReason::Action,
        pad: Pad::default(),
        data: Bytes(data),
    })
}

#[cfg(test)]
mod tests;
