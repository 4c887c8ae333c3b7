//! What a restart must not lose, on disk: a snapshot of the tables, and a journal of what changed
//! since.
//!
//! A change is in the journal before it is acknowledged. A record of the journal is one change, or
//! one bundle; a record that the agent could not finish writing is as if it had never been begun.
//! The snapshot names its journal, and is put in place by a rename, so that there is a whole state at
//! any moment.
//!
//! | offset | size | field of a record |
//! | --- | --- | --- |
//! | 0 | 4 | len: bytes of the payload |
//! | 4 | 4 | CRC-32 of the payload |
//! | 8 | 8 | payload: the time, nanoseconds since 1970 |
//! | 16 | any | OpenFlow messages that change something |

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use codec::of10::{Body, BufferId, FlowMod, FlowModCommand, FlowModFlags, Message, PortNo, Vendor};
use codec::types::{Hex, Pad};
use codec::vse::{Config, VseFlowMod, VseMessage};
use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};

use super::service::apply;
use crate::engine::{Engine, FlowChange, FlowEntry, Snapshot, Time};

/// Bytes of a record before its payload.
const HEAD_LEN: usize = 8;
/// A journal of this many bytes is folded into a new snapshot.
const LONG_JOURNAL: u64 = 32 << 20;
/// The bytes that a record may have: a bundle as large as the table, and some.
const MAX_RECORD: u32 = 1 << 30;

/// The state directory of a running agent.
#[derive(Debug)]
pub(crate) struct State {
    dir: PathBuf,
    /// Held as long as the agent runs.
    _lock: Flock<File>,
    journal: File,
    generation: u64,
    /// Records that are not written yet.
    pending: Vec<u8>,
    written: u64,
    /// Whether acknowledged changes must outlive the host's power, not the agent alone.
    sync: bool,
    interval: Duration,
    /// When the next snapshot is due; none where nothing has changed.
    due: Option<Time>,
    failed: bool,
    base: Config,
    is_new: bool,
}

/// The file of the snapshot.
#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    /// The number of the journal that goes on from here.
    generation: u64,
    /// Nanoseconds since 1970.
    taken: u64,
    /// The configuration that the agent was started with: where that has changed since, what was
    /// set at run time no longer holds.
    base: Config,
    tables: Snapshot,
}

