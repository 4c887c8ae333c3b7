//! Nanoseconds that the XDP program takes for a frame, by BPF_PROG_TEST_RUN, beside a program that does nothing and
//! xdp-bench's l4-hash; and frames a second over a veth, beside no program at all. Needs root, a network namespace of
//! its own, and the package xdp-tools: run it by `cargo xtask bench xdp`.
#![allow(missing_docs, reason = "a benchmark")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot run has to stop")]
#![allow(clippy::print_stdout, reason = "its output is a table")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]
#![allow(clippy::indexing_slicing, reason = "medians of what is measured here")]

mod frames;
mod reference;
mod veth;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use agent::datapath::{Datapath, XdpDatapath, XdpOptions};
use agent::engine::{CoreInfo, Engine, FlowChange, RuleChange, Settings, Time};
use codec::of10::PortNo;
use codec::text::Flow;
use codec::vse::Core;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

use reference::Reference;

/// Runs of a program in one go, and how often that is done; the median counts.
const REPEAT: u32 = 200_000;
const ROUNDS: usize = 9;

fn main() {
    on_core(0);
    let folder = BpfFolder::new();
    println!("nanoseconds a frame, BPF_PROG_TEST_RUN, median of {ROUNDS} times {REPEAT} runs");
    println!("{:<44}{:>10}{:>10}", "", "UDP", "VXLAN");
    let (mut pass, mut l4_hash) = (Reference::pass(), Reference::l4_hash());
    let mut measured = vec![
        Measured::new("nothing (XDP_PASS)", move |frame| pass.run(frame, REPEAT)),
        Measured::new("l4-hash of xdp-bench", move |frame| l4_hash.run(frame, REPEAT)),
    ];
    for (rules, masks, cache, name) in [
        (50, 15, true, "vse, decision cached, 50 rules"),
        (50, 15, false, "vse, 50 rules, 15 masks, uncached"),
        (256, 64, true, "vse, decision cached, 256 rules"),
        (256, 64, false, "vse, 256 rules, 64 masks, uncached"),
    ] {
        let folder = folder.0.join(format!("{rules}-{masks}-{cache}"));
        let mut program = vse(&folder, rules, masks, cache).dry_program(PortNo(1)).unwrap();
        measured.push(Measured::new(name, move |frame| program.run(frame, REPEAT).unwrap().1));
    }
    let frames = [frames::udp(1000), frames::vxlan()];
    for _ in 0..ROUNDS {
        for measured in &mut measured {
            measured.round(&frames);
        }
    }
    for measured in &measured {
        let [udp, vxlan] = measured.medians();
        println!("{:<44}{udp:>10.0}{vxlan:>10.0}", measured.name);
    }
    let [hash, cached] = [1, 2].map(|at: usize| measured[at].medians());
    for (name, of, hash) in [("UDP", cached[0], hash[0]), ("VXLAN", cached[1], hash[1])] {
        println!("{name}: cached decision {:.2} times l4-hash", of / hash);
    }
    drop(measured);
    println!("\nframes a second in millions over a veth, sender and receiver on core 0");
    veth::throughput(&folder.0);
}

/// Runs something on a frame; how long one run takes.
type Run = dyn FnMut(&[u8]) -> Duration;

/// Something that takes frames, and how long it took for each of the two, round by round.
struct Measured {
    name: &'static str,
    run: Box<Run>,
    times: [Vec<f64>; 2],
}

impl Measured {
    fn new(name: &'static str, run: impl FnMut(&[u8]) -> Duration + 'static) -> Self {
        Self { name, run: Box::new(run), times: Default::default() }
    }

    fn round(&mut self, frames: &[Vec<u8>; 2]) {
        for (frame, times) in frames.iter().zip(&mut self.times) {
            times.push((self.run)(frame).as_nanos() as f64);
        }
    }

    fn medians(&self) -> [f64; 2] {
        self.times.each_ref().map(|times| {
            let mut times = times.clone();
            times.sort_by(f64::total_cmp);
            times[ROUNDS / 2]
        })
    }
}

/// A datapath with rules of which the last matches the frames.
fn vse(folder: &Path, rules: usize, masks: usize, cache: bool) -> XdpDatapath {
    let options = XdpOptions {
        folder: folder.to_owned(),
        cache_bits: cache.then_some(12),
        ..XdpOptions::default()
    };
    let mut datapath = XdpDatapath::open(options).unwrap();
    let engine = engine(rules, masks, 1);
    let all: Vec<RuleChange> = engine.flows().map(|entry| RuleChange::Added(entry.id)).collect();
    datapath.apply(&engine, &all).unwrap();
    datapath
}

/// The lowest priority matches all frames; those above have `masks` masks and match none.
fn engine(rules: usize, masks: usize, core: u16) -> Engine {
    let mut engine = Engine::new(Settings::default(), (0..2).map(|n| CoreInfo::new(Core(n))));
    let mut add = |text: String| {
        let flow: Flow = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        let change = FlowChange::try_from(&flow.to_body()).unwrap();
        engine.flow_mod(&change, Time::ZERO, &mut Vec::new()).unwrap();
    };
    add(format!("priority=1,ip,actions=set_irq_core:{core}"));
    for rule in 1..rules {
        // Prefixes of two addresses make the masks.
        let mask = rule % (masks - 1);
        let (source, destination) = (8 + mask % 8 * 3, 8 + mask / 8 * 3);
        let address = |n: usize, len: usize| {
            let bits = u32::try_from(n + 1).unwrap().rotate_right(8) | 0x0b00_0000;
            Ipv4Addr::from(bits & u32::MAX << (32 - len))
        };
        add(format!(
            "priority={},ip,nw_src={}/{source},nw_dst={}/{destination},actions=set_irq_core:{core}",
            1000 + rule,
            address(rule, source),
            address(rule * 7, destination),
        ));
    }
    engine
}

fn on_core(core: usize) {
    let mut set = CpuSet::new();
    set.set(core).unwrap();
    sched_setaffinity(Pid::from_raw(0), &set).unwrap();
}

/// A BPF file system of one's own, gone when dropped.
struct BpfFolder(PathBuf);

impl BpfFolder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("vse-bench-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        mount(Some("bpf"), &folder, Some("bpf"), MsFlags::empty(), None::<&str>).unwrap();
        Self(folder)
    }
}

impl Drop for BpfFolder {
    fn drop(&mut self) {
        umount2(&self.0, MntFlags::MNT_DETACH).unwrap();
        std::fs::remove_dir(&self.0).unwrap();
    }
}
