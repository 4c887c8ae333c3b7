//! The walk over a frame, from the link to what OpenFlow messages carry.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use codec::fcf::FcfLayout;

use crate::assembly::{Assembly, Limits, Steps};
use crate::problem::{Problem, ProblemKind, What};
use crate::protocol::entry::{self, Annotator};
use crate::protocol::{self, frame, openflow};
use crate::sink::{Ignore, Place, Sink};

/// What a frame begins with: the link types of the capture formats (`LINKTYPE_…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkType(pub u32);

impl LinkType {
    /// A loopback header: the address family in the byte order of the capturing machine.
    pub const NULL: Self = Self(0);
    /// An Ethernet header.
    pub const ETHERNET: Self = Self(1);
    /// An IP header, by the older number.
    pub const DLT_RAW: Self = Self(12);
    /// An IP header.
    pub const RAW: Self = Self(101);
    /// A loopback header: the address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// A Linux cooked header.
    pub const LINUX_SLL: Self = Self(113);
    /// An IPv4 header.
    pub const IPV4: Self = Self(228);
    /// An IPv6 header.
    pub const IPV6: Self = Self(229);
    /// A Linux netlink header, behind the cooked one.
    pub const NETLINK: Self = Self(253);
    /// A Linux cooked header, version 2.
    pub const LINUX_SLL2: Self = Self(276);

    /// The name that capture tools have for it.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::NULL => "NULL",
            Self::ETHERNET => "EN10MB",
            Self::RAW | Self::DLT_RAW => "RAW",
            Self::LOOP => "LOOP",
            Self::LINUX_SLL => "LINUX_SLL",
            Self::IPV4 => "IPV4",
            Self::IPV6 => "IPV6",
            Self::NETLINK => "NETLINK",
            Self::LINUX_SLL2 => "LINUX_SLL2",
            _ => return None,
        })
    }
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
    /// Its number, from 1.
    pub number: u64,
    /// When it was captured, in nanoseconds since the Unix epoch.
    pub time: u64,
    /// The interface that it was captured on, from 0.
    pub interface: u32,
    /// The name of that interface, where the capture has it.
    pub interface_name: Option<&'a str>,
}

impl<'a> Frame<'a> {
    /// A whole Ethernet frame that no capture knows anything more of.
    #[must_use]
    pub fn ethernet(bytes: &'a [u8]) -> Self {
        let link_type = LinkType::ETHERNET;
        let len = bytes.len();
        Self { link_type, bytes, len, number: 1, time: 0, interface: 0, interface_name: None }
    }
}

/// What to look for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the Flow Control Field stands; nothing where frames have none.
    pub fcf: Option<FcfLayout>,
    /// Whether to dissect what messages carry.
    pub nested: bool,
    /// Messages within frames within messages, and frames within tunnels, at most.
    pub max_depth: usize,
    /// How much to keep of streams and datagrams.
    pub limits: Limits,
    /// Which ports and EtherTypes carry what.
    pub assignments: Assignments,
    /// Whether to number TCP connections: a look-up for each segment, for `tcp.stream`.
    pub numbers_streams: bool,
}

/// Which ports and EtherTypes carry what.
#[derive(Debug, Clone)]
pub struct Assignments {
    /// TCP ports that carry OpenFlow.
    pub openflow: Vec<u16>,
    /// TCP ports that do not, whatever the bytes look like.
    pub not_openflow: Vec<u16>,
    /// Whether to look for OpenFlow on the other TCP ports.
    pub heuristics: bool,
    /// UDP ports of VXLAN: the assigned one, and that of Linux.
    pub vxlan: Vec<u16>,
    /// UDP ports of VXLAN-GPE.
    pub vxlan_gpe: Vec<u16>,
    /// UDP ports of Geneve.
    pub geneve: Vec<u16>,
    /// UDP ports of IPsec.
    pub udpencap: Vec<u16>,
    /// TCP ports of STT.
    pub stt: Vec<u16>,
    /// EtherTypes of frames that hold OpenFlow messages.
    pub vse: Vec<u16>,
}

impl Default for Assignments {
    fn default() -> Self {
        Self {
            openflow: vec![6633, 6653],
            not_openflow: Vec::new(),
            heuristics: true,
            vxlan: vec![4789, 8472],
            vxlan_gpe: vec![4790],
            geneve: vec![6081],
            udpencap: vec![4500],
            stt: vec![7471],
            vse: vec![codec::proxy::ETHERTYPE],
        }
    }
}

