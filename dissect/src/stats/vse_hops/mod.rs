//! How long requests to VSE take, from the controller through the proxy to the agent and back.
//!
//! The proxy gives each request an xid of its own before it hands it to VSE; its other bytes, and
//! the order, survive. So a request of an agent's leg is that of a controller's leg which has the
//! same bytes but for the xid, and within whose time it falls: see [`matching`].

mod matching;
mod request;

use std::collections::{BTreeMap, HashMap, VecDeque};

use codec::of10::{Header, MessageType, VERSION};
use codec::vse::Subtype;
use foldhash::fast::RandomState;

use self::request::{Kind, has_more, in_packet_in, in_packet_out, names_vse};
use super::Connection;
use super::listener::{Context, MessageCounter};
use super::report::{Cell, Report, columns, count};
use super::times::Times;

/// Requests, and connections, that are followed at most; what comes beyond is counted.
const MOST: usize = 100_000;

/// A connection of a switch's session, or of VSE.
#[derive(Debug, Default)]
struct Leg {
    /// Which ends have said HELLO: that they are the second, or are not.
    greeted: [bool; 2],
    /// Whether it is the session of a switch: it has messages that only such a one has.
    session: bool,
    /// Whether VSE was spoken.
    vse: bool,
    /// Requests that are not settled, by the end that asked, in their order.
    waiting: [VecDeque<usize>; 2],
}

/// A request, and when it was answered.
#[derive(Debug)]
struct Request {
    leg: usize,
    xid: u32,
    kind: Kind,
    /// Whether it came in a PACKET_OUT.
    carried: bool,
    /// A BARRIER_REQUEST to the switch, which the proxy answers when VSE has settled what came
    /// before: it is asked for nothing else here.
    only_settles: bool,
    content: u64,
    sent: u64,
    settled: Option<Settled>,
}

#[derive(Debug, Clone, Copy)]
struct Settled {
    at: u64,
    /// By an answer of its own, not by that to a later request.
    answered: bool,
    refused: bool,
}

/// Follows requests.
#[derive(Debug, Default)]
pub(super) struct VseHops {
    legs: Vec<Leg>,
    by_connection: HashMap<Connection, usize, RandomState>,
    requests: Vec<Request>,
    beyond: u64,
}

/// How a request reached the leg that it was seen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Came {
    Direct,
    PacketOut,
    /// On an agent's leg, and no controller in the capture asked it.
    Other,
}

/// Where time goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hop {
    /// From the controller's request to its answer.
    Controller,
    /// From the controller's leg to the agent's.
    ProxyIn,
    /// From request to answer on the agent's leg.
    Agent,
    /// From the agent's leg to the controller's.
    ProxyOut,
}

/// What is told of a kind of requests in a hop.
#[derive(Debug, Default)]
struct Row {
    seen: u64,
    refused: u64,
    unanswered: u64,
    times: Times,
}

impl Row {
    fn request(&mut self, request: &Request) {
        self.seen += 1;
        match request.settled {
            Some(settled) => {
                self.refused += u64::from(settled.refused);
                self.times.add(settled.at.saturating_sub(request.sent));
            }
            None => self.unanswered += 1,
        }
    }

    fn passed(&mut self, from: u64, to: u64) {
        self.seen += 1;
        self.times.add(to.saturating_sub(from));
    }
}

impl VseHops {
    /// The leg of the frame, which may have to begin; nothing where there are too many.
    fn leg(&mut self, connection: Connection, anew: bool) -> Option<usize> {
        let known = self.by_connection.get(&connection).copied();
        if let Some(known) = known.filter(|_| !anew) {
            return Some(known);
        }
        if self.legs.len() >= MOST {
            return known;
        }
        self.legs.push(Leg::default());
        self.by_connection.insert(connection, self.legs.len() - 1);
        Some(self.legs.len() - 1)
    }

