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
use crate::assembly::{Direction, Note, Region, Role, Segment, Tracker};
use crate::info::Info;
use crate::options::Options;
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
    256 "ae",
};

/// Its number in the header of IP.
pub(crate) const NUMBER: u8 = 6;
/// Bytes of a header without options.
pub(crate) const LEAST: usize = 20;
const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK_FLAG: u8 = 0x10;

/// The fields of a header that say which stream a segment is of, and where in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub(crate) source: u16,
    pub(crate) destination: u16,
    sequence: u32,
    acknowledged: u32,
    /// Bytes of the header.
    len: usize,
    flags: u8,
}

impl Header {
    #[inline]
    pub(crate) fn of(bytes: &[u8; LEAST]) -> Self {
        let [p0, p1, d0, d1, q0, q1, q2, q3, a0, a1, a2, a3, offset, flags, ..] = *bytes;
        Self {
            source: u16::from_be_bytes([p0, p1]),
            destination: u16::from_be_bytes([d0, d1]),
            sequence: u32::from_be_bytes([q0, q1, q2, q3]),
            acknowledged: u32::from_be_bytes([a0, a1, a2, a3]),
            len: usize::from(offset >> 4) * 4,
            flags,
        }
    }

    fn has(&self, flags: u8) -> bool {
        self.flags & flags != 0
    }

    /// Whether it can be the header of such a datagram.
    #[inline]
    fn fits(&self, datagram: &Datagram) -> bool {
        (LEAST..=datagram.len).contains(&self.len)
    }

    /// Whether the segment, with `len` bytes of data, may bring something to its stream: of others
    /// there is no step.
    #[inline]
    fn counts(&self, len: usize, on_port: Option<bool>) -> bool {
        on_port.is_some() && (len > 0 || self.has(SYN | FIN | RST))
    }
}

/// Whether the ports are those of OpenFlow; where they are neither, the bytes must tell. Nothing
/// where nobody is to look.
#[inline]
pub(crate) fn on_port(carries: Carries, options: &Options) -> Option<bool> {
    match carries {
        Carries::Openflow => Some(true),
        Carries::Unknown if options.assignments.heuristics => Some(false),
        _ => None,
    }
}

/// Tracks a segment of that network.
#[inline]
pub(crate) fn track(
    tracker: &mut Tracker<'_>,
    header: &Header,
    on_port: Option<bool>,
    (datagram, network): (&Datagram, u64),
    bytes: &[u8],
) {
    let Header { source, destination, sequence, .. } = *header;
    let hosts = (datagram.source, datagram.destination);
    let direction = || Direction::new((hosts.0, source), (hosts.1, destination), network);
    if tracker.numbers_streams() {
        tracker.number(direction(), sequence, header.flags & (SYN | ACK_FLAG) == SYN);
    }
    let Some(on_port) = on_port.filter(|_| header.fits(datagram)) else { return };
    let len = datagram.len - header.len;
    let segment = Segment {
        direction: direction(),
        sequence,
        acknowledged: header.has(ACK_FLAG).then_some(header.acknowledged),
        syn: header.has(SYN),
        end: header.has(FIN | RST),
        data: bytes.get(header.len..).unwrap_or_default(),
        len,
    };
    if header.counts(len, Some(on_port)) {
        tracker.segment(&segment, on_port);
    } else {
        tracker.acknowledge(&segment);
    }
}

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
    let fixed = header;
    let header = Header::of(fixed);
    let Header { source, destination, sequence, acknowledged, flags, .. } = header;
    let carries = walk.ports.tcp(source, destination);
    if carries == Carries::Stt {
        return stt::dissect(walk, datagram, bytes, place, sink);
    }
    let on_port = on_port(carries, walk.options);
    if let Role::Tracks(tracker) = &mut walk.role {
        return track(tracker, &header, on_port, (datagram, walk.network), bytes);
    }
    let len = datagram.len.saturating_sub(header.len);
    let stream = match &mut walk.role {
        Role::Follows(taken) if walk.options.numbers_streams => taken.number(),
        _ => None,
    };

    let end = header.len.min(bytes.len());
    sink.enter(&PROTOCOL, place.part(0, end));
    if sink.wants(&PROTOCOL) {
        fields(fixed, stream, len, place, sink);
        if let Some(list) = bytes.get(LEAST..end).filter(|list| !list.is_empty()) {
            options(list, place.part(LEAST, list.len()), sink);
        }
    }
    sink.ends(Ends::Tcp(source, destination));
    let info = |note| Info::Tcp { source, destination, flags, sequence, acknowledged, len, note };
    if !header.fits(datagram) {
        sink.info(info(""));
        let text = format!("TCP header: length {} in a segment of {}", header.len, datagram.len);
        sink.problem(Problem::malformed(place.offset.map(|at| at + 12), text));
        return sink.leave();
    }
    let data = bytes.get(header.len..).unwrap_or_default();
    let place = place.part(end, data.len());
    let region = match &mut walk.role {
        Role::Follows(taken) if header.counts(len, on_port) => taken.segment(),
        Role::Follows(_) => &Region::NOTHING,
        _ => {
            // Inside of a message there is one segment, and no stream.
            sink.info(info(""));
            sink.leave();
            if on_port == Some(true) {
                let at = |offset, len| place.part(offset, len);
                openflow::dissect_region(walk, data, at, sink);
            }
            return;
        }
    };
    sink.info(info(match region.note {
        Note::None => "",
        Note::Retransmission => " (seen before)",
        Note::OutOfOrder => " (out of order: waits for what is before it)",
    }));
    sink.leave();
    if !region.openflow {
        return ip::payload(place, data, sink);
    }
    if sink.wants_messages() {
        messages(walk, region, data, place, sink);
        if data.len() < len && region.as_joined().is_none() {
            // The rest of the last message was not captured.
            let behind = region.from() + region.len_here();
            let rest = data.get(behind..).unwrap_or_default();
            openflow::dissect_cut(rest, place.part(behind, rest.len()), sink);
        }
    }
}

