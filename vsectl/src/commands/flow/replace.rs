//! `vsectl flow replace`.

use std::io::Write;

use super::change::Doing;
use crate::agent_option::AgentOption;
use crate::exit::Outcome;
use crate::flow_source;

/// Make the flow table what a file says, by the least changes, all or nothing.
///
/// Entries that are the same stay as they are; those that only do something else keep their
/// counters. A second time, nothing changes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Flow texts, a line each; JSON that `flow list` has printed; an agent, whose table is
    /// copied; or `-` for standard input.
    #[arg(value_name = "FILE")]
    file: String,

    /// Read flow texts as ovs-ofctl does.
    #[arg(long)]
    lenient: bool,

    #[command(flatten)]
    doing: Doing,
}

impl Args {
    pub(super) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let wanted = flow_source::table(&self.file, self.lenient)?;
        let mut client = agent.connect()?;
        let before = flow_source::of_agent(&mut client)?;
        let changes = before.changes(&wanted);
        self.doing.run(agent, &mut client, &changes, true, out)
    }
}
