//! `vsectl.assignment/1`: a decision about an entry.

use codec::of10::Match;
use codec::types::Hex;
use codec::vse::{Assignment, AssignmentEvent, Core, Reason, Tlvs};
use serde::Serialize;

use crate::render::clock::rfc3339;

/// A decision.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AssignmentView {
    schema: &'static str,
    /// When, in RFC 3339.
    pub(crate) time: String,
    /// What happened.
    pub(crate) event: AssignmentEvent,
    /// Why.
    pub(crate) reason: Reason,
    /// The core that the entry had.
    pub(crate) old_core: Core,
    /// The core that it has now.
    pub(crate) new_core: Core,
    /// The load of the new core, per mille.
    pub(crate) load: u16,
    /// The VM that the frame was for; nothing for none.
    pub(crate) vm_id: Option<u16>,
    /// The hash of the flow that caused it.
    pub(crate) rxhash: Hex<u32>,
    /// The entry's priority.
    pub(crate) priority: u16,
    /// The controller's own mark on the entry.
    pub(crate) cookie: Hex<u64>,
    /// What the entry matches, as a flow's text.
    pub(crate) matched: String,
    /// What it matches.
    pub(crate) r#match: Match,
    /// What else it matches.
    pub(crate) vse_match: Tlvs,
}

impl From<Assignment> for AssignmentView {
    fn from(told: Assignment) -> Self {
        Self {
            schema: "vsectl.assignment/1",
            time: rfc3339(told.time),
            event: told.event,
            reason: told.reason,
            old_core: told.old_core,
            new_core: told.new_core,
            load: told.load,
            vm_id: Some(told.vm_id).filter(|vm| *vm != 0),
            rxhash: told.rxhash,
            priority: told.priority,
            cookie: told.cookie,
            matched: told.tlvs.with_match(&told.r#match),
            r#match: told.r#match,
            vse_match: told.tlvs,
        }
    }
}
