//! Where a dissector tells what it finds.

use std::net::Ipv4Addr;

use codec::types::MacAddr;

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
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// A quantity.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// An Ethernet address.
    Mac(MacAddr),
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// A name.
    Text(&'a str),
    /// Fields within fields.
    Structure(serde_json::Value),
}

/// Takes what a dissector finds, in the order of the bytes.
pub trait Sink {
    /// Whether [`field`](Self::field) does anything. A dissector leaves out the work for fields
    /// that nobody wants.
    fn wants_fields(&self) -> bool {
        true
    }

    /// A layer begins, inside of the one that is open.
    fn enter(&mut self, protocol: &'static Protocol, place: Place);

    /// A field of the layer that is open.
    fn field(&mut self, field: &'static Field, place: Place, value: Value<'_>);

    /// The layer that is open goes on: what follows it stands beside it, not inside.
    fn leave(&mut self);

    /// Who sends to whom, at the layer that is open.
    fn ends(&mut self, source: &dyn std::fmt::Display, destination: &dyn std::fmt::Display);

    /// What a line about the frame should say of the layer that is open.
    fn info(&mut self, info: &dyn std::fmt::Display);

    /// Something could not be dissected.
    fn problem(&mut self, problem: Problem);
}
