//! `vsectl.trace/1`: what becomes of a frame, and why.

use codec::of10::Match;
use codec::types::{Bytes, Hex};
use codec::vse::{Core, MatchField, Reason, Tlvs, TraceCandidate, TraceOutcome, TraceReply};
use serde::Serialize;

/// What becomes of a frame.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TraceView {
    schema: &'static str,
    /// Its number in the capture; nothing where it comes from elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<u64>,
    /// The frame.
    pub(crate) frame: Bytes,
    /// The core that runs its receive path.
    pub(crate) core: Core,
    /// The rule of the policy that chose it.
    pub(crate) reason: Reason,
    /// The rule in words.
    pub(crate) rule: &'static str,
    /// The entries that were looked at, the best first.
    pub(crate) candidates: Vec<CandidateView>,
}

/// An entry that was looked at.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CandidateView {
    /// Won, lost or shadowed.
    pub(crate) outcome: TraceOutcome,
    /// The first field that failed; nothing where none did.
    pub(crate) field: Option<MatchField>,
    /// The core that it has.
    pub(crate) core: Core,
    /// The higher wins.
    pub(crate) priority: u16,
    /// The controller's own mark.
    pub(crate) cookie: Hex<u64>,
    /// What it matches, as a flow's text.
    pub(crate) matched: String,
    /// What it matches.
    pub(crate) r#match: Match,
    /// What else it matches.
    pub(crate) vse_match: Tlvs,
}

impl TraceView {
    pub(crate) fn new(number: Option<u64>, frame: Vec<u8>, reply: TraceReply) -> Self {
        Self {
            schema: "vsectl.trace/1",
            number,
            frame: frame.into(),
            core: reply.core,
            reason: reply.reason,
            rule: rule(reply.reason),
            candidates: reply.candidates.into_iter().map(CandidateView::from).collect(),
        }
    }
}

impl From<TraceCandidate> for CandidateView {
    fn from(candidate: TraceCandidate) -> Self {
        Self {
            outcome: candidate.outcome,
            field: Some(candidate.field).filter(|field| *field != MatchField::Unknown(0)),
            core: candidate.core,
            priority: candidate.priority,
            cookie: candidate.cookie,
            matched: candidate.tlvs.with_match(&candidate.r#match),
            r#match: candidate.r#match,
            vse_match: candidate.tlvs,
        }
    }
}

/// The rule behind a reason: vse-protocol(7), Reasons.
fn rule(reason: Reason) -> &'static str {
    match reason {
        Reason::NoMatch => "no entry matches: the frame stays on the core that received it",
        Reason::Predetermined => "the entry names the core",
        Reason::Assigned => "the entry was given the core before",
        Reason::LeastLoaded => {
            "the least loaded of the eligible cores below high_load that run no VM"
        }
        Reason::LeastLoadedNotOwn => {
            "every core runs a VM: the least loaded but that of the destination VM"
        }
        Reason::AllHigh => {
            "every core is highly loaded: the frame stays on the core that received it"
        }
        Reason::Priority => "a priority flow chooses before others",
        Reason::Rebalanced => "the entry moved away from a core that stayed highly loaded",
        Reason::Draining => "the entry is to move, and waits until the old core has drained",
        Reason::Disabled => "VSE is switched off: the frame stays on the core that received it",
        Reason::CoreGone => "the core that the entry had is no longer eligible",
        _ => "see Reasons in vse-protocol(7)",
    }
}
