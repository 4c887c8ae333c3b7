//! Messages in an Ethernet frame of EtherType 0x88B5 (IEEE 802, local experimental 1), which any
//! switch forwards to the port where the agent listens: vse-protocol(7).
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 6 | destination |
//! | 6 | 6 | source |
//! | 12 | 4 | 802.1Q tag, if there is one |
//! | 12 | 2 | EtherType: 0x88B5 |
//! | 14 | 1 | version: 1 |
//! | 15 | 1 | flags |
//! | 16 | 2 | length: bytes behind this header, Ethernet padding not among them |
//! | 18 | 4 | stream_id |
//! | 22 | any | messages |
//! | | 8 | sequence, where AUTH is set |
//! | | 16 | code, where AUTH is set: HMAC-SHA256, its first 128 bits |

use super::auth::{CODE_LEN, Key, Signature};
use super::framed_ref::FramedRef;
use crate::error::{DecodeError, EncodeError};
use crate::of10::{Action, BufferId, Message, PacketIn, PacketOut, PortNo};
use crate::types::{Bytes, MacAddr};
use crate::wire::{Put, length16};

/// The EtherType of the frames.
pub const ETHERTYPE: u16 = 0x88b5;
/// The version of the header.
pub(super) const VERSION: u8 = 1;
/// Bytes of the header behind the EtherType.
pub(super) const HEADER_LEN: usize = 8;
/// Bytes of sequence and code.
pub(super) const TRAILER_LEN: usize = 8 + CODE_LEN;
/// EtherTypes of VLAN tags.
pub(super) const TPIDS: [u16; 2] = [0x8100, 0x88a8];

bitflags::bitflags! {
    /// The flags of the header.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct FramedFlags: u8 {
        /// Sequence and code stand at the end.
        const AUTH = 1 << 0;

        const _ = !0;
    }
}

/// An IEEE 802.1Q tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// 0x8100 or 0x88a8.
    pub tpid: u16,
    /// Priority, drop eligibility and VLAN id.
    pub tci: u16,
}

/// A frame of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framed {
    /// Ethernet destination.
    pub destination: MacAddr,
    /// Ethernet source.
    pub source: MacAddr,
    /// The VLAN tag, if there is one.
    pub tag: Option<Tag>,
    /// The flags; AUTH is set where there is a signature.
    pub(super) flags: FramedFlags,
    /// Names the conversation; answers bear it too.
    pub stream_id: u32,
    /// What the frame brings, at least one, in order.
    pub messages: Vec<Message>,
    /// What shows that it comes from a holder of the key.
    pub(super) signature: Option<Signature>,
}

impl Framed {
    /// A frame without tag and signature.
    #[must_use]
    pub fn new(
        destination: MacAddr,
        source: MacAddr,
        stream_id: u32,
        messages: Vec<Message>,
    ) -> Self {
        let flags = FramedFlags::empty();
        Self { destination, source, tag: None, flags, stream_id, messages, signature: None }
    }

    /// Reads `frame` and every message in it, if its EtherType is that of these frames. Offsets in
    /// the error count from the start of `frame`.
    #[must_use]
    pub fn find(frame: &[u8]) -> Option<Result<Self, DecodeError>> {
        FramedRef::find(frame).map(|read| read.and_then(FramedRef::decode))
    }

    /// Appends the frame; it is not padded to Ethernet's 60 bytes, which is the interface's task.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put(&self.destination.0);
        out.put(&self.source.0);
        if let Some(tag) = self.tag {
            out.put_u16(tag.tpid);
            out.put_u16(tag.tci);
        }
        out.put_u16(ETHERTYPE);
        match self.signature {
            None => out.put(&self.payload(self.flags, None)?),
            Some(Signature { sequence, code }) => {
                out.put(&self.payload(self.flags, Some(sequence))?);
                out.put(&code);
            }
        }
        Ok(())
    }

    /// The bytes from the header on, up to the code: what is signed.
    fn payload(&self, flags: FramedFlags, sequence: Option<u64>) -> Result<Vec<u8>, EncodeError> {
        let mut messages = Vec::new();
        self.messages.iter().try_for_each(|message| message.encode(&mut messages))?;
        let trailer = if sequence.is_some() { TRAILER_LEN } else { 0 };
        let length = length16("vse_frame", messages.len() + trailer)?;
        let mut out = Vec::with_capacity(HEADER_LEN + messages.len() + trailer);
        out.put_u8(VERSION);
        out.put_u8(flags.bits());
        out.put_u16(length);
        out.put_u32(self.stream_id);
        out.put(&messages);
        if let Some(sequence) = sequence {
            out.put_u64(sequence);
        }
        Ok(out)
    }

    /// Signs the frame. Each frame of a stream must have a higher `sequence` than the last one.
    pub fn sign(&mut self, key: &Key, sequence: u64) -> Result<(), EncodeError> {
        let flags = self.flags | FramedFlags::AUTH;
        let code = key.code(&self.payload(flags, Some(sequence))?);
        self.flags = flags;
        self.signature = Some(Signature { sequence, code });
        Ok(())
    }

    /// Sequence and code, if the frame is signed; whether rightly,
    /// [`FramedRef::verify`] tells.
    #[must_use]
    pub fn signature(&self) -> Option<Signature> {
        self.signature
    }

    /// A PACKET_OUT that sends the frame out of `port`, where the agent listens.
    pub fn packet_out(&self, port: PortNo) -> Result<PacketOut, EncodeError> {
        let mut data = Vec::new();
        self.encode(&mut data)?;
        Ok(PacketOut {
            buffer_id: BufferId::NONE,
            in_port: PortNo::NONE,
            actions: vec![Action::Output { port, max_len: 0 }],
            data: Bytes(data),
        })
    }

    /// The PACKET_IN by which a switch hands the frame to the controller, from `in_port`.
    pub fn packet_in(&self, in_port: PortNo) -> Result<PacketIn, EncodeError> {
        let mut data = Vec::new();
        self.encode(&mut data)?;
        super::packet_in(data, in_port)
    }
}

