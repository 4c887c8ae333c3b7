//! `vsectl proxy`: VSE in the OpenFlow session between a stock switch and its controller.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use agent::client::Target;
use agent::proxy::{
    Endpoint, FramedSettings, Place, PortOf, Relay, STATUS_SCHEMA, Settings, Status, TlsFiles,
    TlsSettings, Vm, parse_vms,
};
use anyhow::Context;

use crate::agent_option::AgentOption;
use crate::exit::{Outcome, UsageError};
use crate::render;
use crate::signals;

/// Put VSE into the OpenFlow session between a switch and its controller.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Run(Box<RunArgs>),
    Show(ShowArgs),
}

/// Run the proxy, until interrupted.
///
/// Every message between the switch and its controller passes untouched, but for what is for VSE: vendor
/// messages and statistics of VSE, and messages inside of PACKET_OUTs, go to the agent; SET_FCF
/// becomes what a stock switch can do. A controller that never speaks VSE sees a plain switch.
#[derive(Debug, clap::Args)]
struct RunArgs {
    /// Where switches come from, or are: `ptcp:[PORT][:HOST]`, `punix:PATH`, `pssl:[PORT][:HOST]`
    /// to listen; `tcp:HOST[:PORT]`, `unix:PATH`, `ssl:HOST[:PORT]` to connect.
    #[arg(long, value_name = "SPEC", required_unless_present = "interface")]
    switch: Vec<Endpoint>,

    /// Where the controller is: `tcp:HOST[:PORT]`, `ssl:HOST[:PORT]` or `unix:PATH`.
    #[arg(long, value_name = "SPEC", required_unless_present = "interface")]
    controller: Option<Endpoint>,

    /// Tell the controller of VMs before it has spoken VSE. Some controllers drop the connection
    /// when they see a vendor that they do not know.
    #[arg(long)]
    announce: bool,

    /// A VM: port=NAME or mac=ADDRESS, then id=N, and tenant=N, name=NAME, core=N, pid=N where known,
    /// by commas.
    #[arg(long, value_name = "VM", value_parser = vms)]
    vm: Vec<Vms>,

    /// The database of Open vSwitch, unix:PATH: ports whose interface has the external_ids
    /// vse-vm-id (and vse-tenant-id, vse-vm-name, vse-core, vse-pid) are VMs; attached-mac is the
    /// VM's address.
    #[arg(long, value_name = "SPEC")]
    database: Option<Endpoint>,

    /// Serve the messages in frames of EtherType 0x88B5 that come in on this interface, where the
    /// switch forwards them to; answers go out as frames.
    #[arg(long, value_name = "INTERFACE")]
    interface: Option<String>,

    /// The key, of 16 bytes or more, that those frames must be signed with. Without it everyone who can
    /// send to the interface is trusted.
    #[arg(long, value_name = "FILE", requires = "interface")]
    key_file: Option<PathBuf>,

    /// Where the sequences of signed frames are kept, so that old frames are not taken again after
    /// a restart.
    #[arg(long, value_name = "FILE", default_value = "/var/lib/vse/replay.json")]
    replay_file: PathBuf,

    /// A unix socket for `vsectl proxy show`.
    #[arg(long, value_name = "FILE")]
    control: Option<PathBuf>,

    /// A unix socket that copies the messages of all sessions, for `vsectl snoop` and `ovs-ofctl
    /// snoop`.
    #[arg(long, value_name = "FILE")]
    snoop: Option<PathBuf>,

    /// What is logged: error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log: tracing_subscriber::filter::LevelFilter,

    /// The private key, in PEM, for ssl and pssl.
    #[arg(short, long, value_name = "FILE", requires_all = ["certificate", "ca_cert"])]
    private_key: Option<PathBuf>,

    /// The certificate of that key.
    #[arg(short, long, value_name = "FILE", requires = "private_key")]
    certificate: Option<PathBuf>,

