//! What goes over several frames: TCP streams and IP datagrams in fragments.
//!
//! A frame may be walked over more than once, first for the filter, then for the output; but what
//! it brings to streams and datagrams counts once. So one walk tracks the frame: it tells nobody
//! anything, and notes what each segment and fragment brings. Every other walk, which comes to the
//! same segments and fragments, reads these steps: in any thread, since they are all it needs.

mod datagrams;
mod header_chain;
mod numbers;
mod steps;
mod stream;
mod streams;

use crate::problem::Problem;

pub(crate) use datagrams::{DatagramKey, Fragment, Whole};
pub(crate) use steps::{Note, Region, Role, Steps, Tracker};
pub(crate) use streams::{Direction, Segment};

use datagrams::Datagrams;
use numbers::Numbers;
use steps::Joined;
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

/// What waits in a stream behind bytes that never came.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) bytes: Vec<u8>,
    pub(crate) problem: Problem,
    pub(crate) frame: u64,
}

/// The streams and datagrams of a capture.
#[derive(Debug)]
pub(crate) struct Assembly {
    streams: Streams,
    datagrams: Datagrams,
    /// Where connections are numbered.
    numbers: Option<Numbers>,
    frame: u64,
    time: u64,
}

impl Assembly {
    pub(crate) fn new(limits: Limits, numbers_streams: bool) -> Self {
        let numbers = numbers_streams.then(Numbers::default);
        let (streams, datagrams) = (Streams::new(limits), Datagrams::new(limits));
        Self { streams, datagrams, numbers, frame: 0, time: 0 }
    }

    /// Notes which frame is tracked.
    pub(crate) fn note(&mut self, frame: u64, time: u64) {
        (self.frame, self.time) = (frame, time);
    }

    /// What a segment brings. `on_port` says whether its ports are those of OpenFlow; nothing where
    /// the bytes must tell.
    pub(crate) fn segment(&mut self, segment: &Segment<'_>, on_port: bool) -> Region {
        self.streams.segment(segment, on_port, self.frame)
    }

    /// Notes what a segment says that brings nothing itself.
    pub(crate) fn acknowledge(&mut self, direction: &Direction, acknowledged: Option<u32>) {
        self.streams.acknowledge(direction, acknowledged);
    }

    /// The datagram that a fragment completes, and what is wrong with it.
    pub(crate) fn fragment(
        &mut self,
        key: DatagramKey,
        fragment: Fragment<'_>,
    ) -> (Option<Whole>, Option<Problem>) {
        self.datagrams.fragment(key, fragment, self.time)
    }

    /// What a stream holds at the end of the capture, one stream at a time.
    pub(crate) fn take_held(&mut self) -> Option<Held> {
        self.streams.take_held()
    }
}
