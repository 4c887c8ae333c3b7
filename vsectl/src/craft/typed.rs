//! Nothing that is typed or read from a file panics, and what is taken is made.

use clap::Parser;
use codec::of10::PortNo;
use codec::types::MacAddr;
use proptest::prelude::*;

use super::field::LayerType;
use super::{
    Carry, Family, LAYERS, Manner, Notation, Shape, Spec, from_text, parse, parse_fcf, parse_set,
    parse_tag, read_script, segments, to_text,
};

/// Values of any kind of field, right ones and wrong ones.
const VALUES: &[&str] = &[
    "0",
    "1",
    "5",
    "20",
    "46",
    "65535",
    "0xffff",
    "4294967296",
    "340282366920938463463374607431768211456",
    "1-3",
    "3-1",
    "0-65535+7",
    "1,3,5-9",
    "1-3+0",
    "random",
    "random(1-9)",
    "random(",
    "random(4)",
    "-",
    ",",
    "+",
    "10.0.0.0/30",
    "10.0.0.1/30",
    "0.0.0.0/0",
    "2001:db8::/126",
    "::/0",
    "10.0.0.1",
    "::1",
    "02:00:00:00:00:01",
    "02:00:00:00:00:01-02:00:00:00:00:03",
    "SA",
    "FSRPAUEC",
    "00,ff",
    "random(00,ff)",
    "94040000",
    "abc",
    "\"",
    "dscp",
    "tos8,dscp",
    "vlan",
    "custom(tos,priority=0x1,vm_id=0xf0)",
    "custom(",
    "sorted",
    "shuffled",
    "ä",
];

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => proptest::sample::select(VALUES).prop_map(ToOwned::to_owned),
        1 => "\\PC{0,6}",
    ]
}

fn setting(layer: &'static LayerType) -> impl Strategy<Value = String> {
    let field = (0..layer.fields.len()).prop_map(|at| layer.fields[at].name);
    (field, proptest::option::weighted(0.8, value())).prop_map(|(field, value)| match value {
        Some(value) => format!("{field}={value}"),
        None => field.to_owned(),
    })
}

fn layer() -> impl Strategy<Value = String> {
    proptest::sample::select(&LAYERS[..]).prop_flat_map(|layer| {
        proptest::collection::vec(setting(layer), 0..4)
            .prop_map(|settings| format!("{} {}", layer.name, settings.join(" ")))
    })
}

/// Layers as one types them, most of them in an order that is possible.
fn layers() -> impl Strategy<Value = String> {
    let stack = prop_oneof![Just("ip / "), Just("ip6 / "), Just("ip / vxlan / "), Just("")];
    (stack, proptest::collection::vec(layer(), 1..4))
        .prop_map(|(stack, layers)| format!("{stack}{}", layers.join(" / ")))
}

/// The first frames of a specification that is taken.
fn make(mut spec: Spec) {
    spec.count = Some(3);
    let Ok(mut family) = Family::new(spec) else { return };
    for _ in 0..8 {
        if !matches!(family.next(1), Ok(Some(_))) {
            break;
        }
    }
}

/// A line of a script, whole or broken.
fn line() -> impl Strategy<Value = String> {
    let words = prop_oneof![
        Just(""),
        Just("switch "),
        Just("controller "),
        Just("bare "),
        Just("framed "),
        Just("plain "),
    ];
    let message = prop_oneof![
        Just("barrier".to_owned()),
        Just("echo".to_owned()),
        Just("# words".to_owned()),
        Just("add-flow ip,nw_dst=10.0.0.1,actions=set_irq_core:2".to_owned()),
        Just("del-flows vm_id=5".to_owned()),
        Just("{\"version\":1,\"type\":\"hello\",\"xid\":7,\n\"body\":{}}".to_owned()),
        Just("[{\"version\":1,\"type\":\"barrier_request\",\"xid\":7}]".to_owned()),
        "(add-flow|\\{|\\[)?\\PC{0,20}",
    ];
    // Cut anywhere.
    (words, message, any::<proptest::sample::Index>(), proptest::bool::weighted(0.1)).prop_map(
        |(words, message, at, is_cut)| {
            let line = format!("{words}{message}");
            let chars = line.chars().count();
            let left = if is_cut && chars > 0 { at.index(chars) } else { chars };
            line.chars().take(left).collect()
        },
    )
}

/// An option of a session.
fn option() -> impl Strategy<Value = String> {
    let numbered = prop_oneof![Just("reorder"), Just("lose"), Just("duplicate"), Just("split")];
    prop_oneof![
        Just("--merge".to_owned()),
        Just("--no-handshake".to_owned()),
        (numbered, prop_oneof![Just("1"), Just("2-9"), Just("1,3-9+2"), Just("0"), Just("x")])
            .prop_map(|(option, numbers)| format!("--{option} {numbers}")),
    ]
}

/// The options of a session, as one types them.
#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    shape: Shape,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn layers_are_taken_or_refused(text in layers()) {
        let Ok(layers) = parse(&text) else { return Ok(()) };
        let spec = Spec::of(layers);
        for notation in [Notation::Toml, Notation::Json] {
            if let Ok(file) = to_text(&spec, notation) {
                let again = from_text(&file);
                prop_assert!(again.is_ok(), "{text}\n{file}{again:?}");
                prop_assert_eq!(again.unwrap().to_string(), spec.to_string(), "{}", file);
            }
        }
        make(spec);
    }

    #[test]
    fn any_text_is_taken_or_refused(text in "\\PC{0,40}", set in "(ip|udp|eth|vlan)\\.[a-z]{2,5}=\\PC{0,6}") {
        drop(parse(&text));
        drop(from_text(&text));
        drop(parse_set(&text));
        drop(parse_set(&set));
        drop(parse_fcf(&text));
        drop(parse_tag(&text));
    }

    #[test]
    fn any_file_is_taken_or_refused(name in layer(), key in "[a-z]{0,5}", value in value(), json: bool) {
        let name = name.split(' ').next().unwrap_or_default();
        let text = if json {
            format!("{{\"layers\": [{{\"layer\": \"{name}\", \"{key}\": {value}}}]}}")
        } else {
            format!("[[layers]]\nlayer = \"{name}\"\n{key} = \"{value}\"\n")
        };
        if let Ok(spec) = from_text(&text) {
            make(spec);
        }
    }

    #[test]
    fn any_script_is_taken_or_refused(
        lines in proptest::collection::vec(line(), 0..6),
        options in proptest::collection::vec(option(), 0..4),
        acknowledge: bool,
        carry in proptest::sample::select(&[Carry::Plain, Carry::Bare, Carry::Framed][..]),
    ) {
        let (agent, port) = (MacAddr([2, 0, 0, 0, 0, 9]), PortNo::LOCAL);
        let manner = Manner { carry, acknowledge, xid: u32::MAX, agent, port, stream: 1 };
        let Ok(said) = read_script(&lines.join("\n"), &manner, true) else { return Ok(()) };
        let words = options.iter().flat_map(|option| option.split(' '));
        let Ok(line) = Line::try_parse_from(std::iter::once("line").chain(words)) else {
            return Ok(());
        };
        drop(segments(&said, &line.shape));
    }
}
