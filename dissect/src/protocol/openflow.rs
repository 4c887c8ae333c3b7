//! OpenFlow 1.0, with VSE, and what its messages carry. The messages themselves are read by the
//! codec; this is where they are in the stream, and what is in them is dissected in turn.

use codec::DecodeError;
use codec::of10::{Body, HEADER_LEN, Header, Message, VERSION};
use codec::proxy::Carried;

use super::{ethernet, vse_frame};
use crate::dissector::Walk;
use crate::problem::{Problem, ProblemKind};
use crate::registry::{Field, Protocol};
use crate::sink::{Place, Sink, Value};

pub(crate) static PROTOCOL: Protocol = Protocol {
    name: "openflow",
    title: "OpenFlow",
    fields: &[&VERSION_FIELD, &TYPE, &LENGTH, &XID, &BODY],
};
static VERSION_FIELD: Field = Field { name: "openflow.version", key: "version", doc: "Version" };
static TYPE: Field = Field { name: "openflow_1_0.type", key: "type", doc: "Type" };
static LENGTH: Field = Field { name: "openflow.length", key: "length", doc: "Length, bytes" };
static XID: Field = Field { name: "openflow.xid", key: "xid", doc: "Transaction id" };
static BODY: Field = Field { name: "vse.openflow.body", key: "body", doc: "Fields of the message" };

/// Dissects messages back to back. The first `before` bytes came in earlier frames; what follows
/// them is at `place`. Returns how many bytes at the end wait for the rest of a message.
pub(crate) fn dissect_stream(
    walk: &mut Walk<'_>,
    bytes: &[u8],
    place: Place,
    before: usize,
    sink: &mut impl Sink,
) -> usize {
    let mut at = 0;
    while let Some(left) = bytes.get(at..).filter(|left| !left.is_empty()) {
        let offset = at.checked_sub(before).and_then(|at| Some(place.offset? + at));
        let header = match Header::parse(left) {
            Ok(header) => header,
            Err(error) if error.is_incomplete() => return left.len(),
            Err(error) => {
                // Without a length nobody knows where the next message begins.
                report(&error, offset, sink);
                return 0;
            }
        };
        let Some(message) = left.get(..header.len()) else { return left.len() };
        dissect(walk, message, Place { offset, len: message.len() }, sink);
        at += message.len();
    }
    0
}

/// Dissects one message, which `bytes` hold whole.
pub(crate) fn dissect(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    let header = match Header::parse(bytes) {
        Ok(header) => header,
        Err(error) => return report(&error, place.offset, sink),
    };
    sink.enter(&PROTOCOL, place);
    if sink.wants_fields() {
        sink.field(&VERSION_FIELD, place.part(0, 1), Value::Number(header.version.into()));
        let number = Value::Number(u8::from(header.r#type).into());
        let name = header.r#type.name().filter(|_| header.version == VERSION);
        sink.field(&TYPE, place.part(1, 1), name.map_or(number, Value::Text));
        sink.field(&LENGTH, place.part(2, 2), Value::Number(header.length.into()));
        sink.field(&XID, place.part(4, 4), Value::Number(header.xid.into()));
    }
    match Message::decode(bytes) {
        Ok((message, _)) => {
            sink.info(&message);
            if sink.wants_fields() {
                let body_place = place.part(HEADER_LEN, bytes.len() - HEADER_LEN);
                sink.field(&BODY, body_place, Value::Structure(body_of(&message)));
            }
            dissect_carried(walk, &message, bytes, place, sink);
        }
        Err(_) if header.version != VERSION => {
            let Header { version, r#type, .. } = header;
            let number = u8::from(r#type);
            sink.info(&format_args!("OpenFlow version {version:#04x}, type {number}"));
            sink.problem(Problem {
                kind: ProblemKind::Unsupported,
                at: place.offset,
                text: format!("OpenFlow version {version:#04x}, {} bytes", bytes.len()),
            });
        }
        Err(error) => {
            sink.info(&format_args!("{} (xid={:#x}): {error}", header.r#type, header.xid));
            report(&error, place.offset, sink);
        }
    }
    sink.leave();
}

/// The fields of a message behind its header.
fn body_of(message: &Message) -> serde_json::Value {
    match serde_json::to_value(message) {
        Ok(serde_json::Value::Object(mut fields)) => {
            fields.remove("body").unwrap_or(serde_json::Value::Null)
        }
        _ => serde_json::Value::Null,
    }
}

fn report(error: &DecodeError, offset: Option<usize>, sink: &mut impl Sink) {
    let at = offset.map(|offset| offset + error.offset);
    let text = format!("{}.{}: {}", error.message, error.field, error.kind);
    sink.problem(Problem { kind: ProblemKind::Malformed, at, text });
}

/// Dissects the frame or message that a message carries at its end.
fn dissect_carried(
    walk: &mut Walk<'_>,
    message: &Message,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let Some(mut inside) = walk.inside() else { return };
    let (data_len, carried) = match &message.body {
        Body::PacketIn(body) => (body.data.len(), Carried::by_packet_in(body)),
        Body::PacketOut(body) => (body.data.len(), Carried::by_packet_out(body)),
        Body::Error(body) => {
            if body.offending().is_some() {
                let data = bytes.len().saturating_sub(body.data.len());
                let data_place = place.part(data, body.data.len());
                dissect_offending(&mut inside, &body.data, data_place, sink);
            }
            return;
        }
        _ => return,
    };
    let start = bytes.len().saturating_sub(data_len);
    let data = bytes.get(start..).unwrap_or_default();
    let place = place.part(start, data_len);
    if let Body::PacketIn(body) = &message.body {
        inside.missing = usize::from(body.total_len).saturating_sub(data_len);
    }
    match carried {
        Carried::Bare(_) => dissect(&mut inside, data, place, sink),
        Carried::Framed(_) | Carried::Frame => ethernet::dissect(&mut inside, data, place, sink),
        Carried::Buffered(_) | Carried::Empty => {}
    }
}

/// Dissects the beginning of the message that an ERROR is about. It may be cut, as the
/// specification allows; what is there of the header is shown then.
fn dissect_offending(walk: &mut Walk<'_>, data: &[u8], place: Place, sink: &mut impl Sink) {
    let Ok(header) = Header::parse(data) else { return };
    if header.len() <= data.len() {
        return dissect(walk, data.get(..header.len()).unwrap_or(data), place, sink);
    }
    sink.enter(&PROTOCOL, place);
    if let Some(name) = header.r#type.name() {
        sink.field(&TYPE, place.part(1, 1), Value::Text(name));
    }
    sink.field(&LENGTH, place.part(2, 2), Value::Number(header.length.into()));
    sink.field(&XID, place.part(4, 4), Value::Number(header.xid.into()));
    let (there, whole) = (data.len(), header.len());
    sink.info(&format_args!("{}: the first {there} of {whole} bytes", header.r#type));
    sink.leave();
}

/// Dissects the messages of a 0x88B5 frame; they are whole.
pub(crate) fn dissect_framed(
    walk: &mut Walk<'_>,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let left = dissect_stream(walk, bytes, place, 0, sink);
    if left > 0 {
        sink.problem(Problem {
            kind: ProblemKind::Malformed,
            at: place.offset.map(|offset| offset + bytes.len() - left),
            text: format!("{}: {left} bytes of a message, and no more", vse_frame::PROTOCOL.title),
        });
    }
}
