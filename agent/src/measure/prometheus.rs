//! The activity of cores as text for Prometheus (OpenMetrics 1.0), to be served on a loopback address.

use std::fmt;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::{Registry, Unit};

use super::{Activity, CoreActivity};

/// What the answer's header says of the text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The text of all counters.
pub fn prometheus_text(activity: &Activity) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("vse");
    for (name, help, count) in PACKETS {
        registry.register(name, help, family(activity, count));
    }
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

type Count = fn(&CoreActivity) -> u64;
type Seconds = fn(&CoreActivity) -> f64;

const PACKETS: [(&str, &str, Count); 6] = [
    ("cpumap_enqueued", "Frames put into the core's cpumap queue", |c| c.cpumap.enqueued),
    ("cpumap_queue_drops", "Frames dropped since that queue was full", |c| c.cpumap.queue_drops),
    ("cpumap_processed", "Frames processed by the core's cpumap threads", |c| c.cpumap.processed),
    ("cpumap_thread_drops", "Frames for which those had no memory", |c| c.cpumap.thread_drops),
    ("cpumap_sleeps", "Times that those slept on an empty queue", |c| c.cpumap.sleeps),
    ("net_rx_softirqs", "Receive softirqs, without frames behind a cpumap", |c| c.net_rx),
];

const TIMES: [(&str, &str, Seconds); 3] = [
    ("cpumap_thread", "Time of the core's cpumap threads", |c| c.cpumap_thread.as_secs_f64()),
    ("core_softirq", "Time of the core in softirqs", |c| c.time.softirq.as_secs_f64()),
    ("core_busy", "Time of the core that was not idle", |c| c.time.busy().as_secs_f64()),
];

fn family(activity: &Activity, count: Count) -> Family<Labels, Counter> {
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
    use crate::measure::{CoreTime, CpumapCounts};

    #[test]
    fn text() {
        let cpumap =
            CpumapCounts { enqueued: 10, queue_drops: 3, processed: 7, ..Default::default() };
        let time = CoreTime { softirq: Duration::from_millis(20), ..Default::default() };
        let core =
            CoreActivity { time, net_rx: 5, cpumap_thread: Duration::from_millis(1500), cpumap };
        let activity = Activity { cores: BTreeMap::from([(1, core)]) };
        let text = prometheus_text(&activity).expect("a text takes everything");
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
