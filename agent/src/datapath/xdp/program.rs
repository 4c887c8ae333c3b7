//! Loading the programs, attaching them, and pinning what has to outlive the agent.
//!
//! A folder of a BPF file system holds the maps under their names and one link for each interface. A
//! link that is pinned keeps its program attached when the agent goes. The next agent opens the
//! maps, loads its own programs on them and puts those in the place of the old ones, link by link,
//! in one step each.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aya::programs::links::{FdLink, PinnedLink};
use aya::programs::xdp::{XdpLink, XdpMode};
use aya::programs::{ProgramFd, TestRun, TestRunOptions, Xdp, loaded_programs};
use aya::{Ebpf, EbpfLoader};

use super::abi::MAX_CORES;
use super::error::XdpError;
use super::inspect::PinnedInterface;
use super::maps::NAMES;
use super::options::AttachMode;

/// The object that `cargo xtask bpf` builds.
static OBJECT: &[u8] = aya::include_bytes_aligned!("../../../bpf/vse_xdp.bpf.o");
/// The program at the interface.
const PROGRAM: &str = "vse";
/// The program behind the cpumap.
const CPU_PROGRAM: &str = "vse_cpu";
/// What the name of a pinned link begins with: how the program is attached, then the interface.
const NATIVE: &str = "native_";
const GENERIC: &str = "generic_";

/// Sizes of the maps; fixed when they are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    /// Rules.
    pub(super) rules: u32,
    /// Buckets of the rules.
    pub(super) buckets: u32,
    /// 2^this exact flows on each CPU whose decision is kept.
    pub(super) cache_bits: u32,
    /// CPUs that there can be.
    pub(super) cpus: u32,
}

impl Sizes {
    /// Slots for entries: twice the rules, so that a whole table can be replaced at once.
    pub(super) const fn slots(self) -> u32 {
        self.rules.saturating_mul(2)
    }

    /// Records: of each slot, core and VM, and two more.
    const fn records(self) -> u32 {
        self.slots().saturating_add(MAX_CORES).saturating_add(MAX_VMS).saturating_add(2)
    }
}

/// VMs, and no VM.
const MAX_VMS: u32 = 4096;

/// A loaded program for one interface, with the maps of `folder`.
pub(super) fn load(folder: &Path, sizes: Sizes, in_port: u16) -> Result<Ebpf, XdpError> {
    let halves = |n: u32| n.saturating_mul(2);
    let port = u32::from(in_port);
    EbpfLoader::new()
        .default_map_pin_directory(folder)
        .map_max_entries("vse_masks", halves(sizes.rules))
        .map_max_entries("vse_rules", halves(sizes.rules))
        .map_max_entries("vse_buckets", halves(sizes.buckets))
        .map_max_entries("vse_entries", sizes.slots())
        .map_max_entries("vse_wishes", sizes.slots())
        .map_max_entries("vse_uses", sizes.slots())
        .map_max_entries("vse_cache", sizes.cpus << sizes.cache_bits)
        .map_max_entries("vse_cpus", sizes.cpus)
        .map_max_entries("vse_records", sizes.records())
        .override_global("vse_in_port", &port, true)
        .override_global("vse_n_rules", &sizes.rules, true)
        .override_global("vse_n_buckets", &sizes.buckets, true)
        .override_global("vse_cache_bits", &sizes.cache_bits, true)
        .override_global("vse_n_cpus", &sizes.cpus, true)
        .load(OBJECT)
        .map_err(|error| XdpError::Load(Box::new(error)))
}

/// The program `name` of `object`, in the kernel.
fn program<'a>(object: &'a mut Ebpf, name: &'static str) -> Result<&'a mut Xdp, XdpError> {
    let refused = |source| XdpError::Program { name, source: Box::new(source) };
    let missing = || refused(aya::programs::ProgramError::UnexpectedProgramType);
    let program: &mut Xdp =
        object.program_mut(name).ok_or_else(missing)?.try_into().map_err(refused)?;
    if program.fd().is_err() {
        program.load().map_err(refused)?;
    }
    Ok(program)
}

