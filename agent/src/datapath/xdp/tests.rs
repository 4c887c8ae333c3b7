//! The program in the kernel, run on frames by BPF_PROG_TEST_RUN: without an interface, but as root.

#![allow(clippy::cast_possible_truncation, reason = "random numbers are cut on purpose")]

mod agreement;
mod coverage;
mod limits;
mod random;
mod rig;
