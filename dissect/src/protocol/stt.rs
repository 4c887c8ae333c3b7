//! STT: draft-davie-stt section 3. A header like that of TCP, whose sequence number is the length
//! and the offset of a piece, and whose acknowledgement number is the id of the whole.
//!
//! ```text
//!  0               8              16                            32
//! +---------------+--------------+------------------------------+
//! |    version    |    flags     |  L4 offset   |   reserved    |
//! +---------------+--------------+--------------+---------------+
//! |      maximum segment size    | PCP |V|        VLAN id       |
//! +------------------------------+------------------------------+
//! |                   context id (64 bits)                      |
//! +-------------------------------------------------------------+
//! |  padding (16)  then an Ethernet frame
//! +-------------------------------------------------------------+
//! ```

use super::ip::Datagram;
use super::{ethernet, tcp};
use crate::assembly::{DatagramKey, Fragment};
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::protocol;
use crate::sink::{Ends, Place, Sink, Value};
use crate::walk::{Tunnel, Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "stt", "STT";
    STREAM_ID: Hex, "stt.stream_id", "stream_id", "Source port";
    DPORT: Unsigned, "stt.dport", "dport", "Destination port";
    PKT_LEN: Unsigned, "stt.pkt_len", "pkt_len", "Length of the whole, bytes";
    SEG_OFF: Unsigned, "stt.seg_off", "seg_off", "Where the piece begins, bytes";
    PKT_ID: Hex, "stt.pkt_id", "pkt_id", "Which packet";
    VERSION: Unsigned, "stt.version", "version", "Version";
    FLAGS: Hex, "stt.flags", "flags", "Flags";
    L4OFFSET: Unsigned, "stt.l4offset", "l4offset", "Where the inner transport header begins, bytes";
    MSS: Unsigned, "stt.mss", "mss", "Maximum segment size, bytes";
    VLAN_ID: Unsigned, "stt.vlan.id", "vlan_id", "VLAN id; 0 where there is none";
    CONTEXT: Id, "stt.context_id", "context_id", "Context id";
}

/// Bytes of the header that looks like TCP's.
const TCP_LEN: usize = 20;
/// Bytes of the frame header, with its padding.
const LEN: usize = 18;

/// Dissects a segment, and the frame that it completes.
pub(crate) fn dissect(
    walk: &mut Walk<'_>,
    datagram: &Datagram,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let Some((header, payload)) = bytes.split_first_chunk::<TCP_LEN>() else {
        sink.enter(&PROTOCOL, place);
        short(walk, "STT header", TCP_LEN, place, sink);
        return sink.leave();
    };
    let [p0, p1, q0, q1, l0, l1, o0, o1, i0, i1, i2, i3, ..] = *header;
    let (source, destination) = (u16::from_be_bytes([p0, p1]), u16::from_be_bytes([q0, q1]));
    let (len, offset) = (u16::from_be_bytes([l0, l1]), u16::from_be_bytes([o0, o1]));
    let id = u32::from_be_bytes([i0, i1, i2, i3]);
    sink.enter(&PROTOCOL, place);
    if sink.wants(&PROTOCOL) {
        let mut put = |field, offset, len, value| {
            sink.field(field, place.part(offset, len), Value::Unsigned(value));
        };
        put(&STREAM_ID, 0, 2, source.into());
        put(&DPORT, 2, 2, destination.into());
        put(&PKT_LEN, 4, 2, len.into());
        put(&SEG_OFF, 6, 2, offset.into());
        put(&PKT_ID, 8, 4, id.into());
    }
    sink.ends(Ends::Tcp(source, destination));
    let whole_len = usize::from(len);
    let offset = usize::from(offset);
    let place = place.rest(TCP_LEN);
    if offset == 0 && payload.len() >= whole_len.min(LEN) && whole_len <= payload.len() {
        return packet(walk, datagram, payload, place, sink);
    }
    sink.info(Info::Fragment { protocol: 6, offset, id, more: offset + payload.len() < whole_len });
    if walk.missing > 0 {
        // A piece that was cut by the capture will never be whole; its beginning can be read.
        if offset == 0 {
            return packet(walk, datagram, payload, place, sink);
        }
        return sink.leave();
    }
    let key = DatagramKey {
        source: datagram.source,
        destination: datagram.destination,
        protocol: Some(tcp::NUMBER),
        id,
        network: walk.network,
    };
    let more = offset + payload.len() < whole_len;
    let fragment = Fragment { offset, more, protocol: tcp::NUMBER, bytes: payload };
    let whole = walk.reassemble(key, fragment, place, sink, |walk, whole, sink| {
        let place = Place { offset: None, len: whole.bytes.len() };
        packet(walk, datagram, &whole.bytes, place, sink);
    });
    if !whole {
        sink.leave();
    }
}

/// Dissects a whole packet; the layer is open, and is left here.
fn packet(
    walk: &mut Walk<'_>,
    datagram: &Datagram,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let Some((header, payload)) = bytes.split_first_chunk::<LEN>() else {
        short(walk, "STT frame header", LEN, place, sink);
        return sink.leave();
    };
    let [version, flags, l4, _, m0, m1, v0, v1, c0, c1, c2, c3, c4, c5, c6, c7, ..] = *header;
    let tag = u16::from_be_bytes([v0, v1]);
    let context = u64::from_be_bytes([c0, c1, c2, c3, c4, c5, c6, c7]);
    if sink.wants(&PROTOCOL) {
        let mut put = |field, offset, len, value| {
            sink.field(field, place.part(offset, len), Value::Unsigned(value));
        };
        put(&VERSION, 0, 1, version.into());
        put(&FLAGS, 1, 1, flags.into());
        put(&L4OFFSET, 2, 1, l4.into());
        put(&MSS, 4, 2, u16::from_be_bytes([m0, m1]).into());
        put(&VLAN_ID, 6, 2, (tag & 0xfff).into());
        put(&CONTEXT, 8, 8, context);
    }
    sink.info(Info::Tunnel(context, datagram.fcf));
    if version != 0 {
        sink.problem(Problem::unsupported(place.offset, format!("STT version {version}")));
        return sink.leave();
    }
    sink.leave();
    let place = place.rest(LEN);
    walk.tunnel(Tunnel::Stt(context), place, sink, |walk, sink| {
        ethernet::dissect(walk, payload, place, sink);
    });
}
