//! What the datapath is compared with: a program that does nothing, and the program l4-hash of xdp-bench itself, out
//! of the program that is installed. xdp-bench attaches tracepoints first, which newer kernels do not have any more,
//! so it is not run.

use std::time::Duration;

use aya::maps::{Array, CpuMap};
use aya::programs::{TestRun, TestRunOptions, Xdp};
use aya::util::nr_cpus;
use aya::{Ebpf, EbpfLoader, include_bytes_aligned};

const PASS: &[u8] = include_bytes_aligned!("../../bpf/vse_reference.bpf.o");
/// Where Debian's package xdp-tools has it.
const XDP_BENCH: &str = "/usr/sbin/xdp-bench";
const L4_HASH: &str = "cpumap_l4_hash";
/// Frames that a core's queue holds, as xdp-bench has it.
const QUEUE: u32 = 2048;
/// `EM_BPF` of an ELF header.
const BPF_MACHINE: u16 = 247;

/// A program of an object, loaded.
pub(crate) struct Reference {
    object: Ebpf,
    name: &'static str,
}

impl Reference {
    /// `XDP_PASS`, and nothing else.
    pub(crate) fn pass() -> Self {
        Self::loaded(Ebpf::load(PASS).unwrap(), "pass")
    }

    /// xdp-bench's l4-hash, which sends everything to core 1.
    pub(crate) fn l4_hash() -> Self {
        let file = std::fs::read(XDP_BENCH).unwrap_or_else(|error| {
            panic!("{XDP_BENCH}: {error}; install the package xdp-tools");
        });
        let object = object_with(&file, L4_HASH).unwrap_or_else(|| {
            panic!("{XDP_BENCH} has no program {L4_HASH} in it");
        });
        let cpus = u32::try_from(nr_cpus().unwrap()).unwrap();
        let mut loader = EbpfLoader::new();
        loader.override_global("nr_cpus", &cpus, true);
        // xdp-bench sizes them when it starts.
        for map in ["cpu_map", "cpus_available", "rx_cnt", "rxq_cnt"] {
            loader.map_max_entries(map, cpus);
        }
        for map in ["redir_err_cnt", "cpumap_enqueue_cnt", "cpumap_kthread_cnt", "exception_cnt"] {
            loader.map_max_entries(map, cpus);
        }
        loader.map_max_entries("devmap_xmit_cnt", cpus);
        let mut object = loader.load(object).unwrap();
        let mut cores = CpuMap::try_from(object.map_mut("cpu_map").unwrap()).unwrap();
        cores.set(1, QUEUE, None, 0).unwrap();
        for (map, value) in [("cpus_count", 1), ("cpus_available", 1)] {
            let mut map: Array<_, u32> = Array::try_from(object.map_mut(map).unwrap()).unwrap();
            map.set(0, value, 0).unwrap();
        }
        Self::loaded(object, L4_HASH)
    }

    fn loaded(object: Ebpf, name: &'static str) -> Self {
        let mut reference = Self { object, name };
        reference.program().load().unwrap();
        reference
    }

    pub(crate) fn program(&mut self) -> &mut Xdp {
        self.object.program_mut(self.name).unwrap().try_into().unwrap()
    }

    /// What one of that many runs takes.
    pub(crate) fn run(&mut self, frame: &[u8], repeat: u32) -> Duration {
        let options = TestRunOptions { data_in: Some(frame), repeat, ..TestRunOptions::default() };
        self.program().test_run(options).unwrap().duration
    }
}

/// The BPF object within an executable that has a function of that name. libbpf's skeletons are such: an ELF file
/// among the read-only data, with the table of its sections at its end.
fn object_with<'a>(file: &'a [u8], function: &str) -> Option<&'a [u8]> {
    /// 64 bits, little-endian, version 1.
    const MAGIC: &[u8] = b"\x7fELF\x02\x01\x01";
    let begins = file.windows(MAGIC.len()).enumerate();
    begins.filter(|(_, bytes)| *bytes == MAGIC).find_map(|(begin, _)| {
        let elf = file.get(begin..)?;
        let u16_at = |at: usize| Some(u16::from_le_bytes(*elf.get(at..)?.first_chunk()?));
        let sections = u64::from_le_bytes(*elf.get(0x28..)?.first_chunk()?);
        let table = usize::from(u16_at(0x3a)?) * usize::from(u16_at(0x3c)?);
        let object = elf.get(..usize::try_from(sections).ok()? + table)?;
        let has_it = object.windows(function.len()).any(|bytes| bytes == function.as_bytes());
        (u16_at(0x12)? == BPF_MACHINE && has_it).then_some(object)
    })
}
