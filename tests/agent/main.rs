//! The running agent: the built program, real sockets, and the real programs of others.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "these are tests")]

mod changes;
mod client;
mod commands;
mod conformance;
mod coverage;
mod decisions;
mod dummy_switch;
mod durability;
mod expected;
mod faults;
mod framed;
mod full_loop;
mod host;
mod hostile;
mod hypervisor;
mod injected;
mod interfaces;
mod moves;
#[path = "../cli/namespaces.rs"]
mod namespaces;
mod ofctl;
mod proxied;
mod recorded;
mod snoop;
mod state_at;
mod steered;
mod steering;
mod systemd;
mod world;
mod ynl;
