//! The cores: their load, the VMs that run on them, and what the flow table puts there.

use std::collections::BTreeMap;

use codec::vse::{Core, CoreFlags, CoreStats, VmStats};

use super::refusal::Refusal;
use super::time::Time;

/// Loads are kept in parts of this of a per mille, so that halving loses nothing that counts.
const FINE: u32 = 256;

/// What a host says of a core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoreInfo {
    /// Its number.
    pub core: Core,
    /// The NUMA node that it belongs to.
    pub numa_node: u16,
    /// Whether it is online.
    pub is_online: bool,
    /// Whether it may be chosen.
    pub is_eligible: bool,
}

impl CoreInfo {
    /// A core of node 0 that is online and may be chosen.
    #[must_use]
    pub const fn new(core: Core) -> Self {
        Self { core, numa_node: 0, is_online: true, is_eligible: true }
    }
}

/// A core and what it does.
#[derive(Debug, Clone)]
pub struct CoreState {
    /// What the host says of it.
    pub info: CoreInfo,
    /// Entries that have it.
    pub n_flows: u32,
    /// Those of them that were given it for a priority flow.
    pub n_priority: u32,
    /// Frames that were sent to it.
    pub packets: u64,
    /// Frames that it could not take.
    pub drops: u64,
    /// VMs that run on it.
    pub n_vms: u32,
    /// Since when every sample was at least `high_load`; none where the latest was not.
    pub high_since: Option<Time>,
    /// Every frame that was sent to it up to here has been processed.
    pub drained: Option<Time>,
    load: u32,
    provisional: u32,
    has_sample: bool,
    /// Whether it may be chosen where nobody has said otherwise.
    pub(crate) is_eligible_by_itself: bool,
}

impl CoreState {
    fn new(info: CoreInfo) -> Self {
        Self {
            is_eligible_by_itself: info.is_eligible,
            info,
            n_flows: 0,
            n_priority: 0,
            packets: 0,
            drops: 0,
            n_vms: 0,
            high_since: None,
            drained: None,
            load: 0,
            provisional: 0,
            has_sample: false,
        }
    }

    /// Its load, per mille: a moving average of the samples, each counting half.
    #[must_use]
    pub fn load(&self) -> u16 {
        per_mille(self.load)
    }

    /// Load that flows just placed are expected to add, per mille.
    #[must_use]
    pub fn provisional(&self) -> u16 {
        per_mille(self.provisional)
    }

    /// What counts when cores are compared: load and what is expected, in 256ths of a per mille.
    pub(crate) fn expected_load(&self) -> u32 {
        self.load.saturating_add(self.provisional)
    }

    /// Load and what is expected, in 256ths of a per mille: for a datapath that makes the same
    /// comparison.
    pub(crate) const fn fine_loads(&self) -> (u32, u32) {
        (self.load, self.provisional)
    }

    /// Whether it may be chosen now.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.info.is_online && self.info.is_eligible
    }

    /// Whether its load is at least `high_load`. What is only expected does not count: a burst of
    /// new flows is no load yet.
    #[must_use]
    pub fn is_high(&self, high_load: u16) -> bool {
        self.load() >= high_load
    }

    fn sample(&mut self, load: u16, high_load: u16, now: Time) {
        let sample = u32::from(load.min(1000)) * FINE;
        self.load = if self.has_sample { u32::midpoint(self.load, sample) } else { sample };
        self.has_sample = true;
        // As much of a new flow has come into the average as goes out of what was expected.
        self.provisional /= 2;
        self.high_since = match self.high_since {
            _ if load < high_load => None,
            None => Some(now),
            since => since,
        };
    }
}

fn per_mille(fine: u32) -> u16 {
    u16::try_from((fine + FINE / 2) / FINE).unwrap_or(u16::MAX)
}

/// The cores of the host and the VMs on them.
#[derive(Debug, Clone, Default)]
pub struct CoreTable {
    /// By number, each once.
    cores: Vec<CoreState>,
    vms: BTreeMap<u16, VmStats>,
}

impl CoreTable {
    /// The table of these cores; of two with the same number, the later.
    pub(crate) fn new(cores: impl IntoIterator<Item = CoreInfo>) -> Self {
        let by_number: BTreeMap<_, _> = cores.into_iter().map(|info| (info.core, info)).collect();
        let cores = by_number.into_values().filter(|info| info.core != Core::NONE);
        Self { cores: cores.map(CoreState::new).collect(), vms: BTreeMap::new() }
    }

