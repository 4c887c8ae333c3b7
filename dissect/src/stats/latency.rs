//! The time from a request to its reply, by type.

use std::collections::{BTreeMap, HashMap};

use codec::of10::{Header, MessageType, VERSION};
use foldhash::fast::RandomState;

use super::report::{Cell, Report, columns};
use super::{Connection, Statistic, Talk};
use crate::dissector::Frame;
use crate::problem::Problem;
use crate::registry::{Field, Protocol};
use crate::sink::{Ends, Place, Sink, Value};

/// Requests that wait for a reply, at most; what comes beyond is not followed, and counted.
const MOST: usize = 100_000;

/// A request that waits: who sent it, and what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Request {
    connection: Connection,
    /// The sender is the second end.
    turned: bool,
    xid: u32,
    kind: u8,
}

/// Times, in buckets of a sixteenth of a power of two.
#[derive(Debug, Default)]
struct Times {
    buckets: BTreeMap<u32, u64>,
    count: u64,
    least: u64,
    most: u64,
}

/// The bucket of a time.
fn bucket(time: u64) -> u32 {
    if time < 16 {
        return u32::try_from(time).unwrap_or(0);
    }
    let power = time.ilog2();
    let part = u32::try_from(time >> (power - 4) & 15).unwrap_or(0);
    power * 16 + part
}

/// The middle of a bucket.
fn middle(bucket: u32) -> u64 {
    if bucket < 16 {
        return bucket.into();
    }
    let (power, part) = (bucket / 16, u64::from(bucket % 16));
    // The sum has six bits, of which the highest is the power itself.
    let sum = 32 + 2 * part + 1;
    if power < 5 { (sum << power) >> 5 } else { sum << (power - 5) }
}

impl Times {
    fn add(&mut self, time: u64) {
        self.least = if self.count == 0 { time } else { self.least.min(time) };
        self.most = self.most.max(time);
        self.count += 1;
        *self.buckets.entry(bucket(time)).or_default() += 1;
    }

    /// The time that so many of a hundred do not exceed, to a thirty-second of itself.
    fn percentile(&self, percent: u64) -> u64 {
        let wanted = (self.count * percent).div_ceil(100).max(1);
        let mut seen = 0;
        for (bucket, count) in &self.buckets {
            seen += count;
            if seen >= wanted {
                return middle(*bucket).clamp(self.least, self.most);
            }
        }
        self.most
    }
}

#[derive(Debug, Default)]
struct Kind {
    times: Times,
    requests: u64,
    refused: u64,
}

/// Follows requests.
#[derive(Debug, Default)]
pub(super) struct Latency {
    waiting: HashMap<Request, u64, RandomState>,
    kinds: BTreeMap<u8, Kind>,
    talk: Talk,
    time: u64,
    depth: usize,
}

/// Whether the type is a request, and the type of its reply.
fn reply_to(request: MessageType) -> Option<MessageType> {
    Some(match request {
        MessageType::EchoRequest => MessageType::EchoReply,
        MessageType::FeaturesRequest => MessageType::FeaturesReply,
        MessageType::GetConfigRequest => MessageType::GetConfigReply,
        MessageType::StatsRequest => MessageType::StatsReply,
        MessageType::BarrierRequest => MessageType::BarrierReply,
        MessageType::QueueGetConfigRequest => MessageType::QueueGetConfigReply,
        _ => return None,
    })
}

const REQUESTS: [MessageType; 6] = [
    MessageType::EchoRequest,
    MessageType::FeaturesRequest,
    MessageType::GetConfigRequest,
    MessageType::StatsRequest,
    MessageType::BarrierRequest,
    MessageType::QueueGetConfigRequest,
];

impl Latency {
    fn note(&mut self, header: &Header) {
        let (connection, turned) = self.talk.connection();
        if reply_to(header.r#type).is_some() {
            let kind = u8::from(header.r#type);
            self.kinds.entry(kind).or_default().requests += 1;
            if self.waiting.len() < MOST {
                let request = Request { connection, turned, xid: header.xid, kind };
                self.waiting.insert(request, self.time);
            }
            return;
        }
        let answered = REQUESTS.iter().filter(|request| {
            reply_to(**request) == Some(header.r#type) || header.r#type == MessageType::Error
        });
        for request in answered {
            let kind = u8::from(*request);
            let request = Request { connection, turned: !turned, xid: header.xid, kind };
            if let Some(sent) = self.waiting.remove(&request) {
                let entry = self.kinds.entry(kind).or_default();
                if header.r#type == MessageType::Error {
                    entry.refused += 1;
                } else {
                    entry.times.add(self.time.saturating_sub(sent));
                }
            }
        }
    }
}

impl Statistic for Latency {
    fn begin(&mut self, frame: &Frame<'_>) {
        (self.talk, self.time, self.depth) = (Talk::default(), frame.time, 0);
    }

    fn end(&mut self, _: &Frame<'_>) {}

    fn report(&self) -> Report {
        let rows = self.kinds.iter().map(|(kind, entry)| {
            let times = &entry.times;
            let unanswered = entry.requests - times.count.min(entry.requests) - entry.refused;
            let mut row = vec![
                super::openflow::type_name(VERSION, *kind).into(),
                entry.requests.into(),
                entry.refused.into(),
                unanswered.into(),
            ];
            let figures = [
                times.least,
                times.percentile(50),
                times.percentile(90),
                times.percentile(99),
                times.most,
            ];
            let known = times.count > 0;
            row.extend(figures.map(|time| if known { Cell::Seconds(time) } else { Cell::Nothing }));
            row
        });
        Report {
            name: "latency",
            title: "From request to reply".to_owned(),
            columns: columns![
                "request" "Request", "requests" "Requests", "refused" "Refused",
                "unanswered" "Unanswered", "min_s" "Min, s", "p50_s" "50 %, s",
                "p90_s" "90 %, s", "p99_s" "99 %, s", "max_s" "Max, s",
            ],
            rows: rows.collect(),
        }
    }
}

impl Sink for Latency {
    fn wants(&self, _: &'static Protocol) -> bool {
        false
    }

    fn enter(&mut self, _: &'static Protocol, _: Place) {
        self.depth += 1;
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn field(&mut self, _: &'static Field, _: Place, _: Value<'_>) {}

    fn ends(&mut self, ends: Ends) {
        if self.depth == 1 {
            self.talk.note(ends);
        }
    }

    fn message(&mut self, bytes: &[u8], _: Place) {
        if self.depth == 1
            && let Ok(header) = Header::parse(bytes)
            && header.version == VERSION
        {
            self.note(&header);
        }
    }

    fn problem(&mut self, _: Problem) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_narrow() {
        for time in (0..60).flat_map(|power| [1_u64 << power, (1 << power) + (1 << power) / 3]) {
            let middle = middle(bucket(time));
            assert!(middle.abs_diff(time) <= time / 16, "{time} {middle}");
        }
    }

    #[test]
    fn percentiles() {
        let mut times = Times::default();
        (1..=100).for_each(|time| times.add(time * 1000));
        assert_eq!((times.least, times.most), (1000, 100_000));
        for percent in [50, 90, 99] {
            assert!(times.percentile(percent).abs_diff(percent * 1000) <= percent * 1000 / 16);
        }
    }
}
