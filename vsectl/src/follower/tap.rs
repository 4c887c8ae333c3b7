//! Takes the control messages out of a frame: what a VSE was told, and what it answered.

use dissect::registry;
use dissect::stats::Talk;
use dissect::{Ends, Field, Place, Problem, ProblemKind, Protocol, Sink, Value};

use super::line::Line;

/// A message of a frame.
#[derive(Debug)]
pub(crate) enum Tapped {
    /// An OpenFlow message, and who sent it.
    OpenFlow(Line, Vec<u8>),
    /// A netlink message of VSE's family.
    Netlink(Vec<u8>),
}

/// Keeps the messages of one frame.
#[derive(Debug)]
pub(crate) struct Tap {
    /// The protocol of frames that hold messages.
    framed: Option<&'static Protocol>,
    pub(crate) messages: Vec<Tapped>,
    /// Messages of which the capture has the beginning alone.
    pub(crate) cut: u64,
    /// Whether something is missing in a stream of messages.
    pub(super) gap: bool,
    talk: Talk,
    depth: usize,
    /// The stream of the frame of messages that is open.
    stream: Option<u32>,
    in_framed: bool,
}

impl Default for Tap {
    fn default() -> Self {
        Self {
            framed: registry::protocol_named("vse"),
            messages: Vec::new(),
            cut: 0,
            gap: false,
            talk: Talk::default(),
            depth: 0,
            stream: None,
            in_framed: false,
        }
    }
}

impl Tap {
    /// Forgets the frame.
    pub(crate) fn clear(&mut self) {
        self.messages.clear();
        (self.cut, self.gap, self.depth) = (0, false, 0);
        (self.talk, self.stream, self.in_framed) = (Talk::default(), None, false);
    }

    /// Whether the frame carries control messages, and is no frame of the data plane.
    pub(crate) fn is_control(&self) -> bool {
        !self.messages.is_empty() || self.cut > 0
    }
}

impl Sink for Tap {
    fn wants(&self, protocol: &'static Protocol) -> bool {
        Some(protocol) == self.framed
    }

    fn enter(&mut self, protocol: &'static Protocol, _: Place) {
        if self.depth == 0 {
            self.in_framed = Some(protocol) == self.framed;
        }
        self.depth += 1;
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn field(&mut self, field: &'static Field, _: Place, value: Value<'_>) {
        if let Value::Unsigned(stream) = value
            && self.in_framed
            && field.key == "stream_id"
        {
            self.stream = u32::try_from(stream).ok();
        }
    }

    fn ends(&mut self, ends: Ends) {
        if self.depth == 1 {
            self.talk.note(ends);
        }
    }

    fn message(&mut self, bytes: &[u8], _: Place) {
        let line = match (self.depth, self.in_framed, self.stream) {
            (1, false, _) => {
                let (connection, turned) = self.talk.connection();
                Line::Tcp { connection, turned }
            }
            (2, true, Some(stream)) => Line::Frames(stream),
            // Within another message: whoever takes that apart finds it.
            _ => return,
        };
        let whole = codec::of10::Header::parse(bytes).is_ok_and(|h| h.len() == bytes.len());
        if whole {
            self.messages.push(Tapped::OpenFlow(line, bytes.to_vec()));
        } else {
            self.cut += 1;
        }
    }

    fn netlink(&mut self, bytes: &[u8], _: Place) {
        self.messages.push(Tapped::Netlink(bytes.to_vec()));
    }

    fn problem(&mut self, problem: Problem) {
        self.gap |= problem.kind == ProblemKind::Gap;
    }
}
