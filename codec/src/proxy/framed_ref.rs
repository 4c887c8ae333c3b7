//! A frame of messages as it is received: the header, who sent it, then the messages.

use nom::Parser;

use super::Messages;
use super::auth::{AuthError, CODE_LEN, Key, Signature};
use super::framed::{ETHERTYPE, Framed, FramedFlags, HEADER_LEN, TPIDS, TRAILER_LEN, Tag, VERSION};
use crate::error::{DecodeError, DecodeErrorKind, Limit};
use crate::of10;
use crate::types::MacAddr;
use crate::wire::{Fault, Parsed, array, bytes, u8, u16, u32, u64, whole, within};

/// A frame whose header is read, and whose messages are not yet: a receiver that has a key looks
/// at nothing else before it has verified the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FramedRef<'a> {
    /// Ethernet destination.
    pub destination: MacAddr,
    /// Ethernet source.
    pub source: MacAddr,
    /// The VLAN tag, if there is one.
    pub tag: Option<Tag>,
    /// The flags.
    pub flags: FramedFlags,
    /// Names the conversation.
    pub stream_id: u32,
    /// The messages, back to back.
    pub messages: &'a [u8],
    /// Bytes from the start of the frame to the first message.
    pub messages_at: usize,
    /// What shows that it comes from a holder of the key.
    pub signature: Option<Signature>,
    /// The bytes that the signature is about.
    signed: &'a [u8],
}

impl<'a> FramedRef<'a> {
    /// Reads the header of `frame`, if its EtherType is that of these frames. Bytes behind the
    /// header's length are Ethernet padding. Offsets in the error count from the start of `frame`.
    #[must_use]
    pub fn find(frame: &'a [u8]) -> Option<Result<Self, DecodeError>> {
        let ethertype = |at: usize| Some(u16::from_be_bytes(*frame.get(at..)?.first_chunk::<2>()?));
        let at = if TPIDS.contains(&ethertype(12)?) { 16 } else { 12 };
        (ethertype(at)? == ETHERTYPE).then(|| {
            whole("vse_frame", frame, frame, Limit::Input, |bytes| Self::read(bytes, at + 2))
        })
    }

    /// Reads `frame`, whose header begins at `header_at`.
    fn read(frame: &'a [u8], header_at: usize) -> Parsed<'a, Self> {
        let (rest, (destination, source)) =
            (array("destination").map(MacAddr), array("source").map(MacAddr)).parse(frame)?;
        let (rest, tag) = if header_at > 14 {
            (u16("tpid"), u16("tci")).map(|(tpid, tci)| Some(Tag { tpid, tci })).parse(rest)?
        } else {
            (rest, None)
        };
        let (header, _) = u16("ethertype").parse(rest)?;
        let (rest, (version, flags, length, stream_id)) = (
            u8("version"),
            u8("flags").map(FramedFlags::from_bits_retain),
            u16("length"),
            u32("stream_id"),
        )
            .parse(header)?;
        if version != VERSION {
            let kind = DecodeErrorKind::Value { found: version.into(), expected: "0x1" };
            return Err(Fault::new(header, "version", kind));
        }
        let length = usize::from(length);
        let (_, content) = bytes("messages", length).parse(rest)?;
        let trailer = if flags.contains(FramedFlags::AUTH) { TRAILER_LEN } else { 0 };
        let messages_len = length.saturating_sub(trailer);
        let limit = Limit::Field("frame length", length);
        let (messages, signature) = within(content, limit, |content| {
            let (rest, messages) = bytes("messages", messages_len).parse(content)?;
            if trailer == 0 {
                return Ok((rest, (messages, None)));
            }
            let (rest, signature) = (u64("sequence"), array("code"))
                .map(|(sequence, code)| Some(Signature { sequence, code }))
                .parse(rest)?;
            Ok((rest, (messages, signature)))
        })?;
        if messages.is_empty() {
            let kind = DecodeErrorKind::Truncated { need: of10::HEADER_LEN, have: 0, limit };
            return Err(Fault::new(content, "messages", kind));
        }
        // All of the header and what it counts, but for the code.
        let signed_len = HEADER_LEN + length - if trailer == 0 { 0 } else { CODE_LEN };
        let read = Self {
            destination,
            source,
            tag,
            flags,
            stream_id,
            messages,
            messages_at: header_at + HEADER_LEN,
            signature,
            signed: header.get(..signed_len).unwrap_or(header),
        };
        Ok((&[], read))
    }

    /// The sequence of the frame, if it was signed with `key`.
    pub fn verify(&self, key: &Key) -> Result<u64, AuthError> {
        let Signature { sequence, code } = self.signature.ok_or(AuthError::Unsigned)?;
        key.verify(self.signed, &code).map(|()| sequence)
    }

    /// The messages, each with its offset from the start of the frame.
    #[must_use]
    pub fn messages(&self) -> Messages<'a> {
        Messages::new(self.messages, self.messages_at)
    }

    /// The frame with all its messages decoded.
    pub fn decode(self) -> Result<Framed, DecodeError> {
        let messages = self.messages().map(|(_, message)| message).collect::<Result<_, _>>()?;
        Ok(Framed {
            destination: self.destination,
            source: self.source,
            tag: self.tag,
            flags: self.flags,
            stream_id: self.stream_id,
            messages,
            signature: self.signature,
        })
    }
}
