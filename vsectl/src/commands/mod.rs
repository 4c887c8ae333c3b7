//! One file a command: its arguments, and what it does with them.

pub(crate) mod agent;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod controller;
pub(crate) mod core;
pub(crate) mod craft;
pub(crate) mod datapath;
pub(crate) mod decode;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod encode;
pub(crate) mod experiment;
pub(crate) mod flow;
mod list_output;
pub(crate) mod man;
pub(crate) mod monitor;
pub(crate) mod print;
pub(crate) mod proxy;
pub(crate) mod send;
pub(crate) mod snoop;
pub(crate) mod state_at;
pub(crate) mod top;
pub(crate) mod trace;
pub(crate) mod vm;
mod watching;
