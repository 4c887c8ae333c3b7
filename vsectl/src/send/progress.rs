//! A bar on standard error while much is sent, on a terminal alone.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

/// What is sent faster needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks at it.
const STEP: Duration = Duration::from_millis(100);

/// How far it is.
pub(crate) struct Progress {
    shown: bool,
    total: Option<u64>,
    next: Duration,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A bar for so many packets, or for an unknown number.
    pub(crate) fn new(total: Option<u64>) -> Self {
        Self { shown: stderr().is_terminal(), total, next: PATIENCE, bar: None }
    }

    /// Nothing.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self { shown: false, total: None, next: PATIENCE, bar: None }
    }

    /// Notes that so many packets were sent by `now`.
    #[inline]
    pub(super) fn at(&mut self, packets: u64, now: Duration) {
        if self.shown && now >= self.next {
            self.show(packets, now);
        }
    }

    #[cold]
    fn show(&mut self, packets: u64, now: Duration) {
        self.next = now + STEP;
        let total = self.total;
        let bar = self.bar.get_or_insert_with(|| {
            let (bar, template) = match total {
                Some(total) => {
                    (ProgressBar::new(total), "{wide_bar} {human_pos} of {human_len}, {msg}")
                }
                None => (ProgressBar::new_spinner(), "{spinner} {human_pos} packets, {msg}"),
            };
            match ProgressStyle::with_template(template) {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        bar.set_position(packets);
        // From the start, which the bar has not seen.
        let millis = now.as_millis().max(1);
        let rate = u128::from(packets) * 1_000 / millis;
        bar.set_message(format!("{}/s", HumanCount(u64::try_from(rate).unwrap_or(u64::MAX))));
    }

    /// Takes the bar away.
    pub(crate) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
