//! Families of packets: the patched ones are those that are built, and every field counts.

use std::collections::HashSet;

use pnet::util::checksum;
use proptest::prelude::*;

use super::field::{FieldType, Kind};
use super::spec::{Combine, Spec};
use super::{Family, LAYERS, Notation, from_text, parse, to_text};

fn spec(text: &str) -> Spec {
    Spec { layers: parse(text).unwrap(), count: None, seed: 7, combine: Combine::Product }
}

fn all_frames(mut family: Family) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let Some(frame) = family.next(1_700_000_000_123_456_789).unwrap() {
        frames.push(frame.to_vec());
    }
    frames
}

pub(super) fn frames(text: &str) -> Vec<Vec<u8>> {
    all_frames(Family::new(spec(text)).unwrap())
}

/// The frames of a specification that is patched, which are those that are built anew.
fn patched(spec: &Spec) -> Vec<Vec<u8>> {
    let (built, had_template) = Family::new(spec.clone()).unwrap().without_template();
    assert!(had_template, "{spec} has no template");
    let (built, patched) = (all_frames(built), all_frames(Family::new(spec.clone()).unwrap()));
    for (index, (built, patched)) in built.iter().zip(&patched).enumerate() {
        assert!(built == patched, "packet {index} of {spec}:\n{built:02x?}\n{patched:02x?}");
    }
    assert_eq!(built.len(), patched.len());
    patched
}

#[test]
fn patched_is_built() {
    for (text, len) in [
        ("eth / ip src=10.0.0.0/28 / udp dport=5000-5019 / payload len=11", 320),
        ("eth dst=02:00:00:00:00:01-02:00:00:00:00:05 / ip / tcp dport=1-300+7", 215),
        ("vlan fcf vm=1,3,5 prio=0,1 / ip fcf vm=1-31 / udp", 186),
        ("vlan id=1-40 pcp=0-7 / ip ttl=1,2 / icmp id=1-3", 1_920),
        ("ip dscp=0-63 ecn=0-3 id=1-3 / udp checksum=0", 768),
        ("ip src=10.0.0.0/30 bad-checksum / udp sport=1-9 bad-checksum / payload text=abc", 36),
        ("ip6 src=2001:db8::/124 flow=1-3 / udp dport=1-5 / payload len=5", 240),
        ("ip6 / icmp6 seq=1-50 / payload len=9", 50),
        ("ip / vxlan vni=1-5 / eth / ip src=10.0.0.0/28 / udp dport=1-4 / payload len=3", 320),
        ("ip / udp sum / vxlan vni=1-5 / eth / ip src=10.0.0.0/28 / udp dport=1-4", 320),
        (
            "ip6 / geneve vni=1-5 / eth / vlan fcf vm=1-9 / ip dst=10.0.0.0/28 / tcp dport=1-4",
            2_880,
        ),
        ("ip / nvgre vsid=1-9 flow=1-3 / eth / ip / udp dport=1-4 bad-checksum", 108),
        ("ip / udp dport=1-4 checksum=0x1-0x3", 12),
        ("arp op=1,2 spa=10.0.0.0/29 tha=02:00:00:00:00:01-02:00:00:00:00:03", 48),
        ("ip / udp dport=7,9 / payload probe len=31", 2),
        ("ip len=20-30 / udp len=0-9", 110),
        ("ip src=10.0.0.0/29 / esp clear / tcp", 8),
    ] {
        assert_eq!(patched(&spec(text)).len(), len, "{text}");
    }
}

#[test]
fn what_changes_more_than_its_bits_is_built_anew() {
    for (text, len) in [
        ("ip / udp / payload len=1-9", 9),
        ("ip / esp spi=1-4 / udp", 4),
        ("ip frag mtu=100 / udp dport=1-2 / payload len=200", 6),
        ("ip / tcp session dport=1-2 / payload len=10", 2 * 8),
        ("ip options=01,0101 / udp", 2),
        ("ip fcf vm=3 layout=dscp,tos8 / udp / payload hex=00,ff", 4),
        ("ip6 frag mtu=200 / udp dport=1-2 / payload len=200", 4),
    ] {
        let (_, had_template) = Family::new(spec(text)).unwrap().without_template();
        assert!(!had_template, "{text}");
        assert_eq!(frames(text).len(), len, "{text}");
    }
}

proptest! {
    #[test]
    fn patched_is_built_whatever_the_values(
        src: u32, port: u16, vni in 0_u32..1 << 24, vm in 1_u16..=31, seed: u64, bad: bool,
        len in 0_usize..70,
    ) {
        let bad = if bad { " bad-checksum" } else { "" };
        let src = std::net::Ipv4Addr::from(src);
        let mut spec = spec(&format!(
            "ip src=random dst={src} fcf vm={vm} prio=random / udp sport={port} dport=random{bad} / \
             vxlan vni={vni} / eth src=random / vlan fcf vm=random / ip6 src=random / \
             udp dport=random / payload len={len}"
        ));
        spec.seed = seed;
        spec.count = Some(20);
        patched(&spec);
    }

}

