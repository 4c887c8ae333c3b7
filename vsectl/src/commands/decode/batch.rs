//! Frames that are taken together, in any thread.

use std::convert::Infallible;
use std::io::{self, Read};

use codec::types::Line;
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
    pub(super) text: Line,
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
}

/// A frame whose bytes stand in the block: in few bytes, since there are thousands.
struct Kept {
    time: u64,
    /// Bytes from the first frame to this one.
    from: u32,
    caplen: u32,
    len: u32,
}

/// What frames of the same interface have in common.
struct Common {
    /// The place of the first one behind those.
    end: usize,
    link_type: LinkType,
    interface: u32,
    interface_name: Option<String>,
    /// A comment, which one frame alone has.
    comment: Option<String>,
}

impl Batch {
    /// Reads the next frames into the batch, at most so many; of `wordy` ones much is printed.
    /// Returns whether there may be more.
    pub(super) fn read<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        most: u64,
        wordy: bool,
    ) -> Result<bool, SavefileError> {
        let frames = &mut self.frames;
        frames.kept.clear();
        frames.common.clear();
        reader.give_block(&mut frames.block, if wordy { FULL_WORDY } else { FULL });
        let more = reader.each_of_block(most, |record| frames.keep(record));
        reader.take_block(&mut frames.block);
        more
    }

    /// Keeps what each frame brings to its streams. The frames before have these `times`.
    pub(super) fn track(&mut self, dissector: &mut Dissector, times: &mut Times) {
        self.times = *times;
        self.tracked.clear();
        let Ok(()) = self.frames.each(|record| {
            dissector.track(&record.frame, &mut self.tracked);
            times.advance(record.frame.time);
            times.shown();
            Ok::<_, Infallible>(())
        });
    }

    /// Takes the frames through `lane`.
    pub(super) fn run(&mut self, lane: &mut Lane, dissector: &mut Dissector) -> io::Result<()> {
        self.text.clear();
        dissector.take_over(&mut self.tracked);
        *lane.output.times() = self.times;
        self.frames.each(|record| {
            dissector.follow(&record.frame);
            let mut pass = Pass { dissector, begun: false, tracked: true };
            lane.frame(record, &mut pass, &mut self.text).map(|_| ())
        })
    }

    /// How many frames there are.
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.frames.kept.len()).unwrap_or(u64::MAX)
    }
}

impl Frames {
    #[inline]
    fn keep(&mut self, record: &Record<'_>) {
        let Frame { bytes, len, number, time, .. } = record.frame;
        let address = bytes.as_ptr().addr();
        if self.kept.is_empty() {
            (self.first, self.number) = (address, number);
        }
        self.kept.push(Kept {
            time,
            from: short(address.wrapping_sub(self.first)),
            caplen: short(bytes.len()),
            len: short(len),
        });
        match self.common.last_mut().filter(|common| common.is_of(record)) {
            Some(common) => common.end = self.kept.len(),
            None => self.add_common(record),
        }
    }

    #[cold]
    fn add_common(&mut self, record: &Record<'_>) {
        let Frame { link_type, interface, interface_name, .. } = record.frame;
        self.common.push(Common {
            end: self.kept.len(),
            link_type,
            interface,
            interface_name: interface_name.map(str::to_owned),
            comment: record.comment.map(str::to_owned),
        });
    }

    /// Hands each frame to `take`.
    #[inline]
    fn each<E>(&self, mut take: impl FnMut(&Record<'_>) -> Result<(), E>) -> Result<(), E> {
        // The block has moved into its place, its bytes have not.
        let first = self.first.wrapping_sub(self.block.as_ptr().addr());
        let mut numbers = self.number..;
        let mut start = 0;
        for common in &self.common {
            let kept = self.kept.get(start..common.end).unwrap_or_default();
            start = common.end;
            for (kept, number) in kept.iter().zip(&mut numbers) {
                let from = first.wrapping_add(long(kept.from));
                let to = from.wrapping_add(long(kept.caplen));
                let frame = Frame {
                    link_type: common.link_type,
                    bytes: self.block.get(from..to).unwrap_or_default(),
                    len: long(kept.len),
                    number,
                    time: kept.time,
                    interface: common.interface,
                    interface_name: common.interface_name.as_deref(),
                };
                let comment = common.comment.as_deref();
                take(&Record { comment, ..Record::of(frame) })?;
            }
        }
        Ok(())
    }
}

impl Common {
    /// Whether the frame has the same in common.
    #[inline]
    fn is_of(&self, record: &Record<'_>) -> bool {
        let Frame { link_type, interface, interface_name, .. } = record.frame;
        self.link_type == link_type
            && self.interface == interface
            && self.interface_name.as_deref() == interface_name
            && (self.comment.is_none() && record.comment.is_none())
    }
}

/// Lengths and places in a block, which is far shorter than 4 GiB.
fn short(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

fn long(len: u32) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}
