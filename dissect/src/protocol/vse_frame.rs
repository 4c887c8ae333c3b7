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

use codec::proxy::Framed;

use super::openflow;
use crate::dissector::{Walk, short};
use crate::problem::{Problem, ProblemKind};
use crate::registry::{Field, Protocol};
use crate::sink::{Place, Sink, Value};

pub(crate) static PROTOCOL: Protocol = Protocol {
    name: "vse",
    title: "VSE frame",
    fields: &[&VERSION, &AUTH, &LENGTH, &STREAM, &SEQUENCE],
};
static VERSION: Field = Field { name: "vse.version", key: "version", doc: "Version" };
static AUTH: Field = Field { name: "vse.flags.auth", key: "auth", doc: "Signed" };
static LENGTH: Field = Field { name: "vse.length", key: "length", doc: "Length, bytes" };
static STREAM: Field = Field { name: "vse.stream_id", key: "stream_id", doc: "Stream" };
static SEQUENCE: Field = Field { name: "vse.sequence", key: "sequence", doc: "Sequence" };

/// Bytes of the header.
const LEN: usize = 8;
/// Bytes of sequence and code.
const TRAILER_LEN: usize = 24;

/// Dissects `bytes`, which follow the EtherType of `frame`, and the messages in it.
pub(crate) fn dissect(
    walk: &mut Walk<'_>,
    frame: &[u8],
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let Some(([version, flags, l0, l1, s0, s1, s2, s3], rest)) = bytes.split_first_chunk::<LEN>()
    else {
        sink.enter(&PROTOCOL, place);
        short(sink, "VSE header", place, LEN, walk.missing);
        return sink.leave();
    };
    let length = usize::from(u16::from_be_bytes([*l0, *l1]));
    let auth = flags & 1 == 1;
    sink.enter(&PROTOCOL, place.part(0, (LEN + length).min(bytes.len())));
    sink.field(&VERSION, place.part(0, 1), Value::Number((*version).into()));
    sink.field(&AUTH, place.part(1, 1), Value::Flag(auth));
    sink.field(&LENGTH, place.part(2, 2), Value::Number(u16::from_be_bytes([*l0, *l1]).into()));
    let stream = u32::from_be_bytes([*s0, *s1, *s2, *s3]);
    sink.field(&STREAM, place.part(4, 4), Value::Number(stream.into()));
    match Framed::find(frame) {
        Some(Ok(framed)) => {
            let signature = framed.signature();
            let trailer = if signature.is_some() { TRAILER_LEN } else { 0 };
            let messages = length.saturating_sub(trailer);
            if let Some(signature) = signature {
                let place = place.part(LEN + messages, 8);
                sink.field(&SEQUENCE, place, Value::Number(signature.sequence));
            }
            let count = framed.messages.len();
            let mut list = String::new();
            for message in &framed.messages {
                list.push_str(if list.is_empty() { "" } else { " | " });
                list.push_str(&message.to_string());
            }
            sink.info(&format_args!("stream {stream}, {count} messages: {list}"));
            if let Some(mut inside) = walk.inside() {
                let bytes = rest.get(..messages).unwrap_or_default();
                openflow::dissect_framed(&mut inside, bytes, place.part(LEN, messages), sink);
            }
        }
        Some(Err(error)) if walk.missing == 0 => {
            sink.info(&format_args!("stream {stream}: {error}"));
            // The error's offset counts from the start of the frame.
            let text = error.to_string();
            sink.problem(Problem { kind: ProblemKind::Malformed, at: place.offset, text });
        }
        _ => {}
    }
    sink.leave();
}
