//! TCP: RFC 9293 section 3.1; its options: section 3.2, RFC 7323, RFC 2018.
//!
//! ```text
//!  0                              16                            32
//! +------------------------------+------------------------------+
//! |          source port         |       destination port       |
//! +------------------------------+------------------------------+
//! |                       sequence number                       |
//! |                    acknowledgement number                   |
//! +-------+------+---------------+------------------------------+
//! | offset|      |     flags     |            window            |
//! +-------+------+---------------+------------------------------+
//! |           checksum           |        urgent pointer        |
//! |                       options, if any                       |
//! +-------------------------------------------------------------+
//! ```

use super::ip::{self, Datagram};
use super::{openflow, stt};
use crate::assembly::{Direction, Note, Region, Segment};
use crate::info::Info;
use crate::ports::Carries;
use crate::problem::Problem;
use crate::registry::{Names, named_values, protocol};
use crate::sink::{Ends, Place, Sink, Value};
use crate::walk::{Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "tcp", "TCP";
    SRCPORT: Unsigned, "tcp.srcport", "srcport", "Source port";
    DSTPORT: Unsigned, "tcp.dstport", "dstport", "Destination port";
    STREAM: Unsigned, "tcp.stream", "stream",
        "Number of the connection, from 0, where it is asked for; not within messages";
    SEQ: Unsigned, "tcp.seq_raw", "seq", "Sequence number";
    ACK: Unsigned, "tcp.ack_raw", "ack", "Acknowledgement number";
    HDR_LEN: Unsigned, "tcp.hdr_len", "hdr_len", "Header length, bytes";
    FLAGS: Bits(FLAG_NAMES), "tcp.flags", "flags", "Flags";
    WINDOW: Unsigned, "tcp.window_size_value", "window", "Window";
    CHECKSUM: Hex, "tcp.checksum", "checksum", "Checksum";
    URGENT: Unsigned, "tcp.urgent_pointer", "urgent_pointer", "Urgent pointer";
    LEN: Unsigned, "tcp.len", "len", "Bytes of data";
    OPTIONS: List, "vse.tcp.options", "options", "Options";
    OPTION: Structure, "vse.tcp.option", "option", "An option";
    KIND: Names(named_values! {
        0 "end", 1 "nop", 2 "mss", 3 "window_scale", 4 "sack_permitted", 5 "sack", 8 "timestamps",
        30 "mptcp", 34 "fast_open",
    }), "tcp.option_kind", "kind", "Option kind";
    OPT_LEN: Unsigned, "tcp.option_len", "len", "Option length, bytes";
    MSS: Unsigned, "tcp.options.mss_val", "mss", "Maximum segment size, bytes";
    WSCALE: Unsigned, "tcp.options.wscale.shift", "shift", "Window scale, a shift count";
    TSVAL: Unsigned, "tcp.options.timestamp.tsval", "tsval", "Timestamp value";
    TSECR: Unsigned, "tcp.options.timestamp.tsecr", "tsecr", "Timestamp echo reply";
    OPT_DATA: Bytes, "vse.tcp.option.data", "data", "Option data";
}

static FLAG_NAMES: &Names = named_values! {
    1 "fin", 2 "syn", 4 "reset", 8 "push", 16 "ack", 32 "urg", 64 "ece", 128 "cwr",
};

/// Bytes of a header without options.
const LEAST: usize = 20;
const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK_FLAG: u8 = 0x10;

