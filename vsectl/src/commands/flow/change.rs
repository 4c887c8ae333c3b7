//! `vsectl flow add`, `mod` and `del`, and how changes are made: acknowledged, tried, undone.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use agent::client::{Client, Refused};
use anyhow::{Context, bail};
use codec::of10::FlowModCommand;
use codec::text::{Flow, Options, Requirement};

use crate::agent_option::AgentOption;
use crate::commands::watching::ALIVE;
use crate::completion;
use crate::exit::{Outcome, UsageError, diagnostic};
use crate::flow_check;
use crate::flow_simulation::{after, change_of};
use crate::flow_source;
use crate::render;
use crate::signals;

/// Add entries to the flow table. What is odd about them is told: entries that nothing can reach,
/// cores that do not exist.
#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    #[command(flatten)]
    flows: Flows,
}

/// Change what entries do.
#[derive(Debug, clap::Args)]
pub(super) struct ModArgs {
    /// Change the entry with this very match and priority alone.
    #[arg(long)]
    strict: bool,

    #[command(flatten)]
    flows: Flows,
}

/// Delete entries.
#[derive(Debug, clap::Args)]
pub(super) struct DelArgs {
    /// Delete the entry with this very match and priority alone.
    #[arg(long)]
    strict: bool,

    /// Delete all entries.
    #[arg(long, conflicts_with_all = ["strict", "flow", "file"])]
    all: bool,

    #[command(flatten)]
    flows: Flows,
}

/// The changes, and how to make them.
#[derive(Debug, clap::Args)]
struct Flows {
    /// A flow, as in `priority=5,ip,nw_dst=10.0.0.1,actions=set_irq_core:2`: vse-flows(7).
    #[arg(value_name = "FLOW", add = completion::fields())]
    flow: Vec<String>,

    /// Take changes from a file, a line each; a line may begin with a command of its own: add,
    /// modify, modify_strict, delete or delete_strict. `-` for standard input.
    #[arg(short, long, value_name = "FILE", conflicts_with = "flow")]
    file: Option<String>,

    /// Make all changes of the file, or none.
    #[arg(long)]
    bundle: bool,

    /// Read flow texts as ovs-ofctl does.
    #[arg(long)]
    lenient: bool,

    #[command(flatten)]
    doing: Doing,
}

/// How changes are made.
#[derive(Debug, clap::Args)]
pub(super) struct Doing {
    /// Only tell how the table would change.
    #[arg(long)]
    dry_run: bool,

    /// Write the changes that take these back, for `flow add --bundle --file FILE`.
    #[arg(long, value_name = "FILE")]
    undo_file: Option<PathBuf>,

    /// Take the changes back after this time, or when interrupted: `30s`.
    #[arg(long, value_name = "TIME", value_parser = crate::duration::parse)]
    r#for: Option<Duration>,
}

impl AddArgs {
    pub(super) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let changes = self.flows.read(FlowModCommand::Add)?;
        let mut client = agent.connect()?;
        warn(&mut client, &changes)?;
        self.flows.doing.run(agent, &mut client, &changes, self.flows.bundle, out)
    }
}

impl ModArgs {
    pub(super) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let strict = self.strict;
        let command = if strict { FlowModCommand::ModifyStrict } else { FlowModCommand::Modify };
        let changes = self.flows.read(command)?;
        self.flows.doing.run(agent, &mut agent.connect()?, &changes, self.flows.bundle, out)
    }
}

impl DelArgs {
    pub(super) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let command =
            if self.strict { FlowModCommand::DeleteStrict } else { FlowModCommand::Delete };
        let changes = if self.all {
            let options = Options { command: Some(command), ..Options::default() };
            vec![Flow::parse("", options)?.0]
        } else {
            self.flows.read(command)?
        };
        self.flows.doing.run(agent, &mut agent.connect()?, &changes, self.flows.bundle, out)
    }
}

impl Flows {
    fn read(&self, command: FlowModCommand) -> anyhow::Result<Vec<Flow>> {
        if let Some(path) = &self.file {
            return flow_source::changes(path, command, self.lenient);
        }
        if self.flow.is_empty() {
            let text = "no flow: give one, or --file FILE";
            bail!(UsageError(text.to_owned()));
        }
        let actions = Requirement::ByCommand;
        let options = Options { lenient: self.lenient, command: Some(command), actions };
        let (flow, warnings) = Flow::parse(&self.flow.join(" "), options)?;
        for warning in warnings {
            diagnostic!("warning: {warning}");
        }
        Ok(vec![flow])
    }
}

/// Tells what is odd about the entries that are to be added.
fn warn(client: &mut Client, changes: &[Flow]) -> anyhow::Result<()> {
    let table = flow_source::of_agent(client)?;
    let host = flow_check::Host::of_agent(client)?;
    for finding in flow_check::findings_of(changes, &table, &host) {
        diagnostic!("warning: {finding}");
    }
    Ok(())
}

impl Doing {
    /// Makes the changes, together or each by itself.
    pub(super) fn run(
        &self,
        agent: &AgentOption,
        client: &mut Client,
        changes: &[Flow],
        together: bool,
        out: &mut impl Write,
    ) -> anyhow::Result<Outcome> {
        let undoes = self.undo_file.is_some() || self.r#for.is_some();
        let mut inverse = Vec::new();
        if self.dry_run || undoes {
            let before = flow_source::of_agent(client)?;
            let then = after(&before, changes)?;
            if self.dry_run {
                render::flow_diff::text(&before.diff(&then), out)?;
                return Ok(Outcome::Done);
            }
            inverse = then.changes(&before);
        }
        if let Some(path) = &self.undo_file {
            let lines: Vec<String> = inverse.iter().map(Flow::to_string).collect();
            let text = lines.join("\n") + "\n";
            std::fs::write(path, text)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        // Before the change: what comes meanwhile must not be lost.
        let signals = self.r#for.map(signals::Waiting::new).transpose()?;
        if !apply(client, changes, together)? {
            return Ok(Outcome::Failed);
        }
        if let Some(waiting) = signals {
            out.flush()?;
            // An agent that has gone meanwhile has kept its table for the next one.
            waiting.wait(ALIVE, || drop(client.keep_alive()));
            let done = match apply(client, &inverse, true) {
                Err(_) => apply(&mut agent.connect()?, &inverse, true),
                done => done,
            };
            if !done? {
                diagnostic!("the changes could not be taken back");
                return Ok(Outcome::Failed);
            }
        }
        Ok(Outcome::Done)
    }
}

/// Makes changes, and tells which were refused; false where any was.
fn apply(client: &mut Client, changes: &[Flow], together: bool) -> anyhow::Result<bool> {
    let refused = match changes {
        [] => Vec::new(),
        _ if together => client.bundle(changes)?,
        _ => client.change_flows(changes)?,
    };
    for Refused { index, refusal } in &refused {
        let Some(flow) = index.and_then(|index| changes.get(index)) else {
            diagnostic!("nothing was changed: {refusal}");
            continue;
        };
        // An ERROR of OpenFlow has no words; ours name the field.
        match change_of(flow) {
            Err(words) if refusal.words.is_none() => diagnostic!("{flow}: {words}"),
            _ => diagnostic!("{flow}: {refusal}"),
        }
    }
    Ok(refused.is_empty())
}
