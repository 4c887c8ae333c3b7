//! The other end of an agent's socket: finds an agent and speaks with it.

mod target;

pub(crate) use target::host_and_port;
pub use target::{Target, TargetError};
