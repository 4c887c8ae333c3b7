//! What holds for every message of VSE, and the corners of match TLVs.

use proptest::prelude::*;

use super::*;
use crate::error::Limit;
use crate::of10::Message;
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
    fn tlvs_in_json(tlv in generators::tlv()) {
        let json = serde_json::to_string(&tlv).unwrap();
        prop_assert_eq!(serde_json::from_str::<Tlv>(&json).unwrap(), tlv, "{}", json);
    }
}

fn bytes_of(tlv: &Tlv) -> Vec<u8> {
    let mut out = Vec::new();
    tlv.encode(&mut out);
    out
}

fn read(wire: &[u8]) -> Result<Tlv, crate::DecodeError> {
    whole("tlv", wire, wire, Limit::Input, Tlv::read)
}

#[test]
fn tlv_golden() {
    let cases: [(&[u8], &str, &str); 5] = [
        (b"\xff\xff\x02\x06\0VSE\0\x05", "vm_id=5", r#"{"field":"vm_id","value":5}"#),
        (
            b"\xff\xff\x0f\x14\0VSE\0\0\0\0\0\0\0\x2a\0\0\0\0\0\xff\xff\xff",
            "tun_id=0x2a/0xffffff",
            r#"{"field":"tun_id","value":"0x2a","mask":"0xffffff"}"#,
        ),
        (
            b"\xff\xff\x53\x0c\0VSE\x0a\0\0\0\xff\0\0\0",
            "inner_nw_dst=10.0.0.0/8",
            r#"{"field":"inner_nw_dst","value":"10.0.0.0","mask":"255.0.0.0"}"#,
        ),
        (b"\xff\xff\x0c\x05\0VSE\x01", "tun_type=vxlan", r#"{"field":"tun_type","value":"vxlan"}"#),
        // Of another experimenter.
        (
            b"\xff\xff\x02\x06\0\0\x23\x20\0\x05",
            "tlv(ffff0206000023200005)",
            r#"{"tlv":"ffff0206000023200005"}"#,
        ),
    ];
    for (wire, text, json) in cases {
        let tlv = read(wire).unwrap();
        assert_eq!(bytes_of(&tlv), wire);
        assert_eq!(tlv.encoded_len(), wire.len());
        assert_eq!(tlv.to_string(), text);
        assert_eq!(serde_json::to_string(&tlv).unwrap(), json);
        for end in 0..wire.len() {
            assert!(read(&wire[..end]).unwrap_err().is_incomplete(), "{text} cut at {end}");
        }
    }
}

#[test]
fn tlvs_that_are_not_known_are_kept() {
    for wire in [
        // Another class; the field 99 of VSE; a field of OpenFlow; too short for an experimenter.
        &b"\x80\0\x02\x06\0VSE\0\x05"[..],
        b"\xff\xff\xc6\x06\0VSE\0\x05",
        b"\xff\xff\x82\x06\0VSE\0\x05",
        b"\xff\xff\x02\x02\0\x56",
    ] {
        let tlv = read(wire).unwrap();
        assert!(matches!(tlv, Tlv::Unknown(_)), "{tlv}");
        assert_eq!(bytes_of(&tlv), wire);
    }
}

#[test]
fn tlvs_that_are_wrong() {
    for (wire, text) in [
        (&b"\xff\xff\x02\x05\0VSE\x05"[..], "tlv.oxm_length at byte 3: length is 5, must be 6"),
        (b"\xff\xff\x03\x06\0VSE\0\x05", "tlv.oxm_length at byte 3: length is 6, must be 8"),
        (
            b"\xff\xff\x0d\x06\0VSE\x01\xff",
            "tlv.oxm_hasmask at byte 2: value 0xd, must be without a mask",
        ),
    ] {
        assert_eq!(read(wire).unwrap_err().to_string(), text);
    }
}

#[test]
fn values_that_a_field_cannot_have() {
    let error = |field, value, mask| FieldMatch::with_mask(field, value, mask).unwrap_err();
    assert_eq!(
        error(MatchField::VmId, 0x1_0000, None).to_string(),
        "vm_id: value 0x10000, must be below 2^16"
    );
    assert_eq!(
        error(MatchField::TunType, 1, Some(1)).to_string(),
        "tun_type: value 0x1, must be without a mask"
    );
    assert_eq!(
        error(MatchField::NwDst, 1, None).to_string(),
        "nw_dst: value 0x4a, must be a field that a match TLV can hold"
    );
    for (json, text) in [
        (r#"{"field":"inner_nw_src","value":"10.0.0.300"}"#, "10.0.0.300"),
        (r#"{"field":"tun_type","value":"vlan"}"#, "one of vxlan, nvgre"),
        (r#"{"field":"vm_id","value":"five"}"#, "five"),
        (r#"{"field":"vm_id","value":5.5}"#, "a number, or a text"),
        (r#"{"field":"vm_id"}"#, "either field and value, or tlv"),
        (r#"{"tlv":"ffff02"}"#, "one whole match TLV"),
    ] {
        let error = serde_json::from_str::<Tlv>(json).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
}

#[test]
fn padding_of_a_list() {
    let json = |pad: &str| format!(r#"{{"tlvs":[{{"field":"vm_id","value":5}}],"pad":"{pad}"}}"#);
    let list: Tlvs = serde_json::from_str(&json("010203040506")).unwrap();
    let mut wire = Vec::new();
    list.encode(&mut wire);
    assert_eq!(wire, b"\xff\xff\x02\x06\0VSE\0\x05\x01\x02\x03\x04\x05\x06");
    assert_eq!(serde_json::to_string(&list).unwrap(), json("010203040506"));
    let error = serde_json::from_str::<Tlvs>(&json("0102")).unwrap_err().to_string();
    assert!(error.contains("invalid length 2"), "{error}");
}

#[test]
fn padding_of_the_vms_of_a_core() {
    let reply = |pad: &str| {
        let entry = format!(
            r#"{{"core":0,"load":0,"provisional":0,"flags":[],"numa_node":0,"n_flows":0,
                "packets":0,"drops":0,"vms":[1],"pad":"{pad}"}}"#
        );
        let body = format!(r#"{{"vse_type":"core","entries":[{entry}]}}"#);
        let body = format!(r#"{{"flags":[],"type":"vse","body":{body}}}"#);
        let json = format!(r#"{{"version":1,"type":"stats_reply","xid":1,"body":{body}}}"#);
        let message: Message = serde_json::from_str(&json).unwrap();
        message.encode(&mut Vec::new())
    };
    assert!(reply("").is_ok() && reply("00000001").is_ok());
    assert_eq!(
        reply("01").unwrap_err().to_string(),
        "core stats entry: 37 bytes, must be a multiple of 8"
    );
}
