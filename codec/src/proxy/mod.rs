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
//! let outer = Message::new(8, Body::PacketOut(bare::wrap(&inner)?));
//! let Body::PacketOut(packet_out) = &outer.body else { unreachable!() };
//! assert_eq!(Carried::by_packet_out(packet_out), Carried::Bare(inner));
//! # Ok::<(), codec::EncodeError>(())
//! ```

mod auth;
pub mod bare;
mod framed;
mod replay;

pub use auth::{AuthError, Key, KeyTooShort, Signature};
pub use framed::{ETHERTYPE, Framed, FramedError, FramedFlags, Tag};
pub use replay::ReplayWindow;

use crate::of10::{BufferId, Message, PacketIn, PacketOut};

/// What the data of a PACKET_OUT or PACKET_IN is.
#[derive(Debug, Clone, PartialEq)]
pub enum Carried {
    /// An OpenFlow message.
    Bare(Message),
    /// A frame of EtherType 0x88B5, or why it cannot be read.
    Framed(Result<Framed, FramedError>),
    /// Any other frame.
    Frame,
    /// Nothing: the frame is in the switch's buffer.
    Buffered(BufferId),
    /// Nothing at all.
    Empty,
}

impl Carried {
    /// What a PACKET_OUT carries.
    #[must_use]
    pub fn by_packet_out(message: &PacketOut) -> Self {
        Self::of(&message.data, message.buffer_id)
    }

    /// What a PACKET_IN carries.
    #[must_use]
    pub fn by_packet_in(message: &PacketIn) -> Self {
        Self::of(&message.data, message.buffer_id)
    }

    fn of(data: &[u8], buffer_id: BufferId) -> Self {
        match (data, buffer_id) {
            ([], BufferId::NONE) => return Self::Empty,
            ([], buffer_id) => return Self::Buffered(buffer_id),
            _ => {}
        }
        if let Some(message) = bare::unwrap(data) {
            return Self::Bare(message);
        }
        match Framed::find(data) {
            Some(frame) => Self::Framed(frame),
            None => Self::Frame,
        }
    }
}
