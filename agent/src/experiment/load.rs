//! The experiment's BPF programs: the choice of a core without VSE ([bpf/vse_models.c](../../bpf/vse_models.c)), and
//! the cost of receiving ([bpf/vse_load.c](../../bpf/vse_load.c)).

use std::collections::BTreeMap;
use std::fmt;

use aya::maps::xdp::XdpMapError;
use aya::maps::{Array, CpuMap, IterableMap, Map, MapData, MapError};
use aya::programs::xdp::XdpLinkId;
use aya::programs::{ProgramError, SchedClassifier, TcAttachType, Xdp, XdpMode};
use aya::{Ebpf, EbpfError, include_bytes_aligned};

use super::Steering;
use super::steered::{SteeringError, VseSteering};

/// Places of the table.
const CORES: usize = 256;
/// The words of `struct table`.
type Table = [u32; 1 + CORES];
/// Frames that a core's queue holds: the usual default.
const QUEUE: u32 = 2048;

/// The cost is attached until dropped, and one of the programs that choose cores.
pub(super) struct Programs {
    interface: String,
    models: Ebpf,
    _cost: Ebpf,
    table: Array<MapData, Table>,
    cpumap: CpuMap<MapData>,
    attached: Attached,
}

/// What chooses cores: an interface has one program.
enum Attached {
    Nothing,
    Models(XdpLinkId),
    Vse(Box<VseSteering>),
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
    /// VSE's own datapath.
    #[error(transparent)]
    Vse(#[from] SteeringError),
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
        let interface = interface.to_owned();
        Ok(Self { interface, models, _cost: cost, table, cpumap, attached: Attached::Nothing })
    }

    /// Steers by another model from the next frame on; in the namespace of the interface.
    pub(super) fn steer(&mut self, steering: &Steering) -> Result<(), LoadError> {
        match steering {
            Steering::ByVm(cores) => {
                if !matches!(self.attached, Attached::Vse(_)) {
                    self.detach()?;
                    self.attached = Attached::Vse(Box::new(VseSteering::attach(&self.interface)?));
                }
                match &mut self.attached {
                    Attached::Vse(vse) => Ok(vse.steer(cores)?),
                    _ => Ok(()),
                }
            }
            Steering::One(core) => self.steer_by_hash(&[*core]),
            Steering::Hash(cores) => self.steer_by_hash(cores),
        }
    }

    fn detach(&mut self) -> Result<(), LoadError> {
        if let Attached::Models(link) = std::mem::replace(&mut self.attached, Attached::Nothing) {
            self.models_program()?.detach(link)?;
        }
        Ok(())
    }

    fn models_program(&mut self) -> Result<&mut Xdp, LoadError> {
        let program = self.models.program_mut(MODELS).ok_or(LoadError::Object(MODELS))?;
        Ok(program.try_into()?)
    }

    fn steer_by_hash(&mut self, cores: &[u32]) -> Result<(), LoadError> {
        let mut table: Table = [0; 1 + CORES];
        for &core in cores {
            // A queue that is there stays: setting it again would build another and lose its frames.
            if self.cpumap.get(core, 0).map_or(true, |value| value.queue_size == 0) {
                self.cpumap.set(core, QUEUE, None, 0)?;
            }
        }
        for (place, core) in table.iter_mut().skip(1).zip(cores) {
            *place = *core;
        }
        if let Some(size) = table.first_mut() {
            *size = u32::try_from(cores.len()).unwrap_or(u32::MAX);
        }
        self.table.set(0, table, 0)?;
        if !matches!(self.attached, Attached::Models(_)) {
            self.detach()?;
            let interface = self.interface.clone();
            let link = self.models_program()?.attach(&interface, XdpMode::Driver)?;
            self.attached = Attached::Models(link);
        }
        Ok(())
    }

    /// The kernel's number of the cpumap.
    pub(super) fn cpumap_id(&self) -> Result<u32, LoadError> {
        match &self.attached {
            Attached::Vse(vse) => Ok(vse.cpumap()?.ok_or(LoadError::Object("vse_cpus"))?),
            _ => Ok(self.cpumap.map().info()?.id()),
        }
    }

    /// Frames for each core so far, where frames can stay on the core that received them; empty where all
    /// go through the cpumap.
    pub(super) fn frames(&self) -> Result<BTreeMap<u32, u64>, LoadError> {
        match &self.attached {
            Attached::Vse(vse) => Ok(vse.frames()?),
            _ => Ok(BTreeMap::new()),
        }
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
