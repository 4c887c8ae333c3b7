//! ARP for IPv4 over Ethernet: RFC 826.

use pnet::packet::arp::{ArpHardwareTypes, ArpOperation, MutableArpPacket};
use pnet::packet::ethernet::EtherTypes;
use pnet::util::MacAddr;

use super::{Part, View};
use crate::craft::field::{FieldType, Kind, LayerType, Protocol};

pub(crate) static LAYER: LayerType = LayerType {
    name: "arp",
    aliases: &[],
    title: "ARP for IPv4",
    protocol: Protocol::Arp,
    fields: &[
        FieldType::new("op", Kind::Number(16), "1 request, 2 reply").filter("arp.opcode"),
        FieldType::new("sha", Kind::Mac, "sender's Ethernet address").filter("arp.src.hw_mac"),
        FieldType::new("spa", Kind::Ipv4, "sender's address").filter("arp.src.proto_ipv4"),
        FieldType::new("tha", Kind::Mac, "target's Ethernet address").filter("arp.dst.hw_mac"),
        FieldType::new("tpa", Kind::Ipv4, "target's address").filter("arp.dst.proto_ipv4"),
    ],
};

const SENDER: MacAddr = MacAddr(2, 0, 0, 0, 0, 1);

pub(super) fn build(view: View<'_>, part: &mut Part) {
    let mut header = vec![0; MutableArpPacket::minimum_packet_size()];
    if let Some(mut arp) = MutableArpPacket::new(&mut header) {
        arp.set_hardware_type(ArpHardwareTypes::Ethernet);
        arp.set_protocol_type(EtherTypes::Ipv4);
        arp.set_hw_addr_len(6);
        arp.set_proto_addr_len(4);
        arp.set_operation(ArpOperation(view.u16("op", 1)));
        arp.set_sender_hw_addr(view.mac("sha", SENDER));
        arp.set_sender_proto_addr(view.ipv4("spa", super::ipv4::SOURCE));
        arp.set_target_hw_addr(view.mac("tha", MacAddr::zero()));
        arp.set_target_proto_addr(view.ipv4("tpa", super::ipv4::DESTINATION));
    }
    part.prepend(header);
}
