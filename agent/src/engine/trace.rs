//! What would become of a frame, and why.

use codec::of10::PortNo;
use codec::vse::{Core, MatchField, Reason, TraceOutcome};

use super::flow_entry::{EntryId, FlowEntry};
use super::key::PacketKey;
use super::tables::Engine;
use super::time::Time;

/// What would become of a frame.
#[derive(Debug, Clone)]
pub struct Trace<'a> {
    /// The core that would run the rest of the receive path.
    pub core: Core,
    /// Why.
    pub reason: Reason,
    /// The port that the frame would come in on.
    pub in_port: PortNo,
    /// The entries that were looked at, the best first.
    pub candidates: Vec<Candidate<'a>>,
}

/// An entry that was looked at.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// The entry.
    pub entry: &'a FlowEntry,
    /// What became of it.
    pub outcome: TraceOutcome,
    /// The first field that failed, outermost header first; none where none did.
    pub field: Option<MatchField>,
}

impl Trace<'_> {
    /// The entry that decided.
    #[must_use]
    pub fn winner(&self) -> Option<EntryId> {
        let won = |candidate: &&Candidate<'_>| candidate.outcome == TraceOutcome::Won;
        self.candidates.iter().find(won).map(|candidate| candidate.entry.id)
    }
}

impl Engine {
    /// What would become of a frame with this key that `core` received. Nothing changes by it.
    #[must_use]
    pub fn trace(&self, key: &PacketKey, core: Core, now: Time) -> Trace<'_> {
        let mut winner = None;
        let candidates = self.flows.ranked().into_iter().map(|entry| {
            let field = entry.matched.first_failing(key);
            let outcome = match (field, winner) {
                (Some(_), _) => TraceOutcome::Lost,
                (None, Some(_)) => TraceOutcome::Shadowed,
                (None, None) => {
                    winner = Some(entry);
                    TraceOutcome::Won
                }
            };
            Candidate { entry, outcome, field }
        });
        let candidates = candidates.collect();
        let goes = |entry: &FlowEntry| self.plan(entry, key, core, entry.last_used, now).goes();
        let (core, reason) = winner.map_or((core, Reason::NoMatch), goes);
        Trace { core, reason, in_port: key.in_port(), candidates }
    }
}
