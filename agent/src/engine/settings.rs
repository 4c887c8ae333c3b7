//! What the engine is told when it is made.

use std::time::Duration;

use codec::fcf::FcfLayout;
use codec::types::Pad;
use codec::vse::{Config, ConfigFlags, Policy};

/// Limits and times that do not change while the engine runs, and the configuration that it starts
/// with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What SET_CONFIG can change.
    pub config: Config,
    /// Entries that the flow table holds at most.
    pub max_flows: usize,
    /// VMs that the core table holds at most.
    pub max_vms: usize,
    /// Flows that are remembered with their entry, at least; each takes 96 bytes. 0 for none.
    pub seen_flows: usize,
    /// A number that nobody can guess: it makes hash tables hard to fill with collisions.
    pub hash_seed: u64,
    /// Load that a flow just placed is expected to add to its core, per mille.
    pub provisional_load: u16,
    /// A flow without a frame for this long has none under way: it may move.
    pub drain_time: Duration,
}

impl Default for Settings {
    /// The method on, policy `adaptive`, 90 % is high, an idle timeout of 60 s, layout `dscp`,
    /// no rebalancing; 65,536 entries, 4,094 VMs, 16,384 flows seen before, 5 % for a new flow, 100 ms to drain.
    fn default() -> Self {
        Self {
            config: Config {
                flags: ConfigFlags::ENABLED,
                policy: Policy::Adaptive,
                pad: Pad::default(),
                high_load: 900,
                idle_timeout: 60,
                fcf_layout: FcfLayout::DSCP,
                rebalance_interval: 60,
                rebalance_improvement: 250,
                pad2: Pad::default(),
            },
            max_flows: 65_536,
            max_vms: 4094,
            seen_flows: 16_384,
            hash_seed: 0,
            provisional_load: 50,
            drain_time: Duration::from_millis(100),
        }
    }
}
