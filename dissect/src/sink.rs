//! Where a dissector tells what it finds.

use std::net::{Ipv4Addr, Ipv6Addr};

use codec::types::MacAddr;

use crate::info::Info;
use crate::problem::Problem;
use crate::registry::{Field, Protocol};

/// Where bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Bytes from the start of the outermost frame; nothing for bytes that came in several
    /// frames.
    pub offset: Option<usize>,
    /// How many.
    pub len: usize,
}

impl Place {
    /// `len` bytes at `offset` of this place.
    #[must_use]
    pub fn part(self, offset: usize, len: usize) -> Self {
        Self { offset: self.offset.map(|start| start + offset), len }
    }

    /// All of this place but the first `offset` bytes.
    #[must_use]
    pub fn rest(self, offset: usize) -> Self {
        self.part(offset, self.len.saturating_sub(offset))
    }
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A number; how it is written says the field's [`Kind`](crate::Kind).
    Unsigned(u64),
    /// Yes or no.
    Flag(bool),
    /// An Ethernet address.
    Mac(MacAddr),
    /// An IPv4 address, and how many of its bits count.
    Ipv4(Ipv4Addr, u8),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl Value<'_> {
    /// A whole IPv4 address.
    #[must_use]
    pub fn ipv4(address: Ipv4Addr) -> Self {
        Self::Ipv4(address, 32)
    }
}

/// Who sends to whom, by one layer's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ends {
    /// Ethernet: source, destination.
    Mac(MacAddr, MacAddr),
    /// IPv4: source, destination.
    Ipv4(Ipv4Addr, Ipv4Addr),
    /// IPv6: source, destination.
    Ipv6(Ipv6Addr, Ipv6Addr),
    /// TCP: source port, destination port.
    Tcp(u16, u16),
    /// UDP: source port, destination port.
    Udp(u16, u16),
}

/// Takes what a dissector finds, in the order of the bytes.
pub trait Sink {
    /// Whether the fields of `protocol` are of interest. A dissector leaves out the work for fields
    /// that nobody wants.
    fn wants(&self, protocol: &'static Protocol) -> bool;

    /// Whether OpenFlow messages in streams, and what they carry, are of interest.
    fn wants_messages(&self) -> bool {
        true
    }

    /// Whether it is of interest what is wrong with a message. Finding out may mean to decode it.
    fn wants_problems(&self) -> bool {
        true
    }

    /// A layer begins, inside of the one that is open.
    fn enter(&mut self, protocol: &'static Protocol, place: Place);

    /// The layer that is open ends: what follows it stands beside it, not inside.
    fn leave(&mut self);

    /// A field of the layer, structure or list that is open.
    fn field(&mut self, field: &'static Field, place: Place, value: Value<'_>);

    /// A structure or a list begins, as a field. In a list, the key of what it holds is of no
    /// meaning.
    fn open(&mut self, field: &'static Field, place: Place) {
        _ = (field, place);
    }

    /// The structure or list that is open ends.
    fn close(&mut self) {}

    /// Who sends to whom, at the layer that is open.
    fn ends(&mut self, ends: Ends) {
        _ = ends;
    }

    /// What a line about the frame should say of the layer that is open.
    fn info(&mut self, info: Info) {
        _ = info;
    }

    /// The bytes of an OpenFlow message, of which a layer begins.
    fn message(&mut self, bytes: &[u8], place: Place) {
        _ = (bytes, place);
    }

    /// The bytes of a netlink message of the family "vse".
    fn netlink(&mut self, bytes: &[u8], place: Place) {
        _ = (bytes, place);
    }

    /// Something could not be dissected.
    fn problem(&mut self, problem: Problem);
}

/// Nothing is of interest; for passes that only keep streams and datagrams together.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ignore;

impl Sink for Ignore {
    fn wants(&self, _: &'static Protocol) -> bool {
        false
    }
    fn wants_messages(&self) -> bool {
        false
    }
    fn wants_problems(&self) -> bool {
        false
    }
    fn enter(&mut self, _: &'static Protocol, _: Place) {}
    fn leave(&mut self) {}
    fn field(&mut self, _: &'static Field, _: Place, _: Value<'_>) {}
    fn problem(&mut self, _: Problem) {}
}

/// Two sinks that see the same.
impl<A: Sink, B: Sink> Sink for (A, B) {
    fn wants(&self, protocol: &'static Protocol) -> bool {
        self.0.wants(protocol) || self.1.wants(protocol)
    }

    fn wants_messages(&self) -> bool {
        self.0.wants_messages() || self.1.wants_messages()
    }

    fn wants_problems(&self) -> bool {
        self.0.wants_problems() || self.1.wants_problems()
    }

    fn enter(&mut self, protocol: &'static Protocol, place: Place) {
        self.0.enter(protocol, place);
        self.1.enter(protocol, place);
    }

    fn leave(&mut self) {
        self.0.leave();
        self.1.leave();
    }

    fn field(&mut self, field: &'static Field, place: Place, value: Value<'_>) {
        self.0.field(field, place, value);
        self.1.field(field, place, value);
    }

    fn open(&mut self, field: &'static Field, place: Place) {
        self.0.open(field, place);
        self.1.open(field, place);
    }

    fn close(&mut self) {
        self.0.close();
        self.1.close();
    }

    fn ends(&mut self, ends: Ends) {
        self.0.ends(ends);
        self.1.ends(ends);
    }

    fn info(&mut self, info: Info) {
        self.0.info(info);
        self.1.info(info);
    }

    fn message(&mut self, bytes: &[u8], place: Place) {
        self.0.message(bytes, place);
        self.1.message(bytes, place);
    }

    fn netlink(&mut self, bytes: &[u8], place: Place) {
        self.0.netlink(bytes, place);
        self.1.netlink(bytes, place);
    }

    fn problem(&mut self, problem: Problem) {
        self.0.problem(problem.clone());
        self.1.problem(problem);
    }
}

impl<S: Sink> Sink for &mut S {
    fn wants(&self, protocol: &'static Protocol) -> bool {
        (**self).wants(protocol)
    }

    fn wants_messages(&self) -> bool {
        (**self).wants_messages()
    }

    fn wants_problems(&self) -> bool {
        (**self).wants_problems()
    }

    fn enter(&mut self, protocol: &'static Protocol, place: Place) {
        (**self).enter(protocol, place);
    }

    fn leave(&mut self) {
        (**self).leave();
    }

    fn field(&mut self, field: &'static Field, place: Place, value: Value<'_>) {
        (**self).field(field, place, value);
    }

    fn open(&mut self, field: &'static Field, place: Place) {
        (**self).open(field, place);
    }

    fn close(&mut self) {
        (**self).close();
    }

    fn ends(&mut self, ends: Ends) {
        (**self).ends(ends);
    }

    fn info(&mut self, info: Info) {
        (**self).info(info);
    }

    fn message(&mut self, bytes: &[u8], place: Place) {
        (**self).message(bytes, place);
    }

    fn netlink(&mut self, bytes: &[u8], place: Place) {
        (**self).netlink(bytes, place);
    }

    fn problem(&mut self, problem: Problem) {
        (**self).problem(problem);
    }
}
