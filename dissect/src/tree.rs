//! A sink that keeps everything: layers within layers, fields within fields.

use std::net::{Ipv4Addr, Ipv6Addr};

use codec::types::MacAddr;

use crate::info::Info;
use crate::message_line::MessageLine;
use crate::problem::Problem;
use crate::protocol::frame;
use crate::registry::{Field, Protocol};
use crate::sink::{Place, Sink, Value};

/// All that was found in a frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// The layers of the frame, outermost first.
    pub layers: Vec<Layer>,
    /// What could not be dissected.
    pub problems: Vec<Problem>,
    /// The layers that are open, outermost first.
    open: Vec<Layer>,
    /// The structures and lists that are open in the innermost of them.
    nested: Vec<TreeField>,
}

/// A layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// What it is.
    pub protocol: &'static Protocol,
    /// Where it is.
    pub place: Place,
    /// What it holds.
    pub fields: Vec<TreeField>,
    /// The line that sums it up, if it has one.
    pub info: Option<String>,
    /// What it carries.
    pub layers: Vec<Layer>,
}

/// A field of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeField {
    /// What it is.
    pub field: &'static Field,
    /// Where it is.
    pub place: Place,
    /// What it holds.
    pub value: OwnedValue,
}

/// [`Value`], kept; with structures and lists.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "see Value")]
pub enum OwnedValue {
    Unsigned(u64),
    Flag(bool),
    Mac(MacAddr),
    Ipv4(Ipv4Addr, u8),
    Ipv6(Ipv6Addr),
    Text(String),
    Bytes(Vec<u8>),
    /// The fields of a structure, or the items of a list.
    Nested(Vec<TreeField>),
}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Unsigned(value) => Self::Unsigned(value),
            Value::Flag(value) => Self::Flag(value),
            Value::Mac(value) => Self::Mac(value),
            Value::Ipv4(value, prefix) => Self::Ipv4(value, prefix),
            Value::Ipv6(value) => Self::Ipv6(value),
            Value::Text(value) => Self::Text(value.to_owned()),
            Value::Bytes(value) => Self::Bytes(value.to_vec()),
        }
    }
}

impl OwnedValue {
    /// The value as sinks have it; nothing for what is nested.
    #[must_use]
    pub fn scalar(&self) -> Option<Value<'_>> {
        Some(match self {
            Self::Unsigned(value) => Value::Unsigned(*value),
            Self::Flag(value) => Value::Flag(*value),
            Self::Mac(value) => Value::Mac(*value),
            Self::Ipv4(value, prefix) => Value::Ipv4(*value, *prefix),
            Self::Ipv6(value) => Value::Ipv6(*value),
            Self::Text(value) => Value::Text(value),
            Self::Bytes(value) => Value::Bytes(value),
            Self::Nested(_) => return None,
        })
    }
}

impl Tree {
    fn add(&mut self, field: TreeField) {
        match (self.nested.last_mut(), self.open.last_mut()) {
            (Some(TreeField { value: OwnedValue::Nested(fields), .. }), _) => fields.push(field),
            (_, Some(layer)) => layer.fields.push(field),
            _ => {}
        }
    }
}

impl Sink for Tree {
    fn wants(&self, protocol: &'static Protocol) -> bool {
        *protocol != frame::PROTOCOL
    }

    fn enter(&mut self, protocol: &'static Protocol, place: Place) {
        let (fields, layers) = (Vec::new(), Vec::new());
        self.open.push(Layer { protocol, place, fields, info: None, layers });
    }

    fn leave(&mut self) {
        if let Some(layer) = self.open.pop() {
            match self.open.last_mut() {
                Some(outer) => outer.layers.push(layer),
                None => self.layers.push(layer),
            }
        }
    }

    fn field(&mut self, field: &'static Field, place: Place, value: Value<'_>) {
        self.add(TreeField { field, place, value: value.into() });
    }

    fn open(&mut self, field: &'static Field, place: Place) {
        self.nested.push(TreeField { field, place, value: OwnedValue::Nested(Vec::new()) });
    }

    fn close(&mut self) {
        if let Some(field) = self.nested.pop() {
            self.add(field);
        }
    }

    fn info(&mut self, info: Info) {
        if let Some(layer) = self.open.last_mut() {
            layer.info = Some(info.to_string());
        }
    }

    fn message(&mut self, bytes: &[u8], _: Place) {
        if let Some(layer) = self.open.last_mut() {
            layer.info = Some(MessageLine(bytes).to_string());
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}
