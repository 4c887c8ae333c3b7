//! One file a command: its arguments, and what it does with them.

pub(crate) mod agent;
pub(crate) mod decode;
pub(crate) mod doctor;
pub(crate) mod encode;
pub(crate) mod flow;
pub(crate) mod man;
pub(crate) mod print;
