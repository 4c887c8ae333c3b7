//! vse-protocol(7) is the specification: its numbers are those of the code, and all of them.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a page without them is wrong")]

use std::collections::BTreeMap;

use codec::of10::{Body, Message, Vendor};
use codec::vse::{
    Acceleration, AssignmentEvent, Carrier, Carriers, ConfigFlags, CoreCommand, CoreFlags,
    DatapathMode, MatchField, MonitorCommand, MonitorEvents, Policy, Reason, Subtype, TraceOutcome,
    TunnelType, VmEvent, VmSource, VseActionType, VseStatsType,
};

const PAGE: &str = include_str!("../../man/vse-protocol.7");
const SAMPLES: &str = include_str!("../src/samples.ndjson");

/// The lines of the first literal block behind each heading.
fn blocks() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut blocks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let (mut heading, mut literal) = ("", false);
    for line in PAGE.lines() {
        if let Some(title) = line.strip_prefix(".Ss ").or_else(|| line.strip_prefix(".Sh ")) {
            heading = title;
        } else if line.starts_with(".Bd -literal") {
            literal = !blocks.contains_key(heading);
        } else if line == ".Ed" {
            literal = false;
        } else if literal {
            blocks.entry(heading).or_default().push(line);
        }
    }
    blocks
}

/// Number and name of each line of a block.
fn numbered(lines: &[&str]) -> Vec<(u64, String)> {
    let words = lines.iter().map(|line| line.trim_start_matches("bit ").split_whitespace());
    words
        .map(|mut words| {
            let number = words.next().and_then(|word| word.parse().ok()).expect("a number");
            (number, words.next().expect("a name").to_owned())
        })
        .collect()
}

macro_rules! same_code_points {
    ($blocks:ident, $( $title:literal => $type:ty : $int:ty, )*) => {
        let mut titles = Vec::new();
        $(
            let code: Vec<(u64, String)> = <$type>::ALL
                .iter()
                .map(|value| (u64::from(<$int>::from(*value)), value.to_string()))
                .collect();
            assert_eq!(numbered(&$blocks[$title]), code, "{}", $title);
            titles.push($title);
        )*
        let on_the_page = $blocks.keys().filter(|title| title.starts_with("Code points"));
        assert!(on_the_page.clone().all(|title| titles.contains(title)), "{on_the_page:?}");
    };
}

#[test]
fn code_points() {
    let blocks = blocks();
    same_code_points! { blocks,
        "Code points: subtype" => Subtype: u32,
        "Code points: policy" => Policy: u8,
        "Code points: event of vm_info" => VmEvent: u8,
        "Code points: command of core_mod" => CoreCommand: u16,
        "Code points: command of monitor_request" => MonitorCommand: u8,
        "Code points: event of assignment" => AssignmentEvent: u8,
        "Code points: reason" => Reason: u8,
        "Code points: outcome" => TraceOutcome: u8,
        "Code points: type of statistics" => VseStatsType: u16,
        "Code points: source" => VmSource: u8,
        "Code points: mode" => DatapathMode: u8,
        "Code points: subtype of actions" => VseActionType: u16,
        "Code points: match field" => MatchField: u8,
        "Code points: tunnel type" => TunnelType: u8,
        "Code points: carrier" => Carrier: u8,
    }
}

#[test]
fn flags() {
    fn of<F: bitflags::Flags>() -> Vec<String> {
        F::FLAGS.iter().map(|flag| flag.name().to_lowercase()).filter(|n| !n.is_empty()).collect()
    }
    let blocks = blocks();
    for (title, names) in [
        ("Flags: acceleration", of::<Acceleration>()),
        ("Flags: carriers", of::<Carriers>()),
        ("Flags: config", of::<ConfigFlags>()),
        ("Flags: events", of::<MonitorEvents>()),
        ("Flags: core", of::<CoreFlags>()),
    ] {
        let code: Vec<(u64, String)> = (0..).zip(names).collect();
        assert_eq!(numbered(&blocks[title]), code, "{title}");
    }
}

#[test]
fn match_fields() {
    for line in &blocks()["Code points: match field"] {
        let words: Vec<&str> = line.split_whitespace().collect();
        let field = MatchField::from_name(words[1]).expect("a field");
        assert_eq!(words[2].parse().ok(), field.value_len(), "{line}");
        assert_eq!(words[3] == "mask", field.is_maskable(), "{line}");
    }
}

/// Where the fixed part of a table ends: each field begins where the one before it ends.
fn end_of_fixed_part(title: &str, lines: &[&str]) -> usize {
    let mut end = None;
    for line in lines.iter().skip(1) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Ok(offset) = words[0].parse::<usize>() else { continue };
        assert!(end.is_none_or(|end| end == offset), "{title}: {line}");
        let Ok(size) = words[1].parse::<usize>() else { return offset };
        end = Some(offset + size);
    }
    end.expect("a table has fields")
}

#[test]
fn offsets_follow_each_other() {
    let tables = blocks();
    let tables = tables.iter().filter(|(_, lines)| lines[0].starts_with("offset"));
    assert!(tables.clone().count() > 20);
    for (title, lines) in tables.filter(|(title, _)| **title != "MATCH TLVS") {
        end_of_fixed_part(title, lines);
    }
}

#[test]
fn messages_are_as_long_as_their_tables() {
    let blocks = blocks();
    for line in SAMPLES.lines().filter(|line| line.contains(r#""vendor":"vse""#)) {
        let mut json: serde_json::Value = serde_json::from_str(line).expect("a sample");
        let body = json["body"].as_object_mut().expect("a body");
        // The fixed part alone.
        for list in ["vse_match", "actions", "candidates"] {
            body.entry(list).and_modify(|list| *list = serde_json::json!([]));
        }
        body.entry("frame").and_modify(|frame| *frame = serde_json::json!(""));
        let message: Message = serde_json::from_value(json).expect("a sample");
        let Body::Vendor(Vendor::Vse(vse)) = &message.body else { panic!("{line}") };
        let name = match vse.subtype() {
            Subtype::SetConfig => "get_config_reply".to_owned(),
            Subtype::HostFeaturesRequest | Subtype::GetConfigRequest | Subtype::Unknown(_) => {
                continue;
            }
            other => other.to_string(),
        };
        let end = end_of_fixed_part(&name, &blocks[name.as_str()]);
        assert_eq!(message.encoded_len(), end, "{name}");
    }
}

#[test]
fn the_example() {
    let line = PAGE.lines().find(|line| line.starts_with("01 04")).expect("the example");
    let bytes: Vec<u8> =
        line.split(' ').map(|byte| u8::from_str_radix(byte, 16).expect("hex digits")).collect();
    let (message, _) = Message::decode(&bytes).expect("a message");
    assert_eq!(message.to_string(), "OFPT_VENDOR (xid=0x7): VSE HOST_FEATURES_REQUEST");
}