    fn note(&mut self, bytes: &[u8], header: &Header, context: &Context) {
        let (connection, turned) = context.talk.connection();
        let now = context.time;
        let end = usize::from(turned);
        // Who greets once more is on another connection between the same ports, or in another file.
        let greets = header.r#type == MessageType::Hello;
        let known = self.by_connection.get(&connection).and_then(|leg| self.legs.get(*leg));
        let greeted = known.and_then(|leg| leg.greeted.get(end)).copied().unwrap_or(false);
        let Some(index) = self.leg(connection, greets && greeted) else { return };
        let Some(leg) = self.legs.get_mut(index) else { return };
        if greets && let Some(greeted) = leg.greeted.get_mut(end) {
            *greeted = true;
        }
        leg.session |= matches!(
            header.r#type,
            MessageType::FeaturesRequest
                | MessageType::FeaturesReply
                | MessageType::PacketIn
                | MessageType::PacketOut
                | MessageType::PortStatus
        );
        let is_vse = names_vse(bytes);
        leg.vse |= is_vse;
        let session = leg.session;
        match header.r#type {
            MessageType::PacketOut => {
                if let Some(inner) = in_packet_out(bytes) {
                    self.asked(index, end, inner, true, now);
                }
            }
            MessageType::PacketIn => {
                if let Some(inner) = in_packet_in(bytes) {
                    self.answered(index, end, inner, true, now);
                }
            }
            MessageType::Vendor | MessageType::StatsRequest if is_vse => {
                self.asked(index, end, bytes, false, now);
                self.answered(index, end, bytes, false, now);
            }
            // To VSE itself everything may be said plainly, and nothing else on its leg.
            MessageType::FlowMod | MessageType::StatsRequest if !session => {
                self.asked(index, end, bytes, false, now);
            }
            MessageType::BarrierRequest => self.asked(index, end, bytes, false, now),
            MessageType::Error | MessageType::BarrierReply | MessageType::StatsReply => {
                self.answered(index, end, bytes, false, now);
            }
            _ => {}
        }
    }

    fn asked(&mut self, leg: usize, end: usize, bytes: &[u8], carried: bool, now: u64) {
        let (Ok(header), Some(kind)) = (Header::parse(bytes), Kind::of_request(bytes)) else {
            return;
        };
        let Some(of) = self.legs.get_mut(leg) else { return };
        let Some(waiting) = of.waiting.get_mut(end) else { return };
        let barrier = header.r#type == MessageType::BarrierRequest;
        let only_settles = barrier && !carried && of.session;
        if only_settles && waiting.is_empty() {
            return;
        }
        if self.requests.len() >= MOST {
            self.beyond += 1;
            return;
        }
        waiting.push_back(self.requests.len());
        self.requests.push(Request {
            leg,
            xid: header.xid,
            kind,
            carried,
            only_settles,
            content: request::content(bytes, &header),
            sent: now,
            settled: None,
        });
    }

    /// Takes an answer that the end sent.
    fn answered(&mut self, leg: usize, end: usize, bytes: &[u8], carried: bool, now: u64) {
        let (Ok(header), false) = (Header::parse(bytes), has_more(bytes)) else { return };
        let Some(leg) = self.legs.get_mut(leg) else { return };
        let Some(waiting) = leg.waiting.get_mut(1 - end) else { return };
        let at = waiting.iter().position(|index| {
            self.requests.get(*index).is_some_and(|request| {
                request.xid == header.xid
                    && request.carried == carried
                    && request.kind.is_answered_by(bytes)
            })
        });
        let Some(at) = at else { return };
        let refused = header.r#type == MessageType::Error;
        let direct = waiting.get(at).and_then(|index| self.requests.get(*index));
        let only_direct = direct.is_some_and(|request| request.only_settles);
        let mut before = waiting.drain(..=at).collect::<Vec<_>>();
        let Some(own) = before.pop() else { return };
        let mut left = Vec::new();
        for index in before {
            let Some(request) = self.requests.get_mut(index) else { continue };
            if only_direct && request.carried {
                left.push(index);
            } else if !request.kind.has_answer() {
                let settled = Settled { at: now, answered: false, refused: false };
                request.settled = Some(settled);
            }
        }
        left.into_iter().rev().for_each(|index| waiting.push_front(index));
        if let Some(request) = self.requests.get_mut(own) {
            request.settled = Some(Settled { at: now, answered: true, refused });
        }
    }

    /// Whether a request is one to VSE on a session's leg, or one on a leg of VSE.
    fn role(&self, request: &Request) -> Option<Hop> {
        let leg = self.legs.get(request.leg)?;
        match leg {
            _ if request.only_settles => None,
            // Said plainly before the session was known as one: what it asked was the switch.
            Leg { session: true, .. } if request.carried || request.is_of_vse() => {
                Some(Hop::Controller)
            }
            Leg { session: false, vse: true, .. } => Some(Hop::Agent),
            _ => None,
        }
    }

    fn rows(&self) -> BTreeMap<(Kind, Came, Hop), Row> {
        let mut rows: BTreeMap<_, Row> = BTreeMap::new();
        let matched = matching::match_legs(self);
        for (index, request) in self.requests.iter().enumerate() {
            let asker = matched.get(&index).and_then(|asker| self.requests.get(*asker));
            let Some(hop) = self.role(request) else { continue };
            let came = match (hop, asker.unwrap_or(request).carried) {
                (Hop::Agent, _) if asker.is_none() => Came::Other,
                (_, true) => Came::PacketOut,
                (_, false) => Came::Direct,
            };
            let key = |hop| (request.kind, came, hop);
            rows.entry(key(hop)).or_default().request(request);
            let Some(asker) = asker else { continue };
            rows.entry(key(Hop::ProxyIn)).or_default().passed(asker.sent, request.sent);
            if let (Some(there), Some(here)) = (request.settled, asker.settled)
                && there.answered
                && here.answered
            {
                rows.entry(key(Hop::ProxyOut)).or_default().passed(there.at, here.at);
            }
        }
        rows
    }
}

