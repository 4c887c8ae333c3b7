//! Frames a second over a veth: with VSE, with a program that does nothing, and with none.

use std::io::IoSlice;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use agent::datapath::{Attachment, Datapath, XdpDatapath, XdpOptions, detach};
use agent::engine::RuleChange;
use agent::measure::{CpumapCounts, CpumapTrace};
use aya::programs::xdp::XdpMode;
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny, sendmmsg};

use crate::engine;
use crate::reference::Reference;

/// Frames in one go, and how often that is done; the median counts.
const FRAMES: u64 = 128_000;
const ROUNDS: usize = 7;
const BURST: usize = 64;
/// The end that frames come in at.
const RIGHT: &str = "right";

/// One way to receive.
enum Way {
    Bare,
    Pass(Reference),
    /// 50 rules, of which the last, for all frames, names the core.
    Vse(PathBuf, u16),
}

/// Prints a row for each way to receive. They take turns, so that what the machine does besides hits all of them.
pub(crate) fn throughput(folder: &Path) {
    interfaces();
    let trace = CpumapTrace::start().unwrap();
    let socket = UdpSocket::bind("192.0.2.1:5000").unwrap();
    let vse = |core| Way::Vse(folder.join(format!("veth-{core}")), core);
    let mut ways = [
        ("no program", Way::Bare),
        ("nothing (XDP_PASS)", Way::Pass(Reference::pass())),
        ("vse, stays on its core", vse(0)),
        ("vse, to core 1", vse(1)),
    ];
    let mut rates: [Vec<Rate>; 4] = Default::default();
    for _ in 0..ROUNDS {
        for ((_, way), rates) in ways.iter_mut().zip(&mut rates) {
            rates.push(way.receive(|| Rate::of(&socket, &trace)));
        }
    }
    println!("{:<44}{:>10}{:>10}{:>12}", "", "sent", "taken", "of no VSE");
    let bare = median(&rates[0], |rate| rate.taken);
    for ((name, _), rates) in ways.iter().zip(&rates) {
        let (sent, taken) = (median(rates, |rate| rate.sent), median(rates, |rate| rate.taken));
        println!("{name:<44}{sent:>10.2}{taken:>10.2}{:>11.0}%", 100.0 * taken / bare);
    }
}

fn median(rates: &[Rate], of: fn(&Rate) -> f64) -> f64 {
    let mut values: Vec<f64> = rates.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[ROUNDS / 2]
}

impl Way {
    /// Measures while frames are received this way.
    fn receive<R>(&mut self, measured: impl FnOnce() -> R) -> R {
        match self {
            Self::Bare => measured(),
            Self::Pass(pass) => {
                let link = pass.program().attach(RIGHT, XdpMode::Driver).unwrap();
                let result = measured();
                pass.program().detach(link).unwrap();
                result
            }
            Self::Vse(folder, core) => {
                let interfaces = vec![RIGHT.parse::<Attachment>().unwrap()];
                let options =
                    XdpOptions { folder: folder.clone(), interfaces, ..XdpOptions::default() };
                let mut datapath = XdpDatapath::open(options).unwrap();
                let engine = engine(50, 15, *core);
                let all: Vec<RuleChange> =
                    engine.flows().map(|entry| RuleChange::Added(entry.id)).collect();
                datapath.apply(&engine, &all).unwrap();
                datapath.attach().unwrap();
                let result = measured();
                drop(datapath);
                detach(folder).unwrap();
                result
            }
        }
    }
}

fn interfaces() {
    for line in [
        "link add left address 02:00:00:00:00:01 type veth peer name right address 02:00:00:00:00:02",
        "link set left up",
        "link set right up",
        "address add 192.0.2.1/24 dev left",
        "neighbour replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev left",
    ] {
        assert!(Command::new("ip").args(line.split(' ')).status().unwrap().success(), "{line}");
    }
    // Checksums that are still to be made get lost on the way to another core.
    let off = Command::new("ethtool").args(["-K", "left", "tx", "off"]).output().unwrap();
    assert!(off.status.success());
}

/// Datagrams a second in millions. Nobody has the address that they are for: the stack drops them as soon as it has them.
#[derive(Clone, Copy)]
struct Rate {
    /// That were sent.
    sent: f64,
    /// That were received, until the last was.
    taken: f64,
}

impl Rate {
    fn of(socket: &UdpSocket, trace: &CpumapTrace) -> Self {
        let millions =
            |frames: u64, since: Instant| frames as f64 / since.elapsed().as_secs_f64() / 1e6;
        let before = behind_cpumaps(trace);
        let begin = Instant::now();
        for _ in 0..FRAMES / BURST as u64 {
            send(socket);
        }
        let sent = millions(FRAMES, begin);
        let lost = loop {
            let now = behind_cpumaps(trace);
            // What was in the queue of a map that has gone was never taken out.
            let out = now.processed - before.processed + now.thread_drops - before.thread_drops;
            if out >= now.enqueued - before.enqueued {
                break now.queue_drops - before.queue_drops;
            }
            std::thread::yield_now();
        };
        Self { sent, taken: millions(FRAMES - lost, begin) }
    }
}

/// Frames behind all cpumaps.
fn behind_cpumaps(trace: &CpumapTrace) -> CpumapCounts {
    let mut sum = CpumapCounts::default();
    trace.by_core(None).unwrap().into_values().for_each(|counts| sum += counts);
    sum
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