/// A value for any field, and one that is not what stands there without it.
pub(super) fn sample(field: &FieldType) -> String {
    let value = match field.kind {
        _ if field.name == "vm" => "5".to_owned(),
        Kind::Switch => return format!("{}=1", field.name),
        Kind::Number(bits) | Kind::Hex(bits) => {
            (0x9a5a_5a5a_5a5a_5a5a_u64 >> (64 - bits)).to_string()
        }
        Kind::TcpFlags => "FPU".to_owned(),
        Kind::Mac => "02:5a:00:00:00:5a".to_owned(),
        Kind::Ipv4 => "10.90.0.90".to_owned(),
        Kind::Ipv6 => "2001:db8:5a::5a".to_owned(),
        Kind::Bytes => "01010101".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Layout => "custom(tos,priority=0x1,vm_id=0xf0)".to_owned(),
        Kind::Word(words) => words.last().unwrap().to_string(),
    };
    format!("{}={value}", field.name)
}

/// What stands in front of a layer.
pub(super) fn below(name: &str) -> &'static str {
    match name {
        "eth" => "",
        "vlan" | "qinq" | "arp" | "ip" | "ip6" => "eth / ",
        "icmp6" => "ip6 / ",
        "vxlan" | "geneve" => "ip / udp / ",
        _ => "ip / ",
    }
}

/// What stands behind a layer: a payload that fragments and segments show.
pub(super) fn above(name: &str) -> &'static str {
    match name {
        "vxlan" | "nvgre" | "geneve" => " / eth / ip / udp",
        "payload" => "",
        _ => " / payload len=3000",
    }
}

#[test]
fn every_field_changes_the_frame() {
    for layer in LAYERS {
        let above = above(layer.name);
        for field in layer.fields {
            // The word that the field needs is there in both.
            let needs = field.needs.map(|needs| format!(" {needs}")).unwrap_or_default();
            let needs = match (layer.name, field.name) {
                ("vlan" | "qinq", "layout") => continue,
                ("vlan" | "qinq", "fcf") => " id=5 pcp=5".to_owned(),
                ("ip", "fcf") => " tos=0xff".to_owned(),
                (_, "layout") => format!("{needs} vm=1 prio"),
                (_, "order") => format!("{needs} mtu=600"),
                ("payload", "fill" | "noise") => " len=20".to_owned(),
                ("payload", "len") => " text=x".to_owned(),
                _ => needs,
            };
            let stack = below(layer.name);
            let above = if field.name == "sum" { " / vxlan / eth" } else { above };
            let text = |setting: &str| format!("{stack}{}{needs}{setting}{above}", layer.name);
            let (without, with) = (text(""), text(&format!(" {}", sample(field))));
            // Both are long.
            assert!(frames(&without) != frames(&with), "{with}");
        }
    }
}

#[test]
fn checksums_are_right_and_wrong_on_purpose() {
    let right = &frames("ip / udp dport=9 / payload len=5")[0];
    assert_eq!(checksum(&right[14..34], usize::MAX), 0);
    let wrong = &frames("ip bad-checksum / udp bad-checksum / payload len=5")[0];
    assert_eq!(checksum(&wrong[14..34], usize::MAX), super::layers::WRONG);
    assert_eq!(wrong[40..42], (u16::from_be_bytes([right[40], right[41]]) ^ 0x200).to_be_bytes());
}

#[test]
fn fragments_in_any_order_are_the_datagram() {
    let place = |frame: &Vec<u8>| u16::from_be_bytes([frame[20], frame[21]]);
    let sorted = frames("ip frag mtu=500 / udp / payload len=3000 noise");
    assert_eq!(sorted.len(), 7);
    assert!(sorted.iter().all(|frame| frame.len() <= 514));
    assert!(sorted.iter().map(place).is_sorted_by_key(|place| place & 0x1fff));
    assert_eq!(sorted.iter().filter(|frame| place(frame) & 0x2000 == 0).count(), 1);
    let sorted_v6 = frames("ip6 frag mtu=500 / udp / payload len=3000 noise");
    assert!(sorted_v6.iter().all(|frame| frame.len() <= 514 && frame[20] == 44));
    let joined: Vec<u8> = sorted_v6.iter().flat_map(|frame| frame[62..].to_vec()).collect();
    assert_eq!(joined, frames("ip6 / udp / payload len=3000 noise")[0][54..]);
    // What fits is not cut.
    for layer in ["ip", "ip6"] {
        let rest = "udp / payload len=100";
        assert_eq!(
            frames(&format!("{layer} frag id=1 / {rest}"))[0][54..],
            frames(&format!("{layer}{} / {rest}", if layer == "ip" { " id=1" } else { "" }))[0]
                [54..]
        );
    }
    let joined: Vec<u8> = sorted.iter().flat_map(|frame| frame[34..].to_vec()).collect();
    let whole = &frames("ip / udp / payload len=3000 noise")[0];
    assert_eq!(joined, whole[34..]);
    for order in ["reversed", "shuffled"] {
        let other =
            frames(&format!("ip frag mtu=500 order={order} / udp / payload len=3000 noise"));
        assert_ne!(other, sorted);
        let (other, sorted): (HashSet<_>, HashSet<_>) =
            (other.into_iter().collect(), sorted.iter().cloned().collect());
        assert_eq!(other, sorted);
    }
}

