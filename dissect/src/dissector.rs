//! The walk over a frame, from the link to what OpenFlow messages carry.

use codec::fcf::FcfLayout;

use crate::problem::{Problem, ProblemKind};
use crate::protocol::{ethernet, openflow};
use crate::sink::{Place, Sink};
use crate::stream::{Limits, Streams};

/// What a frame begins with: the link types of the capture formats (`LINKTYPE_…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkType(pub u32);

impl LinkType {
    /// An Ethernet header.
    pub const ETHERNET: Self = Self(1);
}

/// A frame of a capture.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// What it begins with.
    pub link_type: LinkType,
    /// As much of it as was captured.
    pub bytes: &'a [u8],
    /// Its length on the wire.
    pub len: usize,
}

/// What to look for.
#[derive(Debug, Clone)]
pub struct Options {
    /// TCP ports that carry OpenFlow.
    pub openflow_ports: Vec<u16>,
    /// Where the Flow Control Field stands; nothing where frames have none.
    pub fcf: Option<FcfLayout>,
    /// Whether to dissect what messages carry.
    pub nested: bool,
    /// Messages within frames within messages, at most.
    pub max_depth: usize,
    /// How much to keep of streams.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            openflow_ports: vec![6633, 6653],
            fcf: None,
            nested: true,
            max_depth: 8,
            limits: Limits::default(),
        }
    }
}

/// Dissects the frames of a capture, in order; it keeps the beginnings of messages that go on in
/// later frames.
#[derive(Debug)]
pub struct Dissector {
    options: Options,
    streams: Streams,
}

impl Dissector {
    /// A dissector that has seen nothing.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let streams = Streams::new(options.limits);
        Self { options, streams }
    }

    /// Dissects one frame into `sink`.
    pub fn dissect(&mut self, frame: Frame<'_>, sink: &mut impl Sink) {
        let missing = frame.len.saturating_sub(frame.bytes.len());
        let mut walk =
            Walk { options: &self.options, streams: Some(&mut self.streams), depth: 0, missing };
        match frame.link_type {
            LinkType::ETHERNET => {
                let place = Place { offset: Some(0), len: frame.bytes.len() };
                ethernet::dissect(&mut walk, frame.bytes, place, sink);
            }
            LinkType(other) => sink.problem(Problem {
                kind: ProblemKind::Unsupported,
                at: Some(0),
                text: format!("link type {other}"),
            }),
        }
        if missing > 0 {
            sink.problem(Problem {
                kind: ProblemKind::Truncated,
                at: Some(frame.bytes.len()),
                text: format!("{missing} of {} bytes were not captured", frame.len),
            });
        }
    }
}

/// Dissects one OpenFlow message, which `bytes` hold whole; offsets count from its start.
pub fn dissect_message(options: &Options, bytes: &[u8], sink: &mut impl Sink) {
    let mut walk = Walk { options, streams: None, depth: 0, missing: 0 };
    let place = Place { offset: Some(0), len: bytes.len() };
    openflow::dissect(&mut walk, bytes, place, sink);
}

/// Where a dissection stands.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    pub(crate) options: &'a Options,
    /// The streams of the capture; nothing inside of a message, whose frames are no stream.
    pub(crate) streams: Option<&'a mut Streams>,
    /// How many messages the bytes are in.
    pub(crate) depth: usize,
    /// Bytes of the frame that were not captured.
    pub(crate) missing: usize,
}

impl Walk<'_> {
    /// A dissection of what a message carries, if that is wanted and not too deep.
    pub(crate) fn inside(&self) -> Option<Walk<'_>> {
        let depth = self.depth + 1;
        (self.options.nested && depth <= self.options.max_depth).then_some(Walk {
            options: self.options,
            streams: None,
            depth,
            missing: 0,
        })
    }
}

/// Reports that `protocol` at `place` needs more bytes than there are: cut by the capture where
/// `missing` bytes are, malformed where not.
pub(crate) fn short(sink: &mut impl Sink, what: &str, place: Place, need: usize, missing: usize) {
    if missing == 0 {
        sink.problem(Problem {
            kind: ProblemKind::Malformed,
            at: place.offset,
            text: format!("{what}: need {need} bytes, {} left", place.len),
        });
    }
}
