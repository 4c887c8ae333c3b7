//! VXLAN: RFC 7348 section 5; VXLAN-GPE: draft-ietf-nvo3-vxlan-gpe; the group policy of
//! draft-smith-vxlan-group-policy.
//!
//! ```text
//!  0               8              16              24            32
//! +---------------+--------------+---------------+--------------+
//! |     flags     |        reserved, or group, or next protocol |
//! +---------------+--------------+---------------+--------------+
//! |                     VNI                      |   reserved   |
//! +----------------------------------------------+--------------+
//! ```

use codec::fcf::Fcf;

use super::{ethernet, ipv4, ipv6, nsh};
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::{named_values, protocol};
use crate::sink::{Place, Sink, Value};
use crate::walk::{Tunnel, Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "vxlan", "VXLAN";
    FLAGS: Hex, "vxlan.flags", "flags",
        "Flags: 0x0800 a VNI is given, 0x8000 a group; of VXLAN-GPE the first octet alone: 0x08 a VNI, \
         0x04 a next protocol";
    GBP: Unsigned, "vxlan.gbp", "gbp", "Group policy id, which counts where the flag 0x8000 is set";
    NEXT: Names(named_values! { 1 "ipv4", 2 "ipv6", 3 "ethernet", 4 "nsh" }), "vxlan.next_proto",
        "next_proto", "Next protocol: VXLAN-GPE";
    VNI: Unsigned, "vxlan.vni", "vni", "VXLAN network identifier";
}

/// Bytes of the header.
pub(crate) const LEN: usize = 8;

/// Dissects a VXLAN packet and the frame within.
pub(crate) fn dissect(
    walk: &mut Walk<'_>,
    fcf: Option<Fcf>,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    packet(walk, (fcf, false), bytes, place, sink);
}

/// Dissects a VXLAN-GPE packet and what it carries.
pub(crate) fn dissect_gpe(
    walk: &mut Walk<'_>,
    fcf: Option<Fcf>,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    packet(walk, (fcf, true), bytes, place, sink);
}

fn packet(
    walk: &mut Walk<'_>,
    (fcf, gpe): (Option<Fcf>, bool),
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    let Some((&[flags, more, g0, g1, v0, v1, v2, _], payload)) = bytes.split_first_chunk::<LEN>()
    else {
        sink.enter(&PROTOCOL, place);
        short(walk, "VXLAN header", LEN, place, sink);
        return sink.leave();
    };
    let vni = u32::from_be_bytes([0, v0, v1, v2]);
    // The bit P says that there is a next protocol; without it there is an Ethernet frame, and the octet
    // is zero. A sender that sets it means it, bit or no bit.
    let next = if gpe && (flags & 0x04 != 0 || g1 != 0) { g1 } else { 3 };
    sink.enter(&PROTOCOL, place.part(0, LEN));
    if sink.wants(&PROTOCOL) {
        let mut put = |field, offset, len, value| {
            sink.field(field, place.part(offset, len), Value::Unsigned(value));
        };
        if gpe {
            put(&FLAGS, 0, 1, flags.into());
            put(&NEXT, 3, 1, g1.into());
        } else {
            put(&FLAGS, 0, 2, u16::from_be_bytes([flags, more]).into());
            put(&GBP, 2, 2, u16::from_be_bytes([g0, g1]).into());
        }
        sink.field(&VNI, place.part(4, 3), Value::Unsigned(vni.into()));
    }
    sink.info(Info::Tunnel(vni.into(), fcf));
    sink.leave();
    let place = place.rest(LEN);
    walk.tunnel(Tunnel::Vxlan(vni), place, sink, |walk, sink| match next {
        1 => ipv4::dissect(walk, payload, place, sink),
        2 => ipv6::dissect(walk, payload, place, sink),
        3 => ethernet::dissect(walk, payload, place, sink),
        4 => nsh::dissect(walk, payload, place, sink),
        other => {
            let text = format!("VXLAN-GPE next protocol {other}");
            sink.problem(Problem::unsupported(place.offset, text));
        }
    });
}
