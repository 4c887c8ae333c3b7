//! What a PACKET_OUT carries: bare, framed, signed.
#![no_main]

use codec::proxy::{Framed, Key, bare};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = bare::unwrap(bytes);
    let Some(Ok(frame)) = Framed::find(bytes) else { return };
    let mut out = Vec::new();
    frame.encode(&mut out).expect("what was decoded can be encoded");
    assert_eq!(bytes[..out.len()], out);
    let key = Key::new(b"sixteen bytes or more").expect("long enough");
    let _ = frame.verify(&key);
});
