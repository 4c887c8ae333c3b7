//! Frames and bytes over time.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::Statistic;
use super::report::{Cell, Report, columns, count};
use crate::frame::Frame;
use crate::problem::Problem;
use crate::registry::{Field, Protocol};
use crate::sink::{Place, Sink, Value};

/// Intervals that are told apart; those behind them are one.
const MOST: u64 = 100_000;

/// Nanoseconds of one interval.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interval(u64);

impl FromStr for Interval {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let nanoseconds = format!("{decimals:0<9}");
        let number = |digits: &str| digits.parse::<u64>().ok();
        let time = number(if whole.is_empty() { "0" } else { whole })
            .and_then(|whole| whole.checked_mul(1_000_000_000))
            .zip(number(&nanoseconds).filter(|_| decimals.len() <= 9))
            .map(|(whole, rest)| whole.saturating_add(rest));
        match time {
            Some(time) if time > 0 => Ok(Self(time)),
            _ => Err(format!("{text:?} is no interval; want seconds, as 1 or 0.1")),
        }
    }
}

/// Counts frames by the interval in which they came.
#[derive(Debug)]
pub(super) struct Io {
    interval: Interval,
    first: Option<u64>,
    /// Frames and bytes.
    counts: BTreeMap<u64, (u64, u64)>,
}

impl Io {
    pub(super) fn new(interval: Interval) -> Self {
        Self { interval, first: None, counts: BTreeMap::new() }
    }
}

impl Statistic for Io {
    fn begin(&mut self, frame: &Frame<'_>) {
        let first = *self.first.get_or_insert(frame.time);
        let index = (frame.time.saturating_sub(first) / self.interval.0).min(MOST);
        let counts = self.counts.entry(index).or_default();
        counts.0 += 1;
        counts.1 += count(frame.len);
    }

    fn end(&mut self, _: &Frame<'_>) {}

    fn report(&self) -> Report {
        let last = self.counts.last_key_value().map_or(0, |(index, _)| *index);
        let nothing = self.counts.is_empty();
        let rows = (0..=last).filter(|_| !nothing).map(|index| {
            let (frames, bytes) = self.counts.get(&index).copied().unwrap_or_default();
            let begin = Cell::Seconds(index.saturating_mul(self.interval.0));
            vec![begin, frames.into(), bytes.into()]
        });
        Report {
            name: "io",
            title: if last == MOST {
                format!("Frames and bytes over time, all behind {MOST} intervals as one")
            } else {
                "Frames and bytes over time".to_owned()
            },
            columns: columns!["time_s" "From, s", "frames" "Frames", "bytes" "Bytes"],
            rows: rows.collect(),
        }
    }
}

impl Sink for Io {
    fn wants(&self, _: &'static Protocol) -> bool {
        false
    }
    fn enter(&mut self, _: &'static Protocol, _: Place) {}
    fn leave(&mut self) {}
    fn field(&mut self, _: &'static Field, _: Place, _: Value<'_>) {}
    fn problem(&mut self, _: Problem) {}
}
