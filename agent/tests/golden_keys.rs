//! The engine's own reading of a frame and the dissector's agree, field by field, on every golden
//! capture. They share no code but the layout of the Flow Control Field.
#![allow(clippy::expect_used, clippy::panic, reason = "these are tests")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use agent::engine::PacketKey;
use codec::fcf::FcfLayout;
use codec::of10::PortNo;
use codec::vse::MatchField;
use dissect::savefile::{Reader, decompressed};
use dissect::{Dissector, Layer, LinkType, Options, OwnedValue, Tree, TreeField};

/// A layer of a frame: its protocol, and its fields that are numbers.
type Fields = BTreeMap<&'static str, u64>;

/// What a field of the key must be.
type Expected = Vec<(MatchField, u64)>;

/// The fields of the key for the outer headers, or their inner twins.
struct Names {
    dl_src: MatchField,
    dl_dst: MatchField,
    dl_vlan: MatchField,
    dl_vlan_pcp: MatchField,
    nw_src: MatchField,
    nw_dst: MatchField,
    nw_tos: MatchField,
    nw_proto: MatchField,
    tp_src: MatchField,
    tp_dst: MatchField,
}

const OUTER: Names = Names {
    dl_src: MatchField::DlSrc,
    dl_dst: MatchField::DlDst,
    dl_vlan: MatchField::DlVlan,
    dl_vlan_pcp: MatchField::DlVlanPcp,
    nw_src: MatchField::NwSrc,
    nw_dst: MatchField::NwDst,
    nw_tos: MatchField::NwTos,
    nw_proto: MatchField::NwProto,
    tp_src: MatchField::TpSrc,
    tp_dst: MatchField::TpDst,
};

const INNER: Names = Names {
    dl_src: MatchField::InnerDlSrc,
    dl_dst: MatchField::InnerDlDst,
    dl_vlan: MatchField::InnerDlVlan,
    dl_vlan_pcp: MatchField::InnerDlVlanPcp,
    nw_src: MatchField::InnerNwSrc,
    nw_dst: MatchField::InnerNwDst,
    nw_tos: MatchField::InnerNwTos,
    nw_proto: MatchField::InnerNwProto,
    tp_src: MatchField::InnerTpSrc,
    tp_dst: MatchField::InnerTpDst,
};

const ARP: [(&str, u64); 4] =
    [("arp.hw.type", 1), ("arp.proto.type", 0x0800), ("arp.hw.size", 6), ("arp.proto.size", 4)];

#[test]
fn the_dissector_sees_the_same() {
    let mut compared: BTreeMap<String, u32> = BTreeMap::new();
    let mut differences = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pcaps");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("the golden captures").flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e != "md")) {
        capture(path, &mut compared, &mut differences);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    // It is of no use where nothing is compared.
    for field in ["dl_src", "dl_vlan", "nw_src", "nw_tos", "tp_dst", "vm_id", "ip_frag"] {
        assert!(compared.get(field).is_some_and(|count| *count >= 10), "{field}: {compared:?}");
    }
    for field in ["esp_spi", "tun_id", "inner_dl_dst", "inner_nw_dst", "inner_tp_dst"] {
        assert!(compared.get(field).is_some_and(|count| *count >= 2), "{field}: {compared:?}");
    }
}

fn capture(path: &Path, compared: &mut BTreeMap<String, u32>, differences: &mut Vec<String>) {
    let file = decompressed(File::open(path).expect("it is there")).expect("it can be read");
    // Some golden captures are broken on purpose.
    let Ok(mut reader) = Reader::new(file) else { return };
    let options = Options { fcf: Some(FcfLayout::DSCP), ..Options::default() };
    let mut dissector = Dissector::new(options);
    while let Ok(Some(record)) = reader.next() {
        let frame = record.frame;
        let mut tree = Tree::default();
        dissector.dissect(&frame, &mut tree);
        // What is cut short or wrong each of them leaves out in its own way.
        if frame.link_type != LinkType::ETHERNET || !tree.problems.is_empty() {
            continue;
        }
        let mut layers = Vec::new();
        for layer in &tree.layers {
            flat(layer, &mut layers);
        }
        let key = PacketKey::extract(frame.bytes, PortNo(1), &FcfLayout::DSCP);
        for (field, value) in expected(&layers) {
            let found = key.field(field);
            if found != value {
                let (path, number) = (path.display(), frame.number);
                differences
                    .push(format!("{path}, frame {number}: {field}: {found:#x}, not {value:#x}"));
            }
            *compared.entry(field.to_string()).or_default() += 1;
        }
    }
}

