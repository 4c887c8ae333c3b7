//! `vsectl flow check`.

use std::io::Write;

use serde::Serialize;

use crate::agent_option::AgentOption;
use crate::exit::Outcome;
use crate::flow_check::{Finding, Host, findings};
use crate::flow_source;
use crate::render;

/// Look for what is odd about a flow table: entries that no frame can reach, entries of the same
/// priority that overlap, cores that do not exist, VMs that nobody has told of.
///
/// Exit status: 0 nothing odd, 1 something.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The table, if it is not the agent's own: flow texts, JSON that `flow list` has printed,
    /// another agent, or `-` for standard input. Cores and VMs are those of the agent.
    #[arg(value_name = "FILE")]
    file: Option<String>,

    /// Read flow texts as ovs-ofctl does.
    #[arg(long)]
    lenient: bool,

    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// A line for each finding.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// `vsectl.flow-check/1`.
#[derive(Debug, Serialize)]
struct CheckView {
    schema: &'static str,
    findings: Vec<Finding>,
}

impl Args {
    pub(super) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let mut client = agent.connect()?;
        let table = match &self.file {
            Some(source) => flow_source::table(source, self.lenient)?,
            None => flow_source::of_agent(&mut client)?,
        };
        let found = findings(&table, &Host { cores: client.cores()?, vms: client.vms()? });
        let outcome = if found.is_empty() { Outcome::Done } else { Outcome::Failed };
        match self.output {
            Format::Text => {
                found.iter().try_for_each(|finding| render::text::line(finding, out))?;
            }
            Format::Json => {
                let view = CheckView { schema: "vsectl.flow-check/1", findings: found };
                render::json::document(&[view], out)?;
            }
        }
        Ok(outcome)
    }
}
