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

use nom::Parser;

use super::auth::{AuthError, CODE_LEN, Key, Signature};
use crate::error::{DecodeError, EncodeError, Limit};
use crate::of10::Message;
use crate::types::MacAddr;
use crate::wire::{Parsed, Put, array, bytes, length16, located, u8, u16, u32, u64, whole};

/// The EtherType of the frames.
pub const ETHERTYPE: u16 = 0x88b5;
/// The version of the header.
const VERSION: u8 = 1;
/// Bytes of the header behind the EtherType.
const HEADER_LEN: usize = 8;
/// EtherTypes of VLAN tags.
const TPIDS: [u16; 2] = [0x8100, 0x88a8];

bitflags::bitflags! {
    /// The flags of the header.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct FramedFlags: u8 {
        /// Sequence and code stand at the end.
        const AUTH = 1 << 0;

        const _ = !0;
    }
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
    flags: FramedFlags,
    /// Names the conversation; answers bear it too.
    pub stream_id: u32,
    /// What the frame brings, at least one, in order.
    pub messages: Vec<Message>,
    /// What shows that it comes from a holder of the key.
    signature: Option<Signature>,
}

/// An IEEE 802.1Q tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// 0x8100 or 0x88a8.
    pub tpid: u16,
    /// Priority, drop eligibility and VLAN id.
    pub tci: u16,
}

/// A frame of EtherType 0x88B5 that is none of ours, or broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FramedError {
    /// The header, or a message within. Offsets count from the start of the frame.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The version is another one.
    #[error("vse_frame.version at byte {offset}: value {found}, must be 1")]
    Version {
        /// The version that was found.
        found: u8,
        /// Where.
        offset: usize,
    },
    /// There is no message in it.
    #[error("vse_frame: there is no message in it")]
    Empty,
}

/// What stands before the messages.
struct Head<'a> {
    destination: MacAddr,
    source: MacAddr,
    tag: Option<Tag>,
    version: u8,
    flags: FramedFlags,
    stream_id: u32,
    /// Messages and signature.
    content: &'a [u8],
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

    /// Reads `frame`, if its EtherType is that of these frames.
    #[must_use]
    pub fn find(frame: &[u8]) -> Option<Result<Self, FramedError>> {
        let ethertype = |at: usize| Some(u16::from_be_bytes(*frame.get(at..)?.first_chunk::<2>()?));
        let at = if TPIDS.contains(&ethertype(12)?) { 16 } else { 12 };
        (ethertype(at)? == ETHERTYPE).then(|| Self::parse(frame))
    }

    /// Reads `frame`, whose EtherType is known to be right.
    fn parse(frame: &[u8]) -> Result<Self, FramedError> {
        let (padding, head) =
            read_head(frame).map_err(|error| located("vse_frame", frame, error))?;
        let content_at = frame.len() - padding.len() - head.content.len();
        if head.version != VERSION {
            let offset = content_at.saturating_sub(HEADER_LEN);
            return Err(FramedError::Version { found: head.version, offset });
        }
        let limit = Limit::Field("frame length", head.content.len());
        let (messages, signature) = if head.flags.contains(FramedFlags::AUTH) {
            let messages = head.content.len().saturating_sub(8 + CODE_LEN);
            whole("vse_frame", frame, head.content, limit, |content| {
                let (rest, (messages, sequence, code)) =
                    (bytes("messages", messages), u64("sequence"), array("code")).parse(content)?;
                Ok((rest, (messages, Some(Signature { sequence, code }))))
            })?
        } else {
            (head.content, None)
        };
        Ok(Self {
            destination: head.destination,
            source: head.source,
            tag: head.tag,
            flags: head.flags,
            stream_id: head.stream_id,
            messages: decode_all(messages, content_at)?,
            signature,
        })
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
        let trailer = if sequence.is_some() { 8 + CODE_LEN } else { 0 };
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

    /// The sequence of the frame, if it was signed with `key`.
    pub fn verify(&self, key: &Key) -> Result<u64, AuthError> {
        let Some(Signature { sequence, code }) = self.signature else {
            return Err(AuthError::Unsigned);
        };
        let payload = self.payload(self.flags, Some(sequence)).map_err(|_| AuthError::Code)?;
        key.verify(&payload, &code).map(|()| sequence)
    }

    /// Sequence and code, if the frame is signed; whether rightly, [`verify`](Self::verify) tells.
    #[must_use]
    pub fn signature(&self) -> Option<Signature> {
        self.signature
    }
}

fn read_head(frame: &[u8]) -> Parsed<'_, Head<'_>> {
    let (rest, (destination, source, first)) =
        (array("destination").map(MacAddr), array("source").map(MacAddr), u16("ethertype"))
            .parse(frame)?;
    let (rest, tag) = if TPIDS.contains(&first) {
        let (rest, (tci, _)) = (u16("tci"), u16("ethertype")).parse(rest)?;
        (rest, Some(Tag { tpid: first, tci }))
    } else {
        (rest, None)
    };
    let (rest, (version, flags, length, stream_id)) = (
        u8("version"),
        u8("flags").map(FramedFlags::from_bits_retain),
        u16("length"),
        u32("stream_id"),
    )
        .parse(rest)?;
    let (rest, content) = bytes("messages", length.into()).parse(rest)?;
    Ok((rest, Head { destination, source, tag, version, flags, stream_id, content }))
}

/// Reads messages up to the end of `content`, which begins at `offset` of the frame.
fn decode_all(content: &[u8], offset: usize) -> Result<Vec<Message>, FramedError> {
    let mut messages = Vec::new();
    let mut left = content;
    while !left.is_empty() {
        let at = offset + content.len() - left.len();
        let (message, rest) = Message::decode(left).map_err(|error| error.shifted(at))?;
        messages.push(message);
        left = rest;
    }
    if messages.is_empty() { Err(FramedError::Empty) } else { Ok(messages) }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(frame.verify(&key), Err(AuthError::Unsigned));
        frame.sign(&key, 42).unwrap();
        let wire = bytes_of(&frame);
        let read = Framed::find(&wire).unwrap().unwrap();
        assert_eq!(read, frame);
        assert_eq!(read.verify(&key), Ok(42));
        assert_eq!(read.verify(&Key::new(b"another key of it").unwrap()), Err(AuthError::Code));
        for at in 15..wire.len() {
            let mut forged = wire.clone();
            forged[at] ^= 1;
            let accepted = Framed::find(&forged).unwrap().is_ok_and(|f| f.verify(&key).is_ok());
            assert!(!accepted, "byte {at}");
        }
    }

    #[test]
    fn broken_frames_say_where() {
        let mut wire = bytes_of(&sample());
        wire[14] = 2;
        let error = Framed::find(&wire).unwrap().unwrap_err();
        assert_eq!(error.to_string(), "vse_frame.version at byte 14: value 2, must be 1");
        wire[14] = 1;
        // The length of the second message.
        wire[33] = 7;
        let error = Framed::find(&wire).unwrap().unwrap_err();
        assert_eq!(error.to_string(), "header.length at byte 32: length is 7, must be at least 8");
        let empty = bytes_of(&Framed { messages: Vec::new(), ..sample() });
        assert_eq!(Framed::find(&empty), Some(Err(FramedError::Empty)));
    }
}
