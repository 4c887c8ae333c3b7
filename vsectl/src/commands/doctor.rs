//! `vsectl doctor`: what on this host would keep VSE from steering.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use agent::datapath::{DEFAULT_FOLDER, LAYOUT_VERSION, pinned_layout};
use agent::doctor::{Pins, Plan, Severity, diagnose};
use agent::host::{HostFacts, Interface};
use anyhow::Context;
use codec::vse::Carrier;

use crate::exit::Outcome;
use crate::render;
use crate::view::{DoctorInput, DoctorView};

/// Say what on this host would break steering, and the command that mends each thing.
///
/// Looks at the kernel, the cores, what is pinned under /sys/fs/bpf/vse, and the interfaces: those named, or every
/// one that could be a NIC or is a veth. Exit status 1 means that something breaks steering.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Interfaces to look at.
    #[arg(value_name = "IFACE", conflicts_with = "facts")]
    interfaces: Vec<String>,
    /// Write JSON (schema vsectl.doctor/1), with the facts that were judged.
    #[arg(long)]
    json: bool,
    /// Where the Flow Control Field is carried: the tag must then reach VSE.
    #[arg(long, value_name = "CARRIER", default_value = "tos", value_parser = carrier)]
    fcf_carrier: Carrier,
    /// The folder of the pinned maps.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_FOLDER)]
    bpf: PathBuf,
    /// Judge the facts that `doctor --json` wrote, perhaps on another host, instead of this host's.
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let facts = match &self.facts {
            Some(file) => read(file).with_context(|| file.display().to_string())?,
            None => gather(&self.interfaces)?,
        };
        let dir = self.bpf.to_string_lossy();
        // The pins are those of this host.
        let pinned = self.facts.is_none().then(|| pinned_layout(&self.bpf)).flatten();
        let plan = Plan {
            frag_aware: true,
            fcf_in_vlan: self.fcf_carrier == Carrier::Vlan,
            pins: Pins {
                dir: &dir,
                layout: pinned.map(|(layout, _)| layout),
                expected_layout: LAYOUT_VERSION,
                cpumap_cores: pinned.and_then(|(_, cores)| cores),
            },
        };
        let findings = diagnose(&facts, plan);
        let breaks = findings.iter().any(|finding| finding.severity == Severity::Breaks);
        let view = DoctorView::new(breaks, findings, facts);
        if self.json {
            render::json::document(&[view], out)?;
        } else {
            render::doctor::text(&view, out)?;
        }
        Ok(if breaks { Outcome::Failed } else { Outcome::Done })
    }
}

fn gather(names: &[String]) -> anyhow::Result<HostFacts> {
    let mut facts = HostFacts::gather(names)?;
    if names.is_empty() {
        facts.interfaces.retain(is_candidate);
    }
    Ok(facts)
}

/// Interfaces over which traffic from outside comes; bridges, tunnels and loopback see it later or never.
fn is_candidate(interface: &Interface) -> bool {
    match interface.kind.as_deref() {
        None => interface.name != "lo",
        Some(kind) => kind == "veth",
    }
}

fn read(file: &PathBuf) -> anyhow::Result<HostFacts> {
    let text = fs::read(file)?;
    let mut json = serde_json::Deserializer::from_slice(&text);
    let input: DoctorInput = serde_path_to_error::deserialize(&mut json)?;
    Ok(input.facts)
}

fn carrier(word: &str) -> Result<Carrier, String> {
    match word {
        "tos" => Ok(Carrier::Tos),
        "vlan" => Ok(Carrier::Vlan),
        _ => Err("expected tos or vlan".to_owned()),
    }
}
