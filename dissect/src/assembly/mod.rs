//! What goes over several frames: TCP streams and IP datagrams in fragments.
//!
//! A frame may be walked over more than once, first for the filter, then for the output; but what
//! it brings to streams and datagrams counts once. So each step is kept, and another walk, which
//! takes the same steps, reads them: in the same thread until the next frame, or in another one,
//! to which the steps of many frames are handed over.

mod datagrams;
mod header_chain;
mod numbers;
mod stream;
mod streams;

use crate::problem::Problem;

pub(crate) use datagrams::{DatagramKey, Fragment};
pub(crate) use streams::{Direction, Segment};

use datagrams::Datagrams;
use numbers::Numbers;
use streams::Streams;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one direction of a stream that wait behind missing ones.
    pub stream_bytes: usize,
    /// Directions of streams.
    pub streams: usize,
    /// Bytes that wait in all streams.
    pub bytes: usize,
    /// Bytes of datagrams that wait for fragments.
    pub datagram_bytes: usize,
    /// Nanoseconds that a datagram waits for its fragments (RFC 791 section 3.2, RFC 8200 section
    /// 4.5).
    pub datagram_time: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            stream_bytes: 256 * 1024,
            streams: 8192,
            bytes: 8 * 1024 * 1024,
            datagram_bytes: 4 * 1024 * 1024,
            datagram_time: 30_000_000_000,
        }
    }
}

/// When that of the half that was used least of late was used last, of all the times of use.
fn middle(times: impl Iterator<Item = u64>) -> u64 {
    let mut times: Vec<u64> = times.collect();
    let middle = times.len() / 2;
    if times.is_empty() { 0 } else { *times.select_nth_unstable(middle).1 }
}

/// What a segment brings to its stream.
#[derive(Debug, Default)]
pub(crate) struct Region {
    /// Whole messages, where they do not stand in the segment as they are.
    pub(crate) buffer: Vec<u8>,
    /// Whether [`buffer`](Self::buffer) holds them.
    pub(crate) joined: bool,
    /// Bytes at the start of the region that came in other frames.
    pub(crate) before: usize,
    /// Bytes of the region, all in whole messages.
    pub(crate) len: usize,
    /// Bytes of the region that stand in the segment.
    pub(crate) here: usize,
    /// Where they begin in the segment's data.
    pub(crate) from: usize,
    /// What is wrong with the stream.
    pub(crate) problem: Option<Box<Problem>>,
    /// Whether the data of the segment is of an OpenFlow stream.
    pub(crate) openflow: bool,
    /// What a note on the segment says.
    pub(crate) note: Note,
}

/// What is worth a word on a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Note {
    /// Nothing.
    #[default]
    None,
    /// It brings nothing new.
    Retransmission,
    /// It waits for bytes before it.
    OutOfOrder,
}

/// What waits in a stream behind bytes that never came.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) bytes: Vec<u8>,
    pub(crate) problem: Problem,
    pub(crate) frame: u64,
}

#[derive(Debug)]
enum Step {
    /// A segment of a stream that is not OpenFlow, or one without data.
    Nothing,
    Segment(Region),
    /// The whole datagram, if the fragment completes it; or what is wrong with it.
    Fragment(Option<Vec<u8>>, Option<Problem>),
    /// The number of a segment's connection.
    Number(u64),
}

/// The steps of frames, one frame's behind the other's.
#[derive(Debug, Default)]
pub(crate) struct Steps(Vec<Step>);

impl Steps {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The streams and datagrams of a capture.
#[derive(Debug)]
pub(crate) struct Assembly {
    streams: Streams,
    datagrams: Datagrams,
    /// Where connections are numbered.
    numbers: Option<Numbers>,
    steps: Steps,
    /// Where those of the frame begin.
    from: usize,
    /// The next one, where they are taken again.
    taken: Option<usize>,
    frame: u64,
    time: u64,
}

impl Assembly {
    pub(crate) fn new(limits: Limits, numbers_streams: bool) -> Self {
        let numbers = numbers_streams.then(Numbers::default);
        let (streams, datagrams) = (Streams::new(limits), Datagrams::new(limits));
        let steps = Steps::default();
        Self { streams, datagrams, numbers, steps, from: 0, taken: None, frame: 0, time: 0 }
    }

