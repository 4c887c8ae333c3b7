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

use codec::proxy::FramedRef;

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

/// Dissects `bytes`, which follow the EtherType of `frame`, and the messages in it.
pub(crate) fn dissect(
    walk: &mut Walk<'_>,
    frame: &[u8],
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let Some(([version, flags, l0, l1, s0, s1, s2, s3], _)) = bytes.split_first_chunk::<LEN>()
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
    match FramedRef::find(frame) {
        Some(Ok(framed)) => {
            let messages = framed.messages.len();
            if let Some(signature) = framed.signature {
                let place = place.part(LEN + messages, 8);
                sink.field(&SEQUENCE, place, Value::Number(signature.sequence));
            }
            let lines = framed.messages().filter_map(|(_, message)| message.ok());
            let lines: Vec<String> = lines.map(|message| message.to_string()).collect();
            let count = lines.len();
            sink.info(&format_args!("stream {stream}, {count} messages: {}", lines.join(" | ")));
            if let Some(mut inside) = walk.inside() {
                openflow::dissect_framed(
                    &mut inside,
                    framed.messages,
                    place.part(LEN, messages),
                    sink,
                );
            }
        }
        Some(Err(error)) if walk.missing == 0 => {
            sink.info(&format_args!("stream {stream}: {error}"));
            // The error's offset counts from the start of the frame.
            let before = frame.len() - bytes.len();
            let at = place.offset.map(|offset| (offset + error.offset).saturating_sub(before));
            let text = format!("{}.{}: {}", error.message, error.field, error.kind);
            sink.problem(Problem { kind: ProblemKind::Malformed, at, text });
        }
        _ => {}
    }
    sink.leave();
}