/// Dissects a segment, and the messages that it completes.
pub(crate) fn dissect(
    walk: &mut Walk<'_>,
    datagram: &Datagram,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let Some(header) = bytes.first_chunk::<LEAST>() else {
        sink.enter(&PROTOCOL, place);
        short(walk, "TCP header", LEAST, place, sink);
        return sink.leave();
    };
    let [p0, p1, d0, d1, q0, q1, q2, q3, a0, a1, a2, a3, offset, flags, rest @ ..] = *header;
    let [w0, w1, c0, c1, u0, u1] = rest;
    let (source, destination) = (u16::from_be_bytes([p0, p1]), u16::from_be_bytes([d0, d1]));
    let carries = walk.ports.tcp(source, destination);
    if carries == Carries::Stt {
        return stt::dissect(walk, datagram, bytes, place, sink);
    }
    let sequence = u32::from_be_bytes([q0, q1, q2, q3]);
    let acknowledged = u32::from_be_bytes([a0, a1, a2, a3]);
    let header_len = usize::from(offset >> 4) * 4;
    let len = datagram.len.saturating_sub(header_len);
    let stream = match &mut walk.assembly {
        Some(assembly) if assembly.numbers_streams() => {
            let direction = direction(datagram, source, destination, walk.network);
            assembly.number(direction, sequence, flags & (SYN | ACK_FLAG) == SYN)
        }
        _ => None,
    };

    sink.enter(&PROTOCOL, place.part(0, header_len.min(bytes.len())));
    if sink.wants(&PROTOCOL) {
        let mut put = |field, offset, len, value| sink.field(field, place.part(offset, len), value);
        let number = |bytes: [u8; 2]| Value::Unsigned(u16::from_be_bytes(bytes).into());
        put(&SRCPORT, 0, 2, Value::Unsigned(source.into()));
        put(&DSTPORT, 2, 2, Value::Unsigned(destination.into()));
        if let Some(stream) = stream {
            put(&STREAM, 0, 0, Value::Unsigned(stream));
        }
        put(&SEQ, 4, 4, Value::Unsigned(sequence.into()));
        put(&ACK, 8, 4, Value::Unsigned(acknowledged.into()));
        put(&HDR_LEN, 12, 1, Value::Unsigned(u64::from(offset >> 4) * 4));
        put(&FLAGS, 13, 1, Value::Unsigned(flags.into()));
        put(&WINDOW, 14, 2, number([w0, w1]));
        put(&CHECKSUM, 16, 2, number([c0, c1]));
        put(&URGENT, 18, 2, number([u0, u1]));
        put(&LEN, 0, 0, Value::Unsigned(u64::try_from(len).unwrap_or(0)));
        let end = header_len.min(bytes.len());
        if let Some(list) = bytes.get(LEAST..end).filter(|list| !list.is_empty()) {
            options(list, place.part(LEAST, list.len()), sink);
        }
    }
    sink.ends(Ends::Tcp(source, destination));
    let info = |note| Info::Tcp { source, destination, flags, sequence, acknowledged, len, note };
    if header_len < LEAST || header_len > datagram.len {
        sink.info(info(""));
        let text = format!("TCP header: length {header_len} in a segment of {}", datagram.len);
        sink.problem(Problem::malformed(place.offset.map(|at| at + 12), text));
        return sink.leave();
    }
    let data = bytes.get(header_len..).unwrap_or_default();
    let segment = Segment {
        direction: direction(datagram, source, destination, walk.network),
        sequence,
        acknowledged: (flags & ACK_FLAG != 0).then_some(acknowledged),
        syn: flags & SYN != 0,
        end: flags & (FIN | RST) != 0,
        data,
        len,
    };
    let on_port = match carries {
        Carries::Openflow => Some(true),
        Carries::Unknown if walk.options.assignments.heuristics => None,
        _ => Some(false),
    };
    let place = place.part(header_len.min(bytes.len()), data.len());
    let Some(assembly) = walk.assembly.take() else {
        // Inside of a message there is one segment, and no stream.
        sink.info(info(""));
        sink.leave();
        if on_port == Some(true) {
            let at = |offset, len| place.part(offset, len);
            openflow::dissect_region(walk, data, at, sink);
        }
        return;
    };
    let region = assembly.segment(&segment, on_port);
    sink.info(info(match region.note {
        Note::None => "",
        Note::Retransmission => " (seen before)",
        Note::OutOfOrder => " (out of order: waits for what is before it)",
    }));
    sink.leave();
    if !region.openflow {
        ip::payload(place, data, sink);
    }
    if sink.wants_messages() {
        messages(walk, &region, data, place, sink);
    }
    if data.len() < len && region.openflow && !region.joined && sink.wants_messages() {
        // The rest of the last message was not captured.
        let behind = region.from + region.len;
        let rest = data.get(behind..).unwrap_or_default();
        openflow::dissect_cut(rest, place.part(behind, rest.len()), sink);
    }
    assembly.give_back(region);
    walk.assembly = Some(assembly);
}

#[inline]
fn direction(datagram: &Datagram, source: u16, destination: u16, network: u64) -> Direction {
    Direction::new((datagram.source, source), (datagram.destination, destination), network)
}

/// Dissects the messages of a region, whose data begins at `place`.
fn messages(walk: &mut Walk<'_>, region: &Region, data: &[u8], place: Place, sink: &mut impl Sink) {
    if let Some(problem) = &region.problem {
        let at = place.offset.filter(|_| region.before == 0).map(|at| at + region.from);
        sink.problem(Problem { at, ..Problem::clone(problem) });
    }
    let bytes = if region.joined {
        region.buffer.get(..region.len)
    } else {
        data.get(region.from..region.from + region.len)
    };
    let bytes = bytes.unwrap_or_default();
    if bytes.is_empty() {
        return;
    }
    // What came in other frames has no place in this one.
    let here = region.before..region.before + region.here;
    let at = |offset: usize, len: usize| {
        let inside = offset >= here.start && offset + len <= here.end;
        let from = place.offset.filter(|_| inside);
        Place { offset: from.map(|from| from + region.from + offset - here.start), len }
    };
    openflow::dissect_region(walk, bytes, at, sink);
}

fn options(bytes: &[u8], place: Place, sink: &mut impl Sink) {
    sink.open(&OPTIONS, place);
    let mut at = 0;
    while let Some(&kind) = bytes.get(at) {
        // END and NOP are single bytes.
        let len = match (kind, bytes.get(at + 1)) {
            (0 | 1, _) => 1,
            (_, Some(len)) => usize::from(*len).max(2),
            (_, None) => 1,
        };
        let whole = bytes.get(at..(at + len).min(bytes.len())).unwrap_or_default();
        let here = place.part(at, whole.len());
        sink.open(&OPTION, here);
        sink.field(&KIND, here.part(0, 1), Value::Unsigned(kind.into()));
        if let Some(written) = whole.get(1) {
            sink.field(&OPT_LEN, here.part(1, 1), Value::Unsigned((*written).into()));
        }
        let word = |bytes: &[u8]| bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        match (kind, whole) {
            (2, [_, _, value @ ..]) if value.len() == 2 => {
                sink.field(&MSS, here.rest(2), Value::Unsigned(word(value)));
            }
            (3, [_, _, shift]) => {
                sink.field(&WSCALE, here.rest(2), Value::Unsigned((*shift).into()));
            }
            (8, [_, _, both @ ..]) if both.len() == 8 => {
                let (value, echo) = both.split_at(4);
                sink.field(&TSVAL, here.part(2, 4), Value::Unsigned(word(value)));
                sink.field(&TSECR, here.part(6, 4), Value::Unsigned(word(echo)));
            }
            (_, [_, _, data @ ..]) if !data.is_empty() => {
                sink.field(&OPT_DATA, here.rest(2), Value::Bytes(data));
            }
            _ => {}
        }
        sink.close();
        at += len;
        if kind == 0 {
            break;
        }
    }
    sink.close();
}
