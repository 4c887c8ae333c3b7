//! `vsectl craft openflow`: an OpenFlow session from a script.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;

use anyhow::Context;

use super::output::OutputArgs;
use crate::craft::{self, Carry, Manner, Shape};
use crate::exit::Outcome;
use crate::openflow_session::{CONTROLLER, Link, SWITCH};
use crate::send::ListFrames;
use crate::vse_frames::AgentPlace;

/// Craft an OpenFlow session over TCP from a script, with its handshake.
///
/// A line of the script is a flow command of ovs-ofctl, as in `add-flow ip,actions=set_irq_core:2` or, for
/// an NXT_FLOW_MOD, `add-flow reg0=1,actions=resubmit(,2)`;
/// `barrier` or `echo`, each with its answer; or a message in JSON as print writes it. `switch` or
/// `controller` in front of it says who sends it; `bare` and `framed` say that a PACKET_OUT
/// carries it, or a PACKET_IN where the switch sends it: as its data, or in a frame of EtherType
/// 0x88B5. Lines that begin with # say nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The script; `-`, or nothing, reads it from standard input.
    #[arg(value_name = "SCRIPT", default_value = "-", hide_default_value = true)]
    script: PathBuf,

    /// How changes of flows travel where the script does not say it.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Carry::Plain)]
    carry: Carry,

    /// Send a BARRIER_REQUEST with each change of flows, and have it answered.
    #[arg(long)]
    acknowledge: bool,

    /// The transaction id of the first message that has none; the next ones count up.
    #[arg(long, value_name = "N", default_value_t = 1)]
    xid: u32,

    /// Where the controller listens.
    #[arg(long, value_name = "ADDR[:PORT]", default_value_t = CONTROLLER, value_parser = end::<6653>)]
    controller: SocketAddrV4,

    /// Where the switch connects from.
    #[arg(long, value_name = "ADDR[:PORT]", default_value_t = SWITCH, value_parser = end::<49152>)]
    switch: SocketAddrV4,

    #[command(flatten)]
    agent: AgentPlace,

    #[command(flatten)]
    shape: Shape,

    #[command(flatten)]
    output: OutputArgs,
}

/// An address, and a port where it is another.
fn end<const PORT: u16>(text: &str) -> Result<SocketAddrV4, String> {
    let address =
        text.parse().or_else(|_| text.parse::<Ipv4Addr>().map(|ip| SocketAddrV4::new(ip, PORT)));
    address.map_err(|_| "want an IPv4 address, or address:port".to_owned())
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let (text, name) = if self.script.as_os_str() == "-" {
            let mut text = String::new();
            io::stdin().lock().read_to_string(&mut text).context("standard input")?;
            (text, "standard input".to_owned())
        } else {
            let name = self.script.display().to_string();
            (fs::read_to_string(&self.script).with_context(|| format!("cannot read {name}"))?, name)
        };
        let manner = Manner {
            carry: self.carry,
            acknowledge: self.acknowledge,
            xid: self.xid,
            agent: self.agent.agent_mac,
            port: self.agent.port(),
            stream: self.agent.stream,
        };
        let said = craft::read_script(&text, &manner, self.shape.has_handshake()).context(name)?;
        let mut link = Link::new(self.controller, self.switch);
        let segments = craft::segments(&said, &self.shape)?;
        let frames = segments.iter().map(|segment| (link.frame(segment), None));
        self.output.write(&mut ListFrames::new(frames.collect()), out)
    }
}
