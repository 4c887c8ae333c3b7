//! The core table in the maps: loads and VMs for the program's own choices, and the cpumap.

use std::collections::{BTreeMap, BTreeSet};

use codec::vse::{Config, Core as CoreId, VmStats};

use super::XdpDatapath;
use super::abi::{CORE_ELIGIBLE, CORE_HIGH, CORE_NONE, CORE_ONLINE, Core, MAX_CORES};
use super::error::XdpError;
use super::maps::write;
use super::records::{About, Fact};
use crate::engine::{CoreState, Engine};

/// What is known of the maps of cores.
#[derive(Debug, Default)]
pub(super) struct Cores {
    /// By number, as they stand in the map.
    written: BTreeMap<u32, Core>,
    /// Cores that frames can be sent to.
    open: BTreeSet<u32>,
    /// What the program placed, as far as the engine was told of it.
    seen: BTreeMap<u32, (u32, u32)>,
    vms: BTreeMap<u16, VmStats>,
    /// Whether `vms` is what stands in the maps.
    knows_vms: bool,
    config: Option<Config>,
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
                self.record_core(engine, state)?;
            }
        }
        self.write_vms(engine)?;
        let config = *engine.config();
        if self.cores.config.replace(config) != Some(config) {
            self.records.write(About::Config, Fact::Config(config))?;
        }
        Ok(())
    }

    fn write_vms(&mut self, engine: &Engine) -> Result<(), XdpError> {
        if self.cores.knows_vms && engine.cores().vms().eq(self.cores.vms.values()) {
            return Ok(());
        }
        let vms: BTreeMap<u16, VmStats> = engine.cores().vms().map(|vm| (vm.vm_id, *vm)).collect();
        for vm_id in self.cores.vms.keys().filter(|vm_id| !vms.contains_key(vm_id)) {
            write(&mut self.maps.vms, "vse_vms", (*vm_id).into(), CORE_NONE)?;
        }
        for (vm_id, vm) in &vms {
            if self.cores.vms.get(vm_id).map(|known| known.core) != Some(vm.core) {
                write(&mut self.maps.vms, "vse_vms", (*vm_id).into(), vm.core.0.into())?;
            }
            self.records.write(About::Vm(*vm_id), Fact::Vm(*vm))?;
        }
        self.records.keep(|about| match about {
            About::Vm(vm_id) => vms.contains_key(&vm_id),
            About::Core(core) => engine.cores().get(CoreId(core)).is_some(),
            _ => true,
        })?;
        self.cores.vms = vms;
        self.cores.knows_vms = true;
        Ok(())
    }

    /// Writes what the program does not need of a core. Its VMs and entries are told elsewhere.
    pub(super) fn record_core(
        &mut self,
        engine: &Engine,
        state: &CoreState,
    ) -> Result<(), XdpError> {
        let counted = usize::from(state.info.core.0);
        let counted = self.core_counted.get(counted).copied().unwrap_or(0);
        let mut stats = engine.cores().to_stats(state, engine.config().high_load);
        stats.packets = stats.packets.wrapping_sub(counted);
        stats.n_flows = 0;
        stats.vms.clear();
        self.records.write(About::Core(state.info.core.0), Fact::Core(stats))
    }

    /// VMs of another agent, as they stand in the maps.
    pub(super) fn see_vms(&mut self, vms: impl Iterator<Item = VmStats>) {
        self.cores.vms = vms.map(|vm| (vm.vm_id, vm)).collect();
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
