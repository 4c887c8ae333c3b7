//! A capture whose frames pass through the engine, as if this host had received them.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use codec::of10::PortNo;
use codec::vse::{Core, DatapathMode};
use dissect::LinkType;
use dissect::savefile::{Reader, decompressed};

use super::{Datapath, DatapathError, Description, short_name};
use crate::engine::{Counters, Engine, Event, PacketKey, RuleChange, Time};

/// Frames that are passed on before others have their turn.
const BURST: usize = 256;
/// The longest wait between two frames, so that a gap of days in a capture does not last days.
const LONGEST_GAP: Duration = Duration::from_secs(10);

/// How fast the frames come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As the times in the capture say; gaps of more than ten seconds are cut to ten.
    AsRecorded,
    /// As fast as they can be read.
    Fastest,
}

/// A capture that is replayed once.
pub struct Replay {
    name: String,
    reader: Option<Reader<Box<dyn Read + Send>>>,
    pace: Pace,
    /// The frame that is read and not yet due: when it was recorded, its length, and its bytes; none
    /// where it is no Ethernet frame.
    next: Option<(Duration, usize, Vec<u8>)>,
    /// When the latest frame passed, and the time in the capture that this was.
    latest: Option<(Time, Duration)>,
}

impl Replay {
    /// Opens the capture at `path`.
    pub fn open(path: &Path, pace: Pace) -> Result<Self, DatapathError> {
        let what = || format!("replay of {}", path.display());
        let file = File::open(path).map_err(|error| DatapathError::new(what(), error))?;
        let input = decompressed(file).map_err(|error| DatapathError::new(what(), error))?;
        let reader = Reader::new(input).map_err(|error| DatapathError::new(what(), error))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { name, reader: Some(reader), pace, next: None, latest: None })
    }

    /// Reads the next frame into its place; at the end of the capture there is none.
    fn fill(&mut self) -> Result<(), DatapathError> {
        let Some(reader) = self.reader.as_mut().filter(|_| self.next.is_none()) else {
            return Ok(());
        };
        match reader.next() {
            Ok(Some(record)) => {
                let frame = record.frame;
                let time = Duration::from_nanos(frame.time);
                let bytes = match frame.link_type {
                    LinkType::ETHERNET => frame.bytes.to_vec(),
                    _ => Vec::new(),
                };
                self.next = Some((time, frame.len, bytes));
                Ok(())
            }
            Ok(None) => {
                tracing::info!(capture = self.name, "the replay has ended");
                self.reader = None;
                Ok(())
            }
            Err(error) => {
                self.reader = None;
                Err(DatapathError::new(format!("replay of {}", self.name), error))
            }
        }
    }

    /// When the frame that is read is due.
    fn due(&self, recorded: Duration, now: Time) -> Time {
        match (self.pace, self.latest) {
            (Pace::AsRecorded, Some((at, before))) => {
                at + recorded.saturating_sub(before).min(LONGEST_GAP)
            }
            _ => now,
        }
    }
}

impl Datapath for Replay {
    fn describe(&self) -> Description {
        let name = short_name(&self.name);
        Description { name, mode: DatapathMode::Replay, interfaces: Vec::new() }
    }

    fn apply(&mut self, _: &Engine, _: &[RuleChange]) -> Result<(), DatapathError> {
        Ok(())
    }

    fn poll(
        &mut self,
        engine: &mut Engine,
        now: Time,
        events: &mut Vec<Event>,
    ) -> Result<Option<Time>, DatapathError> {
        // A capture does not say which core received a frame: the first one did.
        let received = engine.cores().iter().next().map_or(Core(0), |state| state.info.core);
        for _ in 0..BURST {
            self.fill()?;
            let Some((recorded, len, frame)) = self.next.take() else { return Ok(None) };
            let due = self.due(recorded, now);
            if due > now {
                self.next = Some((recorded, len, frame));
                return Ok(Some(due));
            }
            if frame.is_empty() {
                engine.credit_all(&Counters { errors: 1, ..Counters::default() });
                self.latest = Some((due, recorded));
                continue;
            }
            let key = PacketKey::extract(&frame, PortNo::NONE, &engine.config().fcf_layout);
            let decision = engine.receive(&key, len, received, now, events);
            // Nobody works on a frame of a replay: an entry may leave its core at once.
            engine.drained(decision.core, now);
            self.latest = Some((due, recorded));
        }
        Ok(Some(now))
    }
}
