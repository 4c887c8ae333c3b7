//! What statistics of OpenFlow messages have in common: they hear each message, and who says it.

use super::{Report, Statistic, Talk};
use crate::frame::Frame;
use crate::problem::Problem;
use crate::registry::{Field, Protocol};
use crate::sink::{Ends, Place, Sink, Value};

/// Where a message stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Context {
    /// Who says it.
    pub(super) talk: Talk,
    /// When the frame was captured.
    pub(super) time: u64,
    /// The number of the frame.
    pub(super) frame: u64,
    /// Whether another message carries it.
    pub(super) nested: bool,
}

/// Counts messages.
pub(super) trait MessageCounter {
    /// A message of any version, which may be broken.
    fn message(&mut self, bytes: &[u8], context: &Context);

    /// What was counted.
    fn report(&self) -> Report;
}

/// Tells a counter of the messages of each frame.
#[derive(Debug, Default)]
pub(super) struct Listener<C> {
    pub(super) counter: C,
    context: Context,
    depth: usize,
}

impl<C: MessageCounter> Statistic for Listener<C> {
    fn begin(&mut self, frame: &Frame<'_>) {
        let (time, frame) = (frame.time, frame.number);
        (self.context, self.depth) = (Context { time, frame, ..Context::default() }, 0);
    }

    fn end(&mut self, _: &Frame<'_>) {}

    fn report(&self) -> Report {
        self.counter.report()
    }
}

impl<C: MessageCounter> Sink for Listener<C> {
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
            self.context.talk.note(ends);
        }
    }

    fn message(&mut self, bytes: &[u8], _: Place) {
        self.context.nested = self.depth > 1;
        self.counter.message(bytes, &self.context);
    }

    fn problem(&mut self, _: Problem) {}
}