impl Request {
    /// Whether the message itself says that it is for VSE; for statistics this was looked at when
    /// they were noted.
    fn is_of_vse(&self) -> bool {
        match self.kind {
            Kind::Vse(_) => true,
            Kind::Plain(kind) => MessageType::from(kind) == MessageType::StatsRequest,
        }
    }

    fn asks(&self, subtype: Subtype) -> bool {
        self.kind == Kind::Vse(subtype.into())
    }
}

impl MessageCounter for VseHops {
    fn message(&mut self, bytes: &[u8], context: &Context) {
        if !context.nested
            && let Ok(header) = Header::parse(bytes)
            && header.version == VERSION
        {
            self.note(bytes, &header, context);
        }
    }

    fn report(&self) -> Report {
        let rows = self.rows().into_iter().map(|((kind, came, hop), row)| {
            let asked = matches!(hop, Hop::Controller | Hop::Agent);
            let counted = |count: u64| if asked { count.into() } else { Cell::Nothing };
            let came = match came {
                Came::Direct => "direct",
                Came::PacketOut => "packet_out",
                Came::Other => "other",
            };
            let hop = match hop {
                Hop::Controller => "controller",
                Hop::ProxyIn => "proxy in",
                Hop::Agent => "agent",
                Hop::ProxyOut => "proxy out",
            };
            let mut cells = vec![
                kind.name().into(),
                came.into(),
                hop.into(),
                row.seen.into(),
                counted(row.refused),
                counted(row.unanswered),
            ];
            let times = &row.times;
            cells.extend([50, 95, 99].map(|percent| times.cell(times.percentile(percent))));
            cells.push(times.cell(times.most));
            cells
        });
        let title = match self.beyond {
            0 => "Requests to VSE by hop".to_owned(),
            beyond => {
                format!("Requests to VSE by hop: the first {}, without {beyond} more", count(MOST))
            }
        };
        Report {
            name: "vse-hops",
            title,
            columns: columns![
                "request" "Request", "came" "Came", "hop" "Hop", "count" "Count",
                "refused" "Refused", "unanswered" "Unanswered", "p50_s" "50 %, s",
                "p95_s" "95 %, s", "p99_s" "99 %, s", "max_s" "Max, s",
            ],
            rows: rows.collect(),
        }
    }
}

#[cfg(test)]
mod tests;
