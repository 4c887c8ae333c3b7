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

use super::{ethernet, fcf, llc};
use crate::info::Info;
use crate::registry::protocol;
use crate::sink::{Place, Sink, Value};
use crate::walk::{Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "vlan", "802.1Q";
    PRIORITY: Unsigned, "vlan.priority", "priority", "Priority code point, 0 to 7";
    DEI: Flag, "vlan.dei", "dei", "Drop eligible";
    ID: Unsigned, "vlan.id", "id", "VLAN id";
    ETYPE: Hex, "vlan.etype", "etype", "EtherType";
    LENGTH: Unsigned, "vlan.len", "len", "Length of what follows, bytes: IEEE 802.3";
}

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
    let Some((&[t0, t1, e0, e1], payload)) = bytes.split_first_chunk::<LEN>() else {
        sink.enter(&PROTOCOL, place);
        short(walk, "VLAN tag", LEN, place, sink);
        return sink.leave();
    };
    let tci = u16::from_be_bytes([t0, t1]);
    let ethertype = u16::from_be_bytes([e0, e1]);
    let (id, [priority, _]) = (tci & 0xfff, (tci >> 13 << 8).to_be_bytes());
    sink.enter(&PROTOCOL, place.part(0, LEN));
    if sink.wants(&PROTOCOL) {
        let field = if ethernet::LENGTHS.contains(&ethertype) { &LENGTH } else { &ETYPE };
        sink.field(&PRIORITY, place.part(0, 2), Value::Unsigned(priority.into()));
        sink.field(&DEI, place.part(0, 2), Value::Flag(tci & 0x1000 != 0));
        sink.field(&ID, place.part(0, 2), Value::Unsigned(id.into()));
        sink.field(field, place.part(2, 2), Value::Unsigned(ethertype.into()));
    }
    fcf::report(walk, Carrier::Vlan, tci, place.part(0, 2), sink);
    sink.info(Info::Vlan(id, priority));
    sink.leave();
    let place = place.part(LEN, payload.len());
    if ethernet::LENGTHS.contains(&ethertype) {
        return llc::dissect(walk, payload, place, sink);
    }
    // A message frame has one tag at the most; its bytes are read from the Ethernet header on.
    let frame = frame.filter(|frame| frame.len() == bytes.len() + ethernet::LEN);
    ethernet::payload_of(walk, ethertype, payload, place, frame, sink);
}
