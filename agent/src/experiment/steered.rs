//! VSE's own datapath in the experiment: the models that steer by VM run the program that an agent attaches, with
//! entries `vm_id=N,actions=set_irq_core:C`.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use codec::of10::{FlowModCommand, Match};
use codec::text::Flow;
use codec::vse::{Core, Tlvs};
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::datapath::{
    AttachMode, Attachment, Datapath, DatapathError, PinnedTables, XdpDatapath, XdpError,
    XdpOptions, detach, inspect,
};
use crate::engine::{CoreInfo, Engine, Event, FlowChange, Settings, Time};

/// Attached until dropped.
pub(super) struct VseSteering {
    folder: PathBuf,
    engine: Engine,
    datapath: Option<XdpDatapath>,
    _mounted: Mounted,
}

/// A BPF file system of the experiment's own: the host's may have an agent, or not be there.
struct Mounted(PathBuf);

impl Mounted {
    fn new() -> Result<Self, SteeringError> {
        let folder = std::env::temp_dir().join(format!("vse-exp-{}", std::process::id()));
        std::fs::create_dir(&folder).map_err(SteeringError::Mount)?;
        let mounted = mount(Some("bpf"), &folder, Some("bpf"), MsFlags::empty(), None::<&str>);
        if let Err(errno) = mounted {
            drop(std::fs::remove_dir(&folder));
            return Err(SteeringError::Mount(errno.into()));
        }
        Ok(Self(folder))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Err(error) = umount2(&self.0, MntFlags::MNT_DETACH) {
            tracing::warn!(%error, folder = %self.0.display(), "a BPF file system stays behind");
        }
        drop(std::fs::remove_dir(&self.0));
    }
}

/// Why VSE does not steer.
#[derive(Debug, thiserror::Error)]
pub enum SteeringError {
    /// The program or its maps.
    #[error(transparent)]
    Xdp(#[from] XdpError),
    /// The maps.
    #[error(transparent)]
    Datapath(#[from] DatapathError),
    /// An entry was refused.
    #[error("the entry {0}")]
    Entry(String),
    /// No BPF file system.
    #[error("cannot mount a BPF file system in the folder for temporary files (root is needed)")]
    Mount(#[source] io::Error),
    /// The cores of this host.
    #[error("the cores of this host")]
    Cores(#[from] io::Error),
}

impl VseSteering {
    /// Attaches to the interface of the current namespace.
    pub(super) fn attach(interface: &str) -> Result<Self, SteeringError> {
        let mounted = Mounted::new()?;
        let folder = mounted.0.join("vse");
        let attachment = Attachment { interface: interface.to_owned(), mode: AttachMode::Native };
        let options = XdpOptions {
            folder: folder.clone(),
            interfaces: vec![attachment],
            max_rules: 64,
            ..XdpOptions::default()
        };
        let cores = crate::host::cores()?;
        let cores = cores.iter().filter_map(|core| u16::try_from(core.id).ok());
        let engine = Engine::new(Settings::default(), cores.map(|core| CoreInfo::new(Core(core))));
        let mut datapath = XdpDatapath::open(options)?;
        datapath.apply(&engine, &[])?;
        datapath.attach()?;
        Ok(Self { folder, engine, datapath: Some(datapath), _mounted: mounted })
    }

    /// Sends the frames of VM 1, 2 and so on to these cores from now on.
    pub(super) fn steer(&mut self, cores: &[u32]) -> Result<(), SteeringError> {
        let mut events = Vec::new();
        let mut change = |text: String, command| {
            let refused = || SteeringError::Entry(text.clone());
            let flow: Flow = text.parse().map_err(|_| refused())?;
            let change = FlowChange::try_from(&flow.to_body()).map_err(|_| refused())?;
            let change = FlowChange { command, ..change };
            self.engine.flow_mod(&change, Time::ZERO, &mut events).map_err(|_| refused())
        };
        change("actions=drop".to_owned(), FlowModCommand::Delete)?;
        for (vm, core) in (1..).zip(cores) {
            let vm: u32 = vm;
            change(format!("vm_id={vm},actions=set_irq_core:{core}"), FlowModCommand::Add)?;
        }
        let changes: Vec<_> = events
            .into_iter()
            .filter_map(|event| match event {
                Event::Rule(change) => Some(change),
                _ => None,
            })
            .collect();
        if let Some(datapath) = &mut self.datapath {
            datapath.apply(&self.engine, &changes)?;
        }
        Ok(())
    }

    /// The kernel's number of the cpumap.
    pub(super) fn cpumap(&self) -> Result<Option<u32>, SteeringError> {
        Ok(inspect(&self.folder)?.cpumap)
    }

    /// Frames that matched an entry so far, by the core that the entry names. Those that came in on that core
    /// stay there, and no cpumap sees them.
    pub(super) fn frames(&self) -> Result<BTreeMap<u32, u64>, SteeringError> {
        let flows = PinnedTables::open(&self.folder)?.flows(&Match::ANY, &Tlvs::default())?;
        let mut frames = BTreeMap::new();
        for flow in flows {
            *frames.entry(flow.core.0.into()).or_default() += flow.packet_count;
        }
        Ok(frames)
    }
}

impl Drop for VseSteering {
    fn drop(&mut self) {
        // The agent's part first: it has the folder.
        self.datapath = None;
        if let Err(error) = detach(&self.folder) {
            tracing::warn!(%error, "the experiment's datapath stays behind");
        }
    }
}
