//! Captures that are read from their first frame to their last, several as one.

use std::path::{Path, PathBuf};

use anyhow::Context;
use dissect::savefile::Reader;
use dissect::{Dissector, Frame, Options};

use crate::capture_input;
use crate::exit::diagnostic;

/// What became of reading captures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ReadOut {
    /// Frames that were read.
    pub(crate) frames: u64,
    /// Files that could not be read to their end.
    pub(crate) broken: u64,
}

/// Hands each frame of `paths` to `take`, with a dissector that has seen those before, until it
/// wants no more. What cannot be read is named on standard error; the frames before it count.
pub(crate) fn read(
    paths: &[PathBuf],
    options: &Options,
    mut take: impl FnMut(&mut Dissector, &Frame<'_>) -> anyhow::Result<bool>,
) -> anyhow::Result<ReadOut> {
    let mut dissector = Dissector::new(options.clone());
    let (mut out, mut last) = (ReadOut::default(), 0);
    for path in paths {
        let mut reader = match open(path) {
            Ok(reader) => reader,
            Err(error) => {
                diagnostic!("{error:#}");
                out.broken += 1;
                continue;
            }
        };
        reader.count_from(out.frames);
        let mut begins = true;
        loop {
            match reader.next() {
                Ok(Some(record)) => {
                    // One file continues the one before, as those of a ring do, unless it is older.
                    if std::mem::take(&mut begins) && record.frame.time < last {
                        dissector = Dissector::new(options.clone());
                    }
                    last = record.frame.time;
                    out.frames += 1;
                    if !take(&mut dissector, &record.frame)? {
                        return Ok(out);
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    diagnostic!("{}: {error}", path.display());
                    out.broken += 1;
                    break;
                }
            }
        }
    }
    Ok(out)
}

fn open(path: &Path) -> anyhow::Result<Reader<Box<dyn std::io::Read + Send>>> {
    let name = || path.display().to_string();
    let input =
        capture_input::open(path, false).with_context(|| format!("cannot open {}", name()))?;
    Reader::new(input.reader).with_context(name)
}
