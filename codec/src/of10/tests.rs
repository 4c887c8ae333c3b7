//! What holds for every message: bytes, value and JSON are three forms of one thing.

use super::*;

/// Reads `wire` whole, and checks that value and JSON give back its bytes.
fn round_trip(wire: &[u8]) -> Message {
    let (message, rest) = Message::decode(wire).unwrap();
    assert!(rest.is_empty());
    assert_eq!(message.encoded_len(), wire.len());
    let mut out = Vec::new();
    message.encode(&mut out).unwrap();
    assert_eq!(out, wire);
    let json = serde_json::to_string(&message).unwrap();
    let again: Message = serde_json::from_str(&json).unwrap_or_else(|e| panic!("{e}: {json}"));
    assert_eq!(again, message, "{json}");
    // Keys in any order.
    let sorted = serde_json::from_str::<serde_json::Value>(&json).unwrap();
    assert_eq!(serde_json::from_value::<Message>(sorted).unwrap(), message);
    for end in 0..wire.len() {
        Message::decode(&wire[..end]).unwrap_err();
    }
    message
}

const FLOW_MOD: &[u8] = b"\x01\x0e\0\x50\0\0\0\x07\
    \0\x30\x20\xef\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\0\0\x0a\0\0\x01\0\0\0\0\
    \0\0\0\0\0\0\0\x2a\0\0\0\x0a\0\0\0\x05\xff\xff\xff\xff\xff\xff\0\x01\0\0\0\x08\0\x02\0\0";

#[test]
fn flow_mod() {
    let message = round_trip(FLOW_MOD);
    let json = serde_json::to_value(&message).unwrap();
    assert_eq!(json["body"]["match"], serde_json::json!({"dl_type": 2048, "nw_dst": "10.0.0.1"}));
}

#[test]
fn values_under_wildcards_survive() {
    for byte in 8..48 {
        for bit in 0..8 {
            let mut wire = FLOW_MOD.to_vec();
            wire[byte] ^= 1 << bit;
            round_trip(&wire);
        }
    }
}
