//! What moves the frames: nothing, a capture that is replayed, or an XDP program.

mod none;
mod replay;
mod xdp;

use std::error::Error;

use codec::types::FixedStr;
use codec::vse::DatapathMode;

use crate::engine::{Engine, Event, RuleChange, Time};

pub use none::NoDatapath;
pub use replay::{Pace, Replay};
pub use xdp::{
    AttachMode, Attachment, DEFAULT_FOLDER, DryProgram, Inspection, LAYOUT_VERSION,
    PinnedInterface, PinnedTables, TableError, WaitingMove, XdpDatapath, XdpError, XdpOptions,
    detach, inspect, pinned_layout,
};

/// Something that frames go through, by the rules of an engine.
///
/// All calls come from the thread that owns the engine, and must not wait.
pub trait Datapath {
    /// What it is; the same for its whole life.
    fn describe(&self) -> Description;

    /// Takes over what changed in the engine since the last call: the rules that `changes` name, and
    /// the configuration and the core table, which `changes` does not. Who keeps no rules of its own
    /// has nothing to do.
    ///
    /// # Errors
    /// The datapath now differs from the engine; the caller says so and calls again later.
    fn apply(&mut self, engine: &Engine, changes: &[RuleChange]) -> Result<(), DatapathError>;

    /// Does what is due: passes frames to the engine, or tells it what was counted and decided
    /// elsewhere. Returns when it is to be called next; nothing where that is not before the next
    /// change.
    ///
    /// # Errors
    /// Frames no longer pass as they should.
    fn poll(
        &mut self,
        engine: &mut Engine,
        now: Time,
        events: &mut Vec<Event>,
    ) -> Result<Option<Time>, DatapathError>;
}

/// What a datapath is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its name, for people.
    pub name: FixedStr<32>,
    /// What moves the frames.
    pub mode: DatapathMode,
    /// The interfaces whose frames it has, by name.
    pub interfaces: Vec<String>,
}

/// A datapath that does not do what it should.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {source}")]
pub struct DatapathError {
    /// What was to be done, in words, with the object that it was about.
    pub what: String,
    /// Why it was not.
    pub source: Box<dyn Error + Send + Sync>,
}

impl DatapathError {
    /// The error of `what`.
    pub fn new(what: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { what: what.into(), source: source.into() }
    }
}

/// As much of `name` as its field in the protocol holds.
#[must_use]
pub fn short_name(name: &str) -> FixedStr<32> {
    let mut end = name.len().min(31);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let fits = name.get(..end).unwrap_or_default().replace('\0', " ");
    FixedStr::new(&fits).unwrap_or_default()
}
