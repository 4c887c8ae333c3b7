//! ERSPAN, frames that a switch mirrors through GRE: draft-foschiano-erspan-03. Type I has no header.
//!
//! ```text
//! types II, III:  version (4)  VLAN (12)  CoS (3)  tag or damage (2)  cut (1)  session (10)
//! type II:        reserved (12)  index (20)
//! type III:       time stamp (32)
//!                 security group (16)  P (1)  frame type (5)  hardware (6)  D (1)  unit (2)  O (1)
//!                 where O is set: platform id (6)  what it defines (58)
//! ```

use super::{ethernet, ip};
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::{named_values, protocol};
use crate::sink::{Place, Sink, Value};
use crate::walk::{Tunnel, Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "erspan", "ERSPAN";
    VERSION: Names(named_values! { 1 "type_ii", 2 "type_iii" }), "erspan.version", "version",
        "Version";
    VLAN: Unsigned, "erspan.vlan", "vlan", "VLAN that was mirrored";
    COS: Unsigned, "erspan.cos", "cos", "Class of service that the frame had";
    ENCAP: Names(named_values! { 0 "none", 1 "isl", 2 "802.1q", 3 "kept" }), "erspan.encap",
        "encap", "Tag that the frame had: type II";
    BSO: Names(named_values! { 0 "good", 1 "bad", 2 "short", 3 "oversized" }), "erspan.bso", "bso",
        "Whether the frame was whole: type III";
    TRUNCATED: Flag, "erspan.truncated", "truncated", "Whether the frame was cut";
    SPAN_ID: Unsigned, "erspan.spanid", "spanid", "Session";
    INDEX: Unsigned, "erspan.index", "index", "Port and direction, as the switch has them: type II";
    TIMESTAMP: Unsigned, "erspan.timestamp", "timestamp", "Time stamp: type III";
    SGT: Unsigned, "erspan.sgt", "sgt", "Security group tag: type III";
    HAS_ETHERNET: Flag, "erspan.p", "p", "Whether it is a frame of Ethernet's protocol: type III";
    FRAME_TYPE: Names(named_values! { 0 "ethernet", 2 "ip" }), "erspan.ft", "ft",
        "What was mirrored: type III";
    HARDWARE: Unsigned, "erspan.hw", "hw", "Hardware id: type III";
    EGRESS: Flag, "erspan.direction", "direction", "Whether it was sent, not received: type III";
    GRANULARITY: Names(named_values! { 0 "100_us", 1 "100_ns", 2 "ieee_1588", 3 "custom" }),
        "erspan.gra", "gra", "Unit of the time stamp: type III";
    SUBHEADER: Flag, "erspan.o", "o", "Whether the platform has a header of its own: type III";
    PLATFORM: Unsigned, "erspan.platid", "platid", "Platform";
}

/// GRE's protocol type for types I and II.
pub(crate) const TYPE_II: u16 = 0x88be;
/// GRE's protocol type for type III.
pub(crate) const TYPE_III: u16 = 0x22eb;

/// Dissects type I: a frame, with nothing in front of it.
pub(crate) fn dissect_i(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    sink.enter(&PROTOCOL, place.part(0, 0));
    sink.info(Info::Text("Type I"));
    sink.leave();
    walk.tunnel(Tunnel::Erspan(0), place, sink, |walk, sink| {
        ethernet::dissect(walk, bytes, place, sink);
    });
}

/// Dissects type II and the frame within.
pub(crate) fn dissect_ii(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    const LEN: usize = 8;
    let Some((&[first, v1, c0, c1, i0, i1, i2, i3], payload)) = bytes.split_first_chunk::<LEN>()
    else {
        sink.enter(&PROTOCOL, place);
        short(walk, "ERSPAN header", LEN, place, sink);
        return sink.leave();
    };
    sink.enter(&PROTOCOL, place.part(0, LEN));
    let session = session([first, v1, c0, c1], 1, place, sink);
    if sink.wants(&PROTOCOL) {
        let index = u32::from_be_bytes([i0, i1, i2, i3]) & 0xf_ffff;
        sink.field(&INDEX, place.part(4, 4), Value::Unsigned(index.into()));
    }
    sink.leave();
    let Some(session) = session else { return };
    let place = place.rest(LEN);
    walk.tunnel(Tunnel::Erspan(session), place, sink, |walk, sink| {
        ethernet::dissect(walk, payload, place, sink);
    });
}

