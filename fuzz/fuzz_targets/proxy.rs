//! What a PACKET_OUT carries: bare, framed, signed.
#![no_main]

use codec::of10::BufferId;
use codec::proxy::{Carried, FramedRef, Key};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for (offset, message) in Carried::of(bytes, BufferId::NONE).messages() {
        assert!(offset < bytes.len());
        assert!(message.map_or_else(|error| error.offset <= bytes.len(), |_| true));
    }
    let Some(Ok(received)) = FramedRef::find(bytes) else { return };
    let key = Key::new(b"sixteen bytes or more").expect("long enough");
    let _ = received.verify(&key);
    let Ok(frame) = received.decode() else { return };
    let mut out = Vec::new();
    frame.encode(&mut out).expect("what was decoded can be encoded");
    assert_eq!(bytes[..out.len()], out);
});
