//! Dissects the frames of a capture, in order.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use crate::assembly::{Assembly, Steps};
use crate::frame::Frame;
use crate::options::Options;
use crate::ports::Ports;
use crate::problem::{Problem, ProblemKind, What};
use crate::protocol::entry::{self, Annotator};
use crate::protocol::{self, frame, openflow};
use crate::sink::{Ignore, Place, Sink};
use crate::walk::Walk;

/// Dissects the frames of a capture, in order; it keeps the beginnings of messages and datagrams
/// that go on in later frames.
#[derive(Debug)]
pub struct Dissector {
    options: Options,
    ports: Arc<Ports>,
    assembly: Assembly,
    clock: frame::Clock,
    annotator: Option<Box<dyn Annotator>>,
    /// Where the steps of each frame begin that was tracked, or is followed.
    starts: VecDeque<usize>,
}

/// What a run of frames brings to the streams and datagrams of their capture: all that a
/// dissector must know of the frames before to walk over these.
#[derive(Debug, Default)]
pub struct Tracked {
    clock: frame::Clock,
    steps: Steps,
    starts: VecDeque<usize>,
}

/// What the dissectors of several threads share.
#[derive(Debug, Clone)]
pub struct Followers {
    options: Options,
    ports: Arc<Ports>,
}

impl Followers {
    /// A dissector for one thread.
    #[must_use]
    pub fn dissector(&self) -> Dissector {
        Dissector {
            options: self.options.clone(),
            ports: Arc::clone(&self.ports),
            assembly: Assembly::new(self.options.limits, self.options.numbers_streams),
            clock: frame::Clock::default(),
            starts: VecDeque::new(),
            annotator: None,
        }
    }
}

impl Dissector {
    /// A dissector that has seen nothing.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let assembly = Assembly::new(options.limits, options.numbers_streams);
        let ports = Arc::new(Ports::new(&options.assignments));
        let (clock, starts) = (frame::Clock::default(), VecDeque::new());
        Self { options, ports, assembly, clock, starts, annotator: None }
    }

    /// Lets `annotator` tell which entry of VSE's flow table governs each frame.
    pub fn annotate_by(&mut self, annotator: Box<dyn Annotator>) {
        self.annotator = Some(annotator);
    }

    /// What makes dissectors for other threads, which walk over frames that this one has
    /// [tracked](Self::track).
    #[must_use]
    pub fn followers(&self) -> Followers {
        Followers { options: self.options.clone(), ports: Arc::clone(&self.ports) }
    }

    /// Keeps what the next frame brings to streams and datagrams, and tells nobody of it. That is
    /// all of a dissection that must be done in the order of the frames. The frame counts as shown.
    pub fn track(&mut self, frame: Frame<'_>, tracked: &mut Tracked) {
        if tracked.starts.is_empty() {
            tracked.clock = self.clock;
        }
        mem::swap(self.assembly.steps_mut(), &mut tracked.steps);
        self.assembly.begin_behind();
        self.clock.advance(frame.time);
        tracked.starts.push_back(self.assembly.steps_mut().len());
        self.walk(frame, &mut Ignore);
        self.clock.shown(frame.time);
        mem::swap(self.assembly.steps_mut(), &mut tracked.steps);
    }

    /// Takes over a run of frames, each of which must be [followed](Self::follow) then. What is left
    /// is empty, for the next run.
    pub fn take_over(&mut self, tracked: &mut Tracked) {
        self.assembly.begin();
        self.starts.clear();
        self.clock = tracked.clock;
        mem::swap(self.assembly.steps_mut(), &mut tracked.steps);
        mem::swap(&mut self.starts, &mut tracked.starts);
    }

    /// Comes to the next frame of the run, which can be walked over [again](Self::again) then.
    pub fn follow(&mut self, frame: Frame<'_>) {
        self.clock.advance(frame.time);
        self.assembly.replay_from(self.starts.pop_front().unwrap_or_default());
    }

    /// Dissects the next frame into `sink`.
    pub fn dissect(&mut self, frame: Frame<'_>, sink: &mut impl Sink) {
        self.assembly.begin();
        self.clock.advance(frame.time);
        self.walk(frame, sink);
    }

    /// Dissects `frame`, which must be the last one again, into another sink. A filter needs less
    /// of a frame than the output of the frames that pass.
    pub fn again(&mut self, frame: Frame<'_>, sink: &mut impl Sink) {
        self.assembly.replay();
        self.walk(frame, sink);
    }

    /// Notes that `frame`, the last one, is shown: the time since the last shown frame counts from
    /// it.
    pub fn shown(&mut self, frame: Frame<'_>) {
        self.clock.shown(frame.time);
    }

    /// What waits at the end of the capture behind bytes that never came: once for each stream,
    /// with the number of the frame in which the last of it came. To be called until it returns
    /// nothing.
    pub fn finish(&mut self, sink: &mut impl Sink) -> Option<u64> {
        let held = self.assembly.take_held()?;
        let mut walk = Walk::nowhere(&self.options, &self.ports);
        let place = Place { offset: None, len: held.bytes.len() };
        sink.problem(held.problem);
        openflow::dissect_region(&mut walk, &held.bytes, |_, len| Place { len, ..place }, sink);
        Some(held.frame)
    }

    fn walk(&mut self, frame: Frame<'_>, sink: &mut impl Sink) {
        let missing = frame.len.saturating_sub(frame.bytes.len());
        self.assembly.note(frame.number, frame.time);
        if sink.wants(&frame::PROTOCOL) {
            frame::fields(&frame, &self.clock, sink);
        }
        let mut walk = Walk {
            options: &self.options,
            ports: &self.ports,
            assembly: Some(&mut self.assembly),
            depth: 0,
            missing,
            network: 0,
        };
        let place = Place { offset: Some(0), len: frame.bytes.len() };
        protocol::link(&mut walk, frame.link_type, frame.bytes, place, sink);
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
            entry::report(annotator.as_mut(), &frame, sink);
        }
    }
}

/// Dissects one OpenFlow message, which `bytes` hold whole; offsets count from its start.
pub fn dissect_message(options: &Options, bytes: &[u8], sink: &mut impl Sink) {
    let place = Place { offset: Some(0), len: bytes.len() };
    let ports = Ports::new(&options.assignments);
    openflow::dissect(&mut Walk::nowhere(options, &ports), bytes, place, sink);
}
