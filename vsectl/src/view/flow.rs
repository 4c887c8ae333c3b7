//! `vsectl.flow/1`: an entry of the flow table, what it has done and what VSE decided for it.

use codec::of10::{Action, BufferId, FlowMod, FlowModCommand, FlowModFlags, Match, PortNo};
use codec::text::Flow;
use codec::types::{Hex, flags};
use codec::vse::{Core, Reason, Tlvs, VseAction, VseFlowStats};
use serde::{Deserialize, Serialize};

use super::list::Listed;
use crate::render::clock::rfc3339;

/// An entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FlowView {
    /// What it is, as a flow's text: it pastes back.
    pub(crate) flow: String,
    /// The table that it is in.
    pub(crate) table_id: u8,
    /// The higher wins.
    pub(crate) priority: u16,
    /// The controller's own mark.
    pub(crate) cookie: Hex<u64>,
    /// What it matches.
    pub(crate) r#match: Match,
    /// What else it matches.
    pub(crate) vse_match: Tlvs,
    /// What it does.
    pub(crate) actions: Vec<Action>,
    /// Seconds without a frame after which it goes; 0 for never.
    pub(crate) idle_timeout: u16,
    /// Seconds after which it goes; 0 for never.
    pub(crate) hard_timeout: u16,
    /// How it was added.
    #[serde(with = "flags")]
    pub(crate) flags: FlowModFlags,
    /// What it has done; nothing where that was not asked for.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) stats: Option<FlowStatsView>,
}

/// What an entry has done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FlowStatsView {
    /// The core that it has.
    pub(crate) core: Core,
    /// Why.
    pub(crate) reason: Reason,
    /// The hash of the flow that it was given the core for.
    pub(crate) rxhash: Hex<u32>,
    /// When it was given the core, in RFC 3339; nothing for never.
    pub(crate) assigned: Option<String>,
    /// Seconds since it was added.
    pub(crate) duration: f64,
    /// Frames that it matched.
    pub(crate) packets: u64,
    /// Bytes of those.
    pub(crate) bytes: u64,
}

impl Listed for FlowView {
    const SCHEMA: &'static str = "vsectl.flow/1";
    const LIST_SCHEMA: &'static str = "vsectl.flows/1";
}

impl From<VseFlowStats> for FlowView {
    fn from(stats: VseFlowStats) -> Self {
        let done = FlowStatsView {
            core: stats.core,
            reason: stats.reason,
            rxhash: stats.rxhash,
            assigned: (stats.assigned != 0).then(|| rfc3339(stats.assigned)),
            duration: f64::from(stats.duration_sec) + f64::from(stats.duration_nsec) / 1e9,
            packets: stats.packet_count,
            bytes: stats.byte_count,
        };
        let mut view = Self {
            flow: String::new(),
            table_id: stats.table_id,
            priority: stats.priority,
            cookie: stats.cookie,
            r#match: stats.r#match,
            vse_match: stats.tlvs,
            actions: stats.actions.into_iter().map(without_hash).collect(),
            idle_timeout: stats.idle_timeout,
            hard_timeout: stats.hard_timeout,
            flags: stats.flags,
            stats: Some(done),
        };
        view.flow = view.to_flow().to_string();
        view
    }
}

/// The action as it was asked for; what VSE wrote into it is in the entry's own fields.
fn without_hash(action: Action) -> Action {
    match action {
        Action::Vse(VseAction::SetIrqCore { core, .. }) => {
            Action::Vse(VseAction::SetIrqCore { core, rxhash: Hex(0) })
        }
        other => other,
    }
}

impl FlowView {
    /// The addition that makes the entry.
    pub(crate) fn to_flow(&self) -> Flow {
        Flow {
            flow_mod: FlowMod {
                r#match: self.r#match,
                cookie: self.cookie,
                command: FlowModCommand::Add,
                idle_timeout: self.idle_timeout,
                hard_timeout: self.hard_timeout,
                priority: self.priority,
                buffer_id: BufferId::NONE,
                out_port: PortNo::NONE,
                // How it was to be added says nothing of what it is.
                flags: self.flags.difference(FlowModFlags::CHECK_OVERLAP),
                actions: self.actions.clone(),
            },
            tlvs: self.vse_match.tlvs.clone(),
        }
    }

    /// The words of what it matches; empty for any frame.
    pub(crate) fn matched(&self) -> String {
        self.vse_match.with_match(&self.r#match)
    }

    /// The words of what it does.
    pub(crate) fn actions(&self) -> String {
        match self.actions.as_slice() {
            [] => "drop".to_owned(),
            actions => actions.iter().map(Action::to_string).collect::<Vec<_>>().join(","),
        }
    }
}
