//! A sink that keeps the values of chosen fields, and of which chosen protocols there are layers;
//! for filters and columns.

use std::net::{Ipv4Addr, Ipv6Addr};

use codec::types::MacAddr;

use crate::problem::{self, Problem};
use crate::registry::{self, Field, Protocol};
use crate::sink::{Place, Sink, Value};

/// What is kept, to be used for frame after frame without new allocations.
#[derive(Debug, Clone, Default)]
pub struct Collector {
    /// The fields that are wanted, each with its slot. Several fields of one name share a slot.
    fields: Vec<(&'static Field, usize)>,
    /// A bit for each of these fields, by its address: most of the other fields of their protocols
    /// have none, and need no look at the list.
    bits: u64,
    /// The protocols of which layers are wanted, each with its slot.
    layers: Vec<(&'static Protocol, usize)>,
    /// The protocols that have any of the fields.
    of_interest: Vec<&'static Protocol>,
    slots: usize,
    found: Vec<Found>,
    /// Texts and bytes of the values.
    bytes: Vec<u8>,
}

/// Which field or protocol was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot(usize);

#[derive(Debug, Clone, Copy)]
struct Found {
    slot: usize,
    field: Option<&'static Field>,
    place: Place,
    value: Stored,
}

#[derive(Debug, Clone, Copy)]
enum Stored {
    Unsigned(u64),
    Flag(bool),
    Mac(MacAddr),
    Ipv4(Ipv4Addr, u8),
    Ipv6(Ipv6Addr),
    /// A range of the bytes.
    Text(usize, usize),
    Bytes(usize, usize),
    /// A layer, a structure or a list.
    Present,
}

/// A value that was found.
#[derive(Debug, Clone, Copy)]
pub struct Collected<'a> {
    /// The field; nothing for a layer.
    pub field: Option<&'static Field>,
    /// Where its bytes are.
    pub place: Place,
    /// What it holds; nothing for a layer, a structure or a list.
    pub value: Option<Value<'a>>,
}

impl Collector {
    /// Wants every field of that name; nothing if there is none.
    pub fn want(&mut self, name: &str) -> Option<Slot> {
        let known = |collector: &Self| {
            let mut known = collector.fields.iter().filter(|(field, _)| field.name == name);
            known.next().map(|(_, slot)| Slot(*slot))
        };
        if let Some(slot) = known(self) {
            return Some(slot);
        }
        let slot = self.slots;
        for (protocol, field) in registry::fields_named(name) {
            self.fields.push((field, slot));
            self.bits |= bit(field);
            if !self.of_interest.contains(&protocol) {
                self.of_interest.push(protocol);
            }
        }
        let any = self.fields.last().is_some_and(|(_, last)| *last == slot);
        self.slots += usize::from(any);
        any.then_some(Slot(slot))
    }

    /// Wants to know of layers of that protocol; nothing if there is none of that name.
    pub fn want_layer(&mut self, name: &str) -> Option<Slot> {
        let protocol = registry::protocol_named(name)?;
        if let Some((_, slot)) = self.layers.iter().find(|(known, _)| *known == protocol) {
            return Some(Slot(*slot));
        }
        self.layers.push((protocol, self.slots));
        self.slots += 1;
        Some(Slot(self.slots - 1))
    }

    /// Whether a field of that name is wanted.
    #[must_use]
    pub fn collects(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| field.name == name)
    }

    /// Forgets the frame.
    pub fn clear(&mut self) {
        self.found.clear();
        self.bytes.clear();
    }

