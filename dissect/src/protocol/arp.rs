//! ARP: RFC 826.
//!
//! ```text
//!  0               8              16                            32
//! +------------------------------+------------------------------+
//! |        hardware type         |        protocol type         |
//! +--------------+---------------+------------------------------+
//! | hardware len | protocol len  |          operation           |
//! +--------------+---------------+------------------------------+
//! |  sender hardware, sender protocol, target hardware, target  |
//! |  protocol address                                           |
//! +-------------------------------------------------------------+
//! ```

use std::net::Ipv4Addr;

use codec::types::MacAddr;

use crate::info::Info;
use crate::registry::{named_values, protocol};
use crate::sink::{Place, Sink, Value};
use crate::walk::{Walk, short};

protocol! {
    pub(crate) static PROTOCOL = "arp", "ARP";
    HW_TYPE: Unsigned, "arp.hw.type", "hw_type", "Hardware type";
    PROTO_TYPE: Hex, "arp.proto.type", "proto_type", "Protocol type, an EtherType";
    HW_SIZE: Unsigned, "arp.hw.size", "hw_size", "Bytes of a hardware address";
    PROTO_SIZE: Unsigned, "arp.proto.size", "proto_size", "Bytes of a protocol address";
    OPCODE: Names(named_values! { 1 "request", 2 "reply", 3 "rarp_request", 4 "rarp_reply" }),
        "arp.opcode", "opcode", "Operation";
    SRC_HW: Mac, "arp.src.hw_mac", "src_hw", "Sender's Ethernet address";
    SRC_PROTO: Ipv4, "arp.src.proto_ipv4", "src_proto", "Sender's IPv4 address";
    DST_HW: Mac, "arp.dst.hw_mac", "dst_hw", "Target's Ethernet address";
    DST_PROTO: Ipv4, "arp.dst.proto_ipv4", "dst_proto", "Target's IPv4 address";
}

/// Bytes of a packet of Ethernet and IPv4 addresses.
const LEN: usize = 28;

/// Dissects a packet.
pub(crate) fn dissect(walk: &mut Walk<'_>, bytes: &[u8], place: Place, sink: &mut impl Sink) {
    let Some((&[h0, h1, p0, p1, hw_size, proto_size, o0, o1], _)) = bytes.split_first_chunk::<8>()
    else {
        sink.enter(&PROTOCOL, place);
        short(walk, "ARP header", 8, place, sink);
        return sink.leave();
    };
    let opcode = u16::from_be_bytes([o0, o1]);
    sink.enter(&PROTOCOL, place.part(0, LEN.min(bytes.len())));
    if sink.wants(&PROTOCOL) {
        let mut put = |field, offset, len, value: u64| {
            sink.field(field, place.part(offset, len), Value::Unsigned(value));
        };
        put(&HW_TYPE, 0, 2, u16::from_be_bytes([h0, h1]).into());
        put(&PROTO_TYPE, 2, 2, u16::from_be_bytes([p0, p1]).into());
        put(&HW_SIZE, 4, 1, hw_size.into());
        put(&PROTO_SIZE, 5, 1, proto_size.into());
        put(&OPCODE, 6, 2, opcode.into());
    }
    sink.info(Info::Text("addresses of another kind"));
    if (hw_size, proto_size) == (6, 4) {
        match bytes.first_chunk::<LEN>() {
            Some(packet) => addresses(packet, opcode, place, sink),
            None => short(walk, "ARP addresses", LEN, place, sink),
        }
    }
    sink.leave();
}

fn addresses(packet: &[u8; LEN], opcode: u16, place: Place, sink: &mut impl Sink) {
    let (_, addresses) = packet.as_chunks::<2>().0.split_at(4);
    let mac = |at: usize| {
        let mut mac = [0; 6];
        let words = addresses.iter().skip(at).take(3).flatten();
        mac.iter_mut().zip(words).for_each(|(to, from)| *to = *from);
        MacAddr(mac)
    };
    let ipv4 = |at: usize| {
        let mut octets = [0; 4];
        let words = addresses.iter().skip(at).take(2).flatten();
        octets.iter_mut().zip(words).for_each(|(to, from)| *to = *from);
        Ipv4Addr::from(octets)
    };
    let (sender, target) = (ipv4(3), ipv4(8));
    if sink.wants(&PROTOCOL) {
        sink.field(&SRC_HW, place.part(8, 6), Value::Mac(mac(0)));
        sink.field(&SRC_PROTO, place.part(14, 4), Value::ipv4(sender));
        sink.field(&DST_HW, place.part(18, 6), Value::Mac(mac(5)));
        sink.field(&DST_PROTO, place.part(24, 4), Value::ipv4(target));
    }
    sink.info(Info::Arp { opcode, sender, target });
}