/// The program behind the cpumap, loaded.
pub(super) fn load_cpu_program(object: &mut Ebpf) -> Result<ProgramFd, XdpError> {
    let refused = |source| XdpError::Program { name: CPU_PROGRAM, source: Box::new(source) };
    let program = program(object, CPU_PROGRAM)?;
    let fd = program.fd().map_err(refused)?;
    fd.try_clone().map_err(|error| refused(aya::programs::ProgramError::IOError(error)))
}

/// The program, loaded as for an interface, to be run on frames that come from nowhere and go nowhere. All of them are
/// counted.
#[derive(Debug)]
pub struct DryProgram(Ebpf);

impl DryProgram {
    pub(super) fn load(folder: &Path, sizes: Sizes, in_port: u16) -> Result<Self, XdpError> {
        let mut object = load(folder, sizes, in_port)?;
        program(&mut object, PROGRAM)?;
        Ok(Self(object))
    }

    /// Runs the program on a frame that often: what it returned the last time, and the time of one run.
    pub fn run(&mut self, frame: &[u8], repeat: u32) -> Result<(u32, Duration), XdpError> {
        let refused = |source| XdpError::Program { name: PROGRAM, source: Box::new(source) };
        let options = TestRunOptions { data_in: Some(frame), repeat, ..TestRunOptions::default() };
        let ran = program(&mut self.0, PROGRAM)?.test_run(options).map_err(refused)?;
        Ok((ran.return_value, ran.duration))
    }
}

/// Attaches the program of `object` to `interface` and pins the link in `folder`; where a link is
/// pinned there already, its program is replaced. A link that
/// was there keeps its mode.
pub(super) fn attach(
    object: &mut Ebpf,
    folder: &Path,
    interface: &str,
    mode: AttachMode,
) -> Result<(), XdpError> {
    let program = program(object, PROGRAM)?;
    let pins = [NATIVE, GENERIC].map(|kind| link_pin(folder, kind, interface));
    for pin in pins.into_iter().filter(|pin| pin.exists()) {
        match replace(program, &pin) {
            Ok(()) => return Ok(()),
            // The interface has gone, and the link with it; one of the same name is another.
            Err(error) => {
                tracing::warn!(interface, %error, "the pinned link is void: attaching anew");
                remove(&pin)?;
            }
        }
    }
    let (mode, kind) = match mode {
        AttachMode::Generic => (XdpMode::Skb, GENERIC),
        AttachMode::Native | AttachMode::Either => (XdpMode::Driver, NATIVE),
    };
    let refused = |source| attach_error(interface, mode, source);
    let id = program.attach(interface, mode).map_err(refused)?;
    let link = program.take_link(id).map_err(refused)?;
    let pin = link_pin(folder, kind, interface);
    let link = FdLink::try_from(link).map_err(|error| pin_error(&pin, &error))?;
    link.pin(&pin).map_err(|error| pin_error(&pin, &error))?;
    Ok(())
}

/// Puts `program` in the place of the one of the pinned link.
fn replace(program: &mut Xdp, pin: &Path) -> Result<(), XdpError> {
    let pinned = PinnedLink::from_pin(pin).map_err(|error| pin_error(pin, &error))?;
    let link = XdpLink::try_from(FdLink::from(pinned)).map_err(|error| pin_error(pin, &error))?;
    program.attach_to_link(link).map_err(|error| pin_error(pin, &error))?;
    Ok(())
}

fn attach_error(interface: &str, mode: XdpMode, source: aya::programs::ProgramError) -> XdpError {
    use aya::programs::ProgramError::UnknownInterface;
    let source = Box::new(source);
    let interface = interface.to_owned();
    match (&*source, mode) {
        (UnknownInterface { .. }, _) => XdpError::NoInterface(interface),
        (_, XdpMode::Driver) => XdpError::NotNative { interface, source },
        _ => XdpError::Attach { interface, source },
    }
}