#[cfg(test)]
mod tests {
    use super::super::AuthError;
    use super::*;
    use crate::of10::Body;

    fn sample() -> Framed {
        let (to, from) = (MacAddr([2, 0, 0, 0, 0, 1]), MacAddr([2, 0, 0, 0, 0, 2]));
        let barrier = Message::new(7, Body::BarrierRequest);
        Framed::new(to, from, 9, vec![barrier.clone(), barrier])
    }

    fn bytes_of(frame: &Framed) -> Vec<u8> {
        let mut out = Vec::new();
        frame.encode(&mut out).unwrap();
        out
    }

    #[test]
    fn golden() {
        let wire = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x88\xb5\x01\0\0\x10\0\0\0\x09\
            \x01\x12\0\x08\0\0\0\x07\x01\x12\0\x08\0\0\0\x07";
        assert_eq!(bytes_of(&sample()), wire);
        assert_eq!(Framed::find(wire), Some(Ok(sample())));
        // Padding of a short frame.
        let padded = [&wire[..], &[0; 22]].concat();
        assert_eq!(Framed::find(&padded), Some(Ok(sample())));
        for end in 14..wire.len() {
            assert!(Framed::find(&wire[..end]).unwrap().is_err(), "{end}");
        }
    }

    #[test]
    fn a_tag_is_kept() {
        let mut frame = sample();
        frame.tag = Some(Tag { tpid: 0x8100, tci: 0x2005 });
        assert_eq!(Framed::find(&bytes_of(&frame)), Some(Ok(frame)));
    }

    #[test]
    fn signed() {
        let key = Key::new(b"a key of some length").unwrap();
        let mut frame = sample();
        let wire = bytes_of(&frame);
        let read = FramedRef::find(&wire).unwrap().unwrap();
        assert_eq!(read.verify(&key), Err(AuthError::Unsigned));
        frame.sign(&key, 42).unwrap();
        let wire = bytes_of(&frame);
        assert_eq!(Framed::find(&wire), Some(Ok(frame)));
        let read = FramedRef::find(&wire).unwrap().unwrap();
        assert_eq!(read.verify(&key), Ok(42));
        assert_eq!(read.verify(&Key::new(b"another key of it").unwrap()), Err(AuthError::Code));
        for at in 15..wire.len() {
            let mut forged = wire.clone();
            forged[at] ^= 1;
            let Some(Ok(frame)) = FramedRef::find(&forged) else { continue };
            assert!(frame.verify(&key).is_err(), "byte {at}");
        }
    }

    #[test]
    fn broken_frames_say_where() {
        let mut wire = bytes_of(&sample());
        wire[14] = 2;
        let error = Framed::find(&wire).unwrap().unwrap_err();
        assert_eq!(error.to_string(), "vse_frame.version at byte 14: value 0x2, must be 0x1");
        wire[14] = 1;
        // The length of the second message.
        wire[33] = 7;
        let error = Framed::find(&wire).unwrap().unwrap_err();
        assert_eq!(error.to_string(), "header.length at byte 32: length is 7, must be at least 8");
        let empty = bytes_of(&Framed { messages: Vec::new(), ..sample() });
        let error = Framed::find(&empty).unwrap().unwrap_err();
        assert_eq!(
            error.to_string(),
            "vse_frame.messages at byte 22: need 8 bytes, 0 left (frame length 0)"
        );
    }
}
