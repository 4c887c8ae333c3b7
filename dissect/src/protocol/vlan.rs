//! VLAN tags: IEEE 802.1Q, and 802.1ad for tags within tags.
//!
//! ```text
//!  0     1                16          32
//! +-----+---+------------+-----------+------
//! | PCP |DEI|     VID    | EtherType | ...
//! +-----+---+------------+-----------+------
//!   3     1       12          16 bits
//! ```

use codec::vse::Carrier;

use super::ethernet;
use crate::dissector::{Walk, short};
use crate::registry::{Field, Protocol};
use crate::sink::{Place, Sink, Value};

pub(crate) static PROTOCOL: Protocol = Protocol {
    name: "vlan",
    title: "802.1Q",
    fields: &[&PRIORITY, &DEI, &ID, &ETYPE, &FCF_VM_ID, &FCF_PRIORITY],
};
static PRIORITY: Field = Field { name: "vlan.priority", key: "priority", doc: "Priority" };
static DEI: Field = Field { name: "vlan.dei", key: "dei", doc: "Drop eligible" };
static ID: Field = Field { name: "vlan.id", key: "id", doc: "VLAN id" };
static ETYPE: Field = Field { name: "vlan.etype", key: "etype", doc: "EtherType" };
/// Shared with [`ipv4`](super::ipv4): the other carrier of the field.
pub(crate) static FCF_VM_ID: Field =
    Field { name: "vse.fcf.vm_id", key: "vse.fcf.vm_id", doc: "Flow Control Field: VM id" };
pub(crate) static FCF_PRIORITY: Field = Field {
    name: "vse.fcf.priority",
    key: "vse.fcf.priority",
    doc: "Flow Control Field: priority",
};

/// Bytes of a tag behind its EtherType.
const LEN: usize = 4;

/// Dissects a tag and what it announces.
pub(crate) fn dissect(
    walk: &mut Walk<'_>,
    bytes: &[u8],
    place: Place,
    frame: Option<&[u8]>,
    sink: &mut impl Sink,
) {
    let Some(([t0, t1, e0, e1], payload)) = bytes.split_first_chunk::<LEN>() else {
        sink.enter(&PROTOCOL, place);
        short(sink, "VLAN tag", place, LEN, walk.missing);
        return sink.leave();
    };
    let tci = u16::from_be_bytes([*t0, *t1]);
    let ethertype = u16::from_be_bytes([*e0, *e1]);
    sink.enter(&PROTOCOL, place.part(0, LEN));
    sink.field(&PRIORITY, place.part(0, 2), Value::Number((tci >> 13).into()));
    sink.field(&DEI, place.part(0, 2), Value::Flag(tci & 0x1000 != 0));
    sink.field(&ID, place.part(0, 2), Value::Number((tci & 0xfff).into()));
    sink.field(&ETYPE, place.part(2, 2), Value::Number(ethertype.into()));
    fcf(walk, Carrier::Vlan, tci, place.part(0, 2), sink);
    sink.leave();
    // A message frame has one tag at the most; its bytes are read from the Ethernet header on.
    let frame = frame.filter(|frame| frame.len() == bytes.len() + 14);
    let place = place.part(LEN, payload.len());
    ethernet::payload_of(walk, ethertype, payload, place, frame, sink);
}

/// Reports the Flow Control Field in `bits`, where frames have one in this carrier.
pub(crate) fn fcf(
    walk: &Walk<'_>,
    carrier: Carrier,
    bits: u16,
    place: Place,
    sink: &mut impl Sink,
) {
    if let Some(layout) = walk.options.fcf.filter(|layout| layout.carrier == carrier) {
        let field = layout.read(bits);
        sink.field(&FCF_VM_ID, place, Value::Number(field.vm_id.into()));
        sink.field(&FCF_PRIORITY, place, Value::Flag(field.priority));
    }
}
