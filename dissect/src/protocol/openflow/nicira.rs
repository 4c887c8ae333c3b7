//! Nicira's messages, statistics and actions: the codec reads them by its tables, and what it has
//! read is reported here, item by item, with its bytes.

use codec::nicira::{
    Known, Layout, NiciraActionType, NiciraStatsType, NiciraSubtype, NxmEntry, NxmMatch, Record,
    Shape, Shown, Value as Item, action_layout, message_layout, reply_layout, request_layout,
};
use codec::of10::ActionType;
use codec::types::MacAddr;

use super::actions;
use super::fields as f;
use super::nicira_fields as n;
use super::nxm_fields;
use super::reader::Reader;
use crate::registry::{Field, Kind};
use crate::sink::{Place, Sink, Value};

pub(super) use codec::nicira::{NiciraAction, VENDOR_ID};

/// Reports the body of a VENDOR message.
pub(super) fn vendor<S: Sink>(reader: &mut Reader<'_, '_, S>) {
    reader.number(&f::VENDOR, 4);
    let subtype = NiciraSubtype::from(reader.peek_u32(0));
    reader.number(&n::SUBTYPE, 4);
    rest(message_layout(subtype), reader, 0);
}

/// Reports the body of a STATS_REQUEST, behind type and flags.
pub(super) fn stats_request<S: Sink>(reader: &mut Reader<'_, '_, S>) {
    let r#type = stats_head(reader);
    rest(request_layout(r#type), reader, 0);
}

/// Reports the body of a STATS_REPLY, behind type and flags.
pub(super) fn stats_reply<S: Sink>(reader: &mut Reader<'_, '_, S>) {
    let r#type = stats_head(reader);
    rest(reply_layout(r#type), reader, 0);
}

fn stats_head<S: Sink>(reader: &mut Reader<'_, '_, S>) -> NiciraStatsType {
    reader.skip(4);
    let r#type = NiciraStatsType::from(reader.peek_u32(0));
    reader.number(&n::NICIRA_STATS_TYPE, 4);
    r#type
}

/// Reports an action that stands in `depth` others.
pub(super) fn action<S: Sink>(reader: &mut Reader<'_, '_, S>, depth: usize) {
    reader.value(&n::ACTION_TYPE, 2, Value::Unsigned(u16::from(ActionType::Vendor).into()));
    reader.skip(6);
    let subtype = NiciraActionType::from(reader.peek_u16(0));
    reader.number(&n::ACTION, 2);
    rest(action_layout(subtype), reader, depth + 1);
}

/// Reports all that is left as the structure `layout`.
fn rest<S: Sink>(layout: &'static Layout, reader: &mut Reader<'_, '_, S>, depth: usize) {
    let read = Record::read_lax(layout, reader.peek(), depth);
    record(&read, reader, depth);
}

/// Reports the items of a structure, which the reader has before it.
fn record<S: Sink>(record: &Record, reader: &mut Reader<'_, '_, S>, depth: usize) {
    let (bytes, place) = (reader.peek(), reader.place());
    for shown in record.shown() {
        let Some(bytes) = bytes.get(shown.range.clone()) else { break };
        let place = place.part(shown.range.start, shown.range.len());
        let field = n::field(record.layout().name, shown.item.key);
        item(field, &shown, bytes, place, reader.sink, depth);
    }
    if let Some((tail, range)) = record.odd_tail() {
        reader.sink.field(&n::END_PAD, place.part(range.start, range.len()), Value::Bytes(tail));
    }
    reader.skip(record.encoded_len());
}

fn item<S: Sink>(
    field: &'static Field,
    shown: &Shown<'_>,
    bytes: &[u8],
    place: Place,
    sink: &mut S,
    depth: usize,
) {
    let mut reader = Reader::new(bytes, place, sink);
    match shown.value {
        Item::Number(number) => reader.sink.field(field, place, Value::Unsigned(*number)),
        Item::Ipv4(address) => reader.sink.field(field, place, Value::ipv4(*address)),
        Item::Ipv6(address) => reader.sink.field(field, place, Value::Ipv6(*address)),
        Item::Bytes(bytes) => reader.sink.field(field, place, Value::Bytes(bytes)),
        Item::Match(matched) => r#match(matched, &mut reader),
        Item::Entry(one) => reader.structure(&n::SET, bytes.len(), |reader| entry(one, reader)),
        Item::Entries(all) => entries(field, all, bytes.len(), &mut reader),
        Item::Actions(_) => actions::actions_at(&mut reader, bytes.len(), depth),
        Item::Numbers(numbers) => reader.structure(field, bytes.len(), |reader| {
            for _ in numbers {
                reader.number(n::one_number(shown.item.key), 2);
            }
        }),
        Item::Records(records) => reader.structure(field, bytes.len(), |reader| {
            let name = match shown.item.shape {
                Shape::Many(many) => many.one,
                _ => "",
            };
            for one in records {
                let len = one.encoded_len();
                reader.structure(n::one(name), len, |reader| record(one, reader, depth));
            }
        }),
    }
}

fn r#match<S: Sink>(matched: &NxmMatch, reader: &mut Reader<'_, '_, S>) {
    let len = matched.match_len();
    let Some(pad) = matched.odd_pad() else {
        return entries(&n::MATCH, &matched.entries, len, reader);
    };
    reader.structure(&n::MATCH_PADDED, len + pad.len(), |reader| {
        entries(&n::ENTRIES, &matched.entries, len, reader);
        reader.bytes(&f::PAD, pad.len());
    });
}

fn entries<S: Sink>(
    field: &'static Field,
    all: &[NxmEntry],
    len: usize,
    reader: &mut Reader<'_, '_, S>,
) {
    reader.structure(field, len, |reader| {
        for one in all {
            reader.structure(&n::ENTRY, one.encoded_len(), |reader| entry(one, reader));
        }
    });
}

/// Reports one entry of a match.
fn entry<S: Sink>(entry: &NxmEntry, reader: &mut Reader<'_, '_, S>) {
    let known =
        entry.known().and_then(|known| Some((known, nxm_fields::fields(known.field.word)?)));
    let Some((Known { field, header_len, value, mask }, fields)) = known else {
        return reader.rest(&n::ENTRY_RAW);
    };
    reader.value(&n::ENTRY_FIELD, header_len, Value::Unsigned(field.header()));
    typed(fields.value, value, reader);
    if let Some(mask) = mask {
        typed(fields.mask, mask, reader);
    }
}

/// Reports a value by the kind of its field.
fn typed<S: Sink>(field: &'static Field, value: &[u8], reader: &mut Reader<'_, '_, S>) {
    match (field.kind, value.first_chunk::<6>(), value.first_chunk::<4>(), value.first_chunk()) {
        (Kind::Mac, Some(mac), ..) => reader.value(field, value.len(), Value::Mac(MacAddr(*mac))),
        (Kind::Ipv4, _, Some(octets), _) => {
            reader.value(field, value.len(), Value::ipv4((*octets).into()));
        }
        (Kind::Ipv6, .., Some(octets)) => {
            reader.value(field, value.len(), Value::Ipv6(<[u8; 16]>::into(*octets)));
        }
        (Kind::Bytes, ..) => reader.bytes(field, value.len()),
        _ => {
            reader.number(field, value.len());
        }
    }
}

/// Where the frame of a message for the controller begins and ends, if `message` is one, and how
/// long the whole frame was.
pub(super) fn frame_in(message: &[u8]) -> Option<(std::ops::Range<usize>, usize)> {
    /// Bytes of header, vendor and subtype.
    const HEAD: usize = 16;
    let word = |at: usize| Some(u32::from_be_bytes(*message.get(at..)?.first_chunk()?));
    let half =
        |at: usize| Some(usize::from(u16::from_be_bytes(*message.get(at..)?.first_chunk()?)));
    if word(8)? != VENDOR_ID {
        return None;
    }
    match NiciraSubtype::from(word(12)?) {
        NiciraSubtype::PacketIn => {
            let from = HEAD + 24 + half(HEAD + 16)?.next_multiple_of(8) + 2;
            Some((from..message.len(), half(HEAD + 4)?))
        }
        NiciraSubtype::PacketIn2 | NiciraSubtype::Resume => {
            let (mut at, mut frame, mut total) = (HEAD, None, 0);
            while let (Some(r#type), Some(len)) = (half(at), half(at + 2)) {
                if len < 4 {
                    break;
                }
                match r#type {
                    0 => frame = Some(at + 4..(at + len).min(message.len())),
                    1 => total = word(at + 4).and_then(|len| usize::try_from(len).ok())?,
                    _ => {}
                }
                at += len.next_multiple_of(8);
            }
            frame.map(|frame| (frame, total))
        }
        _ => None,
    }
}
