//! `vsectl send`: frames of a capture or a specification onto an interface.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::bail;

use crate::agent_option::AgentOption;
use crate::commands::craft::{join, read_spec};
use crate::craft::{self, LAYERS, Spec};
use crate::exit::{Outcome, UsageError, diagnostic};
use crate::render;
use crate::send::{
    ByFlow, Expectation, FileFrames, Frames, PaceArgs, Receiver, RewriteArgs, Rewriter, SendArgs,
    SpecFrames, Watched, flows, judge,
};
use crate::view::{DelayView, ExpectView, ProbeFlowView};

/// Send the frames of a capture, or of a specification, to an interface.
///
/// At the times of the capture, unless a rate is given; packets of a specification are a
/// millisecond apart. Every time counts from the start, so that no error adds up. The report says
/// how many were sent; the exit status is 1 if anything was not.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A capture (`-` for standard input), a specification that ends in .toml or .json, or layers as
    /// craft traffic takes them.
    #[arg(value_name = "FILE|LAYER", required = true)]
    input: Vec<String>,

    /// The interface.
    #[arg(short, long, value_name = "IF")]
    interface: String,

    /// Send the first packets of the capture alone, or so many of the specification in place of one
    /// of each combination.
    #[arg(short, long, value_name = "N")]
    count: Option<u64>,

    #[command(flatten)]
    pace: PaceArgs,

    #[command(flatten)]
    sending: SendArgs,

    #[command(flatten)]
    rewrite: RewriteArgs,

    /// Ask the agent afterwards whether the packets took this entry and core: core=3, rule=COOKIE,
    /// core=3,rule=0x12; or comments, where those of the packets say it, as craft coverage writes
    /// them. Core auto is any, here is none; a rule is a cookie, or priority and match.
    #[arg(long, value_name = "EXPECTATION")]
    expect: Option<Expectation>,

    /// Read the probes that arrive at this interface, and tell loss, order and delay of each flow.
    #[arg(long, value_name = "IF")]
    receive: Option<String>,
}

impl Args {
    pub(crate) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let rewriter = self.rewrite.rewriter()?;
        let mut source = source(&self.input, self.count)?;
        if self.expect.is_some() || self.receive.is_some() {
            return self.judged(agent, rewriter, &mut *source, out);
        }
        self.sending.run(&self.interface, self.pace.pacer(), rewriter, &mut *source, out)
    }
}

impl Args {
    /// Sends, and holds what became of the packets against what was expected.
    fn judged(
        self,
        agent: &AgentOption,
        rewriter: Rewriter,
        source: &mut dyn Frames,
        out: &mut impl Write,
    ) -> anyhow::Result<Outcome> {
        if self.receive.is_some() && self.sending.repeats() {
            bail!(UsageError(
                "--loop would send the same probes again: --count makes more of them".to_owned()
            ));
        }
        let mut asked = match &self.expect {
            Some(expectation) => {
                let mut client = agent.connect()?;
                let before = flows(&mut client)?;
                if let Some(rule) = expectation.missing(&before) {
                    bail!(
                        "no entry is {rule}, so nothing was sent: want a cookie, or priority and \
                         match, as flow list prints them"
                    );
                }
                Some((client, before))
            }
            None => None,
        };
        let receiver = self.receive.as_deref().map(Receiver::start).transpose()?;
        let rewriter = if receiver.is_some() { rewriter.stamping() } else { rewriter };
        let mut watched = Watched::new(source, self.expect.as_ref(), receiver.is_some());
        let report =
            self.sending.transmit(&self.interface, self.pace.pacer(), rewriter, &mut watched)?;
        self.sending.print(&report, out)?;
        if self.expect.is_some() && watched.silent > 0 {
            diagnostic!("{} packets have no comment that says what to expect", watched.silent);
        }
        let probes: u64 = watched.probes.values().sum();
        let arrived = receiver.map(|receiver| receiver.finish(probes)).transpose()?;
        if arrived.is_some() && probes == 0 {
            diagnostic!("no packet has a probe: craft them with payload probe");
        }
        let entries = match &mut asked {
            Some((client, before)) => Some(judge(client, before, &watched.wanted)?),
            None => None,
        };
        let flows = arrived.map(|arrived| probe_flows(&watched.probes, arrived));
        let ok = entries.as_ref().is_none_or(|rows| rows.iter().all(|row| row.ok))
            && flows
                .as_ref()
                .is_none_or(|rows| probes > 0 && rows.iter().all(ProbeFlowView::is_ok))
            && (self.expect.is_none() || watched.silent == 0)
            && report.is_complete();
        let view = ExpectView { schema: ExpectView::SCHEMA, ok, entries, flows };
        if self.sending.is_json() {
            render::json::line(&view, out)?;
        } else {
            render::expect::text(&view, out)?;
        }
        Ok(if ok { Outcome::Done } else { Outcome::Failed })
    }
}

/// What was sent of each flow, and what arrived.
fn probe_flows(sent: &BTreeMap<u32, u64>, mut arrived: ByFlow) -> Vec<ProbeFlowView> {
    sent.iter()
        .map(|(flow, sent)| {
            let mut there = arrived.remove(flow).unwrap_or_default();
            let delays = there.delays([500, 900, 990, 1000]);
            ProbeFlowView {
                flow: *flow,
                sent: *sent,
                received: there.received,
                lost: sent.saturating_sub(there.received),
                late: there.late,
                duplicates: there.duplicates,
                delay: delays.map(|[p50, p90, p99, max]| DelayView { p50, p90, p99, max }),
            }
        })
        .collect()
}

/// What the arguments name.
fn source(input: &[String], count: Option<u64>) -> anyhow::Result<Box<dyn Frames>> {
    let mut spec = match input {
        [path] if !is_layers(path) => {
            let path = Path::new(path);
            let is_spec = path.extension().is_some_and(|end| end == "toml" || end == "json");
            if !is_spec {
                return Ok(Box::new(FileFrames::open(path, count)?));
            }
            read_spec(path)?
        }
        words => Spec::of(craft::parse(&join(words))?),
    };
    spec.count = count.or(spec.count);
    Ok(Box::new(SpecFrames::new(spec)?))
}

/// Whether a single argument begins with a layer, and is no file.
fn is_layers(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    let known = LAYERS.iter().any(|layer| layer.name == first || layer.aliases.contains(&first));
    known && !Path::new(text).exists()
}
