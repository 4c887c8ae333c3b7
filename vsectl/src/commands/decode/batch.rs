//! Frames that are taken together, in any thread.

use std::io::{self, Read};
use std::ops::Range;

use dissect::savefile::{Reader, Record, SavefileError};
use dissect::{Dissector, Frame, LinkType, Tracked};

use super::lane::{Lane, Pass};
use crate::render::clock::Times;

/// Bytes of a file that make a batch: few enough for a core's cache to hold them, enough for the
/// hand-over to cost nothing beside.
const FULL: usize = 256 * 1024;
/// The same where much more is printed of a frame than it has bytes.
const FULL_WORDY: usize = 64 * 1024;

/// Frames with their bytes, and what must be known of the frames before.
#[derive(Default)]
pub(super) struct Batch {
    /// Its place in the capture.
    pub(super) number: u64,
    frames: Frames,
    tracked: Tracked,
    times: Times,
    /// What is printed of the frames.
    pub(super) text: Vec<u8>,
}

/// Frames as they stand in a block of the file.
#[derive(Default)]
struct Frames {
    block: Vec<u8>,
    /// The address of the first frame, from which the others count.
    first: usize,
    /// The number of the first frame.
    number: u64,
    kept: Vec<Kept>,
    /// Comments, and the names of interfaces.
    names: String,
}

/// A frame whose bytes stand in the block: in less than a cache line, since there are thousands.
struct Kept {
    time: u64,
    /// Bytes from the first frame to this one.
    from: u32,
    caplen: u32,
    len: u32,
    link_type: LinkType,
    interface: u32,
    /// Where among the names its comment stands, and the name of its interface.
    comment: Option<Range<u32>>,
    interface_name: Option<Range<u32>>,
}

impl Batch {
    /// Fills the batch with the next frames, at most so many. Returns whether there may be more.
    pub(super) fn fill<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        most: u64,
        wordy: bool,
    ) -> Result<bool, SavefileError> {
        self.text.clear();
        self.frames.fill(reader, most, if wordy { FULL_WORDY } else { FULL })
    }

    /// How many frames there are.
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.frames.kept.len()).unwrap_or(u64::MAX)
    }

    /// The times of the first frame and of the last.
    pub(super) fn ends(&self) -> Option<(u64, u64)> {
        let kept = &self.frames.kept;
        Some((kept.first()?.time, kept.last()?.time))
    }

    /// The frames as they stood in the file.
    pub(super) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.frames.records()
    }

    /// Keeps what the frames bring to the streams of `dissector`, and what their `times` are
    /// relative to.
    pub(super) fn track(&mut self, dissector: &mut Dissector, times: &mut Times) {
        self.times = *times;
        self.tracked.clear();
        for record in self.frames.records() {
            dissector.track(record.frame, &mut self.tracked);
            times.advance(record.frame.time);
            times.shown();
        }
    }

    /// Takes the frames, which must be [tracked](Self::track), through `lane`.
    pub(super) fn run(&mut self, lane: &mut Lane, dissector: &mut Dissector) -> io::Result<()> {
        dissector.take_over(&mut self.tracked);
        *lane.output.times() = self.times;
        for record in self.frames.records() {
            dissector.follow(record.frame);
            let mut pass = Pass { dissector, begun: false, tracked: true };
            lane.frame(&record, &mut pass, &mut self.text)?;
        }
        Ok(())
    }
}

impl Frames {
    fn fill<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        most: u64,
        full: usize,
    ) -> Result<bool, SavefileError> {
        self.kept.clear();
        self.names.clear();
        let more = self.take(reader, most);
        reader.hand_over(&mut self.block, full);
        more
    }

    fn take<R: Read>(&mut self, reader: &mut Reader<R>, most: u64) -> Result<bool, SavefileError> {
        for n in 0..most {
            if n > 0 && !reader.has_in_block() {
                return Ok(!reader.is_at_end());
            }
            let Some(record) = reader.next()? else { return Ok(false) };
            self.keep(&record);
        }
        Ok(false)
    }

    #[inline]
    fn keep(&mut self, record: &Record<'_>) {
        let Frame { link_type, bytes, len, number, time, interface, interface_name } = record.frame;
        let address = bytes.as_ptr().addr();
        if self.kept.is_empty() {
            (self.first, self.number) = (address, number);
        }
        let comment = record.comment.map(|comment| self.name(comment));
        let interface_name = interface_name.map(|name| self.interface_name(name));
        self.kept.push(Kept {
            time,
            from: short(address.wrapping_sub(self.first)),
            caplen: short(bytes.len()),
            len: short(len),
            link_type,
            interface,
            comment,
            interface_name,
        });
    }

    /// Where the name of an interface stands: mostly the frame before has it too.
    fn interface_name(&mut self, name: &str) -> Range<u32> {
        let before = self.kept.last().and_then(|kept| kept.interface_name.clone());
        match before {
            Some(range) if self.names.get(long(&range)) == Some(name) => range,
            _ => self.name(name),
        }
    }

    fn name(&mut self, name: &str) -> Range<u32> {
        let from = self.names.len();
        self.names.push_str(name);
        short(from)..short(self.names.len())
    }

    fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let text = |range: &Range<u32>| self.names.get(long(range));
        // The block has moved into its place, its bytes have not.
        let first = self.first.wrapping_sub(self.block.as_ptr().addr());
        self.kept.iter().zip(self.number..).map(move |(kept, number)| {
            let range = long(&(kept.from..kept.from.saturating_add(kept.caplen)));
            let range = first.wrapping_add(range.start)..first.wrapping_add(range.end);
            Record {
                frame: Frame {
                    link_type: kept.link_type,
                    bytes: self.block.get(range).unwrap_or_default(),
                    len: usize::try_from(kept.len).unwrap_or(usize::MAX),
                    number,
                    time: kept.time,
                    interface: kept.interface,
                    interface_name: kept.interface_name.as_ref().and_then(text),
                },
                comment: kept.comment.as_ref().and_then(text),
                block: None,
                blocks_before: &[],
            }
        })
    }
}

/// Lengths and places in a block, which is far shorter than 4 GiB.
fn short(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

fn long(range: &Range<u32>) -> Range<usize> {
    let long = |place| usize::try_from(place).unwrap_or(usize::MAX);
    long(range.start)..long(range.end)
}
