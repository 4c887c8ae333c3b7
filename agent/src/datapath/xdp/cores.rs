//! The core table in the maps: loads and VMs for the program's own choices, and the cpumap.

use std::collections::{BTreeMap, BTreeSet};

use codec::vse::Core as CoreId;

use super::XdpDatapath;
use super::abi::{CORE_ELIGIBLE, CORE_HIGH, CORE_NONE, CORE_ONLINE, Core, MAX_CORES};
use super::error::XdpError;
use super::maps::write;
use crate::engine::Engine;

/// What is known of the maps of cores.
#[derive(Debug, Default)]
pub(super) struct Cores {
    /// By number, as they stand in the map.
    written: BTreeMap<u32, Core>,
    /// Cores that frames can be sent to.
    open: BTreeSet<u32>,
    /// What the program placed, as far as the engine was told of it.
    seen: BTreeMap<u32, (u32, u32)>,
    vms: BTreeMap<u16, CoreId>,
}

impl Cores {
    /// The number behind the highest core.
    pub(super) fn end(&self) -> u32 {
        self.written.keys().next_back().map_or(0, |core| core.saturating_add(1))
    }

    /// Takes `cores` for destinations of frames, though the kernel has no such CPUs.
    #[cfg(test)]
    pub(super) fn pretend_open(&mut self, cores: impl IntoIterator<Item = u32>) {
        self.open.extend(cores);
    }

    /// The engine was told that the program placed a flow on `core`.
    pub(super) fn see(&mut self, core: u32, provisional: u32, is_priority: bool) {
        let seen = self.seen.entry(core).or_default();
        seen.0 = seen.0.wrapping_add(provisional);
        seen.1 = seen.1.wrapping_add(u32::from(is_priority));
    }

    /// The engine was told of all that the program placed on `core`, these numbers.
    pub(super) fn see_all(&mut self, core: u32, provisional: u32, n_priority: u32) {
        self.seen.insert(core, (provisional, n_priority));
    }
}

impl XdpDatapath {
    /// Brings the cores and VMs of the maps in step with the engine.
    pub(super) fn write_cores(&mut self, engine: &Engine) -> Result<(), XdpError> {
        for state in engine.cores().iter() {
            let number = u32::from(state.info.core.0);
            if number >= MAX_CORES {
                continue;
            }
            let mut flags = 0;
            if state.info.is_online && self.open_core(number)? {
                flags |= CORE_ONLINE;
            }
            if state.info.is_eligible {
                flags |= CORE_ELIGIBLE;
            }
            if state.is_high(engine.config().high_load) {
                flags |= CORE_HIGH;
            }
            let (provisional_seen, n_priority_seen) =
                self.cores.seen.get(&number).copied().unwrap_or_default();
            let (load, provisional) = state.fine_loads();
            let core = Core {
                load,
                provisional,
                n_priority: state.n_priority,
                provisional_seen,
                n_priority_seen,
                flags,
                n_vms: u16::try_from(state.n_vms).unwrap_or(u16::MAX),
            };
            if self.cores.written.insert(number, core) != Some(core) {
                write(&mut self.maps.cores, "vse_cores", number, core.to_bytes())?;
            }
        }
        let vms: BTreeMap<u16, CoreId> =
            engine.cores().vms().map(|vm| (vm.vm_id, vm.core)).collect();
        let gone = self.cores.vms.keys().filter(|vm| !vms.contains_key(vm));
        let gone: Vec<(u16, CoreId)> = gone.map(|vm| (*vm, CoreId::NONE)).collect();
        for (vm, core) in gone.iter().chain(&vms.iter().map(|(v, c)| (*v, *c)).collect::<Vec<_>>())
        {
            if self.cores.vms.get(vm) != Some(core) {
                write(&mut self.maps.vms, "vse_vms", (*vm).into(), core.0.into())?;
            }
        }
        self.cores.vms = vms;
        Ok(())
    }

    /// No VM has a known core.
    pub(super) fn clear_vms(&mut self) -> Result<(), XdpError> {
        (0..self.maps.vms.len())
            .try_for_each(|vm| write(&mut self.maps.vms, "vse_vms", vm, CORE_NONE))
    }

    /// Makes a core a destination of frames; its queue is made once and never changed while frames
    /// may be in it. Says whether the core is one: there are no more than the kernel has CPUs.
    fn open_core(&mut self, core: u32) -> Result<bool, XdpError> {
        if self.cores.open.contains(&core) {
            return Ok(true);
        }
        if core >= self.maps.cpus.len() {
            return Ok(false);
        }
        let is_open = self.maps.cpus.get(core, 0).is_ok_and(|value| value.queue_size != 0);
        if !is_open {
            let (size, program) = (self.options.queue_size, Some(&self.cpu_program));
            self.maps
                .cpus
                .set(core, size, program, 0)
                .map_err(|source| XdpError::Cpu { core, source })?;
        }
        self.cores.open.insert(core);
        Ok(true)
    }
}
