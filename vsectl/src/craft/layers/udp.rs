//! UDP: RFC 768.

use pnet::packet::ip::IpNextHeaderProtocols;
use pnet::packet::udp::MutableUdpPacket;
use pnet::util::{ipv4_checksum, ipv6_checksum};

use super::{Addresses, BuildError, Part, Pseudo, Stack, View, directed, length, tunnel};
use crate::craft::field::{FieldType, Kind, LayerType, Protocol};

pub(crate) static LAYER: LayerType = LayerType {
    name: "udp",
    aliases: &[],
    title: "UDP",
    protocol: Protocol::Udp,
    fields: &[
        FieldType::new("sport", Kind::Number(16), "source port").filter("udp.srcport"),
        FieldType::new("dport", Kind::Number(16), "destination port").filter("udp.dstport"),
        FieldType::new("len", Kind::Number(16), "length; right where not given")
            .filter("udp.length"),
        FieldType::new("checksum", Kind::Hex(16), "0 for none; right where not given")
            .filter("udp.checksum"),
        FieldType::new("bad-checksum", Kind::Switch, "a wrong checksum"),
        FieldType::new("sum", Kind::Switch, "a checksum where a tunnel over IPv4 has none"),
    ],
};

pub(super) const SOURCE_PORT: u16 = 49152;
/// The discard service.
const DESTINATION_PORT: u16 = 9;
const CHECKSUM: usize = 6;

pub(super) fn build(
    stack: &Stack<'_>,
    at: usize,
    view: View<'_>,
    part: &mut Part,
) -> Result<(), BuildError> {
    let tunnel = match stack.above(at) {
        Some(Protocol::Vxlan) => Some(tunnel::VXLAN_PORT),
        Some(Protocol::Geneve) => Some(tunnel::GENEVE_PORT),
        _ => None,
    };
    let ports =
        (view.u16("sport", SOURCE_PORT), view.u16("dport", tunnel.unwrap_or(DESTINATION_PORT)));
    // Both ends of a tunnel send to its port.
    let (source, destination) = directed(ports, part.reversed && tunnel.is_none());
    let mut header = vec![0; MutableUdpPacket::minimum_packet_size()];
    let len = length(view, header.len() + part.bytes.len())?;
    if let Some(mut udp) = MutableUdpPacket::new(&mut header) {
        udp.set_source(source);
        udp.set_destination(destination);
        udp.set_length(len);
    }
    part.prepend(header);
    let udp = IpNextHeaderProtocols::Udp;
    match stack.addresses(at, part.reversed) {
        // RFC 7348 section 5 asks for none.
        Some(Addresses::V4(_))
            if tunnel.is_some()
                && !view.is("sum")
                && !view.is("bad-checksum")
                && view.number("checksum").is_none() => {}
        Some(Addresses::V4((from, to))) => {
            let right = ipv4_checksum(&part.bytes, CHECKSUM / 2, &[], &from, &to, udp);
            part.finish_sum(view, CHECKSUM, Pseudo::Next, right);
        }
        Some(Addresses::V6((from, to))) => {
            let right = ipv6_checksum(&part.bytes, CHECKSUM / 2, &[], &from, &to, udp);
            part.finish_sum(view, CHECKSUM, Pseudo::Next, right);
        }
        None => {}
    }
    Ok(())
}
