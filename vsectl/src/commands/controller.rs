//! `vsectl controller`: a controller for debugging sessions.

mod send;

use std::io::{self, Write};
use std::path::PathBuf;

use agent::controller::{Observer, Policy, Server};
use agent::proxy::Endpoint;
use anyhow::Context;

use crate::exit::{Outcome, UsageError, diagnostic};
use crate::session_log::{LogArgs, SessionLog};
use crate::signals;

/// Play the controller in a debugging session.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Run(RunArgs),
    Send(send::Args),
}

/// Wait for switches, ask what their hosts are, and print their sessions as decode does, until
/// interrupted.
///
/// With a policy it decides as the paper's controller does: when a VM comes up behind a switch, every
/// other switch marks what is sent to it (set_fcf), and the VSE in front of its own switch gets an
/// entry for it inside of a PACKET_OUT (vm_id, set_irq_core), by the grade of its tenant.
#[derive(Debug, clap::Args)]
struct RunArgs {
    /// Where switches come from: `ptcp:[PORT][:HOST]` or `punix:PATH`.
    #[arg(long, value_name = "SPEC", default_value = "ptcp:6653:127.0.0.1")]
    listen: Endpoint,

    /// Decide by this file, in TOML: [grade.NAME] has fcf_priority = 0 or 1, core = "auto" or a number,
    /// flow_priority, idle_timeout; [tenant.NUMBER] has grade = "NAME"; [host.DATAPATH] has method =
    /// true or false: whether VSE chooses cores there.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    #[command(flatten)]
    log: LogArgs,
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Run(args) => args.run(out),
            Command::Send(args) => args.run(out),
        }
    }
}

impl RunArgs {
    fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let read = |path: &PathBuf| -> anyhow::Result<Policy> {
            let place = path.display();
            let text = std::fs::read_to_string(path).with_context(|| place.to_string())?;
            let policy = text.parse();
            policy.map_err(|error| UsageError(format!("{place}: {error}")).into())
        };
        let policy = self.policy.as_ref().map(read).transpose()?;
        let server = Server::new(&self.listen, policy)?;
        let place = server.listening().map_or(self.listen.to_string(), |it| it.to_string());
        diagnostic!("listening on {place}");
        let stopper = server.stopper();
        signals::on_stop(signals::WITHOUT_HANGUP, move || stopper.stop()).context("signals")?;
        let log = SessionLog::new(&self.log)?;
        let mut printing = Printing { log, out };
        server.run(&mut printing)?;
        printing.log.finish()?;
        Ok(Outcome::Done)
    }
}

/// Prints what goes on.
struct Printing<'a, W> {
    log: SessionLog,
    out: &'a mut W,
}

impl<W: Write> Observer for Printing<'_, W> {
    fn came(&mut self, switch: usize, from: &str) -> io::Result<()> {
        self.out.flush()?;
        diagnostic!("switch {switch} has come from {from}");
        Ok(())
    }

    fn gone(&mut self, switch: usize, why: &str) -> io::Result<()> {
        self.out.flush()?;
        diagnostic!("switch {switch} has gone: {why}");
        Ok(())
    }

    fn message(&mut self, switch: usize, from_switch: bool, bytes: &[u8]) -> io::Result<()> {
        self.log.message(switch, from_switch, bytes, self.out)
    }
}
