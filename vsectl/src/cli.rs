//! The command line's top: global options and the list of commands.

use std::io::Write;

use clap::{Parser, Subcommand};

use crate::commands::{agent, decode, doctor, encode, flow, man, print};
use crate::exit::Outcome;

/// Inspects, crafts and manages VSE: OpenFlow messages, captures, flow and core tables.
#[derive(Debug, Parser)]
#[command(
    name = "vsectl",
    version,
    max_term_width = 100,
    after_help = "Exit status: 0 all well, 1 failed, 2 usage, 3 done but something could not be \
                  decoded."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Decode(Box<decode::Args>),
    Print(print::Args),
    Encode(encode::Args),
    Flow(flow::Args),
    Doctor(doctor::Args),
    Agent(agent::Args),
    #[command(hide = true)]
    Man(man::Args),
}

impl Cli {
    /// Runs the command; its data goes to `out`, its diagnostics to standard error.
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Decode(args) => args.run(out),
            Command::Print(args) => args.run(out),
            Command::Encode(args) => args.run(out),
            Command::Flow(args) => args.run(out),
            Command::Doctor(args) => args.run(out),
            Command::Agent(args) => args.run(out),
            Command::Man(args) => args.run(),
        }
    }
}
