//! What the engine did, for those who have to know.

use codec::of10::FlowRemovedReason;
use codec::vse::{AssignmentEvent, Core, Reason};

use super::flow_entry::{EntryId, FlowEntry};
use super::time::Time;

/// Something that happened in a call of the engine.
#[derive(Debug, Clone)]
pub enum Event {
    /// For the datapath: an entry is new, has changed or has gone.
    Rule(RuleChange),
    /// For controllers: an entry that asked for it has gone.
    FlowRemoved(Box<RemovedFlow>),
    /// For monitors: a decision about an entry.
    Decided(Box<Decided>),
}

/// A change of the rules that a datapath has. The entry itself is asked of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleChange {
    /// An entry is new.
    Added(EntryId),
    /// What an entry does has changed: its action, or the core that it has.
    Changed(EntryId),
    /// An entry has gone.
    Removed(EntryId),
}

/// An entry that has gone.
#[derive(Debug, Clone)]
pub struct RemovedFlow {
    /// The entry as it was.
    pub entry: FlowEntry,
    /// Why it went.
    pub reason: FlowRemovedReason,
    /// When.
    pub at: Time,
}

/// A decision about an entry.
#[derive(Debug, Clone)]
pub struct Decided {
    /// What happened.
    pub event: AssignmentEvent,
    /// Why.
    pub reason: Reason,
    /// The core that the entry had.
    pub old_core: Core,
    /// The core that it has now.
    pub new_core: Core,
    /// The load of the new core, with what is expected of flows just placed; per mille.
    pub load: u16,
    /// The entry, after the decision.
    pub entry: FlowEntry,
    /// When.
    pub at: Time,
}
