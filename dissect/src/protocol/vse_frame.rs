//! OpenFlow messages in frames of EtherType 0x88B5: vse-protocol(7).
//!
//! ```text
//!  0               8              16                            32
//! +---------------+---------------+-----------------------------+
//! |    version    |     flags     |           length            |
//! +---------------+---------------+-----------------------------+
//! |                          stream id                          |
//! +-------------------------------------------------------------+
//! |  messages ...   and where the flag AUTH is set:             |
//! |  sequence (64 bits)   code (128 bits)                       |
//! +-------------------------------------------------------------+
//! ```

use codec::proxy::{FramedFlags, FramedRef};

use super::openflow;
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::protocol;
use crate::sink::{Place, Sink, Value};
use crate::walk::{Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "vse", "VSE frame";
    VERSION: Unsigned, "vse.version", "version", "Version";
    AUTH: Flag, "vse.flags.auth", "auth", "Signed";
    LENGTH: Unsigned, "vse.length", "length", "Length of what follows the header, bytes";
    STREAM: Unsigned, "vse.stream_id", "stream_id", "Stream";
    SEQUENCE: Unsigned, "vse.sequence", "sequence", "Sequence number of a signed frame";
}

/// Bytes of the header.
const LEN: usize = 8;
/// Bytes of sequence number and code.
const TRAILER_LEN: usize = 24;

/// Dissects `bytes`, which follow the EtherType of `frame`, and the messages in it.
pub(crate) fn dissect(
    walk: &mut Walk<'_>,
    frame: Option<&[u8]>,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let Some((&[version, flags, l0, l1, s0, s1, s2, s3], rest)) = bytes.split_first_chunk::<LEN>()
    else {
        sink.enter(&PROTOCOL, place);
        short(walk, "VSE header", LEN, place, sink);
        return sink.leave();
    };
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let stream = u32::from_be_bytes([s0, s1, s2, s3]);
    let auth = FramedFlags::from_bits_retain(flags).contains(FramedFlags::AUTH);
    let content = rest.get(..length).unwrap_or(rest);
    let trailer = if auth { TRAILER_LEN } else { 0 };
    let messages = content.len().saturating_sub(trailer);
    sink.enter(&PROTOCOL, place.part(0, LEN + content.len()));
    if sink.wants(&PROTOCOL) {
        sink.field(&VERSION, place.part(0, 1), Value::Unsigned(version.into()));
        sink.field(&AUTH, place.part(1, 1), Value::Flag(auth));
        sink.field(&LENGTH, place.part(2, 2), Value::Unsigned(u16::from_be_bytes([l0, l1]).into()));
        sink.field(&STREAM, place.part(4, 4), Value::Unsigned(stream.into()));
        let sequence = content.get(messages..).and_then(<[u8]>::first_chunk).filter(|_| auth);
        if let Some(sequence) = sequence {
            let value = Value::Unsigned(u64::from_be_bytes(*sequence));
            sink.field(&SEQUENCE, place.part(LEN + messages, 8), value);
        }
    }
    sink.info(Info::VseFrame(stream));
    if let (Some(frame), 0) = (frame, walk.missing)
        && let Some(Err(error)) = FramedRef::find(frame)
    {
        // The error's offset counts from the start of the frame.
        let before = frame.len() - bytes.len();
        let at = place.offset.map(|offset| (offset + error.offset).saturating_sub(before));
        let text = format!("{}.{}: {}", error.message, error.field, error.kind);
        sink.problem(Problem::malformed(at, text));
        return sink.leave();
    }
    if let Some(mut inside) = walk.inside() {
        let bytes = content.get(..messages).unwrap_or_default();
        openflow::dissect_framed(&mut inside, bytes, place.part(LEN, messages), sink);
    }
    sink.leave();
}
