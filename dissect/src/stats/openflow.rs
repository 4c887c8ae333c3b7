//! OpenFlow messages by connection and type.

use std::collections::HashMap;

use codec::of10::{MessageType, VERSION};
use foldhash::fast::RandomState;

use super::report::{Report, columns, count};
use super::{Connection, Statistic, Talk};
use crate::dissector::Frame;
use crate::problem::Problem;
use crate::protocol::openflow::{later_type_name, version_name};
use crate::registry::{Field, Protocol};
use crate::sink::{Ends, Place, Sink, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Kind {
    /// Which of the connections.
    connection: usize,
    version: u8,
    r#type: u8,
    /// Whether another message carries it.
    nested: bool,
}

/// Counts messages.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// Each with the frame that it was first seen in.
    connections: Vec<(Connection, u64)>,
    by_connection: HashMap<Connection, usize, RandomState>,
    /// Messages and bytes of OpenFlow 1.0, by connection, whether they are nested, and type.
    plain: Vec<[[(u64, u64); 32]; 2]>,
    /// Messages and bytes of all others.
    counts: HashMap<Kind, (u64, u64), RandomState>,
    talk: Talk,
    /// The connection of the frame, once it is known.
    connection: Option<usize>,
    frame: u64,
    depth: usize,
}

impl Messages {
    fn connection(&mut self) -> usize {
        if let Some(known) = self.connection {
            return known;
        }
        let (connection, _) = self.talk.connection();
        let index = self.index(connection, self.frame);
        self.connection = Some(index);
        index
    }

    fn index(&mut self, connection: Connection, frame: u64) -> usize {
        let next = self.connections.len();
        let index = *self.by_connection.entry(connection).or_insert(next);
        if index == next {
            self.connections.push((connection, frame));
            self.plain.push([[(0, 0); 32]; 2]);
        }
        index
    }

    /// The place to count messages of a kind in.
    fn counts(&mut self, kind: Kind) -> &mut (u64, u64) {
        let plain = self.plain.get_mut(kind.connection).filter(|_| kind.version == VERSION);
        let plain = plain.and_then(|counts| counts.get_mut(usize::from(kind.nested)));
        match plain.and_then(|counts| counts.get_mut(usize::from(kind.r#type))) {
            Some(counts) => counts,
            None => self.counts.entry(kind).or_default(),
        }
    }

    /// Messages and bytes by kind.
    fn all(&self) -> impl Iterator<Item = (Kind, (u64, u64))> {
        let plain = self.plain.iter().enumerate().flat_map(|(connection, counts)| {
            counts.iter().zip([false, true]).flat_map(move |(counts, nested)| {
                counts.iter().zip(0..).map(move |(counts, r#type)| {
                    (Kind { connection, version: VERSION, r#type, nested }, *counts)
                })
            })
        });
        let others = self.counts.iter().map(|(kind, counts)| (*kind, *counts));
        plain.filter(|(_, counts)| counts.0 > 0).chain(others)
    }

    /// Adds what was counted of other frames of the capture.
    pub(super) fn join(&mut self, other: &Self) {
        let mut indices = Vec::with_capacity(other.connections.len());
        for (connection, first) in &other.connections {
            let index = self.index(*connection, *first);
            if let Some((_, frame)) = self.connections.get_mut(index) {
                *frame = (*frame).min(*first);
            }
            indices.push(index);
        }
        for (kind, (messages, bytes)) in other.all() {
            let connection = indices.get(kind.connection).copied().unwrap_or_default();
            let counts = self.counts(Kind { connection, ..kind });
            counts.0 += messages;
            counts.1 += bytes;
        }
    }
}

/// The name of a type, with the version where that is not 1.0.
pub(super) fn type_name(version: u8, r#type: u8) -> String {
    if version == VERSION {
        let known = MessageType::from(r#type).name();
        return known.map_or_else(|| format!("type {type}"), str::to_owned);
    }
    let name = later_type_name(r#type).map_or_else(|| format!("type {type}"), str::to_owned);
    format!("{name} (OpenFlow {})", version_name(version).unwrap_or("?"))
}

impl Statistic for Messages {
    fn begin(&mut self, frame: &Frame<'_>) {
        self.talk = Talk::default();
        self.connection = None;
        self.frame = frame.number;
        self.depth = 0;
    }

    fn end(&mut self, _: &Frame<'_>) {}

    fn report(&self) -> Report {
        // By the order in which the connections were seen.
        let mut all: Vec<_> = self.all().collect();
        all.sort_unstable_by_key(|(kind, _)| {
            (self.connections.get(kind.connection).map(|(_, first)| *first), *kind)
        });
        let rows = all.into_iter().map(|(kind, (messages, bytes))| {
            let connection = self.connections.get(kind.connection).map(|(c, _)| c.to_string());
            vec![
                connection.unwrap_or_default().into(),
                type_name(kind.version, kind.r#type).into(),
                super::Cell::Flag(kind.nested),
                messages.into(),
                bytes.into(),
            ]
        });
        Report {
            name: "openflow",
            title: "OpenFlow messages".to_owned(),
            columns: columns![
                "connection" "Connection", "type" "Type", "nested" "Nested",
                "messages" "Messages", "bytes" "Bytes",
            ],
            rows: rows.collect(),
        }
    }
}

impl Sink for Messages {
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
        let &[version, r#type, ..] = bytes else { return };
        let (connection, nested) = (self.connection(), self.depth > 1);
        let counts = self.counts(Kind { connection, version, r#type, nested });
        counts.0 += 1;
        counts.1 += count(bytes.len());
    }

    fn problem(&mut self, _: Problem) {}
}
