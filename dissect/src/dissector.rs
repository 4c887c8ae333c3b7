//! Dissects the frames of a capture, in order.

use std::mem;
use std::sync::Arc;

use crate::assembly::{Assembly, Role, Steps, Tracker};
use crate::frame::Frame;
use crate::options::Options;
use crate::ports::Ports;
use crate::problem::{Problem, ProblemKind, What};
use crate::protocol::entry::{self, Annotator};
use crate::protocol::shortcut::Shortcut;
use crate::protocol::{self, frame, openflow};
use crate::sink::{Ignore, Place, Sink};
use crate::walk::Walk;

/// Dissects the frames of a capture, in order; it keeps the beginnings of messages and datagrams
/// that go on in later frames.
#[derive(Debug)]
pub struct Dissector {
    shared: Arc<Shared>,
    assembly: Assembly,
    clock: frame::Clock,
    annotator: Option<Box<dyn Annotator>>,
    /// The run of frames that are walked over, and which of them comes next.
    run: Tracked,
    next: usize,
    /// Where the steps of the frame begin.
    from: usize,
}

/// What a run of frames brings to the streams and datagrams of their capture: all that a
/// dissector must know of the frames before to walk over these.
#[derive(Debug, Default)]
pub struct Tracked {
    clock: frame::Clock,
    steps: Steps,
    /// Where the steps of each frame begin.
    starts: Vec<usize>,
}

impl Tracked {
    /// Forgets the frames, for the next run.
    pub fn clear(&mut self) {
        self.steps.clear();
        self.starts.clear();
    }
}

/// What the dissectors of several threads share.
#[derive(Debug)]
struct Shared {
    options: Options,
    ports: Ports,
}

/// Makes dissectors for other threads.
#[derive(Debug, Clone)]
pub struct Followers(Arc<Shared>);

impl Followers {
    /// A dissector for one thread.
    #[must_use]
    pub fn dissector(&self) -> Dissector {
        Dissector::of(Arc::clone(&self.0))
    }
}

impl Dissector {
    /// A dissector that has seen nothing.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let ports = Ports::new(&options.assignments);
        Self::of(Arc::new(Shared { options, ports }))
    }

    fn of(shared: Arc<Shared>) -> Self {
        Self {
            assembly: Assembly::new(shared.options.limits, shared.options.numbers_streams),
            shared,
            clock: frame::Clock::default(),
            annotator: None,
            run: Tracked::default(),
            next: 0,
            from: 0,
        }
    }

    /// Lets `annotator` tell which entry of VSE's flow table governs each frame.
    pub fn annotate_by(&mut self, annotator: Box<dyn Annotator>) {
        self.annotator = Some(annotator);
    }

    /// What makes dissectors for other threads, which walk over frames that this one has
    /// [tracked](Self::track).
    #[must_use]
    pub fn followers(&self) -> Followers {
        Followers(Arc::clone(&self.shared))
    }

    /// Keeps what the next frame brings to streams and datagrams, and tells nobody of it. That is
    /// all of a dissection that must be done in the order of the frames. The frame counts as shown.
    pub fn track(&mut self, frame: &Frame<'_>, tracked: &mut Tracked) {
        if tracked.starts.is_empty() {
            tracked.clock = self.clock;
        }
        self.clock.advance(frame.time);
        self.clock.shown(frame.time);
        tracked.starts.push(tracked.steps.len());
        self.keep(frame, &mut tracked.steps);
    }

    /// Takes over a run of frames, each of which must be [followed](Self::follow) then. What is left
    /// is of the run before: to be [cleared](Tracked::clear) by the thread that tracks the next one,
    /// which has allocated it.
    pub fn take_over(&mut self, tracked: &mut Tracked) {
        mem::swap(&mut self.run, tracked);
        self.clock = self.run.clock;
        self.next = 0;
    }

    /// Comes to the next frame of the run, which can be walked over [again](Self::again) then.
    pub fn follow(&mut self, frame: &Frame<'_>) {
        self.clock.advance(frame.time);
        self.from = self.run.starts.get(self.next).copied().unwrap_or(usize::MAX);
        self.next += 1;
    }

    /// Dissects the next frame into `sink`.
    pub fn dissect(&mut self, frame: &Frame<'_>, sink: &mut impl Sink) {
        self.clock.advance(frame.time);
        let mut steps = mem::take(&mut self.run.steps);
        steps.clear();
        self.keep(frame, &mut steps);
        self.run.steps = steps;
        self.from = 0;
        self.again(frame, sink);
    }

    /// Dissects `frame`, which must be the last one again, into another sink. A filter needs less
    /// of a frame than the output of the frames that pass.
    pub fn again(&mut self, frame: &Frame<'_>, sink: &mut impl Sink) {
        let missing = frame.len.saturating_sub(frame.bytes.len());
        if sink.wants(&frame::PROTOCOL) {
            frame::fields(frame, &self.clock, sink);
        }
        walk(&self.shared, self.run.steps.follow(self.from), frame, sink);
        if missing > 0 && sink.wants_problems() {
            sink.problem(Problem {
                kind: ProblemKind::Truncated,
                at: Some(frame.bytes.len()),
                what: What::NotCaptured { missing, len: frame.len },
            });
        }
        if let Some(annotator) = &mut self.annotator
            && sink.wants(&entry::PROTOCOL)
        {
            entry::report(annotator.as_mut(), frame, sink);
        }
    }

    /// Notes that `frame`, the last one, is shown: the time since the last shown frame counts from
    /// it.
    pub fn shown(&mut self, frame: &Frame<'_>) {
        self.clock.shown(frame.time);
    }

    /// What waits at the end of the capture behind bytes that never came: once for each stream,
    /// with the number of the frame in which the last of it came. To be called until it returns
    /// nothing.
    pub fn finish(&mut self, sink: &mut impl Sink) -> Option<u64> {
        let held = self.assembly.take_held()?;
        let mut walk = Walk::nowhere(&self.shared.options, &self.shared.ports);
        let place = Place { offset: None, len: held.bytes.len() };
        sink.problem(held.problem);
        openflow::dissect_region(&mut walk, &held.bytes, |_, len| Place { len, ..place }, sink);
        Some(held.frame)
    }

    fn keep(&mut self, frame: &Frame<'_>, steps: &mut Steps) {
        self.assembly.note(frame.number, frame.time);
        let mut tracker = Tracker { assembly: &mut self.assembly, steps };
        let Shared { options, ports } = &*self.shared;
        if !(Shortcut { options, ports }).track(frame, &mut tracker) {
            walk(&self.shared, Role::Tracks(tracker), frame, &mut Ignore);
        }
    }
}

/// Walks over a frame.
fn walk(shared: &Shared, role: Role<'_>, frame: &Frame<'_>, sink: &mut impl Sink) {
    let Shared { options, ports } = shared;
    let missing = frame.len.saturating_sub(frame.bytes.len());
    let mut walk = Walk { options, ports, role, depth: 0, missing, network: 0 };
    let place = Place { offset: Some(0), len: frame.bytes.len() };
    protocol::link(&mut walk, frame.link_type, frame.bytes, place, sink);
}

/// Dissects one OpenFlow message, which `bytes` hold whole; offsets count from its start.
pub fn dissect_message(options: &Options, bytes: &[u8], sink: &mut impl Sink) {
    let place = Place { offset: Some(0), len: bytes.len() };
    let ports = Ports::new(&options.assignments);
    openflow::dissect(&mut Walk::nowhere(options, &ports), bytes, place, sink);
}
