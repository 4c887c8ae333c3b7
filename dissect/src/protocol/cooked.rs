//! Linux cooked captures, version 1 and 2, and those of netlink, which begin with the former:
//! the tcpdump group's descriptions of LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2 and
//! LINKTYPE_NETLINK.
//!
//! ```text
//! version 1:  type (2)  ARPHRD (2)  address length (2)  address (8)  protocol (2)
//! version 2:  protocol (2)  reserved (2)  interface (4)  ARPHRD (2)  type (1)
//!             address length (1)  address (8)
//! ```

use codec::types::MacAddr;

use super::{ethernet, llc, netlink};
use crate::info::Info;
use crate::registry::{Names, named_values, protocol};
use crate::sink::{Place, Sink, Value};
use crate::walk::{Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "sll", "Linux cooked";
    PKTTYPE: Names(DIRECTIONS), "sll.pkttype", "pkttype", "To whom it was sent";
    HATYPE: Unsigned, "sll.hatype", "hatype", "Kind of interface: ARPHRD_…";
    HALEN: Unsigned, "sll.halen", "halen", "Bytes of the address";
    SRC: Mac, "sll.src.eth", "src", "Source, where it is an Ethernet address";
    IFINDEX: Unsigned, "sll.ifindex", "ifindex", "Index of the interface: version 2";
    ETYPE: Hex, "sll.etype", "etype", "Protocol: an EtherType, or a number of Linux";
}

static DIRECTIONS: &Names = named_values! {
    0 "host", 1 "broadcast", 2 "multicast", 3 "otherhost", 4 "outgoing",
};

/// ARPHRD_NETLINK.
const NETLINK: u16 = 824;
/// The protocols of Linux below the EtherTypes: 802.3 without and with LLC.
const ETH_P_802_2: u16 = 4;

struct Header {
    pkttype: u16,
    hatype: u16,
    halen: u16,
    address: [u8; 6],
    protocol: u16,
}

/// Where the fields of a header stand.
struct Layout {
    pkttype: (usize, usize),
    hatype: usize,
    halen: (usize, usize),
    address: usize,
    protocol: usize,
}

/// Dissects a frame with a cooked header of version 1.
pub(crate) fn dissect_v1(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    const LAYOUT: Layout =
        Layout { pkttype: (0, 2), hatype: 2, halen: (4, 2), address: 6, protocol: 14 };
    let Some((header, payload)) = bytes.split_first_chunk::<16>() else {
        sink.enter(&PROTOCOL, place);
        short(walk, "Linux cooked header", 16, place, sink);
        return sink.leave();
    };
    let [t0, t1, h0, h1, l0, l1, a0, a1, a2, a3, a4, a5, _, _, p0, p1] = *header;
    let header = Header {
        pkttype: u16::from_be_bytes([t0, t1]),
        hatype: u16::from_be_bytes([h0, h1]),
        halen: u16::from_be_bytes([l0, l1]),
        address: [a0, a1, a2, a3, a4, a5],
        protocol: u16::from_be_bytes([p0, p1]),
    };
    fields(&header, &LAYOUT, None, place.part(0, 16), sink);
    carried(walk, &header, payload, place.rest(16), sink);
}

/// Dissects a frame with a cooked header of version 2.
pub(crate) fn dissect_v2(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    const LAYOUT: Layout =
        Layout { pkttype: (10, 1), hatype: 8, halen: (11, 1), address: 12, protocol: 0 };
    let Some((header, payload)) = bytes.split_first_chunk::<20>() else {
        sink.enter(&PROTOCOL, place);
        short(walk, "Linux cooked header", 20, place, sink);
        return sink.leave();
    };
    let [p0, p1, _, _, i0, i1, i2, i3, h0, h1, r#type, halen, a0, a1, a2, a3, a4, a5, ..] = *header;
    let header = Header {
        pkttype: r#type.into(),
        hatype: u16::from_be_bytes([h0, h1]),
        halen: halen.into(),
        address: [a0, a1, a2, a3, a4, a5],
        protocol: u16::from_be_bytes([p0, p1]),
    };
    let ifindex = u32::from_be_bytes([i0, i1, i2, i3]);
    fields(&header, &LAYOUT, Some(ifindex), place.part(0, 20), sink);
    carried(walk, &header, payload, place.rest(20), sink);
}

/// Dissects a frame of a netlink monitor: a cooked header, whose protocol is the netlink family.
pub(crate) fn dissect_netlink(
    walk: &mut Walk<'_>,
    bytes: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    dissect_v1(walk, bytes, place, sink);
}

fn fields(
    header: &Header,
    layout: &Layout,
    ifindex: Option<u32>,
    place: Place,
    sink: &mut impl Sink,
) {
    sink.enter(&PROTOCOL, place);
    if sink.wants(&PROTOCOL) {
        let Header { pkttype, hatype, halen, address, protocol } = *header;
        let mut put = |field, (offset, len), value| {
            sink.field(field, place.part(offset, len), value);
        };
        put(&PKTTYPE, layout.pkttype, Value::Unsigned(pkttype.into()));
        put(&HATYPE, (layout.hatype, 2), Value::Unsigned(hatype.into()));
        put(&HALEN, layout.halen, Value::Unsigned(halen.into()));
        if halen == 6 {
            put(&SRC, (layout.address, 6), Value::Mac(MacAddr(address)));
        }
        if let Some(ifindex) = ifindex {
            put(&IFINDEX, (4, 4), Value::Unsigned(ifindex.into()));
        }
        put(&ETYPE, (layout.protocol, 2), Value::Unsigned(protocol.into()));
    }
    sink.info(Info::EtherType(header.protocol));
    sink.leave();
}

fn carried(
    walk: &mut Walk<'_>,
    header: &Header,
    payload: &[u8],
    place: Place,
    sink: &mut impl Sink,
) {
    match (header.hatype, header.protocol) {
        (NETLINK, family) => netlink::dissect(walk, family, payload, place, sink),
        (_, ETH_P_802_2) => llc::dissect(walk, payload, place, sink),
        (_, ethertype) => ethernet::payload_of(walk, ethertype, payload, place, None, sink),
    }
}
