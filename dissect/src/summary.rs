//! A sink that makes a line: who sends what to whom.

use std::fmt::{Display, Write};

use crate::problem::Problem;
use crate::registry::{Field, Protocol};
use crate::sink::{Place, Sink, Value};

/// A line about a frame. Cleared, it can be used for the next frame without a new allocation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Who sends, at the outermost layer that says so best.
    pub source: String,
    /// Who receives.
    pub destination: String,
    /// The name of the innermost protocol that is not carried by a message.
    pub protocol: &'static str,
    /// What it is about.
    pub info: String,
    /// What could not be dissected.
    pub problems: Vec<Problem>,
    depth: usize,
    /// The name of the layer that was entered last.
    innermost: &'static str,
    /// Whether `info` is of messages already, and no longer of the segment.
    messages: bool,
}

impl Summary {
    /// Forgets the frame.
    pub fn clear(&mut self) {
        self.source.clear();
        self.destination.clear();
        self.protocol = "";
        self.info.clear();
        self.problems.clear();
        self.depth = 0;
        self.messages = false;
    }
}

impl Sink for Summary {
    fn wants_fields(&self) -> bool {
        false
    }

    fn enter(&mut self, protocol: &'static Protocol, _: Place) {
        self.innermost = protocol.name;
        if self.depth == 0 {
            self.protocol = protocol.title;
        }
        self.depth += 1;
    }

    fn field(&mut self, _: &'static Field, _: Place, _: Value<'_>) {}

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn ends(&mut self, source: &dyn Display, destination: &dyn Display) {
        if self.depth == 1 {
            self.source.clear();
            self.destination.clear();
            // Writing to a string does not fail.
            _ = write!(self.source, "{source}");
            _ = write!(self.destination, "{destination}");
        }
    }

    fn info(&mut self, info: &dyn Display) {
        if self.depth > 1 {
            // Of what a message carries, messages are worth their place on the line.
            if self.innermost == crate::protocol::openflow::PROTOCOL.name {
                _ = write!(self.info, " {{ {info} }}");
            }
            return;
        }
        if self.messages {
            self.info.push_str(" | ");
        } else {
            self.info.clear();
        }
        self.messages = self.protocol == crate::protocol::openflow::PROTOCOL.title;
        _ = write!(self.info, "{info}");
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}
