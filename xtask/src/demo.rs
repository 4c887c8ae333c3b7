//! `cargo xtask demo`: the main job, on a session recorded from a real Open vSwitch.

use crate::packages::{CC, LIBPCAP, need};
use crate::run::{cargo, command, step};

/// A session in which a PACKET_OUT carries a FLOW_MOD.
const CAPTURE: &str = "pcaps/packet-out-bare.pcap";

pub(crate) fn run() -> anyhow::Result<()> {
    need(&[CC, LIBPCAP])?;
    step("build", &mut cargo(&["build", "--package", "vsectl", "--locked"]))?;
    let program = "target/debug/vsectl";
    step("the session", &mut command(program, &["decode", CAPTURE]))?;
    step(
        "the PACKET_OUT, with the FLOW_MOD inside",
        &mut command(program, &["decode", CAPTURE, "-o", "tree"]),
    )
}
