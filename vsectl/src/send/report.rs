//! What became of the frames.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::transmit::Causes;

/// How far the rate may be from what was asked for without a word.
const TOLERANCE: f64 = 0.01;

/// So many packets, in words.
pub(crate) fn packets(count: u64) -> String {
    format!("{count} packet{}", if count == 1 { "" } else { "s" })
}

/// What became of the frames that were to be sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    /// Frames that were not sent, by cause.
    pub(super) causes: Causes,
    /// How often the queue of the interface was full.
    pub(crate) waits: u64,
    pub(crate) elapsed: Duration,
    /// Packets a second that were asked for.
    pub(crate) asked: Option<f64>,
    /// Why it ended before all was sent.
    pub(crate) stopped: Option<String>,
}

/// The JSON of a report: `vsectl.send/1`.
#[derive(Debug, Serialize)]
pub(crate) struct ReportView<'a> {
    schema: &'static str,
    packets: u64,
    bytes: u64,
    failed: u64,
    causes: &'a Causes,
    waits: u64,
    seconds: f64,
    packets_per_second: f64,
    megabits_per_second: f64,
    asked_packets_per_second: Option<f64>,
    stopped: Option<&'a str>,
}

impl Report {
    /// Counts a frame that was not sent.
    pub(crate) fn fail(&mut self, cause: &str) {
        match self.causes.get_mut(cause) {
            Some(count) => *count += 1,
            None => _ = self.causes.insert(cause.to_owned(), 1),
        }
    }

    pub(crate) fn failed(&self) -> u64 {
        self.causes.values().sum()
    }

    /// Frames that were sent, or could not be.
    pub(super) fn tried(&self) -> u64 {
        self.packets + self.failed()
    }

    /// Whether everything was sent.
    pub(crate) fn is_complete(&self) -> bool {
        self.stopped.is_none() && self.causes.is_empty()
    }

    /// Packets and megabits a second.
    #[allow(clippy::cast_precision_loss, reason = "rates for people")]
    fn rates(&self) -> (f64, f64) {
        let seconds = self.elapsed.as_secs_f64().max(1e-9);
        // The time of n frames is that of the n - 1 gaps between them, where a pace was asked for.
        let gaps = match self.asked {
            Some(_) => self.packets.saturating_sub(1).max(1),
            None => self.packets,
        };
        (gaps as f64 / seconds, self.bytes as f64 * 8e-6 / seconds)
    }

    pub(crate) fn view(&self) -> ReportView<'_> {
        let (packets_per_second, megabits_per_second) = self.rates();
        ReportView {
            schema: "vsectl.send/1",
            packets: self.packets,
            bytes: self.bytes,
            failed: self.failed(),
            causes: &self.causes,
            waits: self.waits,
            seconds: self.elapsed.as_secs_f64(),
            packets_per_second,
            megabits_per_second,
            asked_packets_per_second: self.asked,
            stopped: self.stopped.as_deref(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rate, megabits) = self.rates();
        let seconds = self.elapsed.as_secs_f64();
        write!(
            f,
            "sent {}, {} bytes in {seconds:.3} s: {rate:.0} packets/s, {megabits:.3} Mbit/s",
            packets(self.packets),
            self.bytes
        )?;
        for (cause, count) in &self.causes {
            write!(f, "\nnot sent {count}: {cause}")?;
        }
        if self.waits > 0 {
            let times =
                if self.waits == 1 { "once".to_owned() } else { format!("{} times", self.waits) };
            write!(f, "\nthe queue of the interface was full {times}")?;
        }
        if let Some(why) = &self.stopped {
            write!(f, "\nstopped after {}: {why}", packets(self.packets))?;
        }
        match self.asked {
            // Two packets say nothing about a rate.
            Some(asked) if self.packets > 100 && (rate / asked - 1.0).abs() > TOLERANCE => {
                write!(f, "\nasked for {asked} packets/s, and could not hold it")
            }
            _ => Ok(()),
        }
    }
}
