//! A sink that makes a line: who sends what to whom.

use codec::put;
use codec::types::{Line, Piece};

use crate::info::Info;
use crate::message_line::MessageLine;
use crate::problem::Problem;
use crate::protocol::openflow;
use crate::registry::{Field, Protocol};
use crate::sink::{Ends, Place, Sink, Value};

/// A line about a frame. Cleared, it can be used for the next frame without a new allocation.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// The innermost protocol that is not carried by a message.
    protocol: Option<&'static Protocol>,
    /// Who sends to whom, at the innermost layer that says so.
    ends: Option<Ends>,
    info: Option<Info>,
    /// What the messages say.
    messages: Line,
    /// What could not be dissected.
    pub problems: Vec<Problem>,
    depth: usize,
}

impl Summary {
    /// Forgets the frame.
    pub fn clear(&mut self) {
        self.protocol = None;
        self.ends = None;
        self.info = None;
        self.messages.clear();
        self.problems.clear();
        self.depth = 0;
    }

    /// The name of the innermost protocol.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        self.protocol.map_or("", |protocol| protocol.title)
    }

    /// Who sends to whom: addresses of the innermost layer that has any.
    #[must_use]
    pub fn ends(&self) -> Option<Ends> {
        self.ends
    }

    /// Appends what it is about: its messages, or what its innermost layer says.
    pub fn put_info(&self, out: &mut Line) {
        let is_frame_of_messages = matches!(self.info, Some(Info::VseFrame(_)));
        if let Some(info) = self.info.filter(|_| self.messages.is_empty() || is_frame_of_messages) {
            info.put(out);
        }
        self.messages.put(out);
    }
}

impl Sink for Summary {
    fn wants(&self, _: &'static Protocol) -> bool {
        false
    }

    fn enter(&mut self, protocol: &'static Protocol, _: Place) {
        if self.depth == 0 {
            self.protocol = Some(protocol);
        }
        self.depth += 1;
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn field(&mut self, _: &'static Field, _: Place, _: Value<'_>) {}

    fn ends(&mut self, ends: Ends) {
        if self.depth == 1 && !matches!(ends, Ends::Tcp(..) | Ends::Udp(..)) {
            self.ends = Some(ends);
        }
    }

    fn info(&mut self, info: Info) {
        if self.depth == 1 {
            self.info = Some(info);
        }
    }

    fn message(&mut self, bytes: &[u8], _: Place) {
        if self.depth > 1 {
            // Of what a message carries, messages are worth their place on the line.
            return put!(&mut self.messages, " { ", MessageLine(bytes), " }");
        }
        if !self.messages.is_empty() {
            self.messages.push_str(" | ");
        }
        MessageLine(bytes).put(&mut self.messages);
        self.protocol = Some(&openflow::PROTOCOL);
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}
