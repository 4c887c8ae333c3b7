//! OpenFlow messages by connection and type.

use std::collections::HashMap;

use codec::of10::{MessageType, VERSION};
use foldhash::fast::RandomState;

use super::listener::{Context, MessageCounter};
use super::report::{Report, columns, count};
use super::{Connection, Talk};
use crate::protocol::openflow::{later_type_name, version_name};

/// Places for those that talked of late, a power of two.
const RECENT: usize = 64;

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
    /// Who talked of late, each with the connection, at the place that the ports name.
    recent: Vec<Option<(Talk, usize)>>,
    /// The frame of the last message, and which of the connections it is of.
    last: Option<(u64, usize)>,
}

impl Messages {
    fn connection(&mut self, context: &Context) -> usize {
        if let Some((frame, known)) = self.last
            && frame == context.frame
        {
            return known;
        }
        let place = context.talk.place(RECENT);
        let recent = self.recent.get(place).and_then(Option::as_ref);
        let recent = recent.and_then(|(talk, index)| (*talk == context.talk).then_some(*index));
        let index = recent.unwrap_or_else(|| self.look_up(context, place));
        self.last = Some((context.frame, index));
        index
    }

    #[cold]
    fn look_up(&mut self, context: &Context, place: usize) -> usize {
        let (connection, _) = context.talk.connection();
        let index = self.index(connection, context.frame);
        self.recent.resize(RECENT, None);
        if let Some(recent) = self.recent.get_mut(place) {
            *recent = Some((context.talk, index));
        }
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

impl MessageCounter for Messages {
    fn message(&mut self, bytes: &[u8], context: &Context) {
        let &[version, r#type, ..] = bytes else { return };
        let (connection, nested) = (self.connection(context), context.nested);
        let counts = self.counts(Kind { connection, version, r#type, nested });
        counts.0 += 1;
        counts.1 += count(bytes.len());
    }

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
