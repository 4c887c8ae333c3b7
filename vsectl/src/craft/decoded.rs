//! From a specification to packets and back: decoding tells every field of every layer.

use codec::fcf::FcfLayout;
use dissect::{Dissector, Frame, Options, OwnedValue, Tree, TreeField};

use super::LAYERS;
use super::field::{FieldType, Kind, LayerType, Protocol};
use super::tests::{above, below, frames, sample};

/// The TOS layout that tests name; its VLAN twin.
const TOS: &str = "custom(tos,priority=0x1,vm_id=0xf0)";
const VLAN: &str = "custom(vlan,priority=0x1,vm_id=0xf0)";

/// A setting, the field that tells it, and its value there.
type Case = (String, &'static str, OwnedValue);

/// What decoding tells of a field that it has under the same name: the sample, and the highest.
fn itself(layer: &LayerType, field: &FieldType) -> Option<Vec<Case>> {
    let filter = field.filter?;
    let sample = sample(field);
    let (_, sample) = sample.split_once('=')?;
    let sample = field.kind.read(sample).ok()?;
    let highest = match (field.name, layer.protocol) {
        ("vm", Protocol::Vlan) => FcfLayout::VLAN.max_vm_id().into(),
        ("vm", _) => FcfLayout::DSCP.max_vm_id().into(),
        _ => field.kind.max()?,
    };
    let case = |value| {
        let setting = format!("{}={}", field.name, field.kind.write(value));
        (setting, filter, owned(field.kind, value))
    };
    Some(vec![case(sample), case(highest)])
}

/// What decoding tells of a field that is none of a packet's own; nothing where it tells nothing.
fn follows(layer: &LayerType, field: &FieldType) -> Option<Case> {
    let (setting, name, value) = match (layer.name, field.name) {
        ("ip", "offset") => ("offset=9", "ip.frag_offset", OwnedValue::Unsigned(9)),
        ("ip", "ihl") => ("ihl=9", "ip.hdr_len", OwnedValue::Unsigned(36)),
        ("ip", "options") => ("options=01", "ip.opt.type", OwnedValue::Unsigned(1)),
        ("ip", "bad-checksum") => ("bad-checksum", "ip.checksum.status", OwnedValue::Unsigned(0)),
        ("ip", "frag") => ("frag", "ip.flags.mf", OwnedValue::Flag(true)),
        ("ip6", "frag") => ("frag", "ipv6.fraghdr.more", OwnedValue::Flag(true)),
        ("ip6", "mtu") => ("mtu=600", "ipv6.plen", OwnedValue::Unsigned(560)),
        ("ip6", "order") => {
            ("order=reversed mtu=1500", "ipv6.fraghdr.offset", OwnedValue::Unsigned(362))
        }
        ("ip6", "id") => ("id=0x77", "ipv6.fraghdr.ident", OwnedValue::Unsigned(0x77)),
        ("ip", "mtu") => ("mtu=596", "ip.len", OwnedValue::Unsigned(596)),
        ("ip", "order") => ("order=reversed mtu=1500", "ip.frag_offset", OwnedValue::Unsigned(370)),
        ("ip", "layout") => ("vm=3 layout=", "vse.fcf.vm_id", OwnedValue::Unsigned(3)),
        ("vlan" | "qinq", "layout") => ("vm=3 layout=", "vse.fcf.vm_id", OwnedValue::Unsigned(3)),
        (_, "fcf") => ("fcf vm=3", "vse.fcf.vm_id", OwnedValue::Unsigned(3)),
        ("vlan" | "qinq", "tpid") => ("tpid=0x9100", "eth.type", OwnedValue::Unsigned(0x9100)),
        ("tcp", "offset") => ("offset=9", "tcp.hdr_len", OwnedValue::Unsigned(36)),
        ("tcp", "options") => ("options=01", "tcp.option_kind", OwnedValue::Unsigned(1)),
        ("tcp", "session") => ("session", "tcp.flags", OwnedValue::Unsigned(2)),
        ("tcp", "mss") => ("mss=999", "tcp.options.mss_val", OwnedValue::Unsigned(999)),
        _ => return None,
    };
    let layout = if layer.protocol == Protocol::Vlan { VLAN } else { TOS };
    let layout = if field.name == "layout" { layout } else { "" };
    Some((format!("{setting}{layout}"), name, value))
}

/// A value of a field as decoding has it.
fn owned(kind: Kind, value: u128) -> OwnedValue {
    let text = kind.write(value);
    match kind {
        Kind::Switch => OwnedValue::Flag(value == 1),
        Kind::Mac => OwnedValue::Mac(text.parse().unwrap()),
        Kind::Ipv4 => OwnedValue::Ipv4(text.parse().unwrap(), 32),
        Kind::Ipv6 => OwnedValue::Ipv6(text.parse().unwrap()),
        _ => OwnedValue::Unsigned(value.try_into().unwrap()),
    }
}

/// The values under that name in the first frame of these layers, the outermost first.
fn decode(layers: &str, layout: FcfLayout, name: &str) -> Vec<OwnedValue> {
    let mut tree = Tree::default();
    let options = Options { fcf: Some(layout), ..Options::default() };
    Dissector::new(options).dissect(&Frame::ethernet(&frames(layers)[0]), &mut tree);
    let mut found = Vec::new();
    let mut left: Vec<_> = tree.layers.iter().rev().collect();
    while let Some(layer) = left.pop() {
        find(&layer.fields, name, &mut found);
        left.extend(layer.layers.iter().rev());
    }
    found
}

fn find(fields: &[TreeField], name: &str, found: &mut Vec<OwnedValue>) {
    for TreeField { field, value, .. } in fields {
        if field.name == name {
            found.push(value.clone());
        }
        if let OwnedValue::Nested(fields) = value {
            find(fields, name, found);
        }
    }
}

/// Fields that no packet tells by one of its own: bytes that belong to no layer, and checksums that
/// decoding does not verify.
const UNTOLD: &[&str] = &[
    "icmp bad-checksum",
    "icmp6 bad-checksum",
    "udp bad-checksum",
    "udp sum",
    "tcp bad-checksum",
    "esp clear",
    "payload len",
    "payload text",
    "payload hex",
    "payload fill",
    "payload noise",
    "payload probe",
    "payload flow",
    "payload sequence",
    "payload time",
];

#[test]
fn every_field_is_told() {
    let mut untold = Vec::new();
    for layer in LAYERS {
        let above = above(layer.name);
        for field in layer.fields {
            let cases = itself(layer, field).or_else(|| Some(vec![follows(layer, field)?]));
            let Some(cases) = cases else {
                untold.push(format!("{} {}", layer.name, field.name));
                continue;
            };
            let needs = field.needs.map(|needs| format!(" {needs}")).unwrap_or_default();
            let layout = match (field.name, layer.protocol) {
                ("layout", Protocol::Vlan) => VLAN.parse().unwrap(),
                ("layout", _) => TOS.parse().unwrap(),
                (_, Protocol::Vlan) => FcfLayout::VLAN,
                _ => FcfLayout::DSCP,
            };
            for (setting, name, value) in cases {
                let layers = format!("{}{}{needs} {setting}{above}", below(layer.name), layer.name);
                let found = decode(&layers, layout, name);
                assert_eq!(found.first(), Some(&value), "{name} of {layers}");
            }
        }
    }
    assert_eq!(untold, UNTOLD);
}
