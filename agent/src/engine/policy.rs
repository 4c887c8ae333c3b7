//! How an entry without a core gets one: vse-protocol(7), Policies and Reasons.

use codec::vse::{Config, Core, Policy, Reason};

use super::core_table::{CoreState, CoreTable};

/// What of a frame counts when a core is chosen for its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// The core that received it.
    pub(crate) current: Core,
    /// The VM that it is for; 0 for none.
    pub(crate) vm_id: u16,
    /// Whether it is of a priority flow.
    pub(crate) is_priority: bool,
    /// The hash of its flow.
    pub(crate) rxhash: u32,
}

/// The core for an entry whose first frame is `arrival`, and why; an error with the reason where
/// the frame stays on its core and the entry without one.
pub(crate) fn choose(
    cores: &CoreTable,
    config: &Config,
    arrival: &Arrival,
) -> Result<(Core, Reason), Reason> {
    match config.policy {
        Policy::Hash => by_hash(cores, arrival),
        Policy::Current => Ok((arrival.current, Reason::Current)),
        _ => adaptive(cores, config, arrival),
    }
}

fn by_hash(cores: &CoreTable, arrival: &Arrival) -> Result<(Core, Reason), Reason> {
    let mut available = cores.iter().filter(|state| state.is_available());
    let count = u64::try_from(available.clone().count()).unwrap_or_default();
    // The upper half of the product is below the count, and each core has as many hashes.
    let chosen = (u64::from(arrival.rxhash) * count) >> 32;
    let chosen = usize::try_from(chosen).ok().and_then(|chosen| available.nth(chosen));
    chosen.map(|state| (state.info.core, Reason::Hash)).ok_or(Reason::AllHigh)
}

fn adaptive(
    cores: &CoreTable,
    config: &Config,
    arrival: &Arrival,
) -> Result<(Core, Reason), Reason> {
    let below = |state: &&CoreState| state.is_available() && !state.is_high(config.high_load);
    let candidates = cores.iter().filter(below);
    let own = cores.vm(arrival.vm_id).map_or(Core::NONE, |vm| vm.core);
    choose_among(candidates, own, arrival.is_priority).ok_or(Reason::AllHigh)
}

/// The core of `candidates` for a flow of the VM that runs on `own`. A flow that is no priority flow
/// avoids those that carry one while there is another.
pub(super) fn choose_among<'a>(
    candidates: impl Iterator<Item = &'a CoreState> + Clone,
    own: Core,
    is_priority: bool,
) -> Option<(Core, Reason)> {
    if is_priority {
        return best(candidates, own).map(|(core, _)| (core, Reason::Priority));
    }
    let without_priority = candidates.clone().filter(|state| state.n_priority == 0);
    best(without_priority, own).or_else(|| best(candidates, own))
}

/// The least loaded of `candidates` that runs no VM; where each runs one, the least loaded but
/// `own`. The lower number where two are equal.
fn best<'a>(
    candidates: impl Iterator<Item = &'a CoreState> + Clone,
    own: Core,
) -> Option<(Core, Reason)> {
    let least = |reason| move |state: &CoreState| (state.info.core, reason);
    let without_vm = candidates.clone().filter(|state| state.n_vms == 0);
    // The first of equals, and the cores come by number.
    let free = without_vm.min_by_key(|state| state.expected_load());
    free.map(least(Reason::LeastLoaded)).or_else(|| {
        let others = candidates.filter(|state| state.info.core != own);
        others.min_by_key(|state| state.expected_load()).map(least(Reason::LeastLoadedNotOwn))
    })
}
