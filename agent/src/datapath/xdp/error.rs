//! What can go wrong between the agent and the kernel.

use std::io;
use std::path::PathBuf;

use aya::maps::MapError;
use aya::maps::xdp::XdpMapError;
use aya::programs::ProgramError;

use super::table::TableError;

/// An error of the XDP datapath.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum XdpError {
    /// The folder for the pins is not on a BPF file system, or cannot be made.
    #[error(
        "cannot use {} for pinned maps: {source}; mount a BPF file system there: mount -t bpf bpf /sys/fs/bpf",
        folder.display()
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The kernel refused the object.
    #[error("cannot load the XDP program: {0}")]
    Load(#[from] Box<aya::EbpfError>),
    /// The kernel refused a program.
    #[error("cannot load the XDP program {name}: {source}")]
    Program {
        /// Its name in the object.
        name: &'static str,
        /// Why.
        source: Box<ProgramError>,
    },
    /// A map is missing, or could not be read or written.
    #[error("the map {name}: {source}")]
    Map {
        /// Its name.
        name: &'static str,
        /// Why.
        source: MapError,
    },
    /// The cpumap refused a core.
    #[error("core {core} cannot be made a destination of frames: {source}")]
    Cpu {
        /// The core.
        core: u32,
        /// Why.
        source: XdpMapError,
    },
    /// The rules do not fit.
    #[error(transparent)]
    Table(#[from] TableError),
    /// There is no such interface.
    #[error("there is no interface {0}")]
    NoInterface(String),
    /// The driver has no native XDP, or not for this interface as it is set up.
    #[error(
        "{interface} takes no XDP program in the driver: {source}; vsectl doctor says what stands \
         in the way, or choose the generic mode, which is slower: {interface}@generic"
    )]
    NotNative {
        /// The interface.
        interface: String,
        /// Why.
        source: Box<ProgramError>,
    },
    /// The program cannot be attached.
    #[error("cannot attach to {interface}: {source}")]
    Attach {
        /// The interface.
        interface: String,
        /// Why.
        source: Box<ProgramError>,
    },
    /// A pin could not be made, read or removed.
    #[error("the pin {}: {text}", path.display())]
    Pin {
        /// The pin.
        path: PathBuf,
        /// Why.
        text: String,
    },
    /// The pins are those of another version of the program.
    #[error(
        "{} holds maps of layout {found}, this agent has layout {ours}; --xdp-rebuild makes them anew, \
         which ends steering for a moment and forgets counters",
        folder.display()
    )]
    StaleLayout {
        /// The folder.
        folder: PathBuf,
        /// The layout of the pins, or what is wrong with them.
        found: String,
        /// That of this program.
        ours: u32,
    },
    /// An agent has the folder.
    #[error("{}: an agent that runs has it", .0.display())]
    InUse(PathBuf),
    /// Nothing is pinned.
    #[error("there is no datapath in {}: no map is pinned there", .0.display())]
    NoDatapath(PathBuf),
}
