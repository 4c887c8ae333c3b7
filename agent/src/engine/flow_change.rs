//! A change of the flow table, checked as far as it can be without the table.

use codec::of10::{Action, Body, BufferId, FlowMod, FlowModCommand, FlowModFlags, PortNo, Vendor};
use codec::vse::{Core, Tlvs, VseAction, VseFlowMod, VseMessage};

use super::flow_entry::CoreAction;
use super::flow_match::FlowMatch;
use super::refusal::Refusal;

/// A change of the flow table: `struct ofp_flow_mod` (OpenFlow 1.0.0 section 5.3.3), or the
/// extended form of vse-protocol(7).
#[derive(Debug, Clone)]
pub struct FlowChange {
    /// What to do; one of the five that are known.
    pub command: FlowModCommand,
    /// The frames that the entry is for, or which entries to change.
    pub matched: FlowMatch,
    /// The higher wins.
    pub priority: u16,
    /// The controller's own mark.
    pub cookie: u64,
    /// Seconds without a frame after which the entry goes; 0 for never.
    pub idle_timeout: u16,
    /// Seconds after which the entry goes; 0 for never.
    pub hard_timeout: u16,
    /// How to add.
    pub flags: FlowModFlags,
    /// For deletions: entries that send out of this port alone, which none of VSE's does;
    /// [`PortNo::NONE`] for all.
    pub out_port: PortNo,
    /// What becomes of the frames; without meaning in deletions.
    pub action: CoreAction,
}

impl FlowChange {
    /// The change that `flow` with these TLVs asks for.
    pub fn new(flow: &FlowMod, tlvs: &Tlvs) -> Result<Self, Refusal> {
        let command = flow.command;
        let deletes = match command {
            FlowModCommand::Add | FlowModCommand::Modify | FlowModCommand::ModifyStrict => false,
            FlowModCommand::Delete | FlowModCommand::DeleteStrict => true,
            command => return Err(Refusal::Command(command.into())),
        };
        if !deletes {
            if flow.flags.contains(FlowModFlags::EMERG) {
                return Err(Refusal::Emergency);
            }
            if flow.buffer_id != BufferId::NONE {
                return Err(Refusal::Buffer(flow.buffer_id.0));
            }
        }
        Ok(Self {
            command,
            matched: FlowMatch::new(&flow.r#match, tlvs)?,
            priority: flow.priority,
            cookie: flow.cookie.0,
            idle_timeout: flow.idle_timeout,
            hard_timeout: flow.hard_timeout,
            flags: flow.flags,
            out_port: flow.out_port,
            action: if deletes { CoreAction::Stay } else { core_action(&flow.actions)? },
        })
    }
}

impl TryFrom<&FlowMod> for FlowChange {
    type Error = Refusal;

    fn try_from(flow: &FlowMod) -> Result<Self, Refusal> {
        Self::new(flow, &Tlvs::default())
    }
}

impl TryFrom<&VseFlowMod> for FlowChange {
    type Error = Refusal;

    fn try_from(flow: &VseFlowMod) -> Result<Self, Refusal> {
        Self::new(&flow.flow, &flow.tlvs)
    }
}

impl TryFrom<&Body> for FlowChange {
    type Error = Refusal;

    /// The change in a message; an error for a message of another type.
    fn try_from(body: &Body) -> Result<Self, Refusal> {
        match body {
            Body::FlowMod(flow) => flow.try_into(),
            Body::Vendor(Vendor::Vse(VseMessage::FlowMod(flow))) => flow.try_into(),
            _ => Err(Refusal::NoFlowMod),
        }
    }
}

/// What the actions of an entry ask of VSE: nothing, or one SET_IRQ_CORE.
pub(crate) fn core_action(actions: &[Action]) -> Result<CoreAction, Refusal> {
    let action = match actions {
        [] => return Ok(CoreAction::Stay),
        [action] => action,
        actions => return Err(Refusal::TooManyActions(actions.len())),
    };
    match action {
        Action::Vse(VseAction::SetIrqCore { core: Core::NONE, .. }) => Ok(CoreAction::Auto),
        Action::Vse(VseAction::SetIrqCore { core, .. }) => Ok(CoreAction::Core(*core)),
        Action::Vse(VseAction::Unknown { code, .. }) => Err(Refusal::ActionSubtype(*code)),
        Action::Vendor { vendor, .. } => Err(Refusal::ActionVendor(vendor.0)),
        action => Err(Refusal::Action(action.to_string())),
    }
}
