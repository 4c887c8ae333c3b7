//! Who speaks to whom, and which changes are so young that an ERROR may still come.

use std::collections::{HashMap, VecDeque};

use agent::engine::TakeBack;
use codec::vse::{Config, Core, VmStats};
use dissect::stats::Connection;

/// Where a message came along, and from which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Line {
    /// A connection; `turned` where its second end sent the message.
    Tcp {
        /// The connection.
        connection: Connection,
        /// The sender is the second end.
        turned: bool,
    },
    /// Frames of messages, by their stream.
    Frames(u32),
    /// Netlink, by the port of the one who asks.
    Netlink(u32),
}

impl Line {
    /// The other side's.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Tcp { connection, turned } => Self::Tcp { connection, turned: !turned },
            line => line,
        }
    }
}

/// A request, as an answer names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    /// Who asked.
    pub(crate) line: Line,
    /// Whether in a PACKET_OUT.
    pub(crate) carried: bool,
    /// Its xid, or its sequence number.
    pub(crate) xid: u32,
}

impl Question {
    /// A question; one in a frame of messages is the same in a PACKET_OUT and out of it.
    pub(super) fn new(line: Line, carried: bool, xid: u32) -> Self {
        Self { line, carried: carried || matches!(line, Line::Frames(_)), xid }
    }
}

/// How a change is taken back.
#[derive(Debug)]
pub(super) enum Undo {
    /// The engine refused the change too.
    Nothing,
    /// Of the flow table.
    Flows(TakeBack),
    /// Of the configuration: what it was.
    Config(Box<Config>),
    /// Of a VM: what it was, if it was there.
    Vm { vm_id: u16, before: Option<Box<VmStats>> },
    /// Of what a core may be used for.
    Eligible { core: Core, eligible: bool },
}

/// Changes that an ERROR may still be about.
#[derive(Debug, Default)]
pub(super) struct Unsettled {
    changes: HashMap<Question, Undo>,
    /// What a message carried, by the message.
    carried: HashMap<Question, Vec<Question>>,
    order: VecDeque<(Question, Option<Question>)>,
}

/// Changes without an answer that are kept: more than any client has under way.
const MOST: usize = 65_536;

impl Unsettled {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Notes a change, and the message that carried it.
    pub(super) fn note(&mut self, question: Question, carrier: Option<Question>, undo: Undo) {
        self.changes.insert(question, undo);
        if let Some(carrier) = carrier {
            self.carried.entry(carrier).or_default().push(question);
        }
        self.order.push_back((question, carrier));
        if self.order.len() > MOST
            && let Some((oldest, carrier)) = self.order.pop_front()
        {
            self.changes.remove(&oldest);
            if let Some(carrier) = carrier {
                self.carried.remove(&carrier);
            }
        }
    }

    /// What is to be taken back since `question` was refused.
    pub(super) fn refused(&mut self, question: Question) -> Vec<Undo> {
        let mut all = self.carried.remove(&question).unwrap_or_default();
        all.push(question);
        all.iter().rev().filter_map(|question| self.changes.remove(question)).collect()
    }
}
