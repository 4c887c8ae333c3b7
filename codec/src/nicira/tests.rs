//! What holds for every message of Nicira, and the corners of its actions and matches.

use proptest::prelude::*;

use super::*;
use crate::error::Limit;
use crate::of10::{Action, Message};
use crate::wire::whole;

proptest! {
    #[test]
    fn bytes_value_and_json_are_one(message in generators::openflow_message()) {
        let mut wire = vec![0xa5];
        message.encode(&mut wire).unwrap();
        prop_assert_eq!(wire.len() - 1, message.encoded_len());
        let (read, rest) = Message::decode(&wire[1..]).unwrap();
        prop_assert!(rest.is_empty());
        prop_assert_eq!(&read, &message);
        let json = serde_json::to_string(&message).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Message>(&json).unwrap(), &message, "{}", json);
        prop_assert!(!message.to_string().contains('\n'));
    }

    #[test]
    fn actions_are_one(action in generators::action()) {
        let mut wire = Vec::new();
        action.encode(&mut wire).unwrap();
        prop_assert_eq!(&read(&wire).unwrap(), &action);
        let json = serde_json::to_string(&action).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Action>(&json).unwrap(), &action, "{}", json);
    }

    #[test]
    fn cut_actions_are_errors(action in generators::action(), at: prop::sample::Index) {
        let mut wire = Vec::new();
        action.encode(&mut wire).unwrap();
        let end = at.index(wire.len());
        prop_assert!(read(&wire[..end]).is_err());
        // Cut, with a length that says so: an error, or the same bytes again.
        let len = end / 8 * 8;
        wire.truncate(len);
        if let [_, _, high, low, ..] = wire.as_mut_slice() {
            [*high, *low] = u16::try_from(len).unwrap().to_be_bytes();
        }
        if let Ok(shorter) = read(&wire) {
            let mut again = Vec::new();
            shorter.encode(&mut again).unwrap();
            prop_assert_eq!(again, wire);
        }
    }
}

proptest! {
    /// Words that say everything are read again; for the rest there are the bytes.
    #[test]
    fn exact_text_keeps_every_bit(action in generators::action()) {
        use crate::text::Flow;

        let text = format!("actions={}", Flow {
            flow_mod: crate::of10::FlowMod {
                actions: vec![action.clone()],
                ..drop_all()
            },
            tlvs: Vec::new(),
        }.to_exact_string().trim_start_matches("actions="));
        let again: Flow = text.parse().map_err(|error| TestCaseError::fail(format!("{error}")))?;
        prop_assert_eq!(again.flow_mod.actions, vec![action], "{}", text);
    }
}

/// A flow that drops all frames.
fn drop_all() -> crate::of10::FlowMod {
    "actions=drop".parse::<crate::text::Flow>().unwrap().flow_mod
}

fn read(wire: &[u8]) -> Result<Action, crate::DecodeError> {
    whole("action", wire, wire, Limit::Input, Action::read)
}

fn bytes(hex: &str) -> Vec<u8> {
    crate::types::read_hex(&hex.replace(' ', "")).unwrap()
}

#[test]
fn actions_by_their_bytes() {
    for (hex, text) in [
        ("ffff0010 00002320 0001 0003 00000000", "resubmit:3"),
        ("ffff0010 00002320 000e fff8 04 000000", "resubmit(,4)"),
        ("ffff0010 00002320 002c 0003 05 000000", "resubmit(3,5,ct)"),
        ("ffff0010 00002320 0002 0000 0000002a", "set_tunnel:0x2a"),
        (
            "ffff0018 00002320 0006 0010 0004 0008 00010204 00010004",
            "move:NXM_NX_REG1[4..19]->NXM_NX_REG0[8..23]",
        ),
        ("ffff0018 00002320 0007 010f 00010004 0000000000000000", "load:0->NXM_NX_REG0[4..19]"),
        ("ffff0018 00002320 0021 80001708 0a000000 ff000000 0000", "set_field:10.0.0.0/8->ip_src"),
        ("ffff0010 00002320 0008 0102 03000000", "note:01.02.03.00.00.00"),
        ("ffff0010 00002320 0022 01 03 00000007", "conjunction(7,2/3)"),
        (
            "ffff0018 00002320 0023 0003 00000000 0005 ff 000000 0045",
            "ct(commit,force,zone=5,alg=tftp)",
        ),
        (
            "ffff0028 00002320 0023 0001 00010004 000f 04 000000 0000 \
             ffff0010 00002320 0024 0000 0000 0000",
            "ct(commit,table=4,zone=NXM_NX_REG0[0..15],nat)",
        ),
        ("ffff0018 00002320 002a 000000000000 0000 0008 0001 0000", "clone(output:1)"),
        (
            "ffff0030 00002320 0010 000a 0000 8000 0000000000000000 0000 06 00 0000 0000 \
             000c 00000802 0000 00000802 0000 0000",
            "learn(table=6,idle_timeout=10,NXM_OF_VLAN_TCI[0..11])",
        ),
        ("ffff0010 00002320 00c8 010203040506", "nicira(200,010203040506)"),
    ] {
        let wire = bytes(hex);
        let action = read(&wire).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(action.to_string(), text);
        let mut out = vec![0xa5];
        action.encode(&mut out).unwrap();
        assert_eq!(out[1..], wire, "{text}");
        let json = serde_json::to_string(&action).unwrap();
        assert_eq!(serde_json::from_str::<Action>(&json).unwrap(), action, "{json}");
    }
}

