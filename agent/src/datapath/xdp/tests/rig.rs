//! A program, its maps and an engine side by side.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use codec::of10::{FlowModCommand, FlowModFlags, PortNo};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

use super::super::abi::Decision;
use super::super::maps::read;
use super::super::{DryProgram, XdpDatapath, XdpOptions};
use crate::engine::{CoreAction, Engine, EntryId, Event, FlowChange, KEY_WORDS, RuleChange, Time};

/// A BPF file system of one's own, gone when dropped.
pub(super) struct BpfFolder(PathBuf);

impl BpfFolder {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("vse-xdp-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        mount(Some("bpf"), &folder, Some("bpf"), MsFlags::empty(), None::<&str>).unwrap();
        Self(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for BpfFolder {
    fn drop(&mut self) {
        umount2(&self.0, MntFlags::MNT_DETACH).unwrap();
        std::fs::remove_dir(&self.0).unwrap();
    }
}

/// What XDP programs return.
pub(super) const XDP_PASS: u32 = 2;
pub(super) const XDP_REDIRECT: u32 = 4;

/// The port that frames come in on.
pub(super) const IN_PORT: PortNo = PortNo(3);

pub(super) struct Rig {
    pub(super) datapath: XdpDatapath,
    pub(super) engine: Engine,
    pub(super) events: Vec<Event>,
    program: DryProgram,
    // Dropped after all that is pinned in it.
    _folder: BpfFolder,
}

impl Rig {
    /// An engine and a program with the same tables. The thread stays on CPU 0 from here on.
    pub(super) fn new(engine: Engine, options: XdpOptions) -> Self {
        let folder = BpfFolder::new();
        let options = XdpOptions { folder: folder.path().to_owned(), ..options };
        let mut datapath = XdpDatapath::open(options).unwrap();
        let program = datapath.dry_program(IN_PORT).unwrap();
        let all: Vec<RuleChange> =
            engine.flows().map(|entry| RuleChange::Added(entry.id)).collect();
        datapath.sync(&engine, &all).unwrap();
        // After the load: the verifier takes a second of whatever CPU is free.
        let mut cpu = CpuSet::new();
        cpu.set(0).unwrap();
        sched_setaffinity(Pid::from_raw(0), &cpu).unwrap();
        Self { datapath, engine, events: Vec::new(), program, _folder: folder }
    }

    /// Brings the maps in step with what the engine did.
    pub(super) fn sync(&mut self) {
        let changes: Vec<RuleChange> = self
            .events
            .drain(..)
            .filter_map(|event| match event {
                Event::Rule(change) => Some(change),
                _ => None,
            })
            .collect();
        self.datapath.sync(&self.engine, &changes).unwrap();
    }

    /// Deletes entries from the engine.
    pub(super) fn remove(&mut self, ids: &[EntryId]) {
        for id in ids {
            let Some(entry) = self.engine.flow(*id) else { continue };
            let change = FlowChange {
                command: FlowModCommand::DeleteStrict,
                matched: entry.matched.clone(),
                priority: entry.priority,
                cookie: 0,
                idle_timeout: 0,
                hard_timeout: 0,
                flags: FlowModFlags::empty(),
                out_port: PortNo::NONE,
                action: CoreAction::Stay,
            };
            self.engine.flow_mod(&change, Time::ZERO, &mut self.events).unwrap();
        }
    }

    /// Brings the engine in step with what the program did.
    pub(super) fn poll(&mut self, now: Time) {
        self.datapath.collect(&mut self.engine, now, &mut self.events).unwrap();
    }

    /// Runs the program on a frame; what it returned.
    pub(super) fn run(&mut self, frame: &[u8]) -> u32 {
        self.program.run(frame, 1).unwrap().0
    }

    /// The decision that the cache of CPU 0 holds, if there is but one place in it.
    pub(super) fn cached(&self) -> ([u64; KEY_WORDS], u32) {
        let decision = read(&self.datapath.maps.cache, "vse_cache", 0).unwrap();
        let decision = Decision::from_bytes(decision);
        assert_eq!(decision.generation, self.datapath.generation(), "not cached");
        (decision.key.words, decision.rule)
    }
}
