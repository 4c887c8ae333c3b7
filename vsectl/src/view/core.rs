//! `vsectl.core/1`: a core and what it does.

use codec::types::flags;
use codec::vse::{Core, CoreFlags, CoreStats};
use serde::{Deserialize, Serialize};

use super::list::Listed;

/// A core.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CoreView {
    /// Its number.
    pub(crate) core: Core,
    /// Its load, per mille: a moving average.
    pub(crate) load: u16,
    /// Load that flows just placed are expected to add, per mille.
    pub(crate) provisional: u16,
    /// Online, eligible, high, priority.
    #[serde(with = "flags")]
    pub(crate) flags: CoreFlags,
    /// The NUMA node that it belongs to; nothing where the host does not tell.
    pub(crate) numa_node: Option<u16>,
    /// Entries that have it.
    pub(crate) entries: u32,
    /// Frames that were sent to it.
    pub(crate) packets: u64,
    /// Frames that it could not take.
    pub(crate) drops: u64,
    /// The VMs that run on it.
    pub(crate) vms: Vec<u16>,
}

/// What the wire has for a node that is not known.
const NO_NODE: u16 = 0xffff;

impl Listed for CoreView {
    const SCHEMA: &'static str = "vsectl.core/1";
    const LIST_SCHEMA: &'static str = "vsectl.cores/1";
}

impl From<CoreStats> for CoreView {
    fn from(stats: CoreStats) -> Self {
        Self {
            core: stats.core,
            load: stats.load,
            provisional: stats.provisional,
            flags: stats.flags,
            numa_node: Some(stats.numa_node).filter(|node| *node != NO_NODE),
            entries: stats.n_flows,
            packets: stats.packets,
            drops: stats.drops,
            vms: stats.vms,
        }
    }
}
