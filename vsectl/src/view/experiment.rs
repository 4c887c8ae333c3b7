//! `vsectl.experiment/1`: what `vsectl experiment` measured, with the paper's own figures.

use std::collections::BTreeMap;

use agent::experiment::{Case, Settings, Trial};
use agent::measure::CpumapCounts;
use serde::Serialize;

/// All cases.
#[derive(Debug, Serialize)]
pub(crate) struct ExperimentView {
    pub(crate) schema: &'static str,
    pub(crate) cores: Vec<u32>,
    pub(crate) settings: Settings,
    pub(crate) rounds: u16,
    /// What chose the cores.
    pub(crate) steering: &'static str,
    pub(crate) cases: Vec<CaseView>,
}

/// A case with its results.
#[derive(Debug, Serialize)]
pub(crate) struct CaseView {
    #[serde(flatten)]
    pub(crate) case: Case,
    pub(crate) results: Vec<ResultView>,
}

/// One variant at one size.
#[derive(Debug, Serialize)]
pub(crate) struct ResultView {
    /// Bytes of a datagram.
    pub(crate) payload: usize,
    pub(crate) variant: &'static str,
    /// Megabits a second of all VMs together.
    pub(crate) goodput_mbps: Spread,
    /// Of each VM.
    pub(crate) vm_goodput_mbps: Vec<Spread>,
    /// Share of datagrams lost, in percent, of each VM.
    pub(crate) vm_loss_percent: Vec<Spread>,
    /// Frames of all rounds, by core.
    pub(crate) cores: BTreeMap<u32, CpumapCounts>,
    /// Goodput of all VMs, trial by trial.
    pub(crate) trials_mbps: Vec<f64>,
    /// What the paper measured: megabits a second of all VMs; `null` where it did not.
    pub(crate) paper_mbps: Option<f64>,
}

/// Median and extremes.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl ResultView {
    pub(crate) fn new(case: &str, variant: &'static str, payload: usize, trials: &[Trial]) -> Self {
        let vms = trials.first().map_or(0, |trial| trial.vms.len());
        let of_vm = |value: fn(&agent::experiment::Received) -> f64| -> Vec<Spread> {
            let of = |vm| trials.iter().filter_map(move |trial| trial.vms.get(vm)).map(value);
            (0..vms).map(|vm| Spread::of(of(vm).collect())).collect()
        };
        let total = |trial: &Trial| trial.vms.iter().map(|vm| vm.goodput_mbps).sum::<f64>();
        let trials_mbps: Vec<f64> = trials.iter().map(total).collect();
        let mut cores: BTreeMap<u32, CpumapCounts> = BTreeMap::new();
        for (core, counts) in trials.iter().flat_map(|trial| &trial.cores) {
            *cores.entry(*core).or_default() += *counts;
        }
        Self {
            payload,
            variant,
            goodput_mbps: Spread::of(trials_mbps.clone()),
            vm_goodput_mbps: of_vm(|vm| vm.goodput_mbps),
            vm_loss_percent: of_vm(|vm| vm.loss_percent),
            cores,
            trials_mbps,
            paper_mbps: paper(case, variant, payload),
        }
    }
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(0.0);
        let last = values.len().saturating_sub(1);
        let median = f64::midpoint(at(last / 2), at(last.div_ceil(2)));
        Self { median, min: at(0), max: at(last) }
    }
}

/// Tables IV and VII of the paper; VM1 to VM3 added up.
fn paper(case: &str, variant: &str, payload: usize) -> Option<f64> {
    let row = PAPER.iter().find(|(of, name, ..)| *of == case && *name == variant)?;
    match payload {
        64 => row.2,
        1400 => row.3,
        8192 => row.4,
        _ => None,
    }
}

type Row = (&'static str, &'static str, Option<f64>, Option<f64>, Option<f64>);

const PAPER: [Row; 6] = [
    ("flow collision", "collision", Some(39.5), Some(954.9), None),
    ("flow collision", "vse", Some(39.4), Some(1509.9), Some(1702.4)),
    ("flow-VM collision", "collision", Some(19.7), Some(617.3), Some(4.0)),
    ("flow-VM collision", "vse", Some(19.8), Some(754.6), Some(880.1)),
    ("priority", "rss", Some(58.2), Some(1353.7), Some(217.1)),
    ("priority", "vse", Some(59.1), Some(2026.7), Some(1492.5)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        let spread = |values: &[f64]| Spread::of(values.to_vec());
        assert_eq!(spread(&[3.0, 1.0, 2.0]).median.to_string(), "2");
        assert_eq!(spread(&[4.0, 1.0, 2.0, 3.0]).median.to_string(), "2.5");
        assert_eq!(spread(&[]).max.to_string(), "0");
    }

    #[test]
    fn the_papers_figures() {
        assert_eq!(paper("flow-VM collision", "vse", 1400), Some(754.6));
        assert_eq!(paper("flow collision", "collision", 8192), None);
        assert_eq!(paper("flow-VM collision", "vse", 200), None);
    }
}
