//! Bytes, value, bytes, JSON, value: nothing is lost, nothing panics.
#![no_main]

use codec::of10::Message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok((message, rest)) = Message::decode(bytes) else { return };
    let mut out = Vec::new();
    message.encode(&mut out).expect("what was decoded can be encoded");
    assert_eq!(out, bytes[..bytes.len() - rest.len()]);
    let json = serde_json::to_string(&message).expect("a message has a JSON form");
    assert_eq!(serde_json::from_str::<Message>(&json).expect("that is read"), message);
    let _ = message.to_string();
    if let Some(flow) = codec::text::Flow::from_body(&message.body) {
        let _ = flow.to_exact_string();
    }
});
