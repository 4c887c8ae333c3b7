//! The probes that arrive at an interface: what is lost, late or twice, and how long it took.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use pnet::datalink::ChannelType;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType};

use super::find_interface;
use super::link::{NEEDS_ROOT, bind};
use crate::craft::Probe;
use crate::wall_clock;

/// Bytes that wait in the kernel to be read.
const BUFFER: usize = 32 << 20;
/// How long the last probes may take.
const PATIENCE: Duration = Duration::from_millis(500);
/// Between two looks at whether all is there.
const LOOK: Duration = Duration::from_millis(20);
/// No frame is longer.
const FRAME: usize = 65_536;
/// More probes of a flow are not told apart.
const MOST: u64 = 1 << 28;

/// The probes of one flow that arrived.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arrivals {
    /// Each counted once.
    pub(crate) received: u64,
    pub(crate) duplicates: u64,
    /// Behind one that was sent later.
    pub(crate) late: u64,
    highest: Option<u64>,
    /// A bit for each sequence number.
    seen: Vec<u64>,
    /// Nanoseconds from sending to arrival.
    delays: Vec<u64>,
}

impl Arrivals {
    fn note(&mut self, probe: Probe, now: u64) {
        if probe.sequence < MOST {
            let word = usize::try_from(probe.sequence / 64).unwrap_or(0);
            if self.seen.len() <= word {
                self.seen.resize(word + 1, 0);
            }
            let bit = 1 << (probe.sequence % 64);
            if let Some(word) = self.seen.get_mut(word) {
                if *word & bit != 0 {
                    self.duplicates += 1;
                    return;
                }
                *word |= bit;
            }
        }
        self.received += 1;
        self.late += u64::from(self.highest.is_some_and(|highest| probe.sequence < highest));
        self.highest = self.highest.max(Some(probe.sequence));
        self.delays.push(now.saturating_sub(probe.time));
    }

    /// Delays that so many per mille are not above, in microseconds.
    #[allow(clippy::cast_precision_loss, reason = "delays for people")]
    pub(crate) fn delays<const N: usize>(&mut self, per_mille: [usize; N]) -> Option<[f64; N]> {
        self.delays.sort_unstable();
        let last = self.delays.len().checked_sub(1)?;
        Some(per_mille.map(|share| {
            let delay = self.delays.get(last * share / 1000).copied().unwrap_or(0);
            delay as f64 / 1000.0
        }))
    }
}

/// Flows and what arrived of them.
pub(crate) type ByFlow = BTreeMap<u32, Arrivals>;

/// Reads probes until it is told that no more come.
#[derive(Debug)]
pub(crate) struct Receiver {
    /// How many are to come, once that is known.
    wanted: Arc<AtomicU64>,
    thread: JoinHandle<std::io::Result<ByFlow>>,
}

impl Receiver {
    /// Begins to read probes from an interface.
    pub(crate) fn start(name: &str) -> anyhow::Result<Self> {
        // What is only listened to may carry the default route.
        let interface = find_interface(name, true)?;
        let socket = rustix::net::socket(AddressFamily::PACKET, SocketType::RAW, None)
            .context(NEEDS_ROOT)?;
        _ = rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, BUFFER);
        bind(&socket, &interface, ChannelType::Layer2)?;
        let wanted = Arc::new(AtomicU64::new(u64::MAX));
        let all = Arc::clone(&wanted);
        let thread = std::thread::Builder::new().name("receiver".to_owned());
        let thread = thread.spawn(move || read(&socket, &all)).context("cannot start a thread")?;
        Ok(Self { wanted, thread })
    }

    /// Waits for the rest of so many probes, but not for ever.
    pub(crate) fn finish(self, sent: u64) -> anyhow::Result<ByFlow> {
        self.wanted.store(sent, Ordering::Release);
        let arrived = self.thread.join().map_err(|_| anyhow!("the receiver ended early"))?;
        arrived.context("cannot receive")
    }
}

fn read(socket: &OwnedFd, wanted: &AtomicU64) -> std::io::Result<ByFlow> {
    let mut flows = ByFlow::new();
    let mut buffer = vec![0; FRAME];
    let (mut count, mut last) = (0, Instant::now());
    loop {
        let mut ready = [PollFd::new(socket, PollFlags::IN)];
        let look = Timespec::try_from(LOOK).map_err(std::io::Error::other)?;
        match poll(&mut ready, Some(&look)) {
            Ok(0) => {
                let sent = wanted.load(Ordering::Acquire);
                if sent != u64::MAX && (count >= sent || last.elapsed() > PATIENCE) {
                    return Ok(flows);
                }
                // As long as frames are sent, patience begins anew.
                if sent == u64::MAX {
                    last = Instant::now();
                }
                continue;
            }
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let len = match rustix::io::read(socket, &mut *buffer) {
            Ok(len) => len,
            Err(Errno::INTR | Errno::AGAIN) => continue,
            Err(error) => return Err(error.into()),
        };
        let now = wall_clock::nanoseconds();
        let frame = buffer.get(..len).unwrap_or_default();
        let probe = Probe::find(frame).and_then(|at| Probe::read(frame.get(at..)?));
        if let Some(probe) = probe {
            flows.entry(probe.flow).or_default().note(probe, now);
            count += 1;
            last = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_order_and_delay() {
        let mut arrivals = Arrivals::default();
        for (sequence, delay) in [(0, 1_000), (2, 2_000), (1, 9_000), (2, 5_000), (5, 3_000)] {
            arrivals.note(Probe { flow: 1, sequence, time: 100 }, 100 + delay);
        }
        assert_eq!((arrivals.received, arrivals.late, arrivals.duplicates), (4, 1, 1));
        assert_eq!(arrivals.delays([0, 500, 1000]), Some([1.0, 2.0, 9.0]));
        assert_eq!(Arrivals::default().delays([500]), None);
    }
}
