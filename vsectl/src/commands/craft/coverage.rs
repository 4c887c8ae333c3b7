//! `vsectl craft coverage`: packets that hit every entry of a flow table.

use std::io::Write;

use agent::client::Target;
use anyhow::bail;
use codec::fcf::FcfLayout;
use codec::of10::PortNo;

use super::output::OutputArgs;
use crate::agent_option::connect;
use crate::coverage::Coverage;
use crate::exit::{Outcome, diagnostic};
use crate::flow_source;
use crate::send::ListFrames;

/// Craft the smallest set of packets that hits every entry of a flow table once, and for each entry
/// near misses, which differ in one field of its match.
///
/// The comment of each packet in the capture says which entry takes it and which core is to run
/// its receive path, as in `expect core=2 rule=priority=5,ip,nw_dst=10.0.0.1`; `core=auto` is one
/// that VSE chooses, `core=here` the one that received it. Entries that no packet can hit are
/// named on standard error with those that are in front of them; then the exit status is 3.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The table: flow texts, JSON that `flow list` has printed, an agent, or `-` for standard
    /// input.
    #[arg(long, value_name = "FILE|TARGET")]
    flows: String,

    /// Where the Flow Control Field stands; the agent's own layout, if the table is an agent's.
    #[arg(long, value_name = "LAYOUT")]
    fcf: Option<FcfLayout>,

    /// The OpenFlow port that the packets will come in on.
    #[arg(long, value_name = "PORT")]
    in_port: Option<u16>,

    /// Leave out the near misses.
    #[arg(long)]
    no_near_misses: bool,

    /// Read flow texts as ovs-ofctl does.
    #[arg(long)]
    lenient: bool,

    #[command(flatten)]
    output: OutputArgs,
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let table = flow_source::table(&self.flows, self.lenient)?;
        let layout = match self.fcf {
            Some(layout) => layout,
            None if flow_source::is_target(&self.flows) => {
                let target: Target = self.flows.parse()?;
                connect(&target)?.config()?.fcf_layout
            }
            None => FcfLayout::DSCP,
        };
        let in_port = self.in_port.map_or(PortNo::NONE, PortNo);
        let coverage = Coverage::of(&table, layout, in_port, !self.no_near_misses)?;
        for unhit in &coverage.unhit {
            diagnostic!("not hit: {}: {}", unhit.rule, unhit.why);
        }
        if coverage.packets.is_empty() {
            bail!("the table has no entry that a packet can hit");
        }
        let frames = coverage
            .packets
            .iter()
            .map(|packet| (packet.frame.clone(), Some(coverage.comment(packet))));
        let outcome = self.output.write(&mut ListFrames::new(frames.collect()), out)?;
        Ok(match outcome {
            Outcome::Done if !coverage.unhit.is_empty() => Outcome::Partial,
            other => other,
        })
    }
}
