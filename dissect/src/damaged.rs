//! Frames for tests that hold two ways of doing the same against each other.

use std::fs::{self, File};

use crate::frame::Frame;
use crate::savefile::{Reader, decompressed};

/// Runs `each` over the frames of pcaps/, as they are and with a byte changed here and there, or cut.
/// It is told where a capture begins.
pub(crate) fn each_frame(mut each: impl FnMut(bool, &Frame<'_>)) {
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % below
    };
    for entry in fs::read_dir("../pcaps").unwrap() {
        for damaged in [false, true, true, true] {
            let path = entry.as_ref().unwrap().path();
            let input = decompressed(File::open(path).unwrap()).unwrap();
            let Ok(mut reader) = Reader::new(input) else { continue };
            let mut begins = true;
            while let Ok(Some(record)) = reader.next() {
                let mut bytes = record.frame.bytes.to_vec();
                if damaged && !bytes.is_empty() && random(2) == 0 {
                    let at = random(bytes.len());
                    match random(8) {
                        0 => bytes.truncate(at),
                        _ => bytes[at] = u8::try_from(random(256)).unwrap(),
                    }
                }
                each(begins, &Frame { bytes: &bytes, ..record.frame });
                begins = false;
            }
        }
    }
}
