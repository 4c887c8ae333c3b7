//! `vsectl flow`: the flow table of an agent, and the text of flows.

mod change;
mod check;
mod diff;
mod list;
mod parse;
mod replace;

use std::io::Write;

use crate::agent_option::AgentOption;
use crate::exit::Outcome;

/// Look at the flow table and change it; check the text of flows.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(list::Args),
    Add(change::AddArgs),
    Mod(change::ModArgs),
    Del(change::DelArgs),
    Replace(replace::Args),
    Diff(diff::Args),
    Check(check::Args),
    Watch(list::WatchArgs),
    Parse(parse::ParseArgs),
}

impl Args {
    pub(crate) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        match self.command {
            Command::List(args) => args.run(agent, out),
            Command::Add(args) => args.run(agent, out),
            Command::Mod(args) => args.run(agent, out),
            Command::Del(args) => args.run(agent, out),
            Command::Replace(args) => args.run(agent, out),
            Command::Diff(args) => args.run(out),
            Command::Check(args) => args.run(agent, out),
            Command::Watch(args) => args.run(agent, out),
            Command::Parse(args) => args.run(out),
        }
    }
}
