//! Loopback captures of BSD: the address family, in the byte order of the machine or the network's.

use super::ip;
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::protocol;
use crate::sink::{Place, Sink, Value};
use crate::walk::{Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "null", "Loopback";
    FAMILY: Unsigned, "null.family", "family", "Address family";
}

/// Dissects a frame whose family is in network byte order, or in that of an unknown machine.
pub(crate) fn dissect(
    walk: &mut Walk<'_>,
    bytes: &[u8],
    place: Place,
    network_order: bool,
    sink: &mut impl Sink,
) {
    let Some((family, payload)) = bytes.split_first_chunk::<4>() else {
        sink.enter(&PROTOCOL, place);
        short(walk, "loopback header", 4, place, sink);
        return sink.leave();
    };
    let (big, little) = (u32::from_be_bytes(*family), u32::from_le_bytes(*family));
    // Families are small numbers, which tells the byte order of the machine.
    let family = if network_order || big < little { big } else { little };
    sink.enter(&PROTOCOL, place.part(0, 4));
    if sink.wants(&PROTOCOL) {
        sink.field(&FAMILY, place.part(0, 4), Value::Unsigned(family.into()));
    }
    sink.info(Info::Text("Loopback"));
    sink.leave();
    let rest = place.rest(4);
    match family {
        // AF_INET, and AF_INET6 of Linux, NetBSD, FreeBSD and macOS.
        2 | 10 | 24 | 28 | 30 => ip::by_version(walk, payload, rest, sink),
        other => {
            sink.problem(Problem::unsupported(place.offset, format!("address family {other}")));
        }
    }
}