    /// Begins a frame; the steps of those before are no longer needed.
    pub(crate) fn begin(&mut self) {
        for step in self.steps.0.drain(..) {
            if let Step::Segment(region) = step {
                self.streams.recycle(region.buffer);
            }
        }
        (self.from, self.taken) = (0, None);
    }

    /// Begins a frame whose steps are kept behind those of the frames before.
    pub(crate) fn begin_behind(&mut self) {
        (self.from, self.taken) = (self.steps.len(), None);
    }

    /// Begins the frame again.
    pub(crate) fn replay(&mut self) {
        self.taken = Some(self.from);
    }

    /// Begins the frame again whose steps begin there.
    pub(crate) fn replay_from(&mut self, from: usize) {
        (self.from, self.taken) = (from, Some(from));
    }

    /// The steps, to be exchanged for others.
    pub(crate) fn steps_mut(&mut self) -> &mut Steps {
        &mut self.steps
    }

    /// Which frame it is.
    pub(crate) fn note(&mut self, frame: u64, time: u64) {
        (self.frame, self.time) = (frame, time);
    }

    /// Whether connections are numbered.
    #[inline]
    pub(crate) fn numbers_streams(&self) -> bool {
        self.numbers.is_some()
    }

    /// The number of a segment's connection, where connections are numbered: see [`Numbers::of`].
    pub(crate) fn number(
        &mut self,
        direction: Direction,
        sequence: u32,
        opens: bool,
    ) -> Option<u64> {
        let numbers = self.numbers.as_mut()?;
        if let Some(taken) = &mut self.taken {
            *taken += 1;
            return match self.steps.0.get(*taken - 1) {
                Some(Step::Number(number)) => Some(*number),
                _ => None,
            };
        }
        let number = numbers.of(direction, sequence, opens);
        self.steps.0.push(Step::Number(number));
        Some(number)
    }

    /// Takes a segment; `on_port` says whether its ports are those of OpenFlow, nothing that they
    /// are neither. What it brings is lent out, to be given [back](Self::give_back).
    pub(crate) fn segment(&mut self, segment: &Segment<'_>, on_port: Option<bool>) -> Region {
        if let Some(taken) = &mut self.taken {
            *taken += 1;
            if let Some(Step::Segment(region)) = self.steps.0.get_mut(*taken - 1) {
                return std::mem::take(region);
            }
            return Region::default();
        }
        self.streams.segment(segment, on_port, self.frame)
    }

    /// Keeps what a segment brought, for another walk.
    pub(crate) fn give_back(&mut self, region: Region) {
        match self.taken {
            None if region.openflow => self.steps.0.push(Step::Segment(region)),
            None => self.steps.0.push(Step::Nothing),
            Some(taken) => {
                if let Some(Step::Segment(place)) = self.steps.0.get_mut(taken - 1) {
                    *place = region;
                }
            }
        }
    }

    /// Takes a fragment. The datagram that it completes is lent out with the index of its step, to
    /// be given [back](Self::give_back_datagram), as [`segment`](Self::segment) does.
    pub(crate) fn fragment(
        &mut self,
        key: DatagramKey,
        fragment: Fragment<'_>,
    ) -> (usize, Option<Vec<u8>>, Option<Problem>) {
        if let Some(taken) = &mut self.taken {
            *taken += 1;
            let index = *taken - 1;
            if let Some(Step::Fragment(whole, problem)) = self.steps.0.get_mut(index) {
                return (index, whole.take(), problem.clone());
            }
            return (index, None, None);
        }
        let (whole, problem) = self.datagrams.fragment(key, fragment, self.time);
        self.steps.0.push(Step::Fragment(None, problem.clone()));
        (self.steps.len() - 1, whole, problem)
    }

    /// Keeps a datagram, for another walk.
    pub(crate) fn give_back_datagram(&mut self, index: usize, datagram: Vec<u8>) {
        if let Some(Step::Fragment(whole, _)) = self.steps.0.get_mut(index) {
            *whole = Some(datagram);
        }
    }

    /// What a stream holds at the end of the capture, one stream at a time.
    pub(crate) fn take_held(&mut self) -> Option<Held> {
        self.streams.take_held()
    }
}
