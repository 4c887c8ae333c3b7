//! Packets behind cpumaps, by map and core, from the tracepoints xdp_cpumap_enqueue and xdp_cpumap_kthread:
//! [bpf/vse_trace.c](../../bpf/vse_trace.c).

use std::collections::BTreeMap;

use aya::maps::{HashMap, Map, MapData, MapError};
use aya::programs::{BtfTracePoint, ProgramError};
use aya::{Btf, BtfError, Ebpf, EbpfError, include_bytes_aligned};

use super::CpumapCounts;

/// Counts until it is dropped. Needs `CAP_BPF` and `CAP_PERFMON`, and a kernel with type information (BTF).
#[derive(Debug)]
pub struct CpumapTrace {
    counts: HashMap<MapData, [u32; 2], [u64; 5]>,
    /// Detaches when dropped.
    _programs: Ebpf,
}

/// Why nothing can be traced.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The kernel does not describe its types.
    #[error("cannot read the kernel's type information, /sys/kernel/btf/vmlinux")]
    Btf(#[source] BtfError),
    /// The object was refused.
    #[error("cannot load the tracing program (root, or CAP_BPF and CAP_PERFMON, is needed)")]
    Load(#[source] EbpfError),
    /// A tracepoint was refused.
    #[error("cannot trace {tracepoint}")]
    Attach {
        /// Its name.
        tracepoint: &'static str,
        /// Why.
        #[source]
        source: ProgramError,
    },
    /// The counters cannot be read.
    #[error("cannot read the counters of the tracing program")]
    Read(#[source] MapError),
    /// The object that was built in lacks a part.
    #[error("the tracing program that was built in has no {0}")]
    Object(&'static str),
}

impl CpumapTrace {
    /// Begins to count.
    pub fn start() -> Result<Self, TraceError> {
        let mut programs = Ebpf::load(OBJECT).map_err(TraceError::Load)?;
        let btf = Btf::from_sys_fs().map_err(TraceError::Btf)?;
        for (name, tracepoint) in PROGRAMS {
            let program = programs.program_mut(name).ok_or(TraceError::Object(name))?;
            let attached = <&mut BtfTracePoint>::try_from(program).and_then(|program| {
                program.load(tracepoint, &btf)?;
                program.attach()
            });
            attached.map_err(|source| TraceError::Attach { tracepoint, source })?;
        }
        let map: Map = programs.take_map(COUNTS).ok_or(TraceError::Object(COUNTS))?;
        let counts = HashMap::try_from(map).map_err(TraceError::Read)?;
        Ok(Self { counts, _programs: programs })
    }

    /// The counters of all cpumaps together, or of the one with that id, by core.
    pub fn by_core(&self, map: Option<u32>) -> Result<BTreeMap<u32, CpumapCounts>, TraceError> {
        let mut cores: BTreeMap<u32, CpumapCounts> = BTreeMap::new();
        for entry in &self.counts {
            let ([of, core], counts) = entry.map_err(TraceError::Read)?;
            if map.is_none_or(|map| map == of) {
                *cores.entry(core).or_default() += counts.into();
            }
        }
        Ok(cores)
    }
}

impl From<[u64; 5]> for CpumapCounts {
    /// `struct counts` of the program.
    fn from([enqueued, queue_drops, processed, thread_drops, sleeps]: [u64; 5]) -> Self {
        Self { enqueued, queue_drops, processed, thread_drops, sleeps }
    }
}

const OBJECT: &[u8] = include_bytes_aligned!("../../bpf/vse_trace.bpf.o");
const PROGRAMS: [(&str, &str); 2] =
    [("vse_cpumap_enqueue", "xdp_cpumap_enqueue"), ("vse_cpumap_kthread", "xdp_cpumap_kthread")];
const COUNTS: &str = "COUNTS";
