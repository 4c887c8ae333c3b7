//! `vsectl top`: a live view of an agent.

use std::io::Write;
use std::time::Duration;

use agent::client::flow_filter;
use codec::text::{Flow, Options as TextOptions, Requirement};

use crate::agent_option::AgentOption;
use crate::completion;
use crate::exit::Outcome;
use crate::top::{FlowSort, Options, Source, run};

/// Watch an agent in full screen: cores with the history of their load, entries by what they do,
/// and the decisions as they are made.
///
/// Keys: q quits, p pauses, s sorts by the next key, / filters, Tab goes to the next part, ? shows
/// all keys. When the agent goes, the view stays, and connects again.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only entries that are at least as specific, as in `ip,vm_id=5`.
    #[arg(value_name = "MATCH", add = completion::fields())]
    matched: Vec<String>,

    /// Time between two looks: `500ms`, `2s`.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = crate::duration::parse)]
    interval: Duration,

    /// What entries are sorted by at first.
    #[arg(long, value_enum, value_name = "KEY", default_value_t)]
    sort: FlowSort,
}

impl Args {
    pub(crate) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let options = TextOptions { actions: Requirement::Optional, ..TextOptions::default() };
        let (filter, _) = Flow::parse(&self.matched.join(" "), options)?;
        let source = Source::connect(agent, flow_filter(filter.flow_mod.r#match, filter.tlvs))?;
        out.flush()?;
        run(
            source,
            Options {
                target: agent.target().to_string(),
                interval: self.interval,
                sort: self.sort,
                color: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
            },
        )?;
        Ok(Outcome::Done)
    }
}