/// A state directory that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The operating system says no.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another agent has it.
    #[error("{0}: another agent uses this state directory")]
    InUse(PathBuf),
    /// The snapshot is not one, or not of this version.
    #[error("{path}: {why}; move the file away to begin with empty tables")]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl State {
    /// Opens `dir`, makes it where there is none, and fills the tables of `engine`, which is new,
    /// with what it holds.
    pub(crate) fn open(
        dir: &Path,
        engine: &mut Engine,
        now: Time,
        sync: bool,
        interval: Duration,
    ) -> Result<Self, StateError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| StateError::Io { path, source }
        };
        fs::create_dir_all(dir).map_err(io(dir))?;
        let path = dir.join("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let lock = Flock::lock(lock.map_err(io(&path))?, FlockArg::LockExclusiveNonblock)
            .map_err(|_| StateError::InUse(dir.to_owned()))?;
        let base = *engine.config();
        let generation = read_back(dir, engine, now, base)?;
        let generation = generation + 1;
        let journal_path = journal_path(dir, generation);
        let journal = File::create(&journal_path).map_err(io(&journal_path))?;
        let mut state = Self {
            dir: dir.to_owned(),
            _lock: lock,
            journal,
            generation,
            pending: Vec::new(),
            written: 0,
            sync,
            interval,
            due: None,
            failed: false,
            base,
            is_new: generation == 1,
        };
        state.save(engine, now).map_err(io(&dir.join("snapshot.json")))?;
        state.remove_old_journals();
        Ok(state)
    }

    /// Takes over what a new configuration says. `base` is what the next start is held against.
    pub(crate) fn configure(&mut self, sync: bool, interval: Duration, base: Config) {
        (self.sync, self.interval, self.base) = (sync, interval, base);
    }

    /// Journals that a run which was killed has left.
    fn remove_old_journals(&self) {
        let own = journal_path(&self.dir, self.generation);
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with("journal.") && entry.path() != own {
                drop(fs::remove_file(entry.path()));
            }
        }
    }

    /// Whether the directory held nothing.
    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }

    /// Whether something acknowledged could no longer be kept: nothing may be changed then.
    pub(crate) fn failed(&self) -> bool {
        self.failed
    }

    /// Notes a change, or a bundle of several, to be written by [`write`](Self::write).
    pub(crate) fn record(&mut self, bodies: &[Body], now: Time) {
        let start = self.pending.len();
        self.pending.extend_from_slice(&[0; HEAD_LEN]);
        self.pending.extend_from_slice(&now.nanos().to_le_bytes());
        for body in bodies {
            if let Err(error) = Message::new(0, body.clone()).encode(&mut self.pending) {
                // What was decoded encodes.
                tracing::error!(%error, "a change has no form in the journal");
            }
        }
        let payload = self.pending.get(start + HEAD_LEN..).unwrap_or_default();
        let len = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
        let code = crc32fast::hash(payload).to_le_bytes();
        if let Some(head) = self.pending.get_mut(start..start + HEAD_LEN) {
            head.iter_mut().zip(len.into_iter().chain(code)).for_each(|(to, from)| *to = from);
        }
    }

    /// Writes what was noted. After an error nothing can be kept any more.
    pub(crate) fn write(&mut self, engine: &Engine, now: Time) -> io::Result<()> {
        if !self.pending.is_empty() {
            let done = self.journal.write_all(&self.pending);
            let done =
                done.and_then(|()| if self.sync { self.journal.sync_data() } else { Ok(()) });
            if let Err(error) = done {
                self.failed = true;
                tracing::error!(%error, dir = %self.dir.display(), "the journal cannot be written");
                return Err(error);
            }
            self.written += u64::try_from(self.pending.len()).unwrap_or(0);
            self.pending.clear();
            self.pending.shrink_to(1 << 20);
            self.due = self.due.or(Some(now + self.interval));
        }
        if self.written >= LONG_JOURNAL || self.due.is_some_and(|due| due <= now) {
            self.turn(engine, now);
        }
        Ok(())
    }

    /// When a snapshot is due.
    pub(crate) fn due(&self) -> Option<Time> {
        self.due
    }

    /// Writes a snapshot: of what is in no journal, or since a start reads it faster than one.
    pub(crate) fn finish(&mut self, engine: &Engine, now: Time) {
        if !self.failed {
            self.turn(engine, now);
        }
    }

    /// Begins a new journal behind a new snapshot. Where that fails, the old ones go on.
    fn turn(&mut self, engine: &Engine, now: Time) {
        self.due = None;
        let next = self.generation + 1;
        let path = journal_path(&self.dir, next);
        let old = (self.generation, self.written);
        let done = File::create(&path).and_then(|journal| {
            self.generation = next;
            self.save(engine, now).map(|()| journal)
        });
        match done {
            Ok(journal) => {
                self.journal = journal;
                drop(fs::remove_file(journal_path(&self.dir, old.0)));
                self.written = 0;
            }
            Err(error) => {
                self.generation = old.0;
                self.due = Some(now + self.interval);
                tracing::warn!(%error, dir = %self.dir.display(), "no snapshot was written");
            }
        }
    }

    /// Puts a snapshot in place that names the journal `generation`.
    fn save(&mut self, engine: &Engine, now: Time) -> io::Result<()> {
        let saved = Saved {
            generation: self.generation,
            taken: u64::try_from(now.nanos()).unwrap_or(0),
            base: self.base,
            tables: engine.snapshot(now),
        };
        let path = self.dir.join("snapshot.json.new");
        let mut file = BufWriter::new(File::create(&path)?);
        serde_json::to_writer(&mut file, &saved)?;
        file.flush()?;
        file.get_ref().sync_all()?;
        fs::rename(&path, self.dir.join("snapshot.json"))?;
        // The snapshot is in place, whether the directory is on disk by now or not.
        if let Err(error) = File::open(&self.dir).and_then(|dir| dir.sync_all()) {
            tracing::warn!(%error, dir = %self.dir.display(), "the directory cannot be synchronised");
        }
        Ok(())
    }
}

fn journal_path(dir: &Path, generation: u64) -> PathBuf {
    dir.join(format!("journal.{generation}"))
}

