//! Ethernet: IEEE 802.3.
//!
//! ```text
//!  0                   6                  12          14
//! +-------------------+------------------+-----------+------
//! |    destination    |      source      | EtherType | ...
//! +-------------------+------------------+-----------+------
//! ```

use codec::types::MacAddr;

use super::{ipv4, vlan, vse_frame};
use crate::dissector::{Walk, short};
use crate::registry::{Field, Protocol};
use crate::sink::{Place, Sink, Value};

pub(crate) static PROTOCOL: Protocol =
    Protocol { name: "eth", title: "Ethernet", fields: &[&DST, &SRC, &TYPE] };
static DST: Field = Field { name: "eth.dst", key: "dst", doc: "Destination" };
static SRC: Field = Field { name: "eth.src", key: "src", doc: "Source" };
static TYPE: Field = Field { name: "eth.type", key: "type", doc: "EtherType" };

/// Bytes of the header.
const LEN: usize = 14;

/// Dissects a frame that begins with an Ethernet header, and all that is in it.
pub(crate) fn dissect(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    let Some((header, payload)) = bytes.split_first_chunk::<LEN>() else {
        sink.enter(&PROTOCOL, place);
        short(sink, "Ethernet header", place, LEN, walk.missing);
        return sink.leave();
    };
    let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1] = *header;
    let destination = MacAddr([d0, d1, d2, d3, d4, d5]);
    let source = MacAddr([s0, s1, s2, s3, s4, s5]);
    let ethertype = u16::from_be_bytes([t0, t1]);
    sink.enter(&PROTOCOL, place.part(0, LEN));
    sink.field(&DST, place.part(0, 6), Value::Mac(destination));
    sink.field(&SRC, place.part(6, 6), Value::Mac(source));
    sink.field(&TYPE, place.part(12, 2), Value::Number(ethertype.into()));
    sink.ends(&source, &destination);
    sink.info(&format_args!("EtherType {ethertype:#06x}"));
    sink.leave();
    payload_of(walk, ethertype, payload, place.part(LEN, payload.len()), Some(bytes), sink);
}

/// Dissects what an Ethernet header or a VLAN tag announces by its EtherType. `frame` is the
/// whole frame, where it is not too deep in tags.
pub(crate) fn payload_of(
    walk: &mut Walk<'_>,
    ethertype: u16,
    bytes: &[u8],
    place: Place,
    frame: Option<&[u8]>,
    sink: &mut impl Sink,
) {
    match (ethertype, frame) {
        (0x8100 | 0x88a8, _) => vlan::dissect(walk, bytes, place, frame, sink),
        (0x0800, _) => ipv4::dissect(walk, bytes, place, sink),
        (codec::proxy::ETHERTYPE, Some(frame)) => {
            vse_frame::dissect(walk, frame, bytes, place, sink);
        }
        _ => {}
    }
}
