//! The activity of cores as text for Prometheus (OpenMetrics 1.0), to be served on a loopback address.

use std::fmt;
use std::sync::atomic::AtomicU64;

use codec::vse::{CoreStats, DatapathStats};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::{Activity, CoreActivity, CpumapCounts};

/// What the answer's header says of the text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The text of all counters: those of cores, those of a datapath where there is one, and those of a
/// cpumap where it is traced.
pub fn prometheus_text(
    activity: &Activity,
    datapath: Option<&DatapathStats>,
    cores: &[CoreStats],
) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("vse");
    if let Some(stats) = datapath {
        for (name, help, count) in DATAPATH {
            let counter = Counter::<u64>::default();
            counter.inc_by(count(stats));
            registry.register(name, help, counter);
        }
        let entries = Gauge::<i64>::default();
        entries.set(stats.n_flows.into());
        registry.register("flow_entries", "Entries of the flow table", entries);
        for (name, help, count) in CORES {
            let family = Family::<Labels, Counter>::default();
            for stats in cores {
                let labels = Labels { core: stats.core.0.into() };
                family.get_or_create(&labels).inc_by(count(stats));
            }
            registry.register(name, help, family);
        }
    }
    if activity.cores.values().any(|core| core.cpumap.is_some()) {
        for (name, help, count) in CPUMAP {
            let counts = |core: &CoreActivity| count(&core.cpumap.unwrap_or_default());
            registry.register(name, help, family(activity, counts));
        }
    }
    let net_rx = family(activity, |core| core.net_rx);
    registry.register(
        "net_rx_softirqs",
        "Receive softirqs, without frames behind a cpumap",
        net_rx,
    );
    for (name, help, time) in TIMES {
        let family = family_of_seconds(activity, time);
        registry.register_with_unit(name, help, Unit::Seconds, family);
    }
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

/// Labels of every metric.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    core: u32,
}

/// Counters of the datapath.
type OfDatapath = (&'static str, &'static str, fn(&DatapathStats) -> u64);

const DATAPATH: [OfDatapath; 7] = [
    ("matched", "Frames that an entry matched", |d| d.matched),
    ("missed", "Frames that no entry matched", |d| d.missed),
    ("passed", "Frames that stayed on the core that received them", |d| d.passed),
    ("redirected", "Frames that were sent to another core", |d| d.redirected),
    ("errors", "Frames that could not be parsed or redirected", |d| d.errors),
    ("moves", "Entries that were moved to another core", |d| d.moves),
    ("deferred_moves", "Moves that were put off, since a frame would be overtaken", |d| d.deferred),
];

/// Counters of the datapath by core.
type OfCore = (&'static str, &'static str, fn(&CoreStats) -> u64);

const CORES: [OfCore; 2] = [
    ("core_packets", "Frames for the core, those that came in there included", |c| c.packets),
    ("core_drops", "Frames that the core could not take", |c| c.drops),
];

/// Counters of the cpumap by core.
type OfCpumap = (&'static str, &'static str, fn(&CpumapCounts) -> u64);

const CPUMAP: [OfCpumap; 5] = [
    ("cpumap_enqueued", "Frames put into the core's cpumap queue", |c| c.enqueued),
    ("cpumap_queue_drops", "Frames dropped since that queue was full", |c| c.queue_drops),
    ("cpumap_processed", "Frames processed by the core's cpumap threads", |c| c.processed),
    ("cpumap_thread_drops", "Frames for which those had no memory", |c| c.thread_drops),
    ("cpumap_sleeps", "Times that those slept on an empty queue", |c| c.sleeps),
];

type Seconds = fn(&CoreActivity) -> f64;

const TIMES: [(&str, &str, Seconds); 3] = [
    ("cpumap_thread", "Time of the core's cpumap threads", |c| c.cpumap_thread.as_secs_f64()),
    ("core_softirq", "Time of the core in softirqs", |c| c.time.softirq.as_secs_f64()),
    ("core_busy", "Time of the core that was not idle", |c| c.time.busy().as_secs_f64()),
];

fn family(activity: &Activity, count: impl Fn(&CoreActivity) -> u64) -> Family<Labels, Counter> {
    let family = Family::<Labels, Counter>::default();
    for (&core, activity) in &activity.cores {
        family.get_or_create(&Labels { core }).inc_by(count(activity));
    }
    family
}

fn family_of_seconds(
    activity: &Activity,
    time: Seconds,
) -> Family<Labels, Counter<f64, AtomicU64>> {
    let family = Family::<Labels, Counter<f64, AtomicU64>>::default();
    for (&core, activity) in &activity.cores {
        family.get_or_create(&Labels { core }).inc_by(time(activity));
    }
    family
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::measure::CoreTime;

    #[test]
    fn text() {
        let cpumap =
            CpumapCounts { enqueued: 10, queue_drops: 3, processed: 7, ..Default::default() };
        let time = CoreTime { softirq: Duration::from_millis(20), ..Default::default() };
        let cpumap_thread = Duration::from_millis(1500);
        let core = CoreActivity { time, net_rx: 5, cpumap_thread, cpumap: Some(cpumap) };
        let text = |core| {
            let activity = Activity { cores: BTreeMap::from([(1, core)]) };
            prometheus_text(&activity, None, &[]).expect("a text takes everything")
        };
        let untraced = text(CoreActivity { cpumap: None, ..core });
        assert!(!untraced.contains("cpumap_enqueued"), "nobody counts: {untraced}");
        let text = text(core);
        let expected = [
            "vse_cpumap_enqueued_total{core=\"1\"} 10",
            "vse_cpumap_queue_drops_total{core=\"1\"} 3",
            "vse_cpumap_processed_total{core=\"1\"} 7",
            "vse_net_rx_softirqs_total{core=\"1\"} 5",
            "vse_cpumap_thread_seconds_total{core=\"1\"} 1.5",
            "vse_core_softirq_seconds_total{core=\"1\"} 0.02",
        ];
        for line in expected {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
