//! `cargo xtask demo`: the main job, on a session recorded from a real Open vSwitch.

use anyhow::ensure;

use crate::packages::{CC, ETHTOOL, IPROUTE2, LIBPCAP, OPEN_VSWITCH, need};
use crate::python;
use crate::run::{cargo, command, is_root, step};

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

/// The whole loop with stock software: what the controller hears, and the rule at the receiver.
pub(crate) fn full() -> anyhow::Result<()> {
    ensure!(is_root(), "the whole loop needs root: network namespaces, switches, an XDP datapath");
    need(&[CC, LIBPCAP, OPEN_VSWITCH, IPROUTE2, ETHTOOL])?;
    python::environment()?;
    let test = ["test", "--package", "vsectl", "--test", "agent", "--locked", "--"];
    let the_loop = ["--ignored", "--nocapture", "full_loop"];
    step("the whole loop", &mut cargo(&[test.as_slice(), &the_loop].concat()))
}
