//! Display filters from anywhere.
#![no_main]

use dissect::filter::Filter;
use dissect::{Dissector, Frame, Options};
use libfuzzer_sys::fuzz_target;

/// Ethernet and IPv4 with TCP to an OpenFlow port.
const FRAME: &[u8] = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0\x45\0\0\x30\0\x01\x40\0\x40\x06\0\0\
    \xc0\0\x02\x01\xc0\0\x02\x02\x19\xfd\xc0\0\0\0\0\x01\0\0\0\0\x50\x18\xff\xff\0\0\0\0\
    \x01\x12\0\x08\0\0\0\x07";

fuzz_target!(|text: &str| {
    let Ok(filter) = Filter::parse(text) else { return };
    let mut collector = filter.collector();
    Dissector::new(Options::default()).dissect(&Frame::ethernet(FRAME), &mut collector);
    let _ = filter.matches(&collector, FRAME);
});
