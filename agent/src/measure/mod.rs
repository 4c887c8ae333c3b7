//! What happened, by core: packets behind the cpumap and their drops from its tracepoints, the time of interrupts
//! and of the cpumap's threads from procfs. Counters grow from boot, or from when tracing began; what happened in
//! between is the difference of two samples.

mod prometheus;
mod stat;
mod threads;
mod trace;

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use prometheus::{CONTENT_TYPE, prometheus_text};
pub use stat::{CoreTime, parse_net_rx, parse_stat};
pub use threads::{cpumap_thread, parse_schedstat, thread_time};
pub use trace::{CpumapTrace, TraceError};

/// A cpumap's counters for the core to which the frames went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CpumapCounts {
    /// Frames put into the core's queue.
    pub enqueued: u64,
    /// Frames dropped since the queue was full.
    pub queue_drops: u64,
    /// Frames that the core's thread has taken out and processed.
    pub processed: u64,
    /// Frames for which the thread had no memory.
    pub thread_drops: u64,
    /// Times that the thread found the queue empty and slept.
    pub sleeps: u64,
}

/// What a core did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CoreActivity {
    /// Time by kind.
    pub time: CoreTime,
    /// Receive softirqs (`NET_RX`). Frames behind a cpumap are not among them: they are processed by a thread.
    pub net_rx: u64,
    /// Time of the cpumap's threads.
    pub cpumap_thread: Duration,
    /// Frames behind the cpumap, where they are traced.
    pub cpumap: Option<CpumapCounts>,
}

/// All cores at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Activity {
    /// By core.
    pub cores: BTreeMap<u32, CoreActivity>,
}

impl Activity {
    /// Reads the counters: of every cpumap, or of the one with that id; packets only where `trace` runs.
    pub fn read(trace: Option<&CpumapTrace>, map: Option<u32>) -> io::Result<Self> {
        let mut cores: BTreeMap<u32, CoreActivity> = BTreeMap::new();
        for (core, time) in stat::read_stat()? {
            cores.entry(core).or_default().time = time;
        }
        for (core, count) in stat::read_net_rx()? {
            cores.entry(core).or_default().net_rx = count;
        }
        for (core, time) in threads::read(map)? {
            cores.entry(core).or_default().cpumap_thread += time;
        }
        if let Some(trace) = trace {
            let counts = trace.by_core(map).map_err(io::Error::other)?;
            for (core, activity) in &mut cores {
                activity.cpumap = Some(counts.get(core).copied().unwrap_or_default());
            }
        }
        Ok(Self { cores })
    }

    /// What happened since an earlier reading.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let difference = |(core, now): (&u32, &CoreActivity)| {
            let before = earlier.cores.get(core).copied().unwrap_or_default();
            (*core, now.since(&before))
        };
        Self { cores: self.cores.iter().map(difference).collect() }
    }
}

impl CoreActivity {
    fn since(&self, earlier: &Self) -> Self {
        Self {
            time: self.time.since(&earlier.time),
            net_rx: self.net_rx.saturating_sub(earlier.net_rx),
            // A map that is gone has taken its threads along.
            cpumap_thread: self.cpumap_thread.saturating_sub(earlier.cpumap_thread),
            cpumap: self.cpumap.map(|now| now.since(&earlier.cpumap.unwrap_or_default())),
        }
    }
}

impl CpumapCounts {
    /// What was counted since.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            enqueued: self.enqueued.saturating_sub(earlier.enqueued),
            queue_drops: self.queue_drops.saturating_sub(earlier.queue_drops),
            processed: self.processed.saturating_sub(earlier.processed),
            thread_drops: self.thread_drops.saturating_sub(earlier.thread_drops),
            sleeps: self.sleeps.saturating_sub(earlier.sleeps),
        }
    }
}

impl std::ops::AddAssign for CpumapCounts {
    fn add_assign(&mut self, other: Self) {
        self.enqueued += other.enqueued;
        self.queue_drops += other.queue_drops;
        self.processed += other.processed;
        self.thread_drops += other.thread_drops;
        self.sleeps += other.sleeps;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_by_core_and_never_negative() {
        let sample = |core, net_rx| {
            let activity = CoreActivity { net_rx, ..CoreActivity::default() };
            Activity { cores: BTreeMap::from([(core, activity)]) }
        };
        assert_eq!(sample(1, 7).since(&sample(1, 5)), sample(1, 2));
        assert_eq!(sample(1, 7).since(&sample(0, 5)), sample(1, 7));
        assert_eq!(sample(1, 5).since(&sample(1, 7)), sample(1, 0));
    }

    #[test]
    fn this_machine() {
        let activity = Activity::read(None, None).expect("procfs is mounted");
        let busy = activity.cores.values().map(|core| core.time.busy()).sum::<Duration>();
        assert!(busy > Duration::ZERO, "{activity:?}");
    }
}
