//! The frames of a capture that are still to be taken, in batches.

use std::io::Read;

use dissect::Dissector;
use dissect::savefile::{Reader, SavefileError};

use super::batch::Batch;
use super::progress::Progress;
use crate::render::clock::Times;

/// Reads the frames of a capture.
pub(super) struct Front<'a, R> {
    reader: &'a mut Reader<R>,
    progress: &'a mut Progress,
    /// How many frames are wanted yet.
    left: u64,
    /// Whether much is printed of each.
    wordy: bool,
    batches: u64,
    /// How the reading ended, once it has.
    ended: Option<Result<(), SavefileError>>,
}

impl<'a, R: Read> Front<'a, R> {
    /// Reads at most so many frames; of `wordy` ones much is printed.
    pub(super) fn new(
        reader: &'a mut Reader<R>,
        progress: &'a mut Progress,
        most: u64,
        wordy: bool,
    ) -> Self {
        Self { reader, progress, left: most, wordy, batches: 0, ended: None }
    }

    /// Whether nothing is left to read.
    pub(super) fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    /// How the reading ended.
    pub(super) fn ended(self) -> Result<(), SavefileError> {
        self.ended.unwrap_or(Ok(()))
    }

    /// Fills `batch` with the next frames. Returns whether there were any.
    pub(super) fn fill(&mut self, batch: &mut Batch) -> bool {
        if self.is_over() {
            return false;
        }
        let more = batch.read(self.reader, self.left, self.wordy);
        self.progress.at(self.reader.offset());
        batch.number = self.batches;
        self.batches += 1;
        self.left -= batch.len();
        match more {
            Ok(true) if self.left > 0 => {}
            ended => self.ended = Some(ended.map(|_| ())),
        }
        batch.len() > 0
    }
}

/// Follows the streams of the frames that were read, in their order.
pub(super) struct Streams<'a> {
    pub(super) dissector: &'a mut Dissector,
    /// The times of the frames before.
    pub(super) times: Times,
    /// Frames that were followed.
    pub(super) frames: u64,
}

impl Streams<'_> {
    /// Lets `batch` keep what its frames bring to their streams.
    pub(super) fn follow(&mut self, batch: &mut Batch) {
        batch.track(self.dissector, &mut self.times);
        self.frames += batch.len();
    }
}
