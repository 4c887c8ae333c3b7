//! A sink that keeps everything: layers within layers.

use std::fmt::Display;
use std::net::Ipv4Addr;

use codec::types::MacAddr;

use crate::problem::Problem;
use crate::registry::{Field, Protocol};
use crate::sink::{Place, Sink, Value};

/// All that was found in a frame.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tree {
    /// The layers of the frame, outermost first.
    pub layers: Vec<Layer>,
    /// What could not be dissected.
    pub problems: Vec<Problem>,
    /// The layers that are open, outermost first.
    open: Vec<Layer>,
}

/// A layer.
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, PartialEq)]
pub struct TreeField {
    /// What it is.
    pub field: &'static Field,
    /// Where it is.
    pub place: Place,
    /// What it holds.
    pub value: OwnedValue,
}

/// [`Value`], kept.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "see Value")]
pub enum OwnedValue {
    Number(u64),
    Flag(bool),
    Mac(MacAddr),
    Ipv4(Ipv4Addr),
    Text(String),
    Structure(serde_json::Value),
}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Number(value) => Self::Number(value),
            Value::Flag(value) => Self::Flag(value),
            Value::Mac(value) => Self::Mac(value),
            Value::Ipv4(value) => Self::Ipv4(value),
            Value::Text(value) => Self::Text(value.to_owned()),
            Value::Structure(value) => Self::Structure(value),
        }
    }
}

impl Sink for Tree {
    fn enter(&mut self, protocol: &'static Protocol, place: Place) {
        let (fields, layers) = (Vec::new(), Vec::new());
        self.open.push(Layer { protocol, place, fields, info: None, layers });
    }

    fn field(&mut self, field: &'static Field, place: Place, value: Value<'_>) {
        if let Some(layer) = self.open.last_mut() {
            layer.fields.push(TreeField { field, place, value: value.into() });
        }
    }

    fn leave(&mut self) {
        if let Some(layer) = self.open.pop() {
            match self.open.last_mut() {
                Some(outer) => outer.layers.push(layer),
                None => self.layers.push(layer),
            }
        }
    }

    fn ends(&mut self, _: &dyn Display, _: &dyn Display) {}

    fn info(&mut self, info: &dyn Display) {
        if let Some(layer) = self.open.last_mut() {
            layer.info = Some(info.to_string());
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}
