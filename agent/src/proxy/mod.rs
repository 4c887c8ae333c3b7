//! VSE in the OpenFlow session between a stock switch and its controller: the functions that the
//! paper puts into the virtual switch. Sections III.B and III.C of the paper; vse-protocol(7).
//!
//! A [`Session`] is pure: whole messages in, bytes to send out.

mod fcf_actions;
mod frames;
mod peek;
mod pending;
mod session;
mod vms;

pub use fcf_actions::{FcfActions, Unstockable};
pub use frames::{FrameCounters, Frames};
pub use session::{Counters, Outbox, Session};
pub use vms::{PortOf, Vm, Vms};