fn fields(
    header: &[u8; LEAST],
    stream: Option<u64>,
    len: usize,
    place: Place,
    sink: &mut impl Sink,
) {
    let [p0, p1, d0, d1, q0, q1, q2, q3, a0, a1, a2, a3, offset, flags, rest @ ..] = *header;
    let [w0, w1, c0, c1, u0, u1] = rest;
    let short = |bytes: [u8; 2]| u64::from(u16::from_be_bytes(bytes));
    let word = |bytes: [u8; 4]| u64::from(u32::from_be_bytes(bytes));
    let mut put = |field, offset, len, value| {
        sink.field(field, place.part(offset, len), Value::Unsigned(value));
    };
    put(&SRCPORT, 0, 2, short([p0, p1]));
    put(&DSTPORT, 2, 2, short([d0, d1]));
    if let Some(stream) = stream {
        put(&STREAM, 0, 0, stream);
    }
    put(&SEQ, 4, 4, word([q0, q1, q2, q3]));
    put(&ACK, 8, 4, word([a0, a1, a2, a3]));
    put(&HDR_LEN, 12, 1, u64::from(offset >> 4) * 4);
    put(&FLAGS, 12, 2, short([offset & 0xf, flags]));
    put(&WINDOW, 14, 2, short([w0, w1]));
    put(&CHECKSUM, 16, 2, short([c0, c1]));
    put(&URGENT, 18, 2, short([u0, u1]));
    put(&LEN, 0, 0, u64::try_from(len).unwrap_or(0));
}

/// Dissects the messages of a region, whose data begins at `place`.
fn messages(walk: &mut Walk<'_>, region: &Region, data: &[u8], place: Place, sink: &mut impl Sink) {
    let from = region.from();
    let joined = region.as_joined();
    if let Some(problem) = region.problem() {
        let at = place.offset.filter(|_| joined.is_none_or(|joined| joined.before == 0));
        sink.problem(Problem { at: at.map(|at| at + from), ..problem.clone() });
    }
    let Some(joined) = joined else {
        let bytes = data.get(from..from + region.len_here()).unwrap_or_default();
        let place = place.rest(from);
        return openflow::dissect_region(walk, bytes, |at, len| place.part(at, len), sink);
    };
    // What came in other frames has no place in this one.
    let here = joined.before..joined.before + joined.here;
    let at = |offset: usize, len: usize| {
        let inside = offset >= here.start && offset + len <= here.end;
        let start = place.offset.filter(|_| inside);
        Place { offset: start.map(|start| start + from + offset - here.start), len }
    };
    openflow::dissect_region(walk, &joined.bytes, at, sink);
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