    /// What was found of that slot, in the order of the frame.
    pub fn values(&self, slot: Slot) -> impl Iterator<Item = Collected<'_>> {
        self.collected(move |found| found == slot.0)
    }

    /// What was found of these slots, in the order of the frame.
    pub(crate) fn values_of<'a>(
        &'a self,
        slots: &'a [Slot],
    ) -> impl Iterator<Item = Collected<'a>> {
        self.collected(|found| slots.contains(&Slot(found)))
    }

    fn collected(&self, wanted: impl Fn(usize) -> bool) -> impl Iterator<Item = Collected<'_>> {
        let found = self.found.iter().filter(move |found| wanted(found.slot));
        found.map(|found| Collected {
            field: found.field,
            place: found.place,
            value: self.value(found.value),
        })
    }

    fn value(&self, stored: Stored) -> Option<Value<'_>> {
        let range = |from: usize, to: usize| self.bytes.get(from..to).unwrap_or_default();
        Some(match stored {
            Stored::Unsigned(value) => Value::Unsigned(value),
            Stored::Flag(value) => Value::Flag(value),
            Stored::Mac(value) => Value::Mac(value),
            Stored::Ipv4(value, prefix) => Value::Ipv4(value, prefix),
            Stored::Ipv6(value) => Value::Ipv6(value),
            Stored::Text(from, to) => {
                Value::Text(std::str::from_utf8(range(from, to)).unwrap_or_default())
            }
            Stored::Bytes(from, to) => Value::Bytes(range(from, to)),
            Stored::Present => return None,
        })
    }

    /// Adds a value, if its field is wanted: one that no dissector finds.
    pub fn add(&mut self, field: &'static Field, value: Value<'_>) {
        self.field(field, Place { offset: None, len: 0 }, value);
    }

    fn store(&mut self, bytes: &[u8]) -> (usize, usize) {
        let from = self.bytes.len();
        self.bytes.extend(bytes);
        (from, self.bytes.len())
    }

    #[inline]
    fn slot(&self, wanted: &'static Field) -> Option<usize> {
        if self.bits & bit(wanted) == 0 {
            return None;
        }
        self.fields.iter().find(|(field, _)| std::ptr::eq(*field, wanted)).map(|(_, slot)| *slot)
    }
}

/// The bit of a field: fields that stand beside each other in memory have different ones.
#[inline]
fn bit(field: &'static Field) -> u64 {
    1 << (std::ptr::from_ref(field).addr() / size_of::<Field>() % 64)
}

impl Sink for Collector {
    #[inline]
    fn wants(&self, protocol: &'static Protocol) -> bool {
        self.of_interest.iter().any(|wanted| std::ptr::eq(*wanted, protocol))
    }

    fn wants_problems(&self) -> bool {
        self.wants(&problem::PROTOCOL)
    }

    #[inline]
    fn enter(&mut self, protocol: &'static Protocol, place: Place) {
        let wanted = self.layers.iter().find(|(wanted, _)| std::ptr::eq(*wanted, protocol));
        if let Some((_, slot)) = wanted {
            self.found.push(Found { slot: *slot, field: None, place, value: Stored::Present });
        }
    }

    #[inline]
    fn leave(&mut self) {}

    #[inline]
    fn field(&mut self, field: &'static Field, place: Place, value: Value<'_>) {
        let Some(slot) = self.slot(field) else { return };
        let value = match value {
            Value::Unsigned(value) => Stored::Unsigned(value),
            Value::Flag(value) => Stored::Flag(value),
            Value::Mac(value) => Stored::Mac(value),
            Value::Ipv4(value, prefix) => Stored::Ipv4(value, prefix),
            Value::Ipv6(value) => Stored::Ipv6(value),
            Value::Text(text) => {
                let (from, to) = self.store(text.as_bytes());
                Stored::Text(from, to)
            }
            Value::Bytes(bytes) => {
                let (from, to) = self.store(bytes);
                Stored::Bytes(from, to)
            }
        };
        self.found.push(Found { slot, field: Some(field), place, value });
    }

    fn open(&mut self, field: &'static Field, place: Place) {
        if let Some(slot) = self.slot(field) {
            let value = Stored::Present;
            self.found.push(Found { slot, field: Some(field), place, value });
        }
    }

    fn problem(&mut self, problem: Problem) {
        if self.wants(&problem::PROTOCOL) {
            problem.fields(self);
        }
    }
}
