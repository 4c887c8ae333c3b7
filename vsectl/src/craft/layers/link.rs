//! Ethernet (IEEE 802.3), VLAN tags (IEEE 802.1Q), and tags in front of tags (IEEE 802.1ad).

use pnet::packet::ethernet::{EtherType, MutableEthernetPacket};
use pnet::packet::vlan::{ClassOfService, MutableVlanPacket};
use pnet::util::MacAddr;

use super::{BuildError, Part, Stack, View, directed};
use crate::craft::field::{FieldType, Kind, LayerType, Protocol};

pub(crate) static ETHERNET: LayerType = LayerType {
    name: "eth",
    aliases: &["ethernet"],
    title: "Ethernet",
    protocol: Protocol::Ethernet,
    fields: &[
        FieldType::new("dst", Kind::Mac, "destination").filter("eth.dst"),
        FieldType::new("src", Kind::Mac, "source").filter("eth.src"),
        FieldType::new("type", Kind::Hex(16), "EtherType; by what follows").filter("eth.type"),
    ],
};

pub(crate) static VLAN: LayerType = LayerType {
    name: "vlan",
    aliases: &["dot1q"],
    title: "a VLAN tag",
    protocol: Protocol::Vlan,
    fields: TAG,
};

pub(crate) static QINQ: LayerType = LayerType {
    name: "qinq",
    aliases: &["dot1ad"],
    title: "a provider's tag, in front of vlan",
    protocol: Protocol::Vlan,
    fields: TAG,
};

const TAG: &[FieldType] = &[
    FieldType::new("id", Kind::Number(12), "VLAN id").filter("vlan.id"),
    FieldType::new("pcp", Kind::Number(3), "priority code point").filter("vlan.priority"),
    FieldType::new("dei", Kind::Switch, "drop eligible").filter("vlan.dei"),
    FieldType::new("tpid", Kind::Hex(16), "EtherType of the tag itself"),
    FieldType::new("type", Kind::Hex(16), "EtherType; by what follows").filter("vlan.etype"),
    FieldType::new("fcf", Kind::Switch, "the Flow Control Field is in the tag"),
    FieldType::new("vm", Kind::Number(12), "VM id").needs("fcf").filter("vse.fcf.vm_id"),
    FieldType::new("prio", Kind::Switch, "priority").needs("fcf").filter("vse.fcf.priority"),
    FieldType::new("layout", Kind::Layout, "where the field stands").needs("fcf"),
];

/// The EtherType of what has none of its own: IEEE local experimental 2.
pub(super) const NOTHING: u16 = 0x88b6;

/// Locally administered.
const DESTINATION: MacAddr = MacAddr(2, 0, 0, 0, 0, 2);
const SOURCE: MacAddr = MacAddr(2, 0, 0, 0, 0, 1);

pub(super) fn build_ethernet(stack: &Stack<'_>, at: usize, view: View<'_>, part: &mut Part) {
    let mut header = vec![0; MutableEthernetPacket::minimum_packet_size()];
    let pair = (view.mac("src", SOURCE), view.mac("dst", DESTINATION));
    let (source, destination) = directed(pair, part.reversed);
    if let Some(mut ethernet) = MutableEthernetPacket::new(&mut header) {
        ethernet.set_destination(destination);
        ethernet.set_source(source);
        ethernet.set_ethertype(EtherType(view.u16("type", stack.ethertype_above(at))));
    }
    part.prepend(header);
}

/// The EtherType that announces the tag.
pub(super) fn tpid(view: View<'_>) -> u16 {
    view.u16("tpid", if view.layer.r#type.name == QINQ.name { 0x88a8 } else { 0x8100 })
}

pub(super) fn build_vlan(
    stack: &Stack<'_>,
    at: usize,
    view: View<'_>,
    part: &mut Part,
) -> Result<(), BuildError> {
    let tci = u16::from(view.u8("pcp", 0)) << 13
        | u16::from(view.is("dei")) << 12
        | view.u16("id", 0) & 0xfff;
    let tci = view.fcf(tci)?;
    let [high, _] = tci.to_be_bytes();
    let mut header = vec![0; MutableVlanPacket::minimum_packet_size()];
    if let Some(mut tag) = MutableVlanPacket::new(&mut header) {
        tag.set_priority_code_point(ClassOfService(high >> 5));
        tag.set_drop_eligible_indicator(high >> 4 & 1);
        tag.set_vlan_identifier(tci & 0xfff);
        tag.set_ethertype(EtherType(view.u16("type", stack.ethertype_above(at))));
    }
    part.prepend(header);
    Ok(())
}
