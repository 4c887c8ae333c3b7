//! The paper's evaluation on this machine: senders and receivers in network namespaces, VXLAN between them, a cost for
//! each received frame, and consumers that stand for VMs. Source: section V of the paper.

mod lab;
mod load;
mod plan;
mod steered;
mod traffic;

use std::collections::BTreeMap;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

pub use lab::LabError;
pub use plan::{Case, Steering, Variant, cases};

use crate::measure::{Activity, CpumapCounts, CpumapTrace, TraceError};
use lab::Lab;
use load::Programs;

/// Longer than incomplete datagrams are kept.
const FORGETTING: Duration = Duration::from_secs(10);

/// What every trial shares.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Settings {
    /// Frames that each sender offers in a second; datagrams in fragments are fewer.
    pub frames_per_second: u32,
    /// Nanoseconds that a frame costs behind the core that was chosen.
    pub receive_cost_ns: u64,
    /// Nanoseconds that a datagram costs its consumer.
    pub consumer_cost_ns: u64,
    /// How long a trial sends.
    pub seconds: f64,
}

/// One run: all senders at once, one port each.
#[derive(Debug, Clone, Serialize)]
pub struct Trial {
    /// By VM, the first being VM 1.
    pub vms: Vec<Received>,
    /// Frames that the chosen core processed, and those that its queue had no room for, by core.
    pub cores: BTreeMap<u32, CpumapCounts>,
}

/// What came of one sender's datagrams.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Received {
    /// Datagrams that were sent.
    pub sent: u64,
    /// Datagrams that reached the consumer.
    pub received: u64,
    /// Megabits of payload that reached it in a second.
    pub goodput_mbps: f64,
    /// Share of the sent ones that did not, in percent.
    pub loss_percent: f64,
}

/// Why a trial could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// The namespaces could not be made.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// A BPF program was refused.
    #[error("the experiment's BPF programs (root is needed)")]
    Programs(#[source] load::LoadError),
    /// Packets by core cannot be counted.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// A socket, or a file of procfs.
    #[error("the experiment's traffic")]
    Traffic(#[from] io::Error),
}

/// The namespaces with their programs; removed when dropped.
#[derive(Debug)]
pub struct Experiment {
    settings: Settings,
    /// Dropped first, while the interfaces are still there.
    programs: Programs,
    trace: CpumapTrace,
    lab: Lab,
}

impl Experiment {
    /// Makes namespaces with that many pairs of sender and VM. Needs root, and the programs `ip` and `ethtool`.
    pub fn new(pairs: u8, settings: Settings) -> Result<Self, ExperimentError> {
        let lab = Lab::new(pairs)?;
        let programs = lab
            .receiver
            .run(|| Programs::load(lab::INTERFACE, settings.receive_cost_ns))?
            .map_err(ExperimentError::Programs)?;
        Ok(Self { settings, programs, trace: CpumapTrace::start()?, lab })
    }

    /// Runs one trial: the variant's steering, datagrams of `payload` bytes, source ports that follow from `flow`.
    pub fn trial(
        &mut self,
        variant: &Variant,
        payload: usize,
        flow: u16,
    ) -> Result<Trial, ExperimentError> {
        let programs = &mut self.programs;
        let steered = self.lab.receiver.run(|| programs.steer(&variant.steering))?;
        steered.map_err(ExperimentError::Programs)?;
        let stayed = |programs: &Programs| programs.frames().map_err(ExperimentError::Programs);
        let frames = stayed(&self.programs)?;
        let map = Some(self.programs.cpumap_id().map_err(ExperimentError::Programs)?);
        let before = Activity::read(Some(&self.trace), map)?;
        let vms = traffic::run(&self.lab, &variant.vm_cores, payload, flow, &self.settings)?;
        let after = Activity::read(Some(&self.trace), map)?.since(&before);
        let cores = after
            .cores
            .into_iter()
            .map(|(core, activity)| (core, activity.cpumap.unwrap_or_default()));
        let mut cores: BTreeMap<u32, CpumapCounts> = cores.collect();
        for (core, all) in stayed(&self.programs)? {
            let all = all.saturating_sub(frames.get(&core).copied().unwrap_or(0));
            let counts = cores.entry(core).or_default();
            // What no cpumap has seen stayed on the core that received it.
            let sent = counts.enqueued.saturating_add(counts.queue_drops);
            counts.processed = counts.processed.saturating_add(all.saturating_sub(sent));
        }
        let trial = Trial { vms, cores };
        self.forget_incomplete()?;
        Ok(trial)
    }

    /// Waits until the receiver has forgotten the datagrams of which it has only some fragments.
    fn forget_incomplete(&self) -> io::Result<()> {
        let end = Instant::now() + FORGETTING;
        while self.lab.incomplete()? > 0 {
            if Instant::now() > end {
                return Err(io::Error::other("fragments of a trial stay in the receiver"));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
