//! Captures from anywhere, to the last field of the last message.
#![no_main]

use dissect::savefile::Reader;
use dissect::{Dissector, Frame, Options, Summary, Tree};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(reader) = Reader::new(bytes) else { return };
    let mut dissector = Dissector::new(Options::default());
    for record in reader.flatten() {
        let frame = Frame { link_type: record.link_type, bytes: &record.bytes, len: record.len };
        dissector.dissect(frame, &mut Tree::default());
        dissector.dissect(frame, &mut Summary::default());
    }
});
