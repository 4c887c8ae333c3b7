//! OpenFlow, and what its messages carry. Messages of version 1.0 are dissected to the last field,
//! those of later versions named and stepped over.

mod actions;
mod body;
mod fields;
mod matches;
mod nicira;
mod nicira_fields;
mod nxm_fields;
mod reader;
mod stats;
mod vse;

use codec::DecodeError;
use codec::of10::{BufferId, HEADER_LEN, Header, Message, MessageType, VERSION};
use codec::proxy::Carried;

use super::ethernet;
use crate::problem::Problem;
use crate::registry::{Names, named_values, names, protocol};
use crate::sink::{Place, Sink, Value};
use crate::walk::Walk;

pub(crate) use fields::{NEW_CORE, PROTOCOL as BODY, REASON, SET_IRQ_CORE};
pub(crate) use nicira_fields::PROTOCOL as NICIRA;
pub(crate) use nxm_fields::PROTOCOL as NXM;

protocol! {
    pub(crate) static PROTOCOL = "openflow", "OpenFlow";
    VERSION_FIELD: Hex, "openflow.version", "version", "Version: 1 is OpenFlow 1.0";
    TYPE: Names(names!(MessageType: u8)), "openflow_1_0.type", "type", "Type: OpenFlow 1.0";
    TYPE_1_3: Names(TYPES_1_3), "openflow_v4.type", "type", "Type: OpenFlow 1.3";
    TYPE_1_4: Names(TYPES_1_3), "openflow_v5.type", "type", "Type: OpenFlow 1.4";
    TYPE_1_5: Names(TYPES_1_3), "openflow_v6.type", "type", "Type: OpenFlow 1.5";
    TYPE_OTHER: Names(TYPES_1_3), "vse.openflow.type", "type", "Type: other versions";
    LENGTH: Unsigned, "openflow.length", "length", "Length, bytes";
    XID: Unsigned, "openflow.xid", "xid", "Transaction id";
    BODY_FIELD: Structure, "vse.openflow.body", "body", "Fields of the message";
}

/// The types of OpenFlow 1.3 and what later versions add.
static TYPES_1_3: &Names = named_values! {
    0 "hello", 1 "error", 2 "echo_request", 3 "echo_reply", 4 "experimenter",
    5 "features_request", 6 "features_reply", 7 "get_config_request", 8 "get_config_reply",
    9 "set_config", 10 "packet_in", 11 "flow_removed", 12 "port_status", 13 "packet_out",
    14 "flow_mod", 15 "group_mod", 16 "port_mod", 17 "table_mod", 18 "multipart_request",
    19 "multipart_reply", 20 "barrier_request", 21 "barrier_reply",
    22 "queue_get_config_request", 23 "queue_get_config_reply", 24 "role_request",
    25 "role_reply", 26 "get_async_request", 27 "get_async_reply", 28 "set_async",
    29 "meter_mod", 30 "role_status", 31 "table_status", 32 "requestforward",
    33 "bundle_control", 34 "bundle_add_message", 35 "controller_status",
};

/// The name of a type of a version that is not dissected.
pub(crate) fn later_type_name(r#type: u8) -> Option<&'static str> {
    (TYPES_1_3.name)(r#type.into())
}

/// The version as people name it.
pub(crate) fn version_name(version: u8) -> Option<&'static str> {
    Some(match version {
        1 => "1.0",
        2 => "1.1",
        3 => "1.2",
        4 => "1.3",
        5 => "1.4",
        6 => "1.5",
        _ => return None,
    })
}

/// Dissects messages back to back. `at` says where the bytes at an offset are.
pub(crate) fn dissect_region(
    walk: &mut Walk<'_>,
    bytes: &[u8],
    at: impl Fn(usize, usize) -> Place,
    sink: &mut impl Sink,
) {
    let mut offset = 0;
    while let Some(left) = bytes.get(offset..).filter(|left| !left.is_empty()) {
        let header = match Header::parse(left) {
            Ok(header) => header,
            // The beginning of a message that goes on elsewhere.
            Err(error) if error.is_incomplete() => return,
            Err(error) => return report(&error, at(offset, left.len()), sink),
        };
        let Some(message) = left.get(..header.len()) else { return };
        dissect_message(walk, header, message, at(offset, message.len()), sink);
        offset += message.len();
    }
}

/// Dissects one message, which `bytes` hold whole.
pub(crate) fn dissect(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    match Header::parse(bytes) {
        Ok(header) => dissect_message(walk, header, bytes, place, sink),
        Err(error) => report(&error, place, sink),
    }
}

