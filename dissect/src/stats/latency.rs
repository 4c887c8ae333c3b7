//! The time from a request to its reply, by type.

use std::collections::{BTreeMap, HashMap};

use codec::of10::{Header, MessageType, VERSION};
use foldhash::fast::RandomState;

use super::report::{Cell, Report, columns};
use super::times::Times;
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
pub(super) fn reply_to(request: MessageType) -> Option<MessageType> {
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
