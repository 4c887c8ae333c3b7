//! The experiment's BPF programs: the choice of a core by each model ([bpf/vse_models.c](../../bpf/vse_models.c)), and
//! the cost of receiving ([bpf/vse_load.c](../../bpf/vse_load.c)).

use std::fmt;

use aya::maps::xdp::XdpMapError;
use aya::maps::{Array, CpuMap, IterableMap, Map, MapData, MapError};
use aya::programs::{ProgramError, SchedClassifier, TcAttachType, Xdp, XdpMode};
use aya::{Ebpf, EbpfError, include_bytes_aligned};

use super::Steering;

/// Places of the table: cores for a hash, then a core for each VM id.
const CORES: usize = 256;
const VMS: usize = 32;
/// The words of `struct table`.
type Table = [u32; 2 + CORES + VMS];
/// Frames that a core's queue holds: the usual default.
const QUEUE: u32 = 2048;

/// Attached until dropped.
pub(super) struct Programs {
    _models: Ebpf,
    _cost: Ebpf,
    table: Array<MapData, Table>,
    cpumap: CpuMap<MapData>,
}

/// Why the programs do not run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The object was refused.
    #[error("loading")]
    Load(#[from] EbpfError),
    /// Attaching was refused.
    #[error("attaching")]
    Attach(#[from] ProgramError),
    /// A map was refused.
    #[error("a map")]
    Map(#[from] MapError),
    /// A core was refused.
    #[error("a core of the cpumap")]
    Cpumap(#[from] XdpMapError),
    /// The object that was built in lacks a part.
    #[error("the object that was built in has no {0}")]
    Object(&'static str),
}

impl Programs {
    /// Loads and attaches to the interface of the current namespace.
    pub(super) fn load(interface: &str, cost_ns: u64) -> Result<Self, LoadError> {
        let mut cost = Ebpf::load(COST_OBJECT)?;
        let mut nanoseconds: Array<_, u64> = Array::try_from(map(&mut cost, "COST")?)?;
        nanoseconds.set(0, cost_ns, 0)?;
        let program = cost.program_mut(COST).ok_or(LoadError::Object(COST))?;
        let classifier: &mut SchedClassifier = program.try_into()?;
        classifier.load()?;
        classifier.attach(interface, TcAttachType::Ingress)?;

        let mut models = Ebpf::load(MODELS_OBJECT)?;
        let table = Array::try_from(map(&mut models, "TABLE")?)?;
        let cpumap = CpuMap::try_from(map(&mut models, "CORES")?)?;
        let program = models.program_mut(MODELS).ok_or(LoadError::Object(MODELS))?;
        let xdp: &mut Xdp = program.try_into()?;
        xdp.load()?;
        xdp.attach(interface, XdpMode::Driver)?;
        Ok(Self { _models: models, _cost: cost, table, cpumap })
    }

    /// Steers by another model from the next frame on.
    pub(super) fn steer(&mut self, steering: &Steering) -> Result<(), LoadError> {
        let mut table: Table = [0; 2 + CORES + VMS];
        let (by_vm, cores) = match steering {
            Steering::One(core) => (0, vec![*core]),
            Steering::Hash(cores) => (0, cores.clone()),
            Steering::ByVm(cores) => (1, cores.clone()),
        };
        for &core in &cores {
            // A queue that is there stays: setting it again would build another and lose its frames.
            if self.cpumap.get(core, 0).map_or(true, |value| value.queue_size == 0) {
                self.cpumap.set(core, QUEUE, None, 0)?;
            }
        }
        // For VMs the first place is that of VM id 0, which nobody has.
        let first = if by_vm == 1 { 2 + CORES + 1 } else { 2 };
        for (place, core) in table.iter_mut().skip(first).zip(&cores) {
            *place = *core;
        }
        let size = u32::try_from(cores.len()).unwrap_or(u32::MAX);
        for (place, value) in table.iter_mut().zip([by_vm, size]) {
            *place = value;
        }
        Ok(self.table.set(0, table, 0)?)
    }

    /// The kernel's number of the cpumap.
    pub(super) fn cpumap_id(&self) -> Result<u32, LoadError> {
        Ok(self.cpumap.map().info()?.id())
    }
}

impl fmt::Debug for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Programs").finish_non_exhaustive()
    }
}

fn map(object: &mut Ebpf, name: &'static str) -> Result<Map, LoadError> {
    object.take_map(name).ok_or(LoadError::Object(name))
}

const MODELS_OBJECT: &[u8] = include_bytes_aligned!("../../bpf/vse_models.bpf.o");
const COST_OBJECT: &[u8] = include_bytes_aligned!("../../bpf/vse_load.bpf.o");
const MODELS: &str = "vse_models";
const COST: &str = "vse_receive_cost";
