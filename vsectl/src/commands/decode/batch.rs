//! Frames that are taken together, in any thread.

use std::io::{self, Read};
use std::ops::Range;

use dissect::savefile::{Reader, Record, SavefileError};
use dissect::{Dissector, Frame, LinkType, Tracked};

use super::lane::{Lane, Pass};
use crate::render::clock::Times;

/// Bytes of frames that make a batch: few enough for a core's cache to hold them, enough for the
/// hand-over to cost nothing beside.
const FULL: usize = 256 * 1024;
/// The same where much more is printed of a frame than it has bytes.
const FULL_WORDY: usize = 64 * 1024;

/// Frames with their bytes, and what must be known of the frames before.
#[derive(Default)]
pub(super) struct Batch {
    /// Its place in the capture.
    pub(super) number: u64,
    bytes: Vec<u8>,
    frames: Vec<Kept>,
    tracked: Tracked,
    times: Times,
    /// What is printed of the frames.
    pub(super) text: Vec<u8>,
}

/// A frame whose bytes stand in the batch.
struct Kept {
    link_type: LinkType,
    bytes: Range<usize>,
    /// Where its comment stands behind its bytes.
    comment: Option<Range<usize>>,
    len: usize,
    number: u64,
    time: u64,
    interface: u32,
    /// Where the interface's name stands.
    interface_name: Option<Range<usize>>,
}

impl Batch {
    /// Fills the batch with the next frames, at most so many. Returns whether there may be more.
    pub(super) fn fill<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        most: u64,
        wordy: bool,
    ) -> Result<bool, SavefileError> {
        let full = if wordy { FULL_WORDY } else { FULL };
        self.bytes.clear();
        self.frames.clear();
        self.text.clear();
        for _ in 0..most {
            if self.bytes.len() >= full {
                return Ok(true);
            }
            let Some(record) = reader.next()? else { return Ok(false) };
            self.keep(&record);
        }
        Ok(false)
    }

    #[inline]
    fn keep(&mut self, record: &Record<'_>) {
        let Frame { link_type, bytes, len, number, time, interface, interface_name } = record.frame;
        let bytes = self.append(bytes);
        let comment = record.comment.map(|comment| self.append(comment.as_bytes()));
        let interface_name = interface_name.map(|name| self.name(name));
        self.frames.push(Kept {
            link_type,
            bytes,
            comment,
            len,
            number,
            time,
            interface,
            interface_name,
        });
    }

    /// Where the name of an interface stands: mostly the one before has it too.
    fn name(&mut self, name: &str) -> Range<usize> {
        let before = self.frames.last().and_then(|kept| kept.interface_name.clone());
        match before {
            Some(range) if self.bytes.get(range.clone()) == Some(name.as_bytes()) => range,
            _ => self.append(name.as_bytes()),
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Range<usize> {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        from..self.bytes.len()
    }

    /// How many frames there are.
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.frames.len()).unwrap_or(u64::MAX)
    }

    /// The times of the first frame and of the last.
    pub(super) fn ends(&self) -> Option<(u64, u64)> {
        Some((self.frames.first()?.time, self.frames.last()?.time))
    }

    /// The frames as they stood in the file.
    pub(super) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        records(&self.frames, &self.bytes)
    }

    /// Keeps what the frames bring to the streams of `dissector`, and what their `times` are
    /// relative to.
    pub(super) fn track(&mut self, dissector: &mut Dissector, times: &mut Times) {
        self.times = *times;
        for record in records(&self.frames, &self.bytes) {
            dissector.track(record.frame, &mut self.tracked);
            times.advance(record.frame.time);
            times.shown();
        }
    }

    /// Takes the frames, which must be [tracked](Self::track), through `lane`.
    pub(super) fn run(&mut self, lane: &mut Lane, dissector: &mut Dissector) -> io::Result<()> {
        dissector.take_over(&mut self.tracked);
        *lane.output.times() = self.times;
        for record in records(&self.frames, &self.bytes) {
            dissector.follow(record.frame);
            let mut pass = Pass { dissector, begun: false, tracked: true };
            lane.frame(&record, &mut pass, &mut self.text)?;
        }
        Ok(())
    }
}

fn records<'a>(frames: &'a [Kept], bytes: &'a [u8]) -> impl Iterator<Item = Record<'a>> {
    let part = |range: &Range<usize>| bytes.get(range.clone()).unwrap_or_default();
    frames.iter().map(move |kept| {
        let Kept { link_type, len, number, time, interface, .. } = *kept;
        let text = |range: &Range<usize>| str::from_utf8(part(range)).ok();
        let (bytes, interface_name) =
            (part(&kept.bytes), kept.interface_name.as_ref().and_then(text));
        Record {
            frame: Frame { link_type, bytes, len, number, time, interface, interface_name },
            comment: kept.comment.as_ref().and_then(text),
            block: None,
            blocks_before: &[],
        }
    })
}