fn dissect_message(
    walk: &mut Walk<'_>,
    header: Header,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    sink.enter(&PROTOCOL, place);
    if sink.wants(&PROTOCOL) {
        header_fields(&header, place, sink);
    }
    sink.message(bytes, place);
    if header.version != VERSION {
        let version = version_name(header.version).unwrap_or("of an unknown version");
        let text = format!("OpenFlow {version}: {} bytes skipped", bytes.len());
        sink.problem(Problem::unsupported(place.offset, text));
        return sink.leave();
    }
    if wants_body(sink) {
        sink.open(&BODY_FIELD, place.rest(HEADER_LEN));
        body::dissect(header.r#type, bytes, place, sink);
        sink.close();
    }
    if sink.wants_problems()
        && let Err(error) = Message::check(bytes)
    {
        report(&error, place, sink);
    }
    dissect_carried(walk, header.r#type, bytes, place, sink);
    sink.leave();
}

/// Whether any field of a body is asked for.
fn wants_body(sink: &impl Sink) -> bool {
    [&BODY, &NICIRA, &NXM].into_iter().any(|fields| sink.wants(fields))
}

fn header_fields(header: &Header, place: Place, sink: &mut impl Sink) {
    let r#type = match header.version {
        VERSION => &TYPE,
        4 => &TYPE_1_3,
        5 => &TYPE_1_4,
        6 => &TYPE_1_5,
        _ => &TYPE_OTHER,
    };
    sink.field(&VERSION_FIELD, place.part(0, 1), Value::Unsigned(header.version.into()));
    sink.field(r#type, place.part(1, 1), Value::Unsigned(u8::from(header.r#type).into()));
    sink.field(&LENGTH, place.part(2, 2), Value::Unsigned(header.length.into()));
    sink.field(&XID, place.part(4, 4), Value::Unsigned(header.xid.into()));
}

/// Reports an error whose offset counts from the start of `place`.
pub(crate) fn report(error: &DecodeError, place: Place, sink: &mut impl Sink) {
    let at = place.offset.map(|offset| offset + error.offset);
    let text = format!("{}.{}: {}", error.message, error.field, error.kind);
    sink.problem(Problem::malformed(at, text));
}

/// Dissects the frame or message that a message carries at its end.
fn dissect_carried(
    walk: &mut Walk<'_>,
    r#type: MessageType,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let word = |at: usize| Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let nicira = match r#type {
        MessageType::Vendor => nicira::frame_in(bytes),
        _ => None,
    };
    let range = match (&nicira, r#type) {
        (Some((range, _)), _) => Some(range.clone()),
        (None, MessageType::PacketIn) => Some(18..bytes.len()),
        (None, MessageType::PacketOut) => {
            word(14).map(|actions| 16 + usize::from(actions)..bytes.len())
        }
        (None, MessageType::Error) => Some(12..bytes.len()),
        (None, MessageType::Vendor) => vse::frame_at(bytes).map(|from| from..bytes.len()),
        _ => None,
    };
    let Some(range) = range else { return };
    let from = range.start;
    let Some(data) = bytes.get(range).filter(|data| !data.is_empty()) else { return };
    let Some(mut inside) = walk.inside() else { return };
    let place = place.part(from, data.len());
    let total = match (&nicira, r#type) {
        (Some((_, total)), _) => Some(*total),
        (None, MessageType::PacketIn) => word(12).map(usize::from),
        _ => None,
    };
    if let Some(total) = total {
        inside.missing = total.saturating_sub(data.len());
    }
    match r#type {
        MessageType::Error => dissect_offending(&mut inside, data, place, sink),
        MessageType::Vendor if nicira.is_none() => {
            ethernet::dissect(&mut inside, data, place, sink);
        }
        _ => match Carried::of(data, BufferId::NONE) {
            Carried::Bare(_) => dissect(&mut inside, data, place, sink),
            _ => ethernet::dissect(&mut inside, data, place, sink),
        },
    }
}

/// Dissects the beginning of the message that an ERROR is about. It may be cut, as the
/// specification allows; what is there of it is shown then.
fn dissect_offending(walk: &mut Walk<'_>, data: &[u8], place: Place, sink: &mut impl Sink) {
    // HELLO_FAILED quotes words instead.
    let Ok(header) = Header::parse(data) else { return };
    if header.version != VERSION || header.r#type.name().is_none() {
        return;
    }
    if let Some(whole) = data.get(..header.len()) {
        return dissect_message(walk, header, whole, place.part(0, whole.len()), sink);
    }
    dissect_beginning(header, data, place, sink);
}

/// Dissects the beginning of a message whose rest was not captured, if there is as much as its
/// header.
pub(crate) fn dissect_cut(bytes: &[u8], place: Place, sink: &mut impl Sink) {
    let Ok(header) = Header::parse(bytes) else { return };
    if version_name(header.version).is_some() && header.len() > bytes.len() {
        dissect_beginning(header, bytes, place, sink);
    }
}

/// Dissects as much of a message as there is.
fn dissect_beginning(header: Header, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    sink.enter(&PROTOCOL, place);
    if sink.wants(&PROTOCOL) {
        header_fields(&header, place, sink);
    }
    sink.message(bytes, place);
    if header.version == VERSION && wants_body(sink) {
        sink.open(&BODY_FIELD, place.rest(HEADER_LEN));
        body::dissect(header.r#type, bytes, place, sink);
        sink.close();
    }
    sink.leave();
}

/// Dissects the messages of a VSE frame.
pub(crate) fn dissect_framed(
    walk: &mut Walk<'_>,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let mut offset = 0;
    while let Some(left) = bytes.get(offset..).filter(|left| !left.is_empty()) {
        let header = Header::parse(left);
        match header {
            Ok(header) if header.len() <= left.len() => {
                let message = left.get(..header.len()).unwrap_or(left);
                dissect_message(walk, header, message, place.part(offset, header.len()), sink);
                offset += header.len();
            }
            _ => {
                if let Err(error) = Message::decode(left) {
                    report(&error, place.rest(offset), sink);
                }
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