#[test]
fn values_go_together_as_asked() {
    let ports = |combine| {
        let spec = Spec { combine, ..spec("ip / udp sport=1-2 dport=1-3") };
        let frames = all_frames(Family::new(spec).unwrap());
        frames.iter().map(|frame| (frame[35], frame[37])).collect::<Vec<_>>()
    };
    assert_eq!(ports(Combine::Product), [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]);
    assert_eq!(ports(Combine::Zip), [(1, 1), (2, 2), (1, 3)]);
}

#[test]
fn a_seed_makes_the_same_packets_again() {
    let with = |seed| {
        let spec = Spec { seed, count: Some(30), ..spec("ip src=random / udp dport=random(1-9)") };
        all_frames(Family::new(spec).unwrap())
    };
    assert_eq!(with(1), with(1));
    assert_ne!(with(1), with(2));
    assert!(with(3).iter().all(|frame| (1..=9).contains(&frame[37]) && frame[36] == 0));
}

/// Fields that are no numbers take lists and are drawn as well.
#[test]
fn bytes_words_and_layouts_vary() {
    let payloads = |text: &str| {
        let frames = frames(text);
        frames.iter().map(|frame| frame[42..].to_vec()).collect::<Vec<_>>()
    };
    let listed = payloads("ip / udp dport=1-2 / payload hex=00,ff01");
    assert_eq!(listed, [&[0][..], &[0xff, 1], &[0], &[0xff, 1]]);
    let drawn = payloads("ip / udp dport=1-50 / payload hex=random(8)");
    assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), 50);
    assert!(drawn.iter().all(|bytes| bytes.len() == 8));
    let chosen = payloads("ip / udp dport=1-50 / payload hex=random(00,ff)");
    assert_eq!(chosen.iter().collect::<HashSet<_>>(), HashSet::from([&vec![0], &vec![0xff]]));
    let tos =
        frames("ip fcf vm=3 layout=dscp,tos8 / udp").iter().map(|f| f[15]).collect::<Vec<_>>();
    assert_eq!(tos, [3 << 2, 3]);
    let first = |frame: &[u8]| u16::from_be_bytes([frame[20], frame[21]]) & 0x1fff;
    let orders = frames("ip frag mtu=60 order=sorted,reversed / udp / payload len=72");
    assert_eq!(orders.iter().map(|frame| first(frame)).collect::<Vec<_>>(), [0, 5, 5, 0]);
}

#[test]
fn probes_count_flows_and_packets() {
    let spec = Spec { count: Some(5), ..spec("ip / udp dport=1-2 / payload probe") };
    let probes = all_frames(Family::new(spec).unwrap())
        .iter()
        .map(|frame| {
            let probe = super::Probe::read(&frame[42..]).unwrap();
            (frame[37], probe.flow, probe.sequence)
        })
        .collect::<Vec<_>>();
    assert_eq!(probes, [(1, 0, 0), (2, 1, 0), (1, 0, 1), (2, 1, 1), (1, 0, 2)]);
}

#[test]
fn files_give_back_the_specification() {
    for text in [
        "eth dst=02:00:00:00:00:01 / vlan fcf vm=5 prio / ip src=10.0.0.0/24 / udp dport=1,3-9+2",
        "ip options=94040000 frag mtu=600 order=shuffled / tcp session / payload text=\"two words\"",
        "ip6 flow=random frag order=random(sorted,shuffled) / icmp6 / payload probe len=100",
        "ip fcf vm=5 layout=dscp,tos8 options=random(8) / udp / payload hex=00,ff",
        "ip / udp bad-checksum=0 / vxlan vni=7 / eth / arp",
    ] {
        let spec = Spec { count: Some(9), seed: 3, combine: Combine::Zip, ..spec(text) };
        for notation in [Notation::Toml, Notation::Json] {
            let file = to_text(&spec, notation).unwrap();
            let again = from_text(&file).unwrap();
            assert_eq!(to_text(&again, notation).unwrap(), file);
            assert_eq!(again.to_string(), spec.to_string(), "{file}");
        }
        // The words of the command line as well.
        let shown = spec.to_string();
        if !shown.contains("probe") {
            let again = Spec { layers: parse(&shown).unwrap(), ..spec.clone() };
            assert_eq!(again.to_string(), shown);
        }
    }
}
