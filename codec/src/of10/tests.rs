//! What holds for every message: bytes, value and JSON are three forms of one thing.
//!
//! `samples.ndjson` has at least one message of every type, subtype, kind of statistics, action
//! and match TLV, in the form that is written.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::nicira::{NiciraActionType, NiciraStatsType, NiciraSubtype};
use crate::types::Line;
use crate::vse::{MatchField, Subtype, VseActionType, VseStatsType};

const SAMPLES: &str = include_str!("../samples.ndjson");

fn samples() -> impl Iterator<Item = (&'static str, Message, Vec<u8>)> {
    SAMPLES.lines().map(|line| {
        let message: Message = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let mut wire = Vec::new();
        message.encode(&mut wire).unwrap();
        (line, message, wire)
    })
}

/// Checks that value and JSON give back the bytes of `wire`, where it is a message.
fn keeps_every_byte(wire: &[u8]) -> Result<Message, crate::DecodeError> {
    let (message, rest) = Message::decode(wire)?;
    let read = &wire[..wire.len() - rest.len()];
    assert_eq!(message.encoded_len(), read.len(), "{message:?}");
    let mut out = vec![0xa5];
    message.encode(&mut out).unwrap();
    assert_eq!(&out[1..], read, "{message:?}");
    let json = serde_json::to_string(&message).unwrap();
    let again: Message = serde_json::from_str(&json).unwrap_or_else(|e| panic!("{e}: {json}"));
    assert_eq!(again, message, "{json}");
    assert!(!message.to_string().contains('\n'));
    Ok(message)
}

#[test]
fn samples_have_the_form_that_is_written() {
    for (line, message, wire) in samples() {
        assert_eq!(keeps_every_byte(&wire).unwrap(), message, "{line}");
        let mut json = serde_json::to_value(&message).unwrap();
        json.as_object_mut().unwrap().remove("length");
        assert_eq!(json, serde_json::from_str::<serde_json::Value>(line).unwrap());
        // Keys in any order.
        assert_eq!(serde_json::from_value::<Message>(json).unwrap(), message);
    }
}

