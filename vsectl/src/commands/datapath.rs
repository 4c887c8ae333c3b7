//! `vsectl datapath`: what is in the kernel, whether an agent runs or not.

use std::io::Write;
use std::path::PathBuf;

use agent::datapath::{DEFAULT_FOLDER, LAYOUT_VERSION, detach, inspect};
use agent::measure::Activity;
use anyhow::Context;

use crate::exit::Outcome;
use crate::render;
use crate::view::DatapathView;

/// Look at the XDP datapath in the kernel, and end steering.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Show(ShowArgs),
    Detach(DetachArgs),
}

/// Show what is attached and what it does: programs, counters, packets and time by core, moves that
/// wait.
///
/// Reads the kernel, not an agent, so that it works without one. Needs root.
#[derive(Debug, clap::Args)]
struct ShowArgs {
    #[command(flatten)]
    folder: Folder,

    /// Write JSON (schema vsectl.datapath/1).
    #[arg(long)]
    json: bool,
}

/// End steering: take the program off all interfaces, and remove what is pinned.
///
/// Steering outlives an agent, however it ends, until the next one takes it over or this command ends
/// it. Refused while an agent has the datapath.
#[derive(Debug, clap::Args)]
struct DetachArgs {
    #[command(flatten)]
    folder: Folder,
}

/// Where the datapath is pinned.
#[derive(Debug, clap::Args)]
struct Folder {
    /// The folder of the pinned maps.
    #[arg(long, value_name = "DIR", env = "VSE_BPF_DIR", default_value = DEFAULT_FOLDER)]
    bpf_dir: PathBuf,
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Show(args) => {
                let found = inspect(&args.folder.bpf_dir)?;
                let activity = Activity::read(None, found.cpumap).context("/proc")?;
                let view = DatapathView::new(found, LAYOUT_VERSION, &activity);
                if args.json {
                    render::json::document(&[view], out)?;
                } else {
                    render::datapath::text(&view, out)?;
                }
                Ok(Outcome::Done)
            }
            Command::Detach(args) => {
                for interface in detach(&args.folder.bpf_dir)? {
                    writeln!(out, "{interface}: detached")?;
                }
                Ok(Outcome::Done)
            }
        }
    }
}
