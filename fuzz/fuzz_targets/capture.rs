//! Captures from anywhere, to the last field of the last message; a second walk sees the same.
#![no_main]

use std::io::Read;

use dissect::filter::Filter;
use dissect::savefile::{Reader, decompressed};
use dissect::{Dissector, Options, Summary, Tree};
use libfuzzer_sys::fuzz_target;

/// Of a file that is small and says that it is long, so much is enough.
const MOST: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Ok(plain) = decompressed(bytes) else { return };
    let Ok(mut reader) = Reader::new(plain.take(MOST)) else { return };
    reader.keep_blocks();
    let mut dissector = Dissector::new(Options::default());
    let filter = Filter::parse("ip.src[0] == 1 or openflow_v1 or count(vse.match) > 1");
    let filter = filter.expect("it is a filter");
    let mut collector = filter.collector();
    while let Ok(Some(record)) = reader.next() {
        let mut tree = Tree::default();
        dissector.dissect(&record.frame, &mut tree);
        let mut again = Tree::default();
        dissector.again(&record.frame, &mut again);
        assert_eq!(tree, again);
        dissector.again(&record.frame, &mut Summary::default());
        collector.clear();
        dissector.again(&record.frame, &mut collector);
        let _ = filter.matches(&collector, record.frame.bytes);
    }
    while dissector.finish(&mut Summary::default()).is_some() {}
});
