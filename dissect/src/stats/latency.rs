//! The time from a request to its reply, by type.

use std::collections::{BTreeMap, HashMap};

use codec::of10::{Header, MessageType, VERSION};
use foldhash::fast::RandomState;

use super::Connection;
use super::listener::{Context, MessageCounter};
use super::report::{Report, columns};
use super::times::Times;

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
    fn note(&mut self, header: &Header, context: &Context) {
        let (connection, turned) = context.talk.connection();
        if reply_to(header.r#type).is_some() {
            let kind = u8::from(header.r#type);
            self.kinds.entry(kind).or_default().requests += 1;
            if self.waiting.len() < MOST {
                let request = Request { connection, turned, xid: header.xid, kind };
                self.waiting.insert(request, context.time);
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
                    entry.times.add(context.time.saturating_sub(sent));
                }
            }
        }
    }
}

impl MessageCounter for Latency {
    fn message(&mut self, bytes: &[u8], context: &Context) {
        if !context.nested
            && let Ok(header) = Header::parse(bytes)
            && header.version == VERSION
        {
            self.note(&header, context);
        }
    }

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
            row.push(times.cell(times.least));
            row.extend([50, 90, 99].map(|percent| times.cell(times.percentile(percent))));
            row.push(times.cell(times.most));
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