#[test]
fn padding_that_is_not_zero_is_kept() {
    let wire = bytes("ffff0018 00002320 0020 000f 0040 00010004 0000 0000 0009");
    let action = read(&wire).unwrap();
    let json = serde_json::to_string(&action).unwrap();
    assert!(json.contains(r#""end_pad":"000000000009""#), "{json}");
    let again: Action = serde_json::from_str(&json).unwrap();
    let mut out = Vec::new();
    again.encode(&mut out).unwrap();
    assert_eq!(out, wire);
}

#[test]
fn actions_within_actions_end_somewhere() {
    let mut wire = Vec::new();
    for level in 0..3000_u16 {
        let len = 16 * (3000 - level);
        wire.extend(bytes("ffff"));
        wire.extend(len.to_be_bytes());
        wire.extend(bytes("00002320 002a 000000000000"));
    }
    let action = read(&wire).unwrap();
    let text = action.to_string();
    assert_eq!(text.matches("clone(").count(), NiciraAction::MAX_DEPTH);
    assert!(text.contains("vendor(0x2320,"), "the rest is raw");
    let mut out = Vec::new();
    action.encode(&mut out).unwrap();
    assert_eq!(out, wire);
}

#[test]
fn matches_as_ovs_ofctl_writes_them() {
    for (entries, text) in [
        // The halves of a longer register.
        ("80010008 0000000100000002", "reg0=0x1,reg1=0x2"),
        ("8001 0110 0000000000000002 00000000000000ff", "reg1=0x2/0xff"),
        // EtherType and protocol are one word, whatever the order of the rest.
        ("00000602 0800 00000c01 11 00001602 0035", "udp,tp_src=53"),
        ("80000a02 86dd 00000c01 3a 0001 2a01 87", "icmp6,icmp_type=135"),
        // Both parts of a tag.
        ("80000c02 1005 80000e01 03", "dl_vlan=5,dl_vlan_pcp=3"),
        ("00000802 0000", "vlan_tci=0x0000"),
        ("00000904 1000 1000", "vlan_tci=0x1000/0x1000"),
        ("00000602 0806 00001e02 0001 00002004 c0000201", "arp,arp_spa=192.0.2.1,arp_op=1"),
        ("00000602 0800 00000f08 0a000000 ff0000ff", "ip,nw_src=10.0.0.0/255.0.0.255"),
        ("0001 d308 00000003 0000000b", "ct_state=+new+est-rpl"),
        ("00000602 0800 00000c01 06 0001 4504 0002 0012", "tcp,tcp_flags=+syn-ack"),
        ("0001 3502 00 03", "nw_frag=no"),
        ("00010004 00000000", "reg0=0"),
        ("80005604 fffffff7", "actset_output=UNSET"),
        ("7ffe0202 0001", "nxm(7ffe02020001)"),
        ("ffff 0008 00002320 0000000f", "dp_hash=0xf"),
    ] {
        let wire = bytes(entries);
        let len = wire.len();
        let read = |input| NxmMatch::read(input, len);
        let mut padded = wire.clone();
        padded.resize(len.next_multiple_of(8), 0);
        let matched = whole("match", &padded, &padded, Limit::Input, read).unwrap();
        assert_eq!(match_text::words(&matched.entries), text);
        let json = serde_json::to_string(&matched).unwrap();
        assert_eq!(serde_json::from_str::<NxmMatch>(&json).unwrap(), matched, "{json}");
    }
}

#[test]
fn headers_and_words_are_unique() {
    for (index, field) in NxmField::ALL.iter().enumerate() {
        let same = |other: &NxmField| other.header() == field.header() || other.name == field.name;
        assert!(!NxmField::ALL[..index].iter().any(same), "{}", field.name);
        assert_eq!(NxmField::of_header(field.header()), Some(field));
        assert_eq!(NxmField::of_name(field.name), Some(field));
        let preferred = NxmField::of_word(field.word).unwrap();
        assert_eq!((preferred.form, preferred.bits), (field.form, field.bits), "{}", field.name);
    }
}

#[test]
fn no_key_twice() {
    for layout in generators::layouts() {
        for (index, item) in layout.items.iter().enumerate() {
            let twice = layout.items[..index].iter().any(|other| other.key == item.key);
            assert!(!twice, "{} {}", layout.name, item.key);
        }
    }
}

#[test]
fn what_is_wrong_in_json_is_told() {
    for (json, text) in [
        (r#"{"type":"nicira","subtype":"resubmit"}"#, "missing field `in_port`"),
        (r#"{"type":"nicira","subtype":"exit","port":1}"#, "unknown field `port`"),
        (
            r#"{"type":"nicira","subtype":"set_queue","queue_id":4294967296}"#,
            "does not fit 32 bits",
        ),
        (
            r#"{"type":"nicira","subtype":"reg_load","ofs":0,"n_bits":65,"dst":"NXM_NX_REG0","value":1}"#,
            "65 is not within 1 to 64",
        ),
        (
            r#"{"type":"nicira","subtype":"reg_load","ofs":0,"n_bits":4,"dst":"NXM_NX_REGO","value":1}"#,
            "no field that is known",
        ),
        (
            r#"{"type":"nicira","subtype":"reg_load2","set":{"field":"NXM_OF_IP_SRC","value":"10.0.0"}}"#,
            "NXM_OF_IP_SRC: ",
        ),
    ] {
        let error = serde_json::from_str::<Action>(json).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
}