    /// The certificate of who signs those of the peers.
    #[arg(short = 'C', long, value_name = "FILE", requires = "private_key")]
    ca_cert: Option<PathBuf>,
}

/// Show how a running proxy is: its switches, what passed, and what came of frames.
#[derive(Debug, clap::Args)]
struct ShowArgs {
    /// The control socket of the proxy.
    #[arg(value_name = "FILE", default_value = "/run/vse/proxy.sock")]
    control: PathBuf,

    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// Tables for people.
    #[default]
    Table,
    /// One JSON document.
    Json,
}

/// VMs of one `--vm`.
#[derive(Debug, Clone)]
struct Vms(Vec<(PortOf, Vm)>);

fn vms(text: &str) -> Result<Vms, String> {
    parse_vms(text).map(Vms)
}

impl Args {
    pub(crate) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Run(args) => args.run(agent.target(), out),
            Command::Show(args) => args.run(out),
        }
    }
}

impl RunArgs {
    fn run(self, agent: &Target, out: &mut impl Write) -> anyhow::Result<Outcome> {
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .with_target(false)
            .with_max_level(self.log)
            .init();
        let agent = match agent {
            Target::Unix(path) => path.clone(),
            other => {
                let text =
                    format!("--agent {other}: the proxy reaches the agent by unix:PATH alone");
                return Err(UsageError(text).into());
            }
        };
        let database = match self.database {
            None => None,
            Some(Endpoint { passive: false, place: Place::Unix(path), .. }) => Some(path),
            Some(other) => {
                return Err(UsageError(format!("--database {other}: want unix:PATH")).into());
            }
        };
        let files = match (self.private_key, self.certificate, self.ca_cert) {
            (Some(private_key), Some(certificate), Some(ca_cert)) => {
                Some(TlsFiles { private_key, certificate, ca_cert })
            }
            _ => None,
        };
        let tls = files.as_ref().map(TlsSettings::read).transpose()?;
        let frames = self.interface.map(|interface| {
            FramedSettings::read(interface, self.key_file.as_deref(), &self.replay_file)
        });
        let relay = Relay::new(Settings {
            frames: frames.transpose()?,
            control: self.control,
            snoop: self.snoop,
            switches: self.switch,
            controller: self.controller,
            agent: Some(agent),
            announce: self.announce,
            vms: self.vm.into_iter().flat_map(|vms| vms.0).collect(),
            database,
            tls,
        })?;
        for address in relay.listening() {
            writeln!(out, "listening on {address}")?;
        }
        writeln!(out, "ready")?;
        out.flush()?;
        let stopper = relay.stopper();
        signals::on_stop(signals::WITHOUT_HANGUP, move || stopper.stop()).context("signals")?;
        let passed = relay.run()?;
        writeln!(
            out,
            "{} messages of controllers, {} of switches, {} of VSE; {} bare, {} rewritten, {} refused",
            passed.from_controller,
            passed.from_switch,
            passed.from_vse,
            passed.bare,
            passed.rewritten,
            passed.refused
        )?;
        Ok(Outcome::Done)
    }
}

impl ShowArgs {
    fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let place = self.control.display();
        let mut socket = UnixStream::connect(&self.control).with_context(|| {
            format!("{place}: no proxy tells how it is there; does it run with --control?")
        })?;
        socket.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut text = String::new();
        socket.read_to_string(&mut text).with_context(|| place.to_string())?;
        let status: Status =
            serde_json::from_str(&text).with_context(|| format!("{place}: is it a proxy's?"))?;
        if status.schema != STATUS_SCHEMA {
            anyhow::bail!("{place}: the proxy tells {}, want {STATUS_SCHEMA}", status.schema);
        }
        match self.output {
            Format::Table => render::proxy::status(&status, out)?,
            Format::Json => render::json::document(&[status], out)?,
        }
        Ok(Outcome::Done)
    }
}
