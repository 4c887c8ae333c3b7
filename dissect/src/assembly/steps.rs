//! What the segments and fragments of frames bring, noted by the walk that tracks the frames, for the
//! walks that follow.

use std::slice;

use super::stream::length;
use super::{Assembly, DatagramKey, Direction, Fragment, Segment, Whole};
use crate::problem::Problem;

/// What a segment brings to its stream. There is one for nearly every frame, so that what few
/// segments have stands elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Region {
    /// Where the region begins in the segment's data.
    from: u32,
    /// Bytes of the region, all in whole messages.
    len: u32,
    /// Whether the data of the segment is of an OpenFlow stream.
    pub(crate) openflow: bool,
    /// What a note on the segment says.
    pub(crate) note: Note,
    more: Option<Box<More>>,
}

#[derive(Debug, Default)]
struct More {
    joined: Option<Joined>,
    problem: Option<Problem>,
}

/// Whole messages that do not stand in the segment as they are.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) bytes: Vec<u8>,
    /// Bytes at the start that came in other frames.
    pub(crate) before: usize,
    /// Bytes behind them that stand in the segment.
    pub(crate) here: usize,
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

impl Region {
    /// Of a stream that is not OpenFlow, or of a segment without data.
    pub(crate) const NOTHING: Self =
        Self { from: 0, len: 0, openflow: false, note: Note::None, more: None };

    /// Nothing to read in OpenFlow's stream, for the reason that the note gives.
    pub(super) fn quiet(note: Note) -> Self {
        Self { openflow: true, note, ..Self::NOTHING }
    }

    /// So many bytes that stand in the segment `from` there on.
    #[inline]
    pub(super) fn here(from: usize, len: usize) -> Self {
        Self { from: length(from), len: length(len), ..Self::quiet(Note::None) }
    }

    /// Bytes that were put together, of which those that stand in the segment begin there.
    pub(super) fn joined(joined: Joined, from: usize) -> Self {
        let more = More { joined: Some(joined), problem: None };
        Self { more: Some(Box::new(more)), ..Self::here(from, 0) }
    }

    /// The same, where something is wrong with the stream.
    pub(super) fn with(mut self, problem: Option<Problem>) -> Self {
        if problem.is_some() {
            self.more.get_or_insert_default().problem = problem;
        }
        self
    }

    /// Where the region, as far as it is here, begins in the segment's data.
    #[inline]
    pub(crate) fn from(&self) -> usize {
        long(self.from)
    }

    /// The bytes of the region where all stand in the segment.
    #[inline]
    pub(crate) fn len_here(&self) -> usize {
        long(self.len)
    }

    /// The bytes that were put together of several segments.
    #[inline]
    pub(crate) fn as_joined(&self) -> Option<&Joined> {
        self.more.as_ref()?.joined.as_ref()
    }

    /// What is wrong with the stream.
    #[inline]
    pub(crate) fn problem(&self) -> Option<&Problem> {
        self.more.as_ref()?.problem.as_ref()
    }
}

fn long(len: u32) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}

#[derive(Debug)]
enum Step {
    Segment(Region),
    /// The whole datagram, if the fragment completes it; or what is wrong with it.
    Fragment(Box<(Option<Whole>, Option<Problem>)>),
    /// The number of a segment's connection.
    Number(Option<u64>),
}

/// The steps of frames, one frame's behind the other's.
#[derive(Debug, Default)]
pub(crate) struct Steps(Vec<Step>);

impl Steps {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Those that begin there, to be taken again.
    #[inline]
    pub(crate) fn follow(&self, from: usize) -> Role<'_> {
        Role::Follows(Taken(self.0.get(from..).unwrap_or_default().iter()))
    }
}

/// What a walk does where a frame comes to streams and datagrams.
#[derive(Debug)]
pub(crate) enum Role<'a> {
    /// It keeps them, and notes the steps. Nobody is told anything of the frame.
    Tracks(Tracker<'a>),
    /// It reads what the walk noted that tracked the frame.
    Follows(Taken<'a>),
    /// Nothing: inside of a message frames are no part of a stream.
    None,
}

/// Keeps streams and datagrams, and notes each step.
#[derive(Debug)]
pub(crate) struct Tracker<'a> {
    pub(crate) assembly: &'a mut Assembly,
    pub(crate) steps: &'a mut Steps,
}

impl Tracker<'_> {
    /// Takes a segment. `on_port` says whether its ports are those of OpenFlow; where not, the bytes
    /// must tell.
    #[inline]
    pub(crate) fn segment(&mut self, segment: &Segment<'_>, on_port: bool) {
        let region = self.assembly.segment(segment, on_port);
        self.steps.0.push(Step::Segment(region));
    }

    /// Takes a segment that has an acknowledgement alone, which is no step.
    #[inline]
    pub(crate) fn acknowledge(&mut self, segment: &Segment<'_>) {
        self.assembly.acknowledge(&segment.direction, segment.acknowledged);
    }

    /// Whether connections are numbered.
    #[inline]
    pub(crate) fn numbers_streams(&self) -> bool {
        self.assembly.numbers.is_some()
    }

    /// Numbers the connection of a segment, where connections are numbered.
    pub(crate) fn number(&mut self, direction: Direction, sequence: u32, opens: bool) {
        let numbers = self.assembly.numbers.as_mut();
        let number = numbers.map(|numbers| numbers.of(direction, sequence, opens));
        self.steps.0.push(Step::Number(number));
    }

    /// Takes a fragment. The datagram that it completes is lent out with the index of its step, to be
    /// [given back](Self::give_back) once it is tracked itself.
    pub(crate) fn fragment(
        &mut self,
        key: DatagramKey,
        fragment: Fragment<'_>,
    ) -> Option<(usize, Whole)> {
        let (whole, problem) = self.assembly.fragment(key, fragment);
        self.steps.0.push(Step::Fragment(Box::new((None, problem))));
        Some((self.steps.len() - 1, whole?))
    }

    pub(crate) fn give_back(&mut self, index: usize, datagram: Whole) {
        if let Some(Step::Fragment(step)) = self.steps.0.get_mut(index) {
            step.0 = Some(datagram);
        }
    }
}

/// Steps that were noted, to be taken in the same order.
#[derive(Debug)]
pub(crate) struct Taken<'a>(slice::Iter<'a, Step>);

impl<'a> Taken<'a> {
    #[inline]
    pub(crate) fn segment(&mut self) -> &'a Region {
        match self.0.next() {
            Some(Step::Segment(region)) => region,
            _ => &Region::NOTHING,
        }
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        match self.0.next() {
            Some(Step::Number(number)) => *number,
            _ => None,
        }
    }

    pub(crate) fn fragment(&mut self) -> (Option<&'a Whole>, Option<&'a Problem>) {
        match self.0.next() {
            Some(Step::Fragment(step)) => (step.0.as_ref(), step.1.as_ref()),
            _ => (None, None),
        }
    }
}
