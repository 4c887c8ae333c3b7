//! TCP: RFC 9293 section 3.1.
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

use std::net::Ipv4Addr;

use super::openflow;
use crate::dissector::{Walk, short};
use crate::problem::{Problem, ProblemKind};
use crate::registry::{Field, Protocol};
use crate::sink::{Place, Sink, Value};
use crate::stream::Direction;

pub(crate) static PROTOCOL: Protocol = Protocol {
    name: "tcp",
    title: "TCP",
    fields: &[&SRCPORT, &DSTPORT, &SEQ, &ACK, &FLAGS, &WINDOW, &LEN],
};
static SRCPORT: Field = Field { name: "tcp.srcport", key: "srcport", doc: "Source port" };
static DSTPORT: Field = Field { name: "tcp.dstport", key: "dstport", doc: "Destination port" };
static SEQ: Field = Field { name: "tcp.seq_raw", key: "seq", doc: "Sequence number" };
static ACK: Field = Field { name: "tcp.ack_raw", key: "ack", doc: "Acknowledgement number" };
static FLAGS: Field = Field { name: "tcp.flags", key: "flags", doc: "Flags" };
static WINDOW: Field = Field { name: "tcp.window_size_value", key: "window", doc: "Window" };
static LEN: Field = Field { name: "tcp.len", key: "len", doc: "Bytes of data" };

/// Bytes of a header without options.
const LEAST: usize = 20;
const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
/// The flags, from the lowest bit on.
const FLAG_NAMES: [&str; 8] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

/// Dissects a segment of `len` bytes on the wire, and the messages that it completes.
pub(crate) fn dissect(
    walk: &mut Walk<'_>,
    (source, destination): (Ipv4Addr, Ipv4Addr),
    bytes: &[u8],
    place: Place,
    len: usize,
    sink: &mut impl Sink,
) {
    let Some(header) = bytes.first_chunk::<LEAST>() else {
        sink.enter(&PROTOCOL, place);
        short(sink, "TCP header", place, LEAST, walk.missing);
        return sink.leave();
    };
    let [p0, p1, p2, p3, q0, q1, q2, q3, a0, a1, a2, a3, offset, flags, w0, w1, ..] = *header;
    let (source_port, destination_port) =
        (u16::from_be_bytes([p0, p1]), u16::from_be_bytes([p2, p3]));
    let sequence = u32::from_be_bytes([q0, q1, q2, q3]);
    let header_len = usize::from(offset >> 4) * 4;
    let data_len = len.saturating_sub(header_len);

    sink.enter(&PROTOCOL, place.part(0, header_len.min(bytes.len())));
    let mut put = |field, offset, len, value| sink.field(field, place.part(offset, len), value);
    put(&SRCPORT, 0, 2, Value::Number(source_port.into()));
    put(&DSTPORT, 2, 2, Value::Number(destination_port.into()));
    put(&SEQ, 4, 4, Value::Number(sequence.into()));
    put(&ACK, 8, 4, Value::Number(u32::from_be_bytes([a0, a1, a2, a3]).into()));
    put(&FLAGS, 13, 1, Value::Number(flags.into()));
    put(&WINDOW, 14, 2, Value::Number(u16::from_be_bytes([w0, w1]).into()));
    put(&LEN, 0, 0, Value::Number(u64::try_from(data_len).unwrap_or(0)));
    let names = FlagNames(flags);
    sink.info(&format_args!(
        "{source_port} → {destination_port} [{names}] Seq={sequence} Len={data_len}"
    ));
    if header_len < LEAST || header_len > len {
        sink.problem(Problem {
            kind: ProblemKind::Malformed,
            at: place.offset,
            text: format!("TCP header: length {header_len} in a segment of {len} bytes"),
        });
        return sink.leave();
    }
    sink.leave();

    let ports = &walk.options.openflow_ports;
    if !ports.contains(&source_port) && !ports.contains(&destination_port) {
        return;
    }
    let data = bytes.get(header_len..).unwrap_or_default();
    let place = place.part(header_len.min(bytes.len()), data.len());
    let direction =
        Direction { source: (source, source_port), destination: (destination, destination_port) };
    let segment = Segment { direction, sequence, flags, data, len: data_len };
    segment.dissect(walk, place, sink);
}

/// The data of a segment and its place in the stream.
struct Segment<'a> {
    direction: Direction,
    sequence: u32,
    flags: u8,
    /// As much of the data as was captured.
    data: &'a [u8],
    /// Bytes of data on the wire.
    len: usize,
}

impl Segment<'_> {
    fn dissect(&self, walk: &mut Walk<'_>, place: Place, sink: &mut impl Sink) {
        let Some(streams) = walk.streams.take() else {
            // Inside of a message there is one segment, and no stream.
            openflow::dissect_stream(walk, self.data, place, 0, sink);
            return;
        };
        let limit = streams.limit();
        let stream = streams.stream(self.direction);
        if self.flags & SYN != 0 {
            stream.open(self.sequence.wrapping_add(1));
        }
        let first = self.sequence.wrapping_add(u32::from(self.flags & SYN != 0));
        let news = stream.advance(first, self.len);
        if news.gap > 0 {
            sink.problem(Problem {
                kind: ProblemKind::Gap,
                at: place.offset,
                text: format!(
                    "{} bytes of the stream are not in the capture; {} bytes of a message are lost",
                    news.gap,
                    stream.waiting.len()
                ),
            });
            stream.waiting.clear();
        }
        let data = self.data.get(news.seen..).unwrap_or_default();
        let place = place.part(news.seen.min(self.data.len()), data.len());
        let mut waiting = std::mem::take(&mut stream.waiting);
        let left = if waiting.is_empty() {
            let left = openflow::dissect_stream(walk, data, place, 0, sink);
            data.get(data.len().saturating_sub(left)..).unwrap_or_default().to_vec()
        } else {
            let before = waiting.len();
            waiting.extend_from_slice(data);
            let left = openflow::dissect_stream(walk, &waiting, place, before, sink);
            waiting.drain(..waiting.len().saturating_sub(left));
            waiting
        };
        let lost = self.data.len() < self.len;
        let stream = streams.stream(self.direction);
        if !lost && left.len() <= limit {
            stream.waiting = left;
        }
        if self.flags & (FIN | RST) != 0 {
            streams.forget(self.direction);
        }
        walk.streams = Some(streams);
    }
}

/// The names of the flags that are set.
struct FlagNames(u8);

impl std::fmt::Display for FlagNames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut comma = "";
        for (bit, name) in FLAG_NAMES.iter().enumerate() {
            if self.0 >> bit & 1 == 1 {
                write!(f, "{comma}{name}")?;
                comma = ", ";
            }
        }
        Ok(())
    }
}