fn pin_error(path: &Path, error: &dyn std::error::Error) -> XdpError {
    let mut text = error.to_string();
    if let Some(source) = error.source() {
        text = format!("{text}: {source}");
    }
    XdpError::Pin { path: path.to_owned(), text }
}

/// Where the link of `interface` is pinned. A BPF file system takes no dots, interfaces no colons.
fn link_pin(folder: &Path, kind: &str, interface: &str) -> PathBuf {
    folder.join(format!("{kind}{}", interface.replace('.', ":")))
}

/// The interfaces with a link that is pinned in `folder`, and whether each is native.
pub(super) fn attached(folder: &Path) -> Result<Vec<(String, bool)>, XdpError> {
    let mut interfaces: Vec<(String, bool)> = names(folder)?
        .iter()
        .filter_map(|name| {
            let native = name.strip_prefix(NATIVE).map(|interface| (interface, true));
            let (interface, is_native) =
                native.or_else(|| Some((name.strip_prefix(GENERIC)?, false)))?;
            Some((interface.replace(':', "."), is_native))
        })
        .collect();
    interfaces.sort();
    Ok(interfaces)
}

/// The interfaces with a link that is pinned in `folder`, and their programs as far as they may be seen.
pub(super) fn interfaces(folder: &Path) -> Result<Vec<PinnedInterface>, XdpError> {
    let attached = attached(folder)?.into_iter();
    Ok(attached
        .map(|(name, is_native)| {
            let pin = link_pin(folder, if is_native { NATIVE } else { GENERIC }, &name);
            let link = PinnedLink::from_pin(&pin).map(FdLink::from).ok();
            let program_id = link.and_then(|link| Some(link.info().ok()?.program_id()));
            let program = program_id
                .and_then(|id| loaded_programs().flatten().find(|program| program.id() == id));
            PinnedInterface {
                name,
                is_native,
                program_id,
                tag: program.map(|program| program.tag()),
            }
        })
        .collect())
}

/// Takes the program off `interface`.
pub(super) fn detach(folder: &Path, interface: &str) -> Result<(), XdpError> {
    // The link was the last to hold the program: without its pin, nothing does.
    let pins = [NATIVE, GENERIC].map(|kind| link_pin(folder, kind, interface));
    pins.iter().filter(|pin| pin.exists()).try_for_each(|pin| remove(pin))
}

/// Takes everything out of `folder`: programs off their interfaces first, then the maps.
pub(super) fn remove_all(folder: &Path) -> Result<(), XdpError> {
    for (interface, _) in attached(folder)? {
        detach(folder, &interface)?;
    }
    names(folder)?
        .iter()
        .filter(|name| NAMES.contains(&name.as_str()))
        .try_for_each(|name| remove(&folder.join(name)))
}

fn remove(pin: &Path) -> Result<(), XdpError> {
    fs::remove_file(pin).map_err(|error| pin_error(pin, &error))
}

/// Makes the folder for the pins.
pub(super) fn make_folder(folder: &Path) -> Result<(), XdpError> {
    fs::create_dir_all(folder)
        .map_err(|source| XdpError::Folder { folder: folder.to_owned(), source })
}

/// Whether maps are pinned in `folder`.
pub(super) fn has_maps(folder: &Path) -> Result<bool, XdpError> {
    Ok(folder.exists() && names(folder)?.iter().any(|name| NAMES.contains(&name.as_str())))
}

fn names(folder: &Path) -> Result<Vec<String>, XdpError> {
    let error = |source| XdpError::Folder { folder: folder.to_owned(), source };
    fs::read_dir(folder)
        .map_err(error)?
        .map(|entry| Ok(entry.map_err(error)?.file_name().to_string_lossy().into_owned()))
        .collect()
}
