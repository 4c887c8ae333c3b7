//! `vsectl experiment`: the paper's evaluation, on this machine.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use agent::experiment::{Experiment, Settings, Trial, cases};
use agent::host::cores;
use anyhow::Context;

use crate::exit::{Outcome, diagnostic};
use crate::render;
use crate::view::{CaseView, ExperimentView, ResultView};

/// Run the paper's evaluation on this machine, in network namespaces of its own.
///
/// Senders and consumers that stand for VMs talk over VXLAN; each received frame costs time on the core that was chosen,
/// as decryption did. The models choose the core: one core for all (default), a hash (rss), or by VM (vse), which is
/// done by VSE's own datapath, as in the collisions that it is compared with. Cases for which the machine has too few
/// cores are left out or made smaller, and it says so. The costs make what VXLAN itself takes, some five microseconds a
/// frame, small beside them: with it, receiving a frame costs as much as the VM spends on it. The rate is what one core
/// just receives. Needs root, ip and ethtool.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Run only cases whose name contains this word.
    #[arg(long, value_name = "WORD")]
    case: Option<String>,
    /// Bytes of a datagram; 8192 is sent in fragments.
    #[arg(long, value_name = "BYTES", value_delimiter = ',', default_value = "64,1400,8192",
          value_parser = clap::value_parser!(u32).range(1..=8900))]
    payload: Vec<u32>,
    /// Rounds; the models take turns within each.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,
    /// How long each trial sends.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Frames that each sender offers in a second.
    #[arg(long, default_value_t = 40_000, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// Microseconds that receiving a frame costs, standing for AES-256.
    #[arg(long, value_name = "MICROSECONDS", default_value_t = 16.0)]
    receive_cost: f64,
    /// Microseconds that a datagram costs the VM.
    #[arg(long, value_name = "MICROSECONDS", default_value_t = 20.0)]
    consumer_cost: f64,
    /// Write JSON (schema vsectl.experiment/1).
    #[arg(long)]
    json: bool,
    /// Also write a figure (SVG) for each case and size into this folder.
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let usable = cores()?.into_iter().filter(|core| core.allowed && core.isolated.is_none());
        let cores: Vec<u32> = usable.map(|core| core.id).collect();
        let settings = Settings {
            frames_per_second: self.rate,
            receive_cost_ns: nanoseconds(self.receive_cost)?,
            consumer_cost_ns: nanoseconds(self.consumer_cost)?,
            seconds: seconds(self.seconds)?,
        };
        let mut view = ExperimentView {
            schema: "vsectl.experiment/1",
            settings,
            rounds: self.rounds,
            steering: "VSE's own datapath where cores follow from the VM, a small XDP program elsewhere",
            cases: Vec::new(),
            cores,
        };
        let wanted = cases(&view.cores)
            .into_iter()
            .filter(|case| self.case.as_deref().is_none_or(|word| case.name.contains(word)));
        let mut experiment = None;
        for case in wanted {
            let mut results = Vec::new();
            for &payload in &self.payload {
                if case.variants.is_empty() {
                    continue;
                }
                diagnostic!("{}, {payload} bytes: {} rounds", case.name, self.rounds);
                let payload = usize::try_from(payload)?;
                let experiment = match &mut experiment {
                    Some(made) => made,
                    none => none.insert(Experiment::new(3, settings)?),
                };
                let mut trials: Vec<Vec<Trial>> = vec![Vec::new(); case.variants.len()];
                for round in 0..self.rounds {
                    let flow = if case.changing_ports { round } else { 0 };
                    for (variant, trials) in case.variants.iter().zip(&mut trials) {
                        trials.push(experiment.trial(variant, payload, flow)?);
                    }
                }
                for (variant, trials) in case.variants.iter().zip(&trials) {
                    results.push(ResultView::new(case.name, variant.name, payload, trials));
                }
            }
            view.cases.push(CaseView { case, results });
        }
        if let Some(dir) = &self.svg {
            self.figures(dir, &view)?;
        }
        if self.json {
            render::json::document(&[view], out)?;
        } else {
            render::experiment::table(&view, out)?;
        }
        Ok(Outcome::Done)
    }

    fn figures(&self, dir: &PathBuf, view: &ExperimentView) -> anyhow::Result<()> {
        fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
        for case in view.cases.iter().filter(|case| !case.results.is_empty()) {
            for &payload in &self.payload {
                let name = format!("{}-{payload}.svg", case.case.name.replace(' ', "-"));
                let path = dir.join(name);
                let mut svg = Vec::new();
                render::experiment::figure(case, usize::try_from(payload)?, &mut svg)?;
                fs::write(&path, svg).with_context(|| path.display().to_string())?;
            }
        }
        Ok(())
    }
}

fn seconds(seconds: f64) -> anyhow::Result<f64> {
    anyhow::ensure!((0.05..=3600.0).contains(&seconds), "--seconds {seconds}: 0.05 to 3600");
    Ok(seconds)
}

/// At most a millisecond, since the program that burns the time is bounded.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn nanoseconds(microseconds: f64) -> anyhow::Result<u64> {
    anyhow::ensure!((0.0..=1000.0).contains(&microseconds), "a cost of {microseconds}: 0 to 1000");
    Ok((microseconds * 1000.0) as u64)
}
