//! `vsectl vm`: the VMs that an agent knows of.

use std::io::Write;

use codec::of10::PortNo;
use codec::types::{FixedStr, MacAddr, Pad};
use codec::vse::{Core, VmEvent, VmInfo};

use super::list_output::{self, ListFormat};
use crate::agent_option::AgentOption;
use crate::completion;
use crate::exit::{Outcome, UsageError};
use crate::render::agent_tables;
use crate::view::VmView;

/// Look at the VMs, and tell of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(ListArgs),
    Add(AddArgs),
    Del(DelArgs),
}

/// List the VMs and the cores that they run on.
#[derive(Debug, clap::Args)]
struct ListArgs {
    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: ListFormat,
}

/// Tell of a VM: the core that it runs on, or the process whose threads tell.
///
/// A VM that is known already is changed.
#[derive(Debug, clap::Args)]
struct AddArgs {
    /// The VM's number in the Flow Control Field, 1 to 4094.
    #[arg(value_name = "VM", value_parser = clap::value_parser!(u16).range(1..=4094))]
    vm: u16,

    /// The core that it runs on.
    #[arg(long, value_name = "CORE", required_unless_present = "pid", conflicts_with = "pid",
        add = completion::cores())]
    core: Option<u16>,

    /// The process that runs it: its threads are followed.
    #[arg(long, value_name = "PID", value_parser = clap::value_parser!(u32).range(1..))]
    pid: Option<u32>,

    /// The OpenFlow port that it is behind.
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,

    /// Whose it is.
    #[arg(long, value_name = "TENANT", default_value_t = 0)]
    tenant: u32,

    /// Its Ethernet address.
    #[arg(long, value_name = "MAC")]
    mac: Option<MacAddr>,

    /// Its name, at most 31 bytes.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
}

/// Say that VMs have gone.
#[derive(Debug, clap::Args)]
struct DelArgs {
    /// Their numbers.
    #[arg(value_name = "VM", required = true, add = completion::vms())]
    vms: Vec<u16>,
}

impl Args {
    pub(crate) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        match self.command {
            Command::List(args) => {
                let vms = agent.connect()?.vms()?.into_iter().map(VmView::from).collect();
                list_output::write(args.output, vms, |vms, out| agent_tables::vms(vms, out), out)?;
            }
            Command::Add(args) => agent.connect()?.tell_vm(&args.info()?)?,
            Command::Del(args) => {
                let mut client = agent.connect()?;
                for vm in args.vms {
                    client.tell_vm(&VmInfo { event: VmEvent::Down, ..nothing_of(vm) })?;
                }
            }
        }
        Ok(Outcome::Done)
    }
}

impl AddArgs {
    fn info(&self) -> anyhow::Result<VmInfo> {
        let name = FixedStr::new(&self.name).ok_or_else(|| {
            UsageError(format!("the name {:?} is longer than 31 bytes", self.name))
        })?;
        Ok(VmInfo {
            core: self.core.map_or(Core::NONE, Core),
            pid: self.pid.unwrap_or(0),
            port_no: self.port.map_or(PortNo::NONE, PortNo),
            tenant_id: self.tenant,
            hw_addr: self.mac.unwrap_or_default(),
            name,
            ..nothing_of(self.vm)
        })
    }
}

/// A VM of which nothing is known but its number.
fn nothing_of(vm_id: u16) -> VmInfo {
    VmInfo {
        event: VmEvent::Up,
        pad: Pad::default(),
        port_no: PortNo::NONE,
        vm_id,
        core: Core::NONE,
        tenant_id: 0,
        hw_addr: MacAddr::default(),
        pad2: Pad::default(),
        pid: 0,
        name: FixedStr::default(),
    }
}
