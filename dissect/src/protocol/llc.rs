//! Logical link control and SNAP: IEEE 802.2, RFC 1042.
//!
//! ```text
//!  0      1      2             3 or 4       then, behind AA-AA-03:
//! +------+------+-------------+-----       +-----------------+-----------+-----
//! | DSAP | SSAP |   control   | ...        |       OUI       | protocol  | ...
//! +------+------+-------------+-----       +-----------------+-----------+-----
//! ```

use super::ethernet;
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::{named_values, protocol};
use crate::sink::{Place, Sink, Value};
use crate::walk::{Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "llc", "LLC";
    DSAP: HexNames(SAPS), "llc.dsap", "dsap", "Destination service access point";
    SSAP: HexNames(SAPS), "llc.ssap", "ssap", "Source service access point";
    CONTROL: Hex, "llc.control", "control", "Control", 2;
    OUI: Hex, "llc.oui", "oui", "Who defines the protocol: SNAP";
    TYPE: Hex, "llc.type", "type", "Protocol: SNAP, an EtherType";
    PID: Hex, "llc.pid", "pid", "Protocol: SNAP, another one";
}

/// The service access points that are met today.
static SAPS: &crate::registry::Names = named_values! {
    0x00 "null", 0x42 "stp", 0xaa "snap", 0xe0 "netware", 0xf0 "netbios", 0xfe "osi",
};

/// Dissects what follows the length of an 802.3 header.
pub(crate) fn dissect(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    // Novell's frames have no LLC: IPX begins with a checksum that is not used.
    if bytes.starts_with(&[0xff, 0xff]) {
        return sink.problem(Problem::unsupported(place.offset, "IPX without LLC".to_owned()));
    }
    let Some((&[dsap, ssap, control], rest)) = bytes.split_first_chunk::<3>() else {
        sink.enter(&PROTOCOL, place);
        short(walk, "LLC header", 3, place, sink);
        return sink.leave();
    };
    // Information and supervisory frames have two bytes of control (IEEE 802.2 section 5.3).
    let control_len = if control & 3 == 3 { 1 } else { 2 };
    let snap = (dsap, ssap, control) == (0xaa, 0xaa, 3);
    let len = if snap { 8 } else { 2 + control_len };
    let wide = match rest.first().filter(|_| control_len == 2) {
        Some(second) => u16::from_le_bytes([control, *second]),
        None => control.into(),
    };
    sink.enter(&PROTOCOL, place.part(0, len.min(bytes.len())));
    if sink.wants(&PROTOCOL) {
        sink.field(&DSAP, place.part(0, 1), Value::Unsigned(dsap.into()));
        sink.field(&SSAP, place.part(1, 1), Value::Unsigned(ssap.into()));
        if bytes.len() >= 2 + control_len {
            sink.field(&CONTROL, place.part(2, control_len), Value::Unsigned(wide.into()));
        }
    }
    sink.info(Info::Llc(dsap, ssap));
    if bytes.len() < 2 + control_len {
        short(walk, "LLC header", 2 + control_len, place, sink);
    }
    if !snap {
        return sink.leave();
    }
    let Some(&[o0, o1, o2, p0, p1]) = rest.first_chunk::<5>() else {
        short(walk, "SNAP header", 5, place.rest(3), sink);
        return sink.leave();
    };
    let oui = u32::from_be_bytes([0, o0, o1, o2]);
    let protocol = u16::from_be_bytes([p0, p1]);
    // RFC 1042, and IEEE 802.1H for what is bridged.
    let is_ethertype = matches!(oui, 0 | 0xf8);
    if sink.wants(&PROTOCOL) {
        let field = if is_ethertype { &TYPE } else { &PID };
        sink.field(&OUI, place.part(3, 3), Value::Unsigned(oui.into()));
        sink.field(field, place.part(6, 2), Value::Unsigned(protocol.into()));
    }
    sink.leave();
    if is_ethertype {
        let payload = bytes.get(8..).unwrap_or_default();
        ethernet::payload_of(walk, protocol, payload, place.rest(8), None, sink);
    }
}
