//! A bar on standard error while a long file is read, on a terminal alone.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// A file that is read faster needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes between looks at the time.
const STEP: u64 = 1 << 22;

pub(super) struct Progress {
    len: Option<u64>,
    begun: Instant,
    next: u64,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A bar for a file of that length; none where it is not known.
    pub(super) fn new(len: Option<u64>) -> Self {
        let len = len.filter(|_| stderr().is_terminal());
        Self { len, begun: Instant::now(), next: STEP, bar: None }
    }

    /// Notes how far the file is read.
    #[inline]
    pub(super) fn at(&mut self, offset: u64) {
        if offset >= self.next {
            self.show(offset);
        }
    }

    #[cold]
    fn show(&mut self, offset: u64) {
        self.next = offset + STEP;
        let Some(len) = self.len.filter(|_| self.begun.elapsed() > PATIENCE) else { return };
        let bar = self.bar.get_or_insert_with(|| {
            let style =
                ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {eta} left");
            let bar = ProgressBar::new(len);
            style.map(|style| bar.clone().with_style(style)).unwrap_or(bar)
        });
        // A compressed file holds more than its length.
        bar.set_position(offset.min(len));
    }

    /// Takes the bar away.
    pub(super) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
