//! The command line as its users meet it: the built program, its output, diagnostics and exit
//! code, to the letter.

#![allow(clippy::expect_used, reason = "a test that cannot run has to fail")]

mod craft;
mod decode;
mod doctor;
mod encode;
mod flow;
mod golden;
mod man;
mod namespaces;
mod nicira;
mod print;
mod run;
mod send;
