//! Senders that offer datagrams at a steady rate in bursts, and consumers that stand for VMs. A sender sleeps between
//! bursts: one that spins would take its core from the flows that are steered there, and hide what is measured.

use std::io::{self, IoSlice};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use codec::fcf::{Fcf, FcfLayout};
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny, sendmmsg, sockopt};
use rustix::thread::{CpuSet, sched_setaffinity};

use super::lab::Lab;
use super::{Received, Settings};

/// Datagrams that a sender hands over at once.
const BURST: u32 = 64;
/// Bytes of an outer packet's payload that fit into one frame, and what VXLAN and the inner headers add.
const FRAGMENT: usize = 1480;
const OVERHEAD: usize = 8 + 8 + 14 + 20 + 8;
/// The port of every consumer; each has an address of its own.
const PORT: u16 = 5001;

/// Sends to all VMs at once, and tells what reached them.
pub(super) fn run(
    lab: &Lab,
    vm_cores: &[u32],
    payload: usize,
    flow: u16,
    settings: &Settings,
) -> io::Result<Vec<Received>> {
    let stop = AtomicBool::new(false);
    let cost = Duration::from_nanos(settings.consumer_cost_ns);
    let mut sockets = Vec::new();
    for (vm, &core) in (1..).zip(vm_cores) {
        let receiver = lab.receiver.run(|| bind(vm, 2, PORT))??;
        receiver.set_read_timeout(Some(Duration::from_millis(20)))?;
        let sender = lab.sender.run(|| bind(vm, 1, 20_000 + flow * 8 + u16::from(vm)))??;
        let fcf = Fcf { vm_id: u16::from(vm), priority: false };
        let tos = tos_of(fcf)?;
        sockopt::set_ip_tos(&sender, tos)?;
        sockets.push((vm, core, receiver, sender));
    }
    let counts: Vec<AtomicU64> = sockets.iter().map(|_| AtomicU64::new(0)).collect();
    thread::scope(|scope| {
        let mut senders = Vec::new();
        let mut consumers = Vec::new();
        for ((vm, core, receiver, sender), count) in sockets.iter().zip(&counts) {
            let stop = &stop;
            consumers.push(scope.spawn(move || consume(receiver, *core, cost, count, stop)));
            let to = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::new(10, 77, *vm, 2), PORT));
            senders.push(scope.spawn(move || send(sender, to, payload, settings)));
        }
        let sent: Vec<io::Result<u64>> = senders.into_iter().map(join).collect();
        // Until nothing comes any more: a queue of 2048 frames takes less.
        let mut before = u64::MAX;
        loop {
            let now = counts.iter().map(|count| count.load(Ordering::Relaxed)).sum();
            if now == before {
                break;
            }
            before = now;
            thread::sleep(Duration::from_millis(100));
        }
        stop.store(true, Ordering::Relaxed);
        for consumer in consumers {
            join(consumer)?;
        }
        let pairs = sent.into_iter().zip(&counts);
        pairs
            .map(|(sent, count)| {
                Ok(received(sent?, count.load(Ordering::Relaxed), payload, settings.seconds))
            })
            .collect()
    })
}

/// The byte that carries the VM id; VXLAN copies it to the outer header.
fn tos_of(fcf: Fcf) -> io::Result<u8> {
    let bits = FcfLayout::DSCP.write(fcf, 0).map_err(io::Error::other)?;
    u8::try_from(bits).map_err(io::Error::other)
}

fn join<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[allow(clippy::cast_precision_loss, reason = "counts of a few seconds")]
fn received(sent: u64, received: u64, payload: usize, seconds: f64) -> Received {
    let lost = sent.saturating_sub(received);
    Received {
        sent,
        received,
        goodput_mbps: received as f64 * payload as f64 * 8.0 / seconds / 1e6,
        loss_percent: if sent == 0 { 0.0 } else { 100.0 * lost as f64 / sent as f64 },
    }
}

fn bind(vm: u8, end: u8, port: u16) -> io::Result<UdpSocket> {
    UdpSocket::bind((Ipv4Addr::new(10, 77, vm, end), port))
}

fn pin(core: u32) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(usize::try_from(core).map_err(io::Error::other)?);
    Ok(sched_setaffinity(None, &set)?)
}

fn consume(
    socket: &UdpSocket,
    core: u32,
    cost: Duration,
    count: &AtomicU64,
    stop: &AtomicBool,
) -> io::Result<()> {
    pin(core)?;
    let mut buffer = vec![0; 65_536];
    while !stop.load(Ordering::Relaxed) {
        match socket.recv(&mut buffer) {
            Ok(_) => {
                count.fetch_add(1, Ordering::Relaxed);
                let begin = Instant::now();
                while begin.elapsed() < cost {
                    std::hint::spin_loop();
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn send(
    socket: &UdpSocket,
    to: SocketAddr,
    payload: usize,
    settings: &Settings,
) -> io::Result<u64> {
    pin(0)?;
    let bytes = vec![0; payload];
    let to = SocketAddrAny::from(to);
    let frames = u32::try_from((payload + OVERHEAD).div_ceil(FRAGMENT)).unwrap_or(u32::MAX);
    let interval = Duration::from_secs(1) * BURST * frames / settings.frames_per_second.max(1);
    let begin = Instant::now();
    let end = begin + Duration::from_secs_f64(settings.seconds);
    let (mut next, mut sent) = (begin, 0);
    while next < end {
        let iov = [IoSlice::new(&bytes)];
        let mut controls: Vec<SendAncillaryBuffer<'_, '_, '_>> =
            (0..BURST).map(|_| SendAncillaryBuffer::default()).collect();
        let mut burst: Vec<MMsgHdr<'_>> =
            controls.iter_mut().map(|control| MMsgHdr::new_with_addr(&to, &iov, control)).collect();
        sent += u64::try_from(sendmmsg(socket, &mut burst, SendFlags::empty())?).unwrap_or(0);
        next += interval;
        let now = Instant::now();
        thread::sleep(next.saturating_duration_since(now));
        // A sender that cannot keep up offers less, and does not spin to catch up.
        next = next.max(now.checked_sub(interval * 4).unwrap_or(now));
    }
    Ok(sent)
}
