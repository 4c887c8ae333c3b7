//! Where `-w` writes: one file, or one after the other, of which the last are kept.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use dissect::savefile::{Format, Record, Writer, WriterError};

use crate::capture_ring;

/// When a file ends, and when all do.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Limits {
    /// Whether there is one file after the other.
    pub(super) ring: bool,
    /// From a file's first frame on, by the frames' own times.
    pub(super) duration: Option<Duration>,
    pub(super) packets: Option<u64>,
    pub(super) bytes: Option<u64>,
    /// How many files to keep.
    pub(super) keep: Option<u64>,
    /// The size of a file with which everything ends.
    pub(super) stop_bytes: Option<u64>,
    /// How many files there are at most.
    pub(super) stop_files: Option<u64>,
}

/// Captures that are written.
pub(super) struct Files {
    path: PathBuf,
    format: Format,
    limits: Limits,
    /// Nothing between two files.
    open: Option<Open>,
    /// The blocks that describe section and interfaces, with which the next file begins too.
    head: Vec<u8>,
    /// How many were begun.
    begun: u64,
    kept: VecDeque<PathBuf>,
    /// Whether each frame is handed on at once.
    unbuffered: bool,
    over: bool,
}

struct Open {
    writer: Writer<Counted>,
    packets: u64,
    /// The time of the first frame.
    since: Option<u64>,
}

/// Counts what is written.
struct Counted {
    out: Box<dyn Write>,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += u64::try_from(written).unwrap_or(0);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Files {
    /// Creates the file; those of a ring come with their first frame. `-` is standard output.
    pub(super) fn create(
        path: &Path,
        format: Format,
        limits: Limits,
        unbuffered: bool,
    ) -> io::Result<Self> {
        let mut files = Self {
            path: path.to_owned(),
            format,
            limits,
            open: None,
            head: Vec::new(),
            begun: 0,
            kept: VecDeque::new(),
            unbuffered,
            over: false,
        };
        if !limits.ring {
            files.begin(path.to_owned())?;
        }
        Ok(files)
    }

    /// Whether no more is to be written.
    pub(super) fn over(&self) -> bool {
        self.over
    }

    /// Copies blocks of a pcapng file.
    pub(super) fn blocks(&mut self, blocks: &[u8]) -> io::Result<()> {
        if blocks.is_empty() {
            return Ok(());
        }
        if self.limits.ring {
            self.head.extend(blocks);
        }
        match &mut self.open {
            Some(open) => open.writer.blocks(blocks),
            None => Ok(()),
        }
    }

    /// Copies a frame.
    pub(super) fn record(&mut self, record: &Record<'_>) -> Result<(), WriterError> {
        if self.limits.ring && self.open.is_none() {
            let path = capture_ring::numbered(&self.path, self.begun + 1, record.frame.time);
            self.begin(path)?;
            if let Some(open) = &mut self.open {
                open.writer.blocks(&self.head)?;
            }
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        open.writer.record(record)?;
        open.packets += 1;
        let since = *open.since.get_or_insert(record.frame.time);
        if self.unbuffered {
            open.writer.flush()?;
        }
        let age = Duration::from_nanos(record.frame.time.saturating_sub(since));
        let (packets, bytes) = (open.packets, open.writer.get_ref().bytes);
        let Limits { duration, packets: most, bytes: size, stop_bytes, stop_files, .. } =
            self.limits;
        self.over = stop_bytes.is_some_and(|stop| bytes >= stop);
        if duration.is_some_and(|duration| age >= duration)
            || most.is_some_and(|most| packets >= most)
            || size.is_some_and(|size| bytes >= size)
        {
            self.end()?;
            self.over |= stop_files.is_some_and(|stop| self.begun >= stop);
        }
        Ok(())
    }

    /// Ends the last file.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.end()
    }

    fn begin(&mut self, path: PathBuf) -> io::Result<()> {
        let out: Box<dyn Write> = if path.as_os_str() == "-" {
            Box::new(BufWriter::new(io::stdout()))
        } else {
            let file = File::create(&path).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            })?;
            Box::new(BufWriter::with_capacity(256 * 1024, file))
        };
        let writer = Writer::new(Counted { out, bytes: 0 }, self.format);
        self.open = Some(Open { writer, packets: 0, since: None });
        self.begun += 1;
        if self.limits.ring {
            self.kept.push_back(path);
            let kept = u64::try_from(self.kept.len()).unwrap_or(u64::MAX);
            if self.limits.keep.is_some_and(|keep| kept > keep)
                && let Some(oldest) = self.kept.pop_front()
            {
                fs::remove_file(oldest)?;
            }
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.open.take().map_or(Ok(()), |open| open.writer.finish())
    }
}