/// The layers in the order of their bytes.
fn flat(layer: &Layer, layers: &mut Vec<(&'static str, Fields)>) {
    let mut fields = Fields::new();
    for field in &layer.fields {
        flat_field(field, &mut fields);
    }
    layers.push((layer.protocol.name, fields));
    for layer in &layer.layers {
        flat(layer, layers);
    }
}

fn flat_field(field: &TreeField, fields: &mut Fields) {
    if let OwnedValue::Nested(inner) = &field.value {
        for field in inner {
            flat_field(field, fields);
        }
    } else if let Some(number) = number(&field.value) {
        fields.insert(field.field.name, number);
    }
}

fn number(value: &OwnedValue) -> Option<u64> {
    Some(match value {
        OwnedValue::Unsigned(value) => *value,
        OwnedValue::Flag(value) => u64::from(*value),
        OwnedValue::Mac(mac) => mac.0.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        OwnedValue::Ipv4(address, _) => u64::from(u32::from(*address)),
        _ => return None,
    })
}

fn expected(layers: &[(&'static str, Fields)]) -> Expected {
    let mut expected = Vec::new();
    let behind = headers(layers, &OUTER, &mut expected);
    let Some((tunnel, rest)) = behind.split_first() else { return expected };
    let id = match tunnel.0 {
        // Without the flag that says so, there is no number.
        "vxlan" if tunnel.1.get("vxlan.flags").is_some_and(|flags| flags & 0x0800 != 0) => {
            tunnel.1.get("vxlan.vni")
        }
        "geneve" => tunnel.1.get("geneve.vni"),
        "gre" => tunnel.1.get("vse.nvgre.vsid"),
        _ => None,
    };
    let Some(id) = id else { return expected };
    expected.push((MatchField::TunId, *id));
    if rest.first().is_some_and(|layer| layer.0 == "eth") {
        headers(rest, &INNER, &mut expected);
    }
    expected
}

/// What the headers of one frame say; what is behind them.
fn headers<'a>(
    layers: &'a [(&'static str, Fields)],
    names: &Names,
    expected: &mut Expected,
) -> &'a [(&'static str, Fields)] {
    let is_outer = names.dl_src == MatchField::DlSrc;
    let mut has_tag = false;
    for (at, (protocol, fields)) in layers.iter().enumerate() {
        let mut take = |name: &str, to: MatchField, mask: u64| {
            if let Some(value) = fields.get(name) {
                expected.push((to, value & mask));
            }
        };
        let behind = layers.get(at + 1..).unwrap_or_default();
        match *protocol {
            "eth" if at == 0 => {
                take("eth.src", names.dl_src, u64::MAX);
                take("eth.dst", names.dl_dst, u64::MAX);
                if behind.first().is_none_or(|next| next.0 != "vlan") {
                    expected.push((names.dl_vlan, 0xffff));
                }
            }
            // The outermost tag counts.
            "vlan" if !has_tag => {
                has_tag = true;
                take("vlan.id", names.dl_vlan, u64::MAX);
                take("vlan.priority", names.dl_vlan_pcp, u64::MAX);
            }
            "vlan" | "vse_fcf" | "fcf" => {}
            // Of Ethernet and IPv4 alone.
            // Reverse ARP is none to OpenFlow 1.0, section 3.4: its EtherType is another one.
            "arp" if layers.iter().any(|layer| layer.1.get("eth.type") == Some(&0x8035)) => {
                return &[];
            }
            "arp" if !ARP.iter().all(|(name, value)| fields.get(name) == Some(value)) => {
                return &[];
            }
            "arp" => {
                take("arp.opcode", names.nw_proto, u64::MAX);
                take("arp.src.proto_ipv4", names.nw_src, u64::MAX);
                take("arp.dst.proto_ipv4", names.nw_dst, u64::MAX);
                return &[];
            }
            "ip" => {
                take("ip.src", names.nw_src, u64::MAX);
                take("ip.dst", names.nw_dst, u64::MAX);
                take("ip.proto", names.nw_proto, u64::MAX);
                take("ip.dsfield", names.nw_tos, 0xfc);
                let is = |name| fields.get(name).is_some_and(|value| *value != 0);
                let (later, more) = (is("ip.frag_offset"), is("ip.flags.mf"));
                if is_outer {
                    let tos = fields.get("ip.dsfield").copied().unwrap_or(0);
                    let tos = u16::try_from(tos).expect("a byte");
                    expected.push((MatchField::VmId, FcfLayout::DSCP.read(tos).vm_id.into()));
                    let frag = if later { 3 } else { u64::from(more) };
                    expected.push((MatchField::IpFrag, frag));
                }
                if later || more {
                    return &[];
                }
            }
            "ipv6" => {
                take("ipv6.tclass", names.nw_tos, 0xfc);
                if fields.contains_key("ipv6.fraghdr.offset") {
                    return &[];
                }
            }
            "tcp" | "udp" => {
                take(&format!("{protocol}.srcport"), names.tp_src, u64::MAX);
                take(&format!("{protocol}.dstport"), names.tp_dst, u64::MAX);
                return behind;
            }
            "icmp" | "icmpv6" => {
                take(&format!("{protocol}.type"), names.tp_src, u64::MAX);
                take(&format!("{protocol}.code"), names.tp_dst, u64::MAX);
                return &[];
            }
            "esp" => {
                if is_outer {
                    take("esp.spi", MatchField::EspSpi, u64::MAX);
                }
                return &[];
            }
            // A tunnel right behind the network layer.
            _ => return layers.get(at..).unwrap_or_default(),
        }
    }
    &[]
}
