//! Netlink messages, and those of the family "vse": RFC 3549 section 2.3.2, vse-protocol(7). Numbers
//! are in the byte order of the host, which is taken to be little-endian where the length says so.
//!
//! ```text
//!  0                              16                            32
//! +-------------------------------------------------------------+
//! |                           length                            |
//! +------------------------------+------------------------------+
//! |             type             |            flags             |
//! +------------------------------+------------------------------+
//! |                       sequence number                       |
//! |                           port id                           |
//! +-------------------------------------------------------------+
//! ```

use codec::netlink::{
    AttributeValue, Command, FAMILY_TYPES, HEADER_LEN, NetlinkCommand, NetlinkFlags,
    NetlinkMessage, NetlinkType, Object,
};

use super::openflow;
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::{bits, names, protocol};
use crate::sink::{Place, Sink, Value};
use crate::walk::{Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "netlink", "Netlink";
    FAMILY: Hex, "netlink.family", "family", "Netlink family: 2 is NETLINK_USERSOCK", 2;
    LENGTH: Unsigned, "netlink.hdr_len", "len", "Length, bytes";
    TYPE: HexNames(names!(NetlinkType: u16)), "netlink.hdr_type", "type", "Type";
    FLAGS: Bits(bits!(NetlinkFlags)), "netlink.hdr_flags", "flags", "Flags";
    SEQ: Unsigned, "netlink.hdr_seq", "seq", "Sequence number";
    PID: Unsigned, "netlink.hdr_pid", "pid", "Port id";
}

protocol! {
    pub(crate) static VSE = "vse.netlink", "VSE netlink";
    COMMAND: Names(names!(NetlinkCommand: u8)), "vse.netlink.command", "command", "Command";
    ATTRIBUTES: List, "vse.netlink.attributes", "attributes", "Attributes";
    ATTRIBUTE: Structure, "vse.netlink.attribute", "attribute", "An attribute";
    NAME: Text, "vse.netlink.attribute.name", "name", "Name of the attribute";
    NUMBER: Unsigned, "vse.netlink.attribute.number", "value", "Its value";
    TEXT: Text, "vse.netlink.attribute.text", "value", "Its value";
    BYTES: Bytes, "vse.netlink.attribute.bytes", "value", "Its value";
    NESTED: List, "vse.netlink.attribute.nested", "value", "Attributes within it";
}

/// NETLINK_USERSOCK.
const USERSOCK: u16 = 2;

/// Dissects the messages of a datagram.
pub(crate) fn dissect(
    walk: &mut Walk<'_>,
    family: u16,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let mut at = 0;
    while let Some(left) = bytes.get(at..).filter(|left| !left.is_empty()) {
        let here = place.rest(at);
        let Some(header) = left.first_chunk::<HEADER_LEN>() else {
            sink.enter(&PROTOCOL, here);
            short(walk, "netlink header", HEADER_LEN, here, sink);
            return sink.leave();
        };
        let [l0, l1, l2, l3, ..] = *header;
        let len = u32::from_le_bytes([l0, l1, l2, l3]);
        let big_endian = len > len.swap_bytes();
        let len = if big_endian { len.swap_bytes() } else { len };
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let whole = left.get(..len);
        let message = whole.unwrap_or(left);
        let here = here.part(0, message.len());
        sink.enter(&PROTOCOL, here);
        fields(family, header, big_endian, here, sink);
        if len < HEADER_LEN {
            let text = format!("netlink.len: {len}, must be at least {HEADER_LEN}");
            sink.problem(Problem::malformed(here.offset, text));
            return sink.leave();
        }
        if whole.is_none() {
            short(walk, "netlink message", len, here, sink);
            return sink.leave();
        }
        sink.leave();
        if family == USERSOCK && !big_endian {
            vse(message, here, sink);
        }
        at += len.next_multiple_of(4);
    }
}

fn fields(
    family: u16,
    header: &[u8; HEADER_LEN],
    big_endian: bool,
    place: Place,
    sink: &mut impl Sink,
) {
    let number = |bytes: &[u8]| {
        let add = |number, byte: &u8| number << 8 | u64::from(*byte);
        if big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
    };
    let (chunks, _) = header.as_chunks::<4>();
    let [length, kind, sequence, port] = chunks else { return };
    let (r#type, flags) = kind.split_at(2);
    if sink.wants(&PROTOCOL) {
        let mut put = |field, offset, len, value| {
            sink.field(field, place.part(offset, len), Value::Unsigned(value));
        };
        put(&FAMILY, 0, 0, family.into());
        put(&LENGTH, 0, 4, number(length));
        put(&TYPE, 4, 2, number(r#type));
        put(&FLAGS, 6, 2, number(flags));
        put(&SEQ, 8, 4, number(sequence));
        put(&PID, 12, 4, number(port));
    }
    let kind = u16::try_from(number(r#type)).unwrap_or(0);
    let sequence = u32::try_from(number(sequence)).unwrap_or(0);
    sink.info(Info::Netlink(family, kind, sequence));
}

/// Dissects a command of the family.
fn vse(message: &[u8], place: Place, sink: &mut impl Sink) {
    let decoded = match NetlinkMessage::decode(message) {
        Ok((decoded, _)) => decoded,
        Err(error) => return openflow::report(&error, place, sink),
    };
    sink.netlink(message, place);
    if u16::from(decoded.r#type) < FAMILY_TYPES {
        return;
    }
    let place = place.rest(HEADER_LEN);
    match Command::parse(&decoded.payload) {
        Ok(command) => {
            sink.enter(&VSE, place);
            if sink.wants(&VSE) {
                let number = u8::from(command.command);
                sink.field(&COMMAND, place.part(0, 1), Value::Unsigned(number.into()));
                sink.open(&ATTRIBUTES, place.rest(4));
                attributes(&command.object, place.rest(4), sink);
                sink.close();
            }
            if let Some(name) = command.command.name() {
                sink.info(Info::NetlinkVse(name));
            }
            sink.leave();
        }
        Err(error) => openflow::report(&error, place, sink),
    }
}

fn attributes(object: &Object, place: Place, sink: &mut impl Sink) {
    for (name, value) in object.values() {
        sink.open(&ATTRIBUTE, place);
        sink.field(&NAME, place, Value::Text(name));
        match value {
            AttributeValue::U8(value) => number((*value).into(), place, sink),
            AttributeValue::U16(value) => number((*value).into(), place, sink),
            AttributeValue::U32(value) => number((*value).into(), place, sink),
            AttributeValue::U64(value) => number(*value, place, sink),
            AttributeValue::Text(value) => sink.field(&TEXT, place, Value::Text(value)),
            AttributeValue::Binary(value) => sink.field(&BYTES, place, Value::Bytes(value)),
            AttributeValue::Nest(inner) => {
                sink.open(&NESTED, place);
                attributes(inner, place, sink);
                sink.close();
            }
            AttributeValue::Unknown(_) => {}
        }
        sink.close();
    }
}

fn number(value: u64, place: Place, sink: &mut impl Sink) {
    sink.field(&NUMBER, place, Value::Unsigned(value));
}
