//! Times of frames, as tshark's `-t` has them; always in UTC.

use codec::put;
use codec::types::Line;
use time::OffsetDateTime;
use time::macros::format_description;

/// How to print the time of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum TimeFormat {
    /// Seconds since the first frame.
    #[default]
    R,
    /// Seconds since the frame before.
    D,
    /// Seconds since the frame shown before.
    Dd,
    /// Seconds since the Unix epoch.
    E,
    /// The time of day.
    #[value(alias = "u")]
    A,
    /// The date and the time of day.
    #[value(alias = "ud")]
    Ad,
}

const SECOND: u64 = 1_000_000_000;

/// What times are relative to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Times {
    first: Option<u64>,
    before: Option<u64>,
    now: u64,
    shown: Option<u64>,
}

impl Times {
    /// Notes the next frame.
    pub(crate) fn advance(&mut self, time: u64) {
        self.before = self.first.map(|_| self.now);
        self.first.get_or_insert(time);
        self.now = time;
    }

    /// The time of the frame noted last; 0 where there is none.
    pub(crate) fn last(&self) -> u64 {
        self.now
    }

    /// Notes that the frame noted last is shown.
    pub(crate) fn shown(&mut self) {
        self.shown = Some(self.now);
    }
}

/// Prints times, and remembers what they are relative to.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    format: TimeFormat,
    pub(crate) times: Times,
    /// The second that was printed last, as RFC 3339 has it.
    second: Option<u64>,
    text: String,
}

impl Clock {
    pub(crate) fn new(format: TimeFormat) -> Self {
        Self { format, ..Self::default() }
    }

    /// Appends the time of the frame noted last, which is shown.
    pub(crate) fn put(&mut self, out: &mut Line) {
        let Times { first, before, now, shown } = self.times;
        let since = |time: Option<u64>| now.saturating_sub(time.unwrap_or(now));
        match self.format {
            TimeFormat::R => out.push_seconds(4, since(first)),
            TimeFormat::D => out.push_seconds(4, since(before)),
            TimeFormat::Dd => out.push_seconds(4, since(shown)),
            TimeFormat::E => out.push_seconds(10, now),
            TimeFormat::A | TimeFormat::Ad => {
                let ad = self.format == TimeFormat::Ad;
                let date_time = self.rfc3339_second(now);
                let (date, time) = date_time.split_once('T').unwrap_or(("", date_time));
                if ad {
                    put!(out, date, " ");
                }
                out.push_str(time);
                put_nanoseconds(now, out);
            }
        }
        self.times.shown();
    }

    /// The second of a time: `2026-11-24T09:00:00`.
    fn rfc3339_second(&mut self, time: u64) -> &str {
        let second = time / SECOND;
        if self.second != Some(second) {
            self.second = Some(second);
            let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
            let whole = i64::try_from(second).ok();
            let time = whole.and_then(|second| OffsetDateTime::from_unix_timestamp(second).ok());
            self.text = time.and_then(|time| time.format(&format).ok()).unwrap_or_default();
        }
        &self.text
    }

    /// Appends a time as RFC 3339 has it, with nanoseconds.
    pub(crate) fn put_rfc3339(&mut self, time: u64, out: &mut Line) {
        out.push_str(self.rfc3339_second(time));
        put_nanoseconds(time, out);
        out.push_str("Z");
    }
}

/// A time in nanoseconds since the Unix epoch as RFC 3339 has it.
pub(crate) fn rfc3339(time: u64) -> String {
    let mut text = Line::default();
    Clock::default().put_rfc3339(time, &mut text);
    text.as_str().to_owned()
}

/// The time of day now, in UTC: `18:00:00`.
pub(crate) fn now_of_day() -> String {
    let now = OffsetDateTime::now_utc();
    now.format(&format_description!("[hour]:[minute]:[second]")).unwrap_or_default()
}

/// Appends the nanoseconds beyond the whole seconds of a time.
fn put_nanoseconds(time: u64, out: &mut Line) {
    out.push_nanoseconds(u32::try_from(time % SECOND).unwrap_or_default());
}
