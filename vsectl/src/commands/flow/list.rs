//! `vsectl flow list` and `watch`.

use std::cmp::Ordering;
use std::io::Write;

use agent::client::{Client, flow_filter};
use codec::of10::FlowMod;
use codec::text::{Flow, Options, Requirement};

use crate::agent_option::AgentOption;
use crate::commands::list_output::{self, ListFormat};
use crate::commands::watching;
use crate::completion;
use crate::exit::Outcome;
use crate::render::{agent_tables, ofctl};
use crate::view::FlowView;

/// List the entries of the flow table.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    what: What,
}

/// Show entries of the flow table again and again.
#[derive(Debug, clap::Args)]
pub(super) struct WatchArgs {
    #[command(flatten)]
    what: What,

    #[command(flatten)]
    watch: watching::Watching,
}

/// Which entries, and how.
#[derive(Debug, clap::Args)]
struct What {
    /// Only entries that are at least as specific, as in `ip,vm_id=5`; a priority or a cookie must
    /// be equal.
    #[arg(value_name = "MATCH", add = completion::fields())]
    matched: Vec<String>,

    /// The lowest first, by this; by priority where nothing is said.
    #[arg(long, value_enum, value_name = "KEY", num_args = 0..=1, require_equals = true,
        default_missing_value = "priority", conflicts_with = "rsort")]
    sort: Option<Key>,

    /// The highest first.
    #[arg(long, value_enum, value_name = "KEY", num_args = 0..=1, require_equals = true,
        default_missing_value = "priority")]
    rsort: Option<Key>,

    /// Leave out what entries have done.
    #[arg(long)]
    no_stats: bool,

    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
enum Key {
    Priority,
    Match,
    Core,
    Packets,
    Bytes,
    Duration,
    Cookie,
    IdleTimeout,
    HardTimeout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// A table for people.
    #[default]
    Table,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// Lines that paste back into `flow add` and ovs-ofctl.
    Ofctl,
}

impl Args {
    pub(super) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let filter = self.what.filter()?;
        self.what.list(&mut agent.connect()?, &filter, out)?;
        Ok(Outcome::Done)
    }
}

impl WatchArgs {
    pub(super) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let filter = self.what.filter()?;
        let mut client = agent.connect()?;
        self.watch.run(out, &mut client, |client, text| self.what.list(client, &filter, text))?;
        Ok(Outcome::Done)
    }
}

impl What {
    fn filter(&self) -> anyhow::Result<Flow> {
        let options = Options { actions: Requirement::Optional, ..Options::default() };
        Ok(Flow::parse(&self.matched.join(" "), options)?.0)
    }

    fn list(&self, client: &mut Client, filter: &Flow, out: &mut impl Write) -> anyhow::Result<()> {
        let FlowMod { priority, cookie, .. } = filter.flow_mod;
        let request = flow_filter(filter.flow_mod.r#match, filter.tlvs.clone());
        let flows = client.flows(&request)?.into_iter().map(FlowView::from);
        let mut flows: Vec<FlowView> = flows
            .filter(|flow| priority == FlowMod::DEFAULT_PRIORITY || flow.priority == priority)
            .filter(|flow| cookie.0 == 0 || flow.cookie == cookie)
            .collect();
        if let Some(key) = self.sort {
            flows.sort_by(|a, b| key.compare(a, b));
        }
        if let Some(key) = self.rsort {
            flows.sort_by(|a, b| key.compare(b, a));
        }
        if self.no_stats {
            for flow in &mut flows {
                flow.stats = None;
            }
        }
        let table = |flows: &[FlowView], out: &mut _| agent_tables::flows(flows, out);
        match self.output {
            Format::Table => list_output::write(ListFormat::Table, flows, table, out)?,
            Format::Json => list_output::write(ListFormat::Json, flows, table, out)?,
            Format::Ndjson => list_output::write(ListFormat::Ndjson, flows, table, out)?,
            Format::Ofctl => flows.iter().try_for_each(|flow| ofctl::line(flow, out))?,
        }
        Ok(())
    }
}

impl Key {
    fn compare(self, a: &FlowView, b: &FlowView) -> Ordering {
        let core = |flow: &FlowView| flow.stats.as_ref().map(|done| done.core);
        let packets = |flow: &FlowView| flow.stats.as_ref().map(|done| done.packets);
        let bytes = |flow: &FlowView| flow.stats.as_ref().map(|done| done.bytes);
        let duration = |flow: &FlowView| flow.stats.as_ref().map_or(0.0, |done| done.duration);
        match self {
            Self::Priority => a.priority.cmp(&b.priority),
            Self::Match => a.matched().cmp(&b.matched()),
            Self::Core => core(a).cmp(&core(b)),
            Self::Packets => packets(a).cmp(&packets(b)),
            Self::Bytes => bytes(a).cmp(&bytes(b)),
            Self::Duration => duration(a).total_cmp(&duration(b)),
            Self::Cookie => a.cookie.0.cmp(&b.cookie.0),
            Self::IdleTimeout => a.idle_timeout.cmp(&b.idle_timeout),
            Self::HardTimeout => a.hard_timeout.cmp(&b.hard_timeout),
        }
    }
}