    /// The cores, by number.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &CoreState> + Clone {
        self.cores.iter()
    }

    /// The core of that number.
    #[must_use]
    pub fn get(&self, core: Core) -> Option<&CoreState> {
        let at = self.cores.binary_search_by_key(&core, |state| state.info.core).ok()?;
        self.cores.get(at)
    }

    pub(crate) fn get_mut(&mut self, core: Core) -> Option<&mut CoreState> {
        let at = self.cores.binary_search_by_key(&core, |state| state.info.core).ok()?;
        self.cores.get_mut(at)
    }

    /// The core of that number; an error where there is none that is online.
    pub(crate) fn online(&self, core: Core) -> Result<&CoreState, Refusal> {
        self.get(core).filter(|state| state.info.is_online).ok_or(Refusal::NoCore(core))
    }

    /// The VMs, by number.
    #[must_use]
    pub fn vms(&self) -> impl ExactSizeIterator<Item = &VmStats> {
        self.vms.values()
    }

    /// The VM of that number.
    #[must_use]
    pub fn vm(&self, vm_id: u16) -> Option<&VmStats> {
        self.vms.get(&vm_id)
    }

    /// The VMs that run on `core`, by number.
    pub fn vms_on(&self, core: Core) -> impl Iterator<Item = u16> {
        self.vms.values().filter(move |vm| vm.core == core).map(|vm| vm.vm_id)
    }

    /// Puts a core into the table, if it is not there.
    pub(crate) fn add(&mut self, info: CoreInfo) {
        let at = self.cores.binary_search_by_key(&info.core, |state| state.info.core);
        if let Err(at) = at
            && info.core != Core::NONE
        {
            self.cores.insert(at, CoreState::new(info));
            self.count_vms(info.core);
        }
    }

    /// Takes what somebody else's table told of a core that is in this one.
    pub(crate) fn told(&mut self, stats: &CoreStats) {
        if let Some(state) = self.get_mut(stats.core) {
            state.info.numa_node = stats.numa_node;
            state.info.is_online = stats.flags.contains(CoreFlags::ONLINE);
            state.info.is_eligible = stats.flags.contains(CoreFlags::ELIGIBLE);
            state.load = u32::from(stats.load) * FINE;
            state.provisional = u32::from(stats.provisional) * FINE;
            state.packets = stats.packets;
            state.drops = stats.drops;
        }
    }

    pub(crate) fn sample(&mut self, core: Core, load: u16, high_load: u16, now: Time) {
        if let Some(state) = self.get_mut(core) {
            state.sample(load, high_load, now);
        }
    }

    /// Expects `load` per mille more of `core`.
    pub(crate) fn expect(&mut self, core: Core, load: u16) {
        if let Some(state) = self.get_mut(core) {
            state.provisional = state.provisional.saturating_add(u32::from(load) * FINE);
        }
    }

    /// Puts a VM into the table, or changes what is known of it.
    pub(crate) fn bind(&mut self, vm: VmStats, max_vms: usize) -> Result<(), Refusal> {
        if !(1..=4094).contains(&vm.vm_id) {
            return Err(Refusal::VmId(vm.vm_id));
        }
        if vm.core != Core::NONE {
            self.online(vm.core)?;
        }
        if self.vms.len() >= max_vms && !self.vms.contains_key(&vm.vm_id) {
            return Err(Refusal::TooManyVms(max_vms));
        }
        let before = self.vms.insert(vm.vm_id, vm);
        self.count_vms(before.map_or(Core::NONE, |before| before.core));
        self.count_vms(vm.core);
        Ok(())
    }

    /// Takes a VM out of the table.
    pub(crate) fn unbind(&mut self, vm_id: u16) -> Option<VmStats> {
        let vm = self.vms.remove(&vm_id)?;
        self.count_vms(vm.core);
        Some(vm)
    }

    fn count_vms(&mut self, core: Core) {
        let count = u32::try_from(self.vms_on(core).count()).unwrap_or(u32::MAX);
        if let Some(state) = self.get_mut(core) {
            state.n_vms = count;
        }
    }
}
