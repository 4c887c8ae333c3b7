//! Nanoseconds that the XDP program takes for a frame, by BPF_PROG_TEST_RUN, beside a program that does nothing and
//! one that does what xdp-bench's l4-hash does; and frames a second over a veth, beside no program at all. Needs root,
//! and a network namespace of its own: run it by `cargo xtask bench xdp`.
#![allow(missing_docs, reason = "a benchmark")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot run has to stop")]
#![allow(clippy::print_stdout, reason = "its output is a table")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]
#![allow(clippy::indexing_slicing, reason = "medians of what is measured here")]

use std::io::IoSlice;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use agent::datapath::{Attachment, Datapath, XdpDatapath, XdpOptions};
use agent::engine::{CoreInfo, Engine, FlowChange, RuleChange, Settings, Time};
use aya::maps::{Array, CpuMap};
use aya::programs::{TestRun, TestRunOptions, Xdp};
use aya::{Ebpf, include_bytes_aligned};
use codec::of10::PortNo;
use codec::text::Flow;
use codec::vse::Core;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny, sendmmsg};

const REFERENCE: &[u8] = include_bytes_aligned!("../bpf/vse_reference.bpf.o");
/// Runs of a program in one go, and how often that is done; the median counts.
const REPEAT: u32 = 200_000;
const ROUNDS: usize = 9;
/// Frames over the veth.
const FRAMES: usize = 320_000;
const BURST: usize = 64;

fn main() {
    on_core(0);
    let folder = BpfFolder::new();
    println!("nanoseconds a frame, BPF_PROG_TEST_RUN, median of {ROUNDS} times {REPEAT} runs");
    println!("{:<44}{:>10}{:>10}", "", "UDP", "VXLAN");
    let frames = [udp(1000), vxlan()];
    let mut reference = Ebpf::load(REFERENCE).unwrap();
    set_up(&mut reference);
    row("nothing (XDP_PASS)", &frames, |frame| ran(xdp(&mut reference, "pass"), frame));
    let hash = row("l4-hash, as in xdp-bench", &frames, |frame| {
        ran(xdp(&mut reference, "l4_hash"), frame)
    });
    let mut cached = hash;
    for (rules, masks, cache, what) in [
        (50, 15, true, "vse, decision cached, 50 rules"),
        (50, 15, false, "vse, 50 rules, 15 masks, uncached"),
        (256, 64, false, "vse, 256 rules, 64 masks, uncached"),
        (256, 64, true, "vse, decision cached, 256 rules"),
    ] {
        let name = format!("{rules}-{masks}-{cache}");
        let vse = vse(&folder.0.join(name), rules, masks, cache);
        let times = row(what, &frames, |frame| vse.run_frame(PortNo(1), frame, REPEAT).unwrap().1);
        if cache && rules == 50 {
            cached = times;
        }
    }
    for (name, of, hash) in [("UDP", cached[0], hash[0]), ("VXLAN", cached[1], hash[1])] {
        println!("{name}: cached decision {:.2} times l4-hash", of / hash);
    }
    println!("\nframes a second in millions over a veth, sender and receiver on core 0");
    veth(&folder.0);
}

/// The median of each frame.
fn row(what: &str, frames: &[Vec<u8>; 2], mut run: impl FnMut(&[u8]) -> Duration) -> [f64; 2] {
    let times = frames.each_ref().map(|frame| {
        let mut times: Vec<f64> = (0..ROUNDS).map(|_| run(frame).as_nanos() as f64).collect();
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    });
    println!("{what:<44}{:>10.0}{:>10.0}", times[0], times[1]);
    times
}

fn ran(program: &mut Xdp, frame: &[u8]) -> Duration {
    let options =
        TestRunOptions { data_in: Some(frame), repeat: REPEAT, ..TestRunOptions::default() };
    program.test_run(options).unwrap().duration
}

fn xdp<'a>(object: &'a mut Ebpf, name: &str) -> &'a mut Xdp {
    let program: &mut Xdp = object.program_mut(name).unwrap().try_into().unwrap();
    if program.fd().is_err() {
        program.load().unwrap();
    }
    program
}

