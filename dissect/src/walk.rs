//! Where a walk over a frame stands.

use crate::assembly::{DatagramKey, Fragment, Role, Whole};
use crate::options::Options;
use crate::ports::Ports;
use crate::problem::{Problem, ProblemKind, What};
use crate::sink::{Place, Sink};

/// What carries frames or packets of another network, and which of its networks they are of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tunnel {
    /// By an EtherType of Ethernet's own.
    Ethernet,
    Erspan(u16),
    Geneve(u32),
    Gre(u32),
    /// By a protocol number of IP.
    Ip(u8),
    Mpls(u32),
    Nsh(u32),
    Pppoe(u16),
    Stt(u64),
    Vxlan(u32),
}

impl Tunnel {
    /// Tells the network inside from others, of which this tunnel runs through `outside`.
    #[inline]
    pub(crate) fn network(self, outside: u64) -> u64 {
        let (kind, id) = match self {
            Self::Ethernet => (0, 0),
            Self::Erspan(session) => (1, session.into()),
            Self::Geneve(vni) => (2, vni.into()),
            Self::Gre(key) => (3, key.into()),
            Self::Ip(protocol) => (4, protocol.into()),
            Self::Mpls(label) => (5, label.into()),
            Self::Nsh(path) => (6, path.into()),
            Self::Pppoe(session) => (7, session.into()),
            Self::Stt(context) => (8, context),
            Self::Vxlan(vni) => (9, vni.into()),
        };
        outside.rotate_left(7).wrapping_mul(31) ^ id << 8 ^ kind
    }
}

/// Where a dissection stands.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    pub(crate) options: &'a Options,
    pub(crate) ports: &'a Ports,
    /// What to do where the frame comes to the streams and datagrams of the capture.
    pub(crate) role: Role<'a>,
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
        Self { options, ports, role: Role::None, depth: 0, missing: 0, network: 0 }
    }

    /// A dissection of what a message carries, if that is wanted and not too deep.
    pub(crate) fn inside(&self) -> Option<Walk<'a>> {
        let depth = self.depth + 1;
        (self.options.nested && depth <= self.options.max_depth)
            .then_some(Walk { depth, ..Self::nowhere(self.options, self.ports) })
    }

    /// Whether no level more is to be dissected; says so.
    pub(crate) fn is_too_deep(&self, place: Place, sink: &mut impl Sink) -> bool {
        let too_deep = self.depth >= self.options.max_depth;
        if too_deep {
            let text = format!("more than {} levels", self.options.max_depth);
            sink.problem(Problem::unsupported(place.offset, text));
        }
        too_deep
    }

    /// Runs `dissect` over what a tunnel carries, if it is not too deep.
    pub(crate) fn tunnel<S: Sink>(
        &mut self,
        tunnel: Tunnel,
        place: Place,
        sink: &mut S,
        dissect: impl FnOnce(&mut Self, &mut S),
    ) {
        if self.is_too_deep(place, sink) {
            return;
        }
        let outside = self.network;
        self.depth += 1;
        self.network = tunnel.network(outside);
        dissect(self, sink);
        self.depth -= 1;
        self.network = outside;
    }

    /// Adds a fragment to its datagram, and runs `dissect` over the whole if that completes it. Tells
    /// what is wrong with the fragment, which is at `place`. Returns whether the datagram is whole.
    pub(crate) fn reassemble<S: Sink>(
        &mut self,
        key: DatagramKey,
        fragment: Fragment<'_>,
        place: Place,
        sink: &mut S,
        dissect: impl FnOnce(&mut Self, &Whole, &mut S),
    ) -> bool {
        match &mut self.role {
            Role::None => false,
            Role::Tracks(tracker) => {
                let Some((index, whole)) = tracker.fragment(key, fragment) else { return false };
                dissect(self, &whole, sink);
                if let Role::Tracks(tracker) = &mut self.role {
                    tracker.give_back(index, whole);
                }
                true
            }
            Role::Follows(taken) => {
                let (whole, problem) = taken.fragment();
                if let Some(problem) = problem {
                    sink.problem(Problem { at: place.offset, ..problem.clone() });
                }
                whole.map(|whole| dissect(self, whole, sink)).is_some()
            }
        }
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
