//! `vsectl flow check`.

use std::io::Write;

use agent::client::{Client, flow_filter};
use anyhow::{Context, bail};
use codec::of10::Match;
use codec::vse::Core;
use serde::Serialize;

use crate::agent_option::AgentOption;
use crate::completion;
use crate::ethernet_frames::EthernetFrames;
use crate::exit::{Outcome, UsageError};
use crate::flow_check::{Finding, Host, findings};
use crate::flow_set::FlowSet;
use crate::load_forecast::Forecast;
use crate::saved::Saved;
use crate::view::{FlowView, ForecastView};
use crate::{flow_source, render, saved_engine};

/// Look for what is odd about a flow table: entries that no frame can reach, entries of the same
/// priority that overlap, cores that do not exist, VMs that nobody has told of.
///
/// With `--sample`, tell also what traffic like that of a capture would do: the frames pass through
/// a copy of the tables, and what goes to each core and meets each entry is counted.
///
/// Exit status: 0 nothing odd, 1 something.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The table, if it is not the agent's own: flow texts, JSON that `flow list` has printed,
    /// another agent, or `-` for standard input. Cores and VMs are those of the agent.
    #[arg(value_name = "FILE")]
    file: Option<String>,

    /// Forecast the load of the cores from the Ethernet frames of a capture; `-` for standard
    /// input.
    #[arg(long, value_name = "FILE")]
    sample: Option<String>,

    /// The frames of the sample alone that a display filter lets through, as `decode -Y` takes it.
    #[arg(short = 'Y', long, value_name = "FILTER", requires = "sample")]
    display_filter: Option<String>,

    /// The core that receives the frames of the sample; the first where nothing is said.
    #[arg(long, value_name = "CORE", requires = "sample", add = completion::cores())]
    core: Option<u16>,

    /// Ask no agent but tables that were saved: what `core list`, and where it matters `flow list`,
    /// `vm list` and `config get`, have printed as JSON, one behind the other in a file.
    #[arg(long, value_name = "FILE")]
    tables: Option<String>,

    /// Read flow texts as ovs-ofctl does.
    #[arg(long)]
    lenient: bool,

    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// A line for each finding, and tables of the forecast.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<ForecastView>,
}

impl Args {
    pub(super) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let (host, saved) = match &self.tables {
            Some(path) => {
                let saved = Saved::parse(&flow_source::read(path)?)
                    .with_context(|| format!("cannot read {path}"))?;
                let cores = saved.cores.clone();
                let cores = cores.with_context(|| format!("{path}: no cores in it"))?;
                (Host { cores, vms: saved.vms.clone().unwrap_or_default() }, saved)
            }
            None => of_agent(&mut agent.connect()?)?,
        };
        let table = match (&self.file, &saved.flows) {
            (Some(source), _) => flow_source::table(source, self.lenient)?,
            (None, Some(flows)) => FlowSet::new(flows.iter().map(FlowView::to_flow)),
            (None, None) => bail!(UsageError("there are no flows: give a FILE".to_owned())),
        };
        let found = findings(&table, &host);
        let forecast = self.forecast(&table, &saved, &host)?;
        let outcome = if found.is_empty() { Outcome::Done } else { Outcome::Failed };
        match self.output {
            Format::Text => {
                found.iter().try_for_each(|finding| render::text::line(finding, out))?;
                if let Some(forecast) = &forecast {
                    render::forecast::tables(forecast, out)?;
                }
            }
            Format::Json => {
                let view = CheckView { schema: "vsectl.flow-check/1", findings: found, forecast };
                render::json::document(&[view], out)?;
            }
        }
        Ok(outcome)
    }

    fn forecast(
        &self,
        table: &FlowSet,
        saved: &Saved,
        host: &Host,
    ) -> anyhow::Result<Option<ForecastView>> {
        let Some(path) = &self.sample else { return Ok(None) };
        let engine = saved_engine::with_table(saved, table)?;
        let first = engine.cores().iter().next().map_or(Core(0), |core| core.info.core);
        let core = self.core.map_or(first, Core);
        if engine.cores().get(core).is_none() {
            bail!(UsageError(format!("there is no core {core}")));
        }
        let mut frames = EthernetFrames::open(path, self.display_filter.as_deref())?;
        let mut forecast = Forecast::new(engine, core);
        while let Some(frame) = frames.next()? {
            forecast.frame(&frame);
        }
        Ok(Some(forecast.view(&host.cores)))
    }
}

/// The tables of an agent.
fn of_agent(client: &mut Client) -> anyhow::Result<(Host, Saved)> {
    let host = Host::of_agent(client)?;
    let flows = client.flows(&flow_filter(Match::ANY, Vec::new()))?;
    let saved = Saved {
        flows: Some(flows.into_iter().map(FlowView::from).collect()),
        cores: Some(host.cores.clone()),
        vms: Some(host.vms.clone()),
        config: Some(client.config()?),
    };
    Ok((host, saved))
}