#[test]
fn samples_are_complete() {
    let types: BTreeSet<u8> =
        samples().map(|(_, message, _)| message.body.r#type().into()).collect();
    assert_eq!(types, (0..=22).collect());
    for name in Subtype::ALL
        .iter()
        .filter_map(|subtype| subtype.name())
        .chain(VseActionType::ALL.iter().filter_map(|action| action.name()))
        .chain(NiciraSubtype::ALL.iter().filter_map(|subtype| subtype.name()))
        .chain(NiciraActionType::ALL.iter().filter_map(|action| action.name()))
    {
        assert!(SAMPLES.contains(&format!(r#""subtype":"{name}""#)), "{name}");
    }
    for kind in VseStatsType::ALL.iter().filter_map(|kind| kind.name()) {
        assert_eq!(SAMPLES.matches(&format!(r#""vse_type":"{kind}""#)).count(), 2, "{kind}");
    }
    for kind in NiciraStatsType::ALL.iter().filter_map(|kind| kind.name()) {
        assert_eq!(SAMPLES.matches(&format!(r#""nicira_type":"{kind}""#)).count(), 2, "{kind}");
    }
    for kind in stats::StatsType::ALL.iter().filter_map(|kind| kind.name()) {
        assert!(SAMPLES.matches(&format!(r#""flags":[],"type":"{kind}""#)).count() >= 1, "{kind}");
    }
    for action in ActionType::ALL.iter().filter_map(|action| action.name()) {
        assert!(SAMPLES.contains(&format!(r#"{{"type":"{action}""#)), "{action}");
    }
    for field in MatchField::ALL.iter().filter(|field| field.value_len().is_some()) {
        assert!(SAMPLES.contains(&format!(r#"{{"field":"{field}""#)), "{field}");
    }
}

#[test]
fn every_truncation_is_an_error() {
    for (line, _, wire) in samples() {
        for end in 0..wire.len() {
            let error = Message::decode(&wire[..end]).unwrap_err();
            assert!(error.is_incomplete() && error.offset <= end, "{error} {line}");
        }
        // Cut, with a header that says so: an error within, or the body had a part of any length.
        for end in HEADER_LEN..wire.len() {
            let mut cut = wire[..end].to_vec();
            let length = u16::try_from(end).unwrap();
            cut[2..4].copy_from_slice(&length.to_be_bytes());
            if let Err(error) = keeps_every_byte(&cut) {
                assert!(error.offset <= end && !error.is_incomplete(), "{error} {line}");
            }
        }
    }
}

#[test]
fn a_byte_too_many_is_an_error_where_the_size_is_fixed() {
    for (line, message, mut wire) in samples() {
        let length = u16::try_from(wire.len() + 1).unwrap();
        wire[2..4].copy_from_slice(&length.to_be_bytes());
        wire.push(0);
        let takes_any_length = matches!(
            &message.body,
            Body::Hello(_)
                | Body::Error(_)
                | Body::EchoRequest(_)
                | Body::EchoReply(_)
                | Body::PacketIn(_)
                | Body::PacketOut(_)
                | Body::Unknown { .. }
        ) || [
            "unknown",
            "\"vendor\":\"0x",
            "trace_request",
            "\"ct_flush\"",
            "\"packet_in\"",
            "\"subtype\":30583",
            "\"nicira_type\":9",
        ]
        .iter()
        .any(|w| line.contains(w));
        if !takes_any_length {
            keeps_every_byte(&wire).unwrap_err();
        }
    }
}

#[test]
fn every_bit_counts() {
    for (_, _, wire) in samples() {
        for bit in HEADER_LEN * 8..wire.len() * 8 {
            let mut changed = wire.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            if let Err(error) = keeps_every_byte(&changed) {
                assert!(error.offset <= changed.len());
            }
        }
    }
}

#[test]
fn wrong_version() {
    let error = Message::decode(&[4, 18, 0, 8, 0, 0, 0, 7]).unwrap_err();
    assert_eq!(error.to_string(), "header.version at byte 0: value 0x4, must be 0x1, OpenFlow 1.0");
    assert!(keeps_every_byte(&[6, 0, 0, 8, 0, 0, 0, 7]).is_ok());
}

#[test]
fn an_error_says_where_it_is() {
    let (_, _, mut wire) = samples().find(|(line, ..)| line.contains("set_vlan_pcp")).unwrap();
    // The length of the second action.
    wire[82..84].copy_from_slice(&[0, 9]);
    assert_eq!(
        Message::decode(&wire).unwrap_err().to_string(),
        "flow_mod.actions[1].len at byte 82: length is 9, must be a multiple of 8"
    );
}

proptest! {
    #[test]
    fn random_bodies_never_panic(r#type in 0_u8..24, body in prop::collection::vec(any::<u8>(), 0..300)) {
        let length = u16::try_from(HEADER_LEN + body.len()).unwrap();
        let header = Header { version: VERSION, r#type: r#type.into(), length, xid: 1 };
        let mut wire = Vec::new();
        header.encode(&mut wire);
        wire.extend(body);
        if let Err(error) = keeps_every_byte(&wire) {
            prop_assert!(error.offset <= wire.len());
        }
    }

    #[test]
    fn random_changes_of_samples_never_panic(
        which: prop::sample::Index,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let samples: Vec<_> = samples().collect();
        let mut wire = which.get(&samples).2.clone();
        for (at, byte) in changes {
            let at = at.index(wire.len());
            wire[at] = byte;
        }
        drop(keeps_every_byte(&wire));
    }
}

/// Every object within `json`, by its pointer.
fn objects(json: &serde_json::Value, at: &str, found: &mut Vec<String>) {
    match json {
        serde_json::Value::Object(fields) => {
            found.push(at.to_owned());
            fields.iter().for_each(|(name, value)| objects(value, &format!("{at}/{name}"), found));
        }
        serde_json::Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                objects(item, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn a_field_that_there_is_not_is_an_error() {
    let mut taken = BTreeSet::new();
    for (line, ..) in samples() {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        let mut pointers = Vec::new();
        objects(&json, "", &mut pointers);
        for pointer in pointers {
            let mut wrong = json.clone();
            wrong.pointer_mut(&pointer).unwrap()["no_such_field"] = 1.into();
            if serde_json::from_value::<Message>(wrong).is_ok() {
                taken.insert(format!("{pointer} of {line}"));
            }
        }
    }
    assert!(taken.is_empty(), "{taken:#?}");
}

#[test]
fn padding_of_a_wrong_length_is_an_error() {
    for (from, to) in [
        (r#""vms":[1,2,3]"#, r#""vms":[1,2,3],"pad":"0102030405""#),
        (r#""vse_match":[]"#, r#""vse_match":{"tlvs":[],"pad":"01"}"#),
    ] {
        let (line, ..) = samples().find(|(line, ..)| line.contains(from)).unwrap();
        let changed = serde_json::from_str::<Message>(&line.replacen(from, to, 1));
        let taken = changed.is_ok_and(|message| message.encode(&mut Vec::new()).is_ok());
        assert!(!taken, "{to}");
    }
}

/// Checking says what decoding says, and the line is that of the value, of every sample, every
/// single-bit change and every cut of it.
#[test]
fn check_and_line_are_those_of_decode() {
    for (line, _, bytes) in samples() {
        let agree = |bytes: &[u8]| {
            let decoded = Message::decode(bytes);
            let mut text = Line::default();
            text.push_str("> ");
            let put = Message::put_line(bytes, &mut text);
            let shown =
                decoded.as_ref().map(|(message, _)| message.to_string()).unwrap_or_default();
            assert_eq!(text.as_str(), format!("> {shown}"), "{line}: {bytes:02x?}");
            let decoded = decoded.map(|_| ());
            assert_eq!(put, decoded, "{line}: {bytes:02x?}");
            assert_eq!(Message::check(bytes), decoded, "{line}: {bytes:02x?}");
        };
        for end in 0..=bytes.len() {
            agree(&bytes[..end]);
        }
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            agree(&changed);
        }
    }
}
