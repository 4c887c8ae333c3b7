//! What carries whole Ethernet frames: VXLAN (RFC 7348), NVGRE (RFC 7637), Geneve (RFC 8926).

use super::{Part, View};
use crate::craft::field::{FieldType, Kind, LayerType, Protocol};

pub(crate) static VXLAN: LayerType = LayerType {
    name: "vxlan",
    aliases: &[],
    title: "VXLAN, with a frame within",
    protocol: Protocol::Vxlan,
    fields: &[
        FieldType::new("vni", Kind::Number(24), "network identifier").filter("vxlan.vni"),
        FieldType::new("flags", Kind::Hex(16), "flags; 0x800, a VNI is given")
            .filter("vxlan.flags"),
    ],
};

pub(crate) static NVGRE: LayerType = LayerType {
    name: "nvgre",
    aliases: &[],
    title: "NVGRE, with a frame within",
    protocol: Protocol::Nvgre,
    fields: &[
        FieldType::new("vsid", Kind::Number(24), "virtual subnet id").filter("vse.nvgre.vsid"),
        FieldType::new("flow", Kind::Number(8), "flow id").filter("vse.nvgre.flow_id"),
    ],
};

pub(crate) static GENEVE: LayerType = LayerType {
    name: "geneve",
    aliases: &[],
    title: "Geneve, with a frame within",
    protocol: Protocol::Geneve,
    fields: &[
        FieldType::new("vni", Kind::Number(24), "network identifier").filter("geneve.vni"),
        FieldType::new("oam", Kind::Switch, "a control packet").filter("geneve.flags.oam"),
    ],
};

pub(super) const VXLAN_PORT: u16 = 4789;
pub(super) const GENEVE_PORT: u16 = 6081;
/// The EtherType of a bridged frame.
const BRIDGED: [u8; 2] = [0x65, 0x58];

/// Flags, 2 bytes, VNI, 1 byte.
pub(super) fn build_vxlan(view: View<'_>, part: &mut Part) {
    let [_, a, b, c] = view.u32("vni", 0).to_be_bytes();
    let [high, low] = view.u16("flags", 0x0800).to_be_bytes();
    part.prepend(vec![high, low, 0, 0, a, b, c, 0]);
}

/// GRE with its key bit alone; the key is subnet and flow.
pub(super) fn build_nvgre(view: View<'_>, part: &mut Part) {
    let [_, a, b, c] = view.u32("vsid", 0).to_be_bytes();
    let [high, low] = BRIDGED;
    part.prepend(vec![0x20, 0, high, low, a, b, c, view.u8("flow", 0)]);
}

/// Version 0 without options, flags, what is carried, VNI, 1 byte.
pub(super) fn build_geneve(view: View<'_>, part: &mut Part) {
    let [_, a, b, c] = view.u32("vni", 0).to_be_bytes();
    let [high, low] = BRIDGED;
    let oam = if view.is("oam") { 0x80 } else { 0 };
    part.prepend(vec![0, oam, high, low, a, b, c, 0]);
}
