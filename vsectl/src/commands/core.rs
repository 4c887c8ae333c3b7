//! `vsectl core`: the cores of an agent.

use std::io::Write;

use agent::client::Client;
use codec::vse::Core;

use super::list_output::{self, ListFormat};
use super::watching::Watching;
use crate::agent_option::AgentOption;
use crate::completion;
use crate::exit::Outcome;
use crate::render::agent_tables;
use crate::view::CoreView;

/// Look at the cores, and choose which may be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(ListArgs),
    Set(SetArgs),
    Watch(CoreWatchArgs),
}

/// List the cores: load, VMs, entries, packets, NUMA node.
#[derive(Debug, clap::Args)]
struct ListArgs {
    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: ListFormat,
}

/// Change what a core may be used for.
#[derive(Debug, clap::Args)]
struct SetArgs {
    /// The core.
    #[arg(value_name = "CORE", add = completion::cores())]
    core: u16,

    /// Whether VSE may choose the core. Entries that VSE put on a core that it may no longer
    /// choose give it back; those that name it keep it.
    #[arg(long, value_enum, required = true)]
    eligible: YesNo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum YesNo {
    Yes,
    No,
}

/// Show the cores again and again.
#[derive(Debug, clap::Args)]
struct CoreWatchArgs {
    #[command(flatten)]
    watch: Watching,

    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: ListFormat,
}

impl Args {
    pub(crate) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let mut client = agent.connect()?;
        match self.command {
            Command::List(args) => list(&mut client, args.output, out)?,
            Command::Set(args) => {
                client.set_eligible(Core(args.core), args.eligible == YesNo::Yes)?;
            }
            Command::Watch(args) => {
                args.watch.run(out, &mut client, |client, text| list(client, args.output, text))?;
            }
        }
        Ok(Outcome::Done)
    }
}

fn list(client: &mut Client, format: ListFormat, out: &mut impl Write) -> anyhow::Result<()> {
    let cores = client.cores()?.into_iter().map(CoreView::from).collect();
    Ok(list_output::write(format, cores, |cores, out| agent_tables::cores(cores, out), out)?)
}
