//! `vsectl craft`: test traffic, OpenFlow sessions.

mod coverage;
mod openflow;
mod output;
mod traffic;

use std::io::Write;

use crate::exit::Outcome;

pub(crate) use traffic::{join, read_spec};

/// Craft packets: test traffic from layers, OpenFlow sessions from flow commands.
///
/// They go to a capture, unless an interface is named.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Traffic(Box<traffic::Args>),
    Openflow(Box<openflow::Args>),
    Coverage(Box<coverage::Args>),
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Traffic(args) => args.run(out),
            Command::Openflow(args) => args.run(out),
            Command::Coverage(args) => args.run(out),
        }
    }
}
