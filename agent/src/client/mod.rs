//! The other end of an agent's socket: finds an agent and speaks with it.

mod target;

pub use target::{Target, TargetError};
