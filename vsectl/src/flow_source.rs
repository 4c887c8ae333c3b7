//! Where flows come from: a file of flow texts, JSON that `flow list` printed, or an agent.

use std::io::Read;

use agent::client::{Client, Target, flow_filter};
use anyhow::{Context, bail};
use codec::of10::{FlowModCommand, Match};
use codec::text::{Flow, Options};

use crate::agent_option::connect;
use crate::exit::diagnostic;
use crate::flow_set::FlowSet;
use crate::saved::Saved;
use crate::view::FlowView;

/// The table of `source`: a target, a file, or `-` for standard input.
pub(crate) fn table(source: &str, lenient: bool) -> anyhow::Result<FlowSet> {
    if is_target(source) {
        let target: Target = source.parse()?;
        return of_agent(&mut connect(&target)?);
    }
    table_of_text(source, &read(source)?, lenient)
}

/// The table of a file's text: flow texts, or JSON of `flow list`.
pub(crate) fn table_of_text(source: &str, text: &str, lenient: bool) -> anyhow::Result<FlowSet> {
    let flows = changes_of_text(source, text, FlowModCommand::Add, lenient)?;
    if let Some(other) = flows.iter().find(|flow| flow.flow_mod.command != FlowModCommand::Add) {
        bail!("{source}: a table has no commands, but there is {:?}", other.to_string());
    }
    Ok(FlowSet::new(flows))
}

/// The table of an agent.
pub(crate) fn of_agent(client: &mut Client) -> anyhow::Result<FlowSet> {
    let entries = client.flows(&flow_filter(Match::ANY, Vec::new()))?;
    Ok(FlowSet::new(entries.into_iter().map(|entry| FlowView::from(entry).to_flow())))
}

/// The changes in a file, or `-` for standard input: flow texts, a line each, those without a
/// command of their own with `command`; or JSON of `flow list`, whose entries get that command.
pub(crate) fn changes(
    path: &str,
    command: FlowModCommand,
    lenient: bool,
) -> anyhow::Result<Vec<Flow>> {
    changes_of_text(path, &read(path)?, command, lenient)
}

/// Whether a text is JSON, and not one of flows.
pub(crate) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

fn changes_of_text(
    path: &str,
    text: &str,
    command: FlowModCommand,
    lenient: bool,
) -> anyhow::Result<Vec<Flow>> {
    if is_json(text) {
        let saved = Saved::parse(text).with_context(|| name(path).to_owned())?;
        let entries = saved.flows.with_context(|| format!("{}: no flows in it", name(path)))?;
        return Ok(entries.iter().map(|entry| of_view(entry, command)).collect());
    }
    let options = Options { lenient, command: Some(command), ..Options::default() };
    let flows = Flow::parse_lines(text, options).with_context(|| name(path).to_owned())?;
    Ok(flows
        .into_iter()
        .map(|(flow, warnings)| {
            for warning in warnings {
                diagnostic!("warning: {warning}");
            }
            flow
        })
        .collect())
}

fn of_view(entry: &FlowView, command: FlowModCommand) -> Flow {
    let mut flow = entry.to_flow();
    flow.flow_mod.command = command;
    flow
}

/// The text of a file, or of standard input.
pub(crate) fn read(path: &str) -> anyhow::Result<String> {
    if path == "-" {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).context("standard input")?;
        return Ok(text);
    }
    std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))
}

fn name(path: &str) -> &str {
    if path == "-" { "standard input" } else { path }
}

/// Whether a word means an agent and not a file.
pub(crate) fn is_target(word: &str) -> bool {
    word == "netlink" || ["unix:", "netlink:", "tcp:"].iter().any(|method| word.starts_with(method))
}
