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
    /// What is the same for many frames in a row.
    common: Vec<Common>,
    /// Comments, and the names of interfaces.
    names: String,
}

/// A frame whose bytes stand in the block: in few bytes, since there are thousands.
struct Kept {
    time: u64,
    /// Bytes from the first frame to this one.
    from: u32,
    caplen: u32,
    len: u32,
    /// Which of the common things it has.
    common: u32,
}

/// What frames of the same interface have in common.
struct Common {
    link_type: LinkType,
    interface: u32,
    /// Where among the names its name stands, and a comment that one frame alone has.
    interface_name: Option<Range<u32>>,
    comment: Option<Range<u32>>,
}

impl Batch {
    /// Fills the batch with the next frames, at most so many, and has `track` keep what each brings
    /// to its streams. The frames before have these `times`. Returns whether there may be more.
    pub(super) fn fill<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        (most, wordy, times): (u64, bool, Times),
        mut track: impl FnMut(&Frame<'_>, &mut Tracked) -> anyhow::Result<()>,
    ) -> anyhow::Result<Result<bool, SavefileError>> {
        self.text.clear();
        self.tracked.clear();
        self.times = times;
        let full = if wordy { FULL_WORDY } else { FULL };
        self.frames.fill(reader, (most, full), |frame| track(frame, &mut self.tracked))
    }

    /// How many frames there are.
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.frames.kept.len()).unwrap_or(u64::MAX)
    }

    /// Takes the frames through `lane`.
    pub(super) fn run(&mut self, lane: &mut Lane, dissector: &mut Dissector) -> io::Result<()> {
        dissector.take_over(&mut self.tracked);
        *lane.output.times() = self.times;
        for record in self.frames.records() {
            dissector.follow(&record.frame);
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
        (most, full): (u64, usize),
        track: impl FnMut(&Frame<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<Result<bool, SavefileError>> {
        self.kept.clear();
        self.common.clear();
        self.names.clear();
        let more = self.take(reader, most, track);
        reader.hand_over(&mut self.block, full);
        more
    }

    fn take<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        most: u64,
        mut track: impl FnMut(&Frame<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<Result<bool, SavefileError>> {
        for n in 0..most {
            if n > 0 && !reader.has_in_block() {
                return Ok(Ok(!reader.is_at_end()));
            }
            match reader.next() {
                Ok(Some(record)) => {
                    track(&record.frame)?;
                    self.keep(&record);
                }
                Ok(None) => break,
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(false))
    }

    #[inline]
    fn keep(&mut self, record: &Record<'_>) {
        let Frame { bytes, len, number, time, .. } = record.frame;
        let address = bytes.as_ptr().addr();
        if self.kept.is_empty() {
            (self.first, self.number) = (address, number);
        }
        if !self.is_common(record) {
            self.add_common(record);
        }
        self.kept.push(Kept {
            time,
            from: short(address.wrapping_sub(self.first)),
            caplen: short(bytes.len()),
            len: short(len),
            common: short(self.common.len() - 1),
        });
    }

    /// Whether the frame has in common with the one before what there is to have.
    #[inline]
    fn is_common(&self, record: &Record<'_>) -> bool {
        let Frame { link_type, interface, interface_name, .. } = record.frame;
        let Some(common) = self.common.last() else { return false };
        common.link_type == link_type
            && common.interface == interface
            && self.text(common.interface_name.as_ref()) == interface_name
            && (common.comment.is_none() && record.comment.is_none())
    }

    #[cold]
    fn add_common(&mut self, record: &Record<'_>) {
        let Frame { link_type, interface, interface_name, .. } = record.frame;
        let interface_name = interface_name.map(|name| self.name(name));
        let comment = record.comment.map(|comment| self.name(comment));
        self.common.push(Common { link_type, interface, interface_name, comment });
    }

    #[inline]
    fn text(&self, range: Option<&Range<u32>>) -> Option<&str> {
        self.names.get(long(range?))
    }

    fn name(&mut self, name: &str) -> Range<u32> {
        let from = self.names.len();
        self.names.push_str(name);
        short(from)..short(self.names.len())
    }

    fn records(&self) -> impl Iterator<Item = Record<'_>> {
        // The block has moved into its place, its bytes have not.
        let first = self.first.wrapping_sub(self.block.as_ptr().addr());
        self.kept.iter().zip(self.number..).filter_map(move |(kept, number)| {
            let range = long(&(kept.from..kept.from.saturating_add(kept.caplen)));
            let range = first.wrapping_add(range.start)..first.wrapping_add(range.end);
            let common = self.common.get(usize::try_from(kept.common).ok()?)?;
            let frame = Frame {
                link_type: common.link_type,
                bytes: self.block.get(range).unwrap_or_default(),
                len: usize::try_from(kept.len).unwrap_or(usize::MAX),
                number,
                time: kept.time,
                interface: common.interface,
                interface_name: self.text(common.interface_name.as_ref()),
            };
            let comment = self.text(common.comment.as_ref());
            Some(Record { frame, comment, block: None, blocks_before: &[] })
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
