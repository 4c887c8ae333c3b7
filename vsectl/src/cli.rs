//! The command line's top: global options and the list of commands.

use std::io::Write;

use clap::{Parser, Subcommand};

use crate::agent_option::AgentOption;
use crate::commands::{
    agent, completions, config, controller, core, craft, datapath, decode, diff, doctor, encode,
    experiment, flow, man, monitor, print, proxy, send, snoop, state_at, top, trace, vm,
};
use crate::exit::Outcome;

/// Inspects, crafts and manages VSE: OpenFlow messages, captures, flow and core tables.
#[derive(Debug, Parser)]
#[command(
    name = "vsectl",
    version,
    max_term_width = 100,
    after_help = "Exit status: 0 all well, 1 failed, 2 usage, 3 done but something could not be \
                  decoded."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    agent: AgentOption,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Decode(Box<decode::Args>),
    Print(print::Args),
    StateAt(state_at::Args),
    Diff(diff::Args),
    Encode(encode::Args),
    Agent(agent::Args),
    Flow(Box<flow::Args>),
    Core(core::Args),
    Vm(vm::Args),
    Trace(trace::Args),
    Config(config::Args),
    Datapath(datapath::Args),
    Monitor(monitor::Args),
    Top(top::Args),
    Proxy(proxy::Args),
    Controller(controller::Args),
    Snoop(snoop::Args),
    Doctor(doctor::Args),
    Experiment(experiment::Args),
    Completions(completions::Args),
    Craft(craft::Args),
    Send(Box<send::Args>),
    #[command(hide = true)]
    Man(man::Args),
}

impl Cli {
    /// Runs the command; its data goes to `out`, its diagnostics to standard error.
    pub(crate) fn run(self, out: &mut (impl Write + Send)) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Decode(args) => args.run(out),
            Command::Print(args) => args.run(out),
            Command::StateAt(args) => args.run(out),
            Command::Diff(args) => args.run(out),
            Command::Encode(args) => args.run(out),
            Command::Doctor(args) => args.run(out),
            Command::Proxy(args) => args.run(&self.agent, out),
            Command::Controller(args) => args.run(out),
            Command::Snoop(args) => args.run(out),
            Command::Experiment(args) => args.run(out),
            Command::Agent(args) => args.run(out),
            Command::Flow(args) => args.run(&self.agent, out),
            Command::Core(args) => args.run(&self.agent, out),
            Command::Trace(args) => args.run(&self.agent, out),
            Command::Vm(args) => args.run(&self.agent, out),
            Command::Datapath(args) => args.run(out),
            Command::Config(args) => args.run(&self.agent, out),
            Command::Monitor(args) => args.run(&self.agent, out),
            Command::Top(args) => args.run(&self.agent, out),
            Command::Completions(args) => args.run(out),
            Command::Craft(args) => args.run(out),
            Command::Send(args) => args.run(&self.agent, out),
            Command::Man(args) => args.run(),
        }
    }
}
