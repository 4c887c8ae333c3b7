//! Why a change was refused.

use codec::of10::{BadActionCode, BadRequestCode, ErrorCode, FlowModFailedCode};
use codec::vse::{Core, MatchField};

/// A change that was refused, and changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The command of a FLOW_MOD is unknown.
    #[error("the command {0} is unknown: want 0 to 4")]
    Command(u16),
    /// The message is no change of the flow table.
    #[error("the message is no FLOW_MOD")]
    NoFlowMod,
    /// The frame in the switch's buffer does not exist.
    #[error("there is no buffer {0:#x}: VSE buffers nothing, set buffer_id to 0xffffffff")]
    Buffer(u32),
    /// The entry is for the time without a controller.
    #[error("VSE has no table of emergency entries: clear the flag emerg")]
    Emergency,
    /// There is more than one action.
    #[error("{0} actions: an entry of VSE has one set_irq_core, or none")]
    TooManyActions(usize),
    /// The action is not one that VSE does.
    #[error("the action {0} is not one of VSE's: an entry has one set_irq_core, or none")]
    Action(String),
    /// The vendor of the action is unknown.
    #[error("the vendor {0:#x} of an action is unknown")]
    ActionVendor(u32),
    /// The action of VSE is unknown.
    #[error("the action {0} of VSE is unknown")]
    ActionSubtype(u16),
    /// The core does not exist.
    #[error("core {0} does not exist on this host")]
    NoCore(Core),
    /// A match TLV is unknown.
    #[error("the match TLV {0} is unknown")]
    Tlv(String),
    /// A field stands there twice.
    #[error("{0} stands there twice")]
    Twice(MatchField),
    /// The value of a field is one that no frame can have.
    #[error("{field}={value:#x}: {expected}")]
    Value {
        /// The field.
        field: MatchField,
        /// Its value, or its mask where that is wrong.
        value: u64,
        /// What it must be.
        expected: &'static str,
    },
    /// An entry of the same priority matches frames that this one matches.
    #[error("an entry of priority {priority} overlaps: {with}")]
    Overlap {
        /// Its priority.
        priority: u16,
        /// What it matches.
        with: String,
    },
    /// The table is full.
    #[error("the flow table is full: it holds {0} entries")]
    TableFull(usize),
    /// The VM id is out of its range.
    #[error("VM id {0} is out of its range: want 1 to 4094")]
    VmId(u16),
    /// The VM is not bound to the core.
    #[error("VM {vm_id} does not run on core {core}")]
    NotBound {
        /// The VM.
        vm_id: u16,
        /// The core.
        core: Core,
    },
    /// There are as many VMs as can be.
    #[error("the core table is full: it holds {0} VMs")]
    TooManyVms(usize),
    /// The command of a CORE_MOD is unknown.
    #[error("the command {0} of CORE_MOD is unknown: want 1 to 4")]
    CoreCommand(u16),
    /// The event of a VM_INFO is unknown.
    #[error("the VM event {0} is unknown: want 1 to 3")]
    VmEvent(u8),
    /// The configuration makes no sense.
    #[error("{0}")]
    Config(String),
}

impl Refusal {
    /// The type and code of the OpenFlow ERROR: vse-protocol(7), Errors.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Command(_) => ErrorCode::FlowModFailed(FlowModFailedCode::BadCommand),
            Self::NoFlowMod => ErrorCode::BadRequest(BadRequestCode::BadType),
            Self::Buffer(_) => ErrorCode::BadRequest(BadRequestCode::BufferUnknown),
            Self::Emergency | Self::TableFull(_) => {
                ErrorCode::FlowModFailed(FlowModFailedCode::AllTablesFull)
            }
            Self::TooManyActions(_) => ErrorCode::BadAction(BadActionCode::TooMany),
            Self::Action(_) => ErrorCode::BadAction(BadActionCode::BadType),
            Self::ActionVendor(_) => ErrorCode::BadAction(BadActionCode::BadVendor),
            Self::ActionSubtype(_) => ErrorCode::BadAction(BadActionCode::BadVendorType),
            Self::NoCore(_) => ErrorCode::BadAction(BadActionCode::BadArgument),
            Self::Tlv(_) | Self::Twice(_) | Self::Value { .. } => {
                ErrorCode::FlowModFailed(FlowModFailedCode::Unsupported)
            }
            Self::Overlap { .. } => ErrorCode::FlowModFailed(FlowModFailedCode::Overlap),
            Self::VmId(_)
            | Self::NotBound { .. }
            | Self::TooManyVms(_)
            | Self::CoreCommand(_)
            | Self::VmEvent(_)
            | Self::Config(_) => ErrorCode::BadRequest(BadRequestCode::Eperm),
        }
    }
}