/// What a port carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carries {
    Unknown,
    Openflow,
    NotOpenflow,
    Stt,
    Vxlan,
    VxlanGpe,
    Geneve,
    Udpencap,
}

/// [`Assignments`] as a table, since every segment asks.
#[derive(Debug)]
pub(crate) struct Ports {
    tcp: Vec<Carries>,
    udp: Vec<Carries>,
}

impl Ports {
    pub(crate) fn new(assignments: &Assignments) -> Self {
        let table = |lists: &[(&[u16], Carries)]| {
            let mut table = vec![Carries::Unknown; 1 << 16];
            for (ports, carries) in lists {
                for port in *ports {
                    if let Some(place) = table.get_mut(usize::from(*port)) {
                        *place = *carries;
                    }
                }
            }
            table
        };
        Self {
            tcp: table(&[
                (&assignments.openflow, Carries::Openflow),
                (&assignments.stt, Carries::Stt),
                (&assignments.not_openflow, Carries::NotOpenflow),
            ]),
            udp: table(&[
                (&assignments.vxlan, Carries::Vxlan),
                (&assignments.vxlan_gpe, Carries::VxlanGpe),
                (&assignments.geneve, Carries::Geneve),
                (&assignments.udpencap, Carries::Udpencap),
            ]),
        }
    }

    /// What the segments between two TCP ports carry: the destination says so first.
    #[inline]
    pub(crate) fn tcp(&self, source: u16, destination: u16) -> Carries {
        Self::either(&self.tcp, source, destination)
    }

    /// What the datagrams between two UDP ports carry: the destination says so first.
    #[inline]
    pub(crate) fn udp(&self, source: u16, destination: u16) -> Carries {
        Self::either(&self.udp, source, destination)
    }

    #[inline]
    fn either(table: &[Carries], source: u16, destination: u16) -> Carries {
        let of = |port| table.get(usize::from(port)).copied().unwrap_or(Carries::Unknown);
        match of(destination) {
            Carries::Unknown => of(source),
            known => known,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            fcf: None,
            nested: true,
            max_depth: 8,
            limits: Limits::default(),
            assignments: Assignments::default(),
            numbers_streams: false,
        }
    }
}

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

/// Where a dissection stands.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    pub(crate) options: &'a Options,
    pub(crate) ports: &'a Ports,
    /// The streams and datagrams of the capture; nothing inside of a message, whose frames are no
    /// part of a stream.
    pub(crate) assembly: Option<&'a mut Assembly>,
    /// How many messages and tunnels the bytes are in.
    pub(crate) depth: usize,
    /// Bytes of the frame that were not captured.
    pub(crate) missing: usize,
    /// Tells networks apart whose addresses may be the same: those of different tunnels.
    pub(crate) network: u64,
}

impl<'a> Walk<'a> {
    /// A walk over bytes of which nothing more is known.
    pub(crate) fn nowhere(options: &'a Options, ports: &'a Ports) -> Self {
        Self { options, ports, assembly: None, depth: 0, missing: 0, network: 0 }
    }

    /// A dissection of what a message carries, if that is wanted and not too deep.
    pub(crate) fn inside(&self) -> Option<Walk<'a>> {
        let depth = self.depth + 1;
        (self.options.nested && depth <= self.options.max_depth)
            .then_some(Walk { depth, ..Self::nowhere(self.options, self.ports) })
    }

    /// Runs `dissect` over what a tunnel of that `kind` and `id` carries, if it is not too deep.
    pub(crate) fn tunnel<S: Sink>(
        &mut self,
        (kind, id): (u8, u64),
        place: Place,
        sink: &mut S,
        dissect: impl FnOnce(&mut Self, &mut S),
    ) {
        if self.depth >= self.options.max_depth {
            let text = format!("more than {} levels", self.options.max_depth);
            return sink.problem(Problem::unsupported(place.offset, text));
        }
        let outside = self.network;
        self.depth += 1;
        self.network = outside.rotate_left(7).wrapping_mul(31) ^ id << 8 ^ u64::from(kind);
        dissect(self, sink);
        self.depth -= 1;
        self.network = outside;
    }
}

/// Reports that `what` at `place` needs more bytes than there are: cut by the capture where
/// `walk` misses bytes, which is told once for the frame; malformed where not.
pub(crate) fn short(
    walk: &Walk<'_>,
    what: &'static str,
    need: usize,
    place: Place,
    sink: &mut impl Sink,
) {
    if walk.missing == 0 {
        sink.problem(Problem {
            kind: ProblemKind::Malformed,
            at: place.offset,
            what: What::Short { what, need, have: place.len },
        });
    }
}
