//! `vsectl proxy`: VSE in the OpenFlow session between a stock switch and its controller.

use std::io::Write;
use std::path::PathBuf;

use agent::client::Target;
use agent::proxy::{Endpoint, PortOf, Relay, Settings, TlsFiles, TlsSettings, Vm};
use anyhow::Context;
use codec::types::MacAddr;
use codec::vse::Core;

use crate::agent_option::AgentOption;
use crate::exit::{Outcome, UsageError};
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
    #[arg(long, value_name = "SPEC", required = true)]
    switch: Vec<Endpoint>,

    /// Where the controller is: `tcp:HOST[:PORT]`, `ssl:HOST[:PORT]` or `unix:PATH`.
    #[arg(long, value_name = "SPEC")]
    controller: Endpoint,

    /// Tell the controller of VMs before it has spoken VSE. Some controllers drop the connection
    /// when they see a vendor that they do not know.
    #[arg(long)]
    announce: bool,

    /// A VM: port=NAME or mac=ADDRESS, then id=N, and tenant=N, name=NAME, core=N, pid=N where known,
    /// by commas.
    #[arg(long, value_name = "VM", value_parser = parse_vm)]
    vm: Vec<(PortOf, Vm)>,

    /// The database of Open vSwitch, unix:PATH: ports whose interface has the external_ids
    /// vse-vm-id (and vse-tenant-id, vse-vm-name, vse-core, vse-pid) are VMs.
    #[arg(long, value_name = "SPEC")]
    database: Option<Endpoint>,

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

fn parse_vm(text: &str) -> Result<(PortOf, Vm), String> {
    const WANT: &str = "want port=NAME or mac=ADDRESS, then id=N, as in port=vm5,id=5,tenant=7";
    let mut port = None;
    let mut vm = Vm { vm_id: 0, tenant_id: 0, name: String::new(), core: None, pid: 0 };
    for word in text.split(',') {
        let (key, value) = word.split_once('=').ok_or(WANT)?;
        let number = |max: u32| {
            let parsed = value.parse().ok().filter(|number| *number <= max);
            parsed.ok_or_else(|| format!("{key}={value}: want a number up to {max}"))
        };
        match key {
            "port" => port = Some(PortOf::Name(value.to_owned())),
            "mac" => {
                let address: MacAddr = value.parse().map_err(|_| format!("{word}: {WANT}"))?;
                port = Some(PortOf::HwAddr(address));
            }
            "id" => vm.vm_id = u16::try_from(number(4094)?).unwrap_or(0),
            "tenant" => vm.tenant_id = number(u32::MAX)?,
            "name" => value.clone_into(&mut vm.name),
            "core" => vm.core = u16::try_from(number(0xfffe)?).ok().map(Core),
            "pid" => vm.pid = number(u32::MAX)?,
            _ => return Err(format!("{key}: no such word; {WANT}")),
        }
    }
    let port = port.ok_or(WANT)?;
    if vm.vm_id == 0 {
        return Err(format!("id: want a number from 1 to 4094; {WANT}"));
    }
    if let (true, PortOf::Name(name)) = (vm.name.is_empty(), &port) {
        vm.name.clone_from(name);
    }
    Ok((port, vm))
}

impl Args {
    pub(crate) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Run(args) => args.run(agent.target(), out),
        }
    }
}

impl RunArgs {
    fn run(self, agent: &Target, out: &mut impl Write) -> anyhow::Result<Outcome> {
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
            Some(Endpoint { passive: false, place: agent::proxy::Place::Unix(path), .. }) => {
                Some(path)
            }
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
        let relay = Relay::new(Settings {
            switches: self.switch,
            controller: self.controller,
            agent: Some(agent),
            announce: self.announce,
            vms: self.vm,
            database,
            tls,
        })?;
        for address in relay.listening() {
            writeln!(out, "listening on {address}")?;
        }
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
