//! Reads interfaces into pcapng: a section, an interface description for each, frames as they come,
//! and at the end what was received and dropped.
//!
//! One thread waits for all interfaces at once; between its looks the system's buffers hold what
//! comes, and count what they have no room for.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::Context;
use dissect::LinkType;
use dissect::savefile::blocks::{self, Counts};
use pcap::{Active, Capture, Error, Precision};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Ended, Settings, Stop, interfaces};
use crate::exit::UsageError;
use crate::signals;
use crate::wall_clock;

/// How long the system gathers frames before it hands them on, and how often a signal is looked for.
const LOOK: Duration = Duration::from_millis(100);
/// Bytes that are gathered before they are handed on.
const CHUNK: usize = 256 * 1024;

/// Interfaces that are captured on.
pub(crate) struct Live {
    interfaces: Vec<Interface>,
    stop: Stop,
    deadline: Option<Instant>,
    frames: u64,
    /// What is to be read, from a place on.
    chunk: Vec<u8>,
    at: usize,
    over: bool,
    ended: Sender<Ended>,
}

struct Interface {
    name: String,
    /// Nothing once it failed.
    capture: Option<Capture<Active>>,
    frames: u64,
    counts: Counts,
    failure: Option<String>,
}

/// Opens interfaces. What becomes of them is told to the second value.
pub(crate) fn open(settings: &Settings) -> anyhow::Result<(Live, Receiver<Ended>)> {
    let mut chunk = Vec::with_capacity(CHUNK);
    blocks::section(&mut chunk)?;
    let mut all = Vec::new();
    for name in &settings.interfaces {
        let name = interfaces::named(name).map_err(UsageError)?;
        let mut capture = activate(&name, settings)?;
        if let Some(filter) = &settings.filter {
            capture.filter(filter, true).map_err(|error| UsageError(wrong(filter, &error)))?;
        }
        let link_type = LinkType(u32::try_from(capture.get_datalink().0).unwrap_or(0));
        let described = blocks::Interface {
            link_type: saved_as(link_type),
            snap_len: settings.snap_len,
            name: Some(&name),
            filter: settings.filter.as_deref(),
        };
        blocks::interface(&described, &mut chunk)?;
        let counts = Counts::default();
        all.push(Interface { name, capture: Some(capture), frames: 0, counts, failure: None });
    }
    let (told, ended) = channel();
    let live = Live {
        interfaces: all,
        stop: settings.stop,
        deadline: settings.stop.duration.map(|duration| Instant::now() + duration),
        frames: 0,
        chunk,
        at: 0,
        over: false,
        ended: told,
    };
    Ok((live, ended))
}

fn activate(name: &str, settings: &Settings) -> anyhow::Result<Capture<Active>> {
    let look = i32::try_from(LOOK.as_millis()).unwrap_or(i32::MAX);
    let inactive = Capture::from_device(name)
        .with_context(|| format!("cannot capture on {name}"))?
        .snaplen(i32::try_from(settings.snap_len).unwrap_or(i32::MAX))
        .promisc(settings.promiscuous)
        .timeout(look)
        .buffer_size(i32::from(settings.buffer).saturating_mul(1 << 20))
        .precision(Precision::Nano);
    let opened = inactive.open().and_then(Capture::setnonblock);
    opened.map_err(|error| {
        let text = words(&error);
        let help = if text.to_lowercase().contains("permi") {
            "; run it as root, or once: setcap cap_net_raw,cap_net_admin+ep on the program"
        } else {
            ""
        };
        anyhow::anyhow!("cannot capture on {name}: {text}{help}")
    })
}

fn wrong(filter: &str, error: &Error) -> String {
    format!("-f {filter:?}: {}; pcap-filter(7) has the language", words(error))
}

/// What libpcap says, without what the crate puts around it.
fn words(error: &Error) -> String {
    match error {
        Error::PcapError(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

/// The number that files have for a link type of an interface, where it is another one.
fn saved_as(link_type: LinkType) -> LinkType {
    if link_type == LinkType::DLT_RAW { LinkType::RAW } else { link_type }
}

impl Read for Live {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.chunk.len() {
            self.chunk.clear();
            self.at = 0;
            self.fill()?;
        }
        let len = self.chunk.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += len;
        Ok(len)
    }
}

impl Live {
    /// Waits for frames, and writes those that there are; at the end, the counts, then nothing.
    fn fill(&mut self) -> io::Result<()> {
        while self.chunk.is_empty() && !self.over {
            let late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
            let last = late || signals::asked() || self.full();
            // What came before the end is in the capture.
            let more = self.take()?;
            let failed = self.interfaces.iter().all(|interface| interface.capture.is_none());
            if (last && !more) || self.full() || failed {
                self.over = true;
                self.end()?;
            } else if self.chunk.is_empty() {
                self.wait()?;
            }
        }
        Ok(())
    }

    fn full(&self) -> bool {
        self.stop.packets.is_some_and(|most| self.frames >= most)
    }

    /// Takes what waits, of each interface a part; tells whether there may be more.
    fn take(&mut self) -> io::Result<bool> {
        let mut more = false;
        let share = CHUNK / self.interfaces.len().max(1);
        for (number, interface) in (0..).zip(&mut self.interfaces) {
            let Some(capture) = &mut interface.capture else { continue };
            let end = self.chunk.len() + share;
            loop {
                let full = self.stop.packets.is_some_and(|most| self.frames >= most);
                if full || self.chunk.len() >= end {
                    more |= !full;
                    break;
                }
                match capture.next_packet() {
                    Ok(packet) => {
                        let (seconds, nanoseconds) =
                            (packet.header.ts.tv_sec, packet.header.ts.tv_usec);
                        let time = u64::try_from(seconds).unwrap_or(0) * 1_000_000_000
                            + u64::try_from(nanoseconds).unwrap_or(0);
                        let len = usize::try_from(packet.header.len).unwrap_or(usize::MAX);
                        blocks::packet(number, time, packet.data, len, None, &mut self.chunk)?;
                        self.frames += 1;
                        interface.frames += 1;
                    }
                    Err(Error::TimeoutExpired | Error::NoMorePackets) => break,
                    Err(error) => {
                        interface.counts = counts(capture);
                        interface.failure = Some(words(&error));
                        interface.capture = None;
                        break;
                    }
                }
            }
        }
        Ok(more)
    }

    /// Waits until an interface has frames, but not for long.
    fn wait(&self) -> io::Result<()> {
        let captures = self.interfaces.iter().filter_map(|interface| interface.capture.as_ref());
        let mut waited: Vec<PollFd<'_>> =
            captures.map(|capture| PollFd::new(capture, PollFlags::IN)).collect();
        let look = Timespec::try_from(LOOK).map_err(io::Error::other)?;
        match poll(&mut waited, Some(&look)) {
            // A signal: who asked for an end is seen at the next look.
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the counts, and hands them on.
    fn end(&mut self) -> io::Result<()> {
        let now = wall_clock::nanoseconds();
        for (number, mut interface) in (0..).zip(self.interfaces.drain(..)) {
            if let Some(capture) = &mut interface.capture {
                interface.counts = counts(capture);
            }
            let Interface { name, frames, counts, failure, .. } = interface;
            blocks::statistics(number, now, &counts, &mut self.chunk)?;
            drop(self.ended.send(Ended { name, frames, counts, failure }));
        }
        Ok(())
    }
}

fn counts(capture: &mut Capture<Active>) -> Counts {
    capture.stats().map_or(Counts::default(), |stat| Counts {
        received: stat.received.into(),
        dropped: stat.dropped.into(),
        dropped_by_interface: stat.if_dropped.into(),
    })
}