/// Dissects type III and what was mirrored.
pub(crate) fn dissect_iii(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    const LEN: usize = 12;
    let Some(&[first, v1, c0, c1, t0, t1, t2, t3, g0, g1, b0, b1]) = bytes.first_chunk::<LEN>()
    else {
        sink.enter(&PROTOCOL, place);
        short(walk, "ERSPAN header", LEN, place, sink);
        return sink.leave();
    };
    let bits = u16::from_be_bytes([b0, b1]);
    let (frame_type, has_subheader) = (bits >> 10 & 0x1f, bits & 1 != 0);
    let len = if has_subheader { LEN + 8 } else { LEN };
    sink.enter(&PROTOCOL, place.part(0, len.min(bytes.len())));
    let session = session([first, v1, c0, c1], 2, place, sink);
    if sink.wants(&PROTOCOL) {
        let mut put = |field, offset, len, value| sink.field(field, place.part(offset, len), value);
        let number = |value: u16| Value::Unsigned(value.into());
        let timestamp = u32::from_be_bytes([t0, t1, t2, t3]);
        put(&TIMESTAMP, 4, 4, Value::Unsigned(timestamp.into()));
        put(&SGT, 8, 2, number(u16::from_be_bytes([g0, g1])));
        put(&HAS_ETHERNET, 10, 2, Value::Flag(bits & 0x8000 != 0));
        put(&FRAME_TYPE, 10, 2, number(frame_type));
        put(&HARDWARE, 10, 2, number(bits >> 4 & 0x3f));
        put(&EGRESS, 10, 2, Value::Flag(bits & 8 != 0));
        put(&GRANULARITY, 10, 2, number(bits >> 1 & 3));
        put(&SUBHEADER, 10, 2, Value::Flag(has_subheader));
        if let Some(platform) = bytes.get(LEN).filter(|_| has_subheader) {
            put(&PLATFORM, LEN, 4, Value::Unsigned((platform >> 2).into()));
        }
    }
    let payload = bytes.get(len..);
    if payload.is_none() {
        short(walk, "ERSPAN header", len, place, sink);
    }
    sink.leave();
    let (Some(session), Some(payload)) = (session, payload) else { return };
    let place = place.rest(len);
    walk.tunnel(Tunnel::Erspan(session), place, sink, |walk, sink| match frame_type {
        0 => ethernet::dissect(walk, payload, place, sink),
        2 => ip::by_version(walk, payload, place, sink),
        _ => ip::payload(place, payload, sink),
    });
}

/// What types II and III begin with; nothing where the version is not `want`.
fn session(begin: [u8; 4], want: u8, place: Place, sink: &mut impl Sink) -> Option<u16> {
    let [v0, v1, c0, c1] = begin;
    let version = v0 >> 4;
    let bits = u16::from_be_bytes([c0, c1]);
    let session = bits & 0x3ff;
    if sink.wants(&PROTOCOL) {
        let mut put = |field, offset, value| sink.field(field, place.part(offset, 2), value);
        let number = |value: u16| Value::Unsigned(value.into());
        let what = if want == 1 { &ENCAP } else { &BSO };
        put(&VERSION, 0, number(version.into()));
        put(&VLAN, 0, number(u16::from_be_bytes([v0, v1]) & 0xfff));
        put(&COS, 2, number(bits >> 13));
        put(what, 2, number(bits >> 11 & 3));
        put(&TRUNCATED, 2, Value::Flag(bits & 0x400 != 0));
        put(&SPAN_ID, 2, number(session));
    }
    sink.info(Info::Session(session));
    if version != want {
        let text = format!("ERSPAN version {version}");
        sink.problem(Problem::unsupported(place.offset, text));
        return None;
    }
    Some(session)
}