fn set_up(object: &mut Ebpf) {
    let mut n_cores: Array<_, u32> = Array::try_from(object.map_mut("N_CORES").unwrap()).unwrap();
    n_cores.set(0, 2, 0).unwrap();
    let mut available: Array<_, u32> =
        Array::try_from(object.map_mut("AVAILABLE").unwrap()).unwrap();
    available.set(0, 1, 0).unwrap();
    available.set(1, 1, 0).unwrap();
    let mut cores = CpuMap::try_from(object.map_mut("CORES_MAP").unwrap()).unwrap();
    cores.set(1, 2048, None, 0).unwrap();
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

fn veth(folder: &Path) {
    for line in [
        "link add left address 02:00:00:00:00:01 type veth peer name right address 02:00:00:00:00:02",
        "link set left up",
        "link set right up",
        "address add 192.0.2.1/24 dev left",
        "neighbour replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev left",
    ] {
        assert!(Command::new("ip").args(line.split(' ')).status().unwrap().success(), "{line}");
    }
    let off = ["-K", "left", "tx", "off"];
    drop(Command::new("ethtool").args(off).output().unwrap());
    let mut reference = Ebpf::load(REFERENCE).unwrap();
    println!("{:<44}{:>10.2}", "no program", throughput());
    let pass = xdp(&mut reference, "pass");
    let link = pass.attach("right", aya::programs::xdp::XdpMode::Driver).unwrap();
    println!("{:<44}{:>10.2}", "nothing (XDP_PASS)", throughput());
    xdp(&mut reference, "pass").detach(link).unwrap();
    for (core, what) in [(0, "vse, stays on its core"), (1, "vse, to core 1")] {
        let folder = folder.join(format!("veth-{core}"));
        let interfaces = vec!["right".parse::<Attachment>().unwrap()];
        let options = XdpOptions { folder: folder.clone(), interfaces, ..XdpOptions::default() };
        let mut datapath = XdpDatapath::open(options).unwrap();
        let engine = engine(50, 15, core);
        let all: Vec<RuleChange> =
            engine.flows().map(|entry| RuleChange::Added(entry.id)).collect();
        datapath.apply(&engine, &all).unwrap();
        datapath.attach().unwrap();
        println!("{what:<44}{:>10.2}", throughput());
        drop(datapath);
        agent::datapath::detach(&folder).unwrap();
    }
}

/// Datagrams a second in millions, median. Nobody has the address that they are for: the stack
/// drops them as soon as it has them.
fn throughput() -> f64 {
    let socket = UdpSocket::bind("192.0.2.1:5000").unwrap();
    let mut rates: Vec<f64> = (0..5)
        .map(|_| {
            let begin = Instant::now();
            for _ in 0..FRAMES / BURST {
                send(&socket);
            }
            FRAMES as f64 / begin.elapsed().as_secs_f64() / 1e6
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[2]
}

fn send(socket: &UdpSocket) {
    let to = SocketAddrAny::from(SocketAddr::from(([192, 0, 2, 2], 1000)));
    let payload = [0; 18];
    let slices = [IoSlice::new(&payload)];
    let mut controls: Vec<SendAncillaryBuffer<'_, '_, '_>> =
        (0..BURST).map(|_| SendAncillaryBuffer::default()).collect();
    let mut messages: Vec<MMsgHdr<'_>> =
        controls.iter_mut().map(|control| MMsgHdr::new_with_addr(&to, &slices, control)).collect();
    assert_eq!(sendmmsg(socket, &mut messages, SendFlags::empty()).unwrap(), BURST);
}

fn udp(port: u16) -> Vec<u8> {
    let mut frame = ethernet();
    frame.extend(ipv4(17, 8 + 18));
    frame.extend(5000_u16.to_be_bytes());
    frame.extend(port.to_be_bytes());
    frame.extend([0, 26, 0, 0]);
    frame.extend([0; 18]);
    frame
}

fn vxlan() -> Vec<u8> {
    let inner = udp(53);
    let mut frame = ethernet();
    let len = u16::try_from(8 + 8 + inner.len()).unwrap();
    frame.extend(ipv4(17, len));
    frame.extend(40_000_u16.to_be_bytes());
    frame.extend(4789_u16.to_be_bytes());
    frame.extend(len.to_be_bytes());
    frame.extend([0, 0, 8, 0, 0, 0, 0, 0, 77, 0]);
    frame.extend(inner);
    frame
}

fn ethernet() -> Vec<u8> {
    vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]
}

fn ipv4(proto: u8, payload: u16) -> Vec<u8> {
    let [high, low] = (20 + payload).to_be_bytes();
    let mut header = vec![0x45, 0, high, low, 0, 0, 0, 0, 64, proto, 0, 0];
    header.extend([192, 0, 2, 1, 192, 0, 2, 2]);
    header
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
