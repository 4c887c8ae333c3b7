//! Who talks to whom, and how much.

use std::collections::HashMap;
use std::str::FromStr;

use foldhash::fast::RandomState;

use super::report::{Cell, Report, columns, count};
use super::{Statistic, Talk};
use crate::frame::Frame;
use crate::problem::Problem;
use crate::registry::{Field, Protocol};
use crate::sink::{Ends, Place, Sink, Value};

/// By which addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Eth,
    Ip,
    Ipv6,
    Tcp,
    Udp,
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "eth" => Self::Eth,
            "ip" => Self::Ip,
            "ipv6" => Self::Ipv6,
            "tcp" => Self::Tcp,
            "udp" => Self::Udp,
            _ => {
                return Err(format!(
                    "no conversations of {text:?}; want eth, ip, ipv6, tcp or udp"
                ));
            }
        })
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    /// Frames and bytes in one direction, and in the other.
    there: (u64, u64),
    back: (u64, u64),
    first: u64,
    last: u64,
}

/// Counts frames by their ends.
#[derive(Debug)]
pub(super) struct Conversations {
    level: Level,
    /// Whether each end is counted by itself.
    endpoints: bool,
    counts: HashMap<(String, String), Counts, RandomState>,
    talk: Talk,
    time: u64,
    len: u64,
}

impl Conversations {
    pub(super) fn new(level: Level, endpoints: bool) -> Self {
        let counts = HashMap::default();
        Self { level, endpoints, counts, talk: Talk::default(), time: 0, len: 0 }
    }

    fn add(&mut self, source: String, destination: String) {
        let (time, len) = (self.time, self.len);
        if self.endpoints {
            for (end, sends) in [(source, true), (destination, false)] {
                self.note((end, String::new()), sends, time, len);
            }
        } else if source <= destination {
            self.note((source, destination), true, time, len);
        } else {
            self.note((destination, source), false, time, len);
        }
    }

    fn note(&mut self, key: (String, String), there: bool, time: u64, len: u64) {
        let new = Counts { first: time, ..Counts::default() };
        let counts = self.counts.entry(key).or_insert(new);
        let direction = if there { &mut counts.there } else { &mut counts.back };
        direction.0 += 1;
        direction.1 += len;
        counts.last = time;
    }
}

impl Statistic for Conversations {
    fn begin(&mut self, frame: &Frame<'_>) {
        (self.talk, self.time, self.len) = (Talk::default(), frame.time, count(frame.len));
    }

    fn end(&mut self, _: &Frame<'_>) {}

    fn report(&self) -> Report {
        let mut all: Vec<_> = self.counts.iter().collect();
        all.sort_by_key(|(key, counts)| {
            (std::cmp::Reverse(counts.there.1 + counts.back.1), (*key).clone())
        });
        let rows = all.into_iter().map(|((a, b), counts)| {
            let Counts { there, back, first, last } = *counts;
            let mut row: Vec<Cell> = vec![a.as_str().into()];
            if !self.endpoints {
                row.push(b.as_str().into());
            }
            row.extend([there.0, there.1, back.0, back.1].map(Cell::Number));
            row.push(Cell::Seconds(last.saturating_sub(first)));
            row
        });
        let kind = format!("{:?}", self.level).to_lowercase();
        let (name, title, columns): (_, _, &'static [_]) = if self.endpoints {
            (
                "endpoints",
                format!("Ends: {kind}"),
                columns![
                    "address" "Address", "tx_frames" "Frames sent", "tx_bytes" "Bytes sent",
                    "rx_frames" "Frames received", "rx_bytes" "Bytes received",
                    "duration_s" "Duration, s",
                ],
            )
        } else {
            (
                "conversations",
                format!("Conversations: {kind}"),
                columns![
                    "a" "A", "b" "B", "frames_a_b" "Frames A→B", "bytes_a_b" "Bytes A→B",
                    "frames_b_a" "Frames B→A", "bytes_b_a" "Bytes B→A",
                    "duration_s" "Duration, s",
                ],
            )
        };
        Report { name, title, columns, rows: rows.collect() }
    }
}

impl Sink for Conversations {
    fn wants(&self, _: &'static Protocol) -> bool {
        false
    }

    fn enter(&mut self, _: &'static Protocol, _: Place) {}

    fn leave(&mut self) {}

    fn field(&mut self, _: &'static Field, _: Place, _: Value<'_>) {}

    fn ends(&mut self, ends: Ends) {
        self.talk.note(ends);
        match (self.level, ends) {
            (Level::Eth, Ends::Mac(a, b)) => self.add(a.to_string(), b.to_string()),
            (Level::Ip, Ends::Ipv4(a, b)) => self.add(a.to_string(), b.to_string()),
            (Level::Ipv6, Ends::Ipv6(a, b)) => self.add(a.to_string(), b.to_string()),
            (Level::Tcp, Ends::Tcp(from, to)) | (Level::Udp, Ends::Udp(from, to)) => {
                match self.talk.addresses {
                    Some(Ends::Ipv4(a, b)) => self.add(format!("{a}:{from}"), format!("{b}:{to}")),
                    Some(Ends::Ipv6(a, b)) => {
                        self.add(format!("[{a}]:{from}"), format!("[{b}]:{to}"));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn problem(&mut self, _: Problem) {}
}