/// Fills `engine` from the snapshot and its journal: the number of that journal, 0 for none.
fn read_back(dir: &Path, engine: &mut Engine, now: Time, base: Config) -> Result<u64, StateError> {
    let path = dir.join("snapshot.json");
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(source) => return Err(StateError::Io { path, source }),
    };
    let wrong = |why: String| StateError::Snapshot { path: path.clone(), why };
    let saved: Saved =
        serde_json::from_reader(BufReader::new(file)).map_err(|error| wrong(error.to_string()))?;
    let taken = Time::from_nanos(saved.taken);
    let left_out =
        engine.restore(&saved.tables, taken).map_err(|error| wrong(error.to_string()))?;
    for left in left_out {
        tracing::warn!(what = left.what, why = %left.why, "left out of the tables that were kept");
    }
    let journal = journal_path(dir, saved.generation);
    let records = match fs::read(&journal) {
        Ok(bytes) => replay(&bytes, engine),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(source) => return Err(StateError::Io { path: journal, source }),
    };
    if saved.base != base {
        tracing::info!(
            "the configuration of the agent has changed: what was set at run time is gone"
        );
        engine.configure(base).map_err(|refusal| wrong(refusal.to_string()))?;
    }
    // What moved frames while the agent was away could not be counted: nobody is idle yet.
    let all: Vec<_> = engine.flows().map(|entry| entry.id).collect();
    for id in all {
        engine.credit(id, 0, 0, now);
    }
    tracing::info!(flows = engine.flow_count(), records, "tables read back");
    Ok(saved.generation)
}

/// Does what the whole records of a journal say; how many they are.
fn replay(bytes: &[u8], engine: &mut Engine) -> usize {
    let mut rest = bytes;
    let mut records = 0;
    while let Some((payload, after)) = record(rest) {
        rest = after;
        records += 1;
        let Some((time, mut messages)) = payload.split_first_chunk() else { continue };
        let time = Time::from_nanos(u64::from_le_bytes(*time));
        let mut bodies = Vec::new();
        while !messages.is_empty() {
            match Message::decode(messages) {
                Ok((message, after)) => {
                    bodies.push(message.body);
                    messages = after;
                }
                Err(error) => {
                    tracing::error!(%error, "a record of the journal is left out");
                    break;
                }
            }
        }
        redo(&bodies, engine, time);
    }
    if !rest.is_empty() {
        tracing::warn!(bytes = rest.len(), "the last record of the journal was not finished");
    }
    records
}

fn redo(bodies: &[Body], engine: &mut Engine, time: Time) {
    let mut events = Vec::new();
    let changes: Result<Vec<FlowChange>, _> = bodies.iter().map(FlowChange::try_from).collect();
    let done = match (bodies, changes) {
        ([_, _, ..], Ok(changes)) => {
            engine.bundle(&changes, time, &mut events).map_err(|(_, refusal)| refusal.to_string())
        }
        _ => bodies.iter().try_for_each(|body| {
            apply(engine, body, time, &mut events).map_err(|refused| refused.text)
        }),
    };
    if let Err(why) = done {
        tracing::warn!(why, "a change of the journal is no longer possible");
    }
}

/// The payload of the record at the start of `bytes` and what follows it, if it is whole.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<HEAD_LEN>()?;
    let [a, b, c, d, code @ ..] = *head;
    let len = u32::from_le_bytes([a, b, c, d]);
    let (payload, after) = rest.split_at_checked(usize::try_from(len).ok()?)?;
    let is_whole = len <= MAX_RECORD && crc32fast::hash(payload) == u32::from_le_bytes(code);
    is_whole.then_some((payload, after))
}

/// The message that deletes `entry` and no other.
pub(crate) fn deletion(entry: &FlowEntry) -> Body {
    let flow = FlowMod {
        r#match: *entry.matched.openflow(),
        cookie: Hex(0),
        command: FlowModCommand::DeleteStrict,
        idle_timeout: 0,
        hard_timeout: 0,
        priority: entry.priority,
        buffer_id: BufferId::NONE,
        out_port: PortNo::NONE,
        flags: FlowModFlags::empty(),
        actions: Vec::new(),
    };
    let tlvs = entry.matched.tlvs().clone();
    Body::Vendor(Vendor::Vse(VseMessage::FlowMod(VseFlowMod { flow, pad: Pad::default(), tlvs })))
}
