//! The command line as its users meet it: the built program, its output, diagnostics and exit
//! code, to the letter.

#![allow(clippy::expect_used, reason = "a test that cannot run has to fail")]

mod agent_commands;
mod agent_server;
mod craft;
mod craft_coverage;
mod craft_dissected;
mod craft_openflow;
mod decode;
mod diff;
mod doctor;
mod encode;
mod flow;
mod follow;
mod golden;
mod live;
mod man;
mod namespaces;
mod nicira;
mod print;
mod readme;
mod run;
mod running;
mod send;
mod set_by;
mod state_at;
mod threads;
mod top;
mod tshark;
