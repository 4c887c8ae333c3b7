//! The flow text syntax: that of ovs-ofctl(8), with words for what VSE adds. vse-flows(7).
//!
//! ```
//! use codec::of10::Body;
//! use codec::text::Flow;
//!
//! let flow: Flow = "priority=5,ip,nw_dst=10.0.0.1,actions=set_irq_core:2".parse()?;
//! assert!(matches!(flow.to_body(), Body::FlowMod(_)));
//! assert_eq!(flow.to_string(), "priority=5,ip,nw_dst=10.0.0.1 actions=set_irq_core:2");
//!
//! // What OpenFlow 1.0 cannot say makes an extended FLOW_MOD.
//! let flow: Flow = "vm_id=5,actions=set_irq_core:auto".parse()?;
//! assert!(matches!(flow.to_body(), Body::Vendor(_)));
//!
//! let error = "nw_dst=10.0.0.1,actions=drop".parse::<Flow>().unwrap_err();
//! assert!(error.to_string().contains("write ip,nw_dst=10.0.0.1"));
//! # Ok::<(), codec::text::FlowTextError>(())
//! ```

mod action;
mod controller;
mod ct;
mod diagnostic;
mod field;
mod flow;
mod flow_message;
mod hidden;
mod learn;
mod nicira;
mod nxm_flow;
mod nxm_match;
mod nxm_value;
mod print;
mod reader;
mod subfield;
mod vse_field;
mod word;

pub use action::ACTION_WORDS;
pub use diagnostic::{Diagnostic, FlowTextError, LineError, Warning};
pub use field::FIELD_WORDS;
pub use flow::{Flow, Options, Requirement};
pub use flow_message::FlowMessage;
pub use nicira::NICIRA_WORDS;
pub use nxm_flow::NxmFlow;
pub use word::nearest;

#[cfg(test)]
mod action_tests;
#[cfg(test)]
mod nxm_tests;
#[cfg(test)]
mod tests;
