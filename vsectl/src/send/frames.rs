//! Where frames come from: a specification, a capture, a list.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use dissect::LinkType;
use dissect::savefile::{Reader, decompressed};

use crate::craft::{Family, Spec};

/// A source of frames.
pub(crate) trait Frames {
    /// The next frame; one that is made now is sent at `time`, nanoseconds since the Unix epoch.
    fn next(&mut self, time: u64) -> anyhow::Result<Option<Next<'_>>>;

    /// Begins anew.
    fn rewind(&mut self) -> anyhow::Result<()>;

    /// How many there are, where that is known.
    fn total(&self) -> Option<u64>;
}

/// A frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Next<'a> {
    pub(crate) bytes: &'a [u8],
    /// What is to stand beside it in a capture.
    pub(crate) comment: Option<&'a str>,
    /// Its own time, nanoseconds since any start.
    pub(crate) time: Option<u64>,
    /// Why it cannot be sent.
    pub(crate) refusal: Option<&'static str>,
}

impl<'a> Next<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, comment: None, time: None, refusal: None }
    }
}

/// The packets of a specification.
#[derive(Debug)]
pub(crate) struct SpecFrames {
    spec: Spec,
    family: Family,
}

impl SpecFrames {
    pub(crate) fn new(spec: Spec) -> anyhow::Result<Self> {
        Ok(Self { family: Family::new(spec.clone())?, spec })
    }
}

impl Frames for SpecFrames {
    #[inline]
    fn next(&mut self, time: u64) -> anyhow::Result<Option<Next<'_>>> {
        Ok(self.family.next(time)?.map(Next::new))
    }

    fn rewind(&mut self) -> anyhow::Result<()> {
        self.family = Family::new(self.spec.clone())?;
        Ok(())
    }

    fn total(&self) -> Option<u64> {
        Some(self.family.packets())
    }
}

/// Frames that are there already, each with a comment or none.
#[derive(Debug)]
pub(crate) struct ListFrames {
    frames: Vec<(Vec<u8>, Option<String>)>,
    next: usize,
}

impl ListFrames {
    pub(crate) fn new(frames: Vec<(Vec<u8>, Option<String>)>) -> Self {
        Self { frames, next: 0 }
    }
}

impl Frames for ListFrames {
    fn next(&mut self, _: u64) -> anyhow::Result<Option<Next<'_>>> {
        let frame = self.frames.get(self.next);
        self.next += 1;
        Ok(frame.map(|(bytes, comment)| Next { comment: comment.as_deref(), ..Next::new(bytes) }))
    }

    fn rewind(&mut self) -> anyhow::Result<()> {
        self.next = 0;
        Ok(())
    }

    fn total(&self) -> Option<u64> {
        u64::try_from(self.frames.len()).ok()
    }
}

/// The frames of a capture.
pub(crate) struct FileFrames {
    path: PathBuf,
    reader: Reader<Box<dyn Read + Send>>,
    /// How many of them there are to be, at most, and how many that leaves.
    count: u64,
    left: u64,
}

impl FileFrames {
    /// Opens a capture, of which the first `count` frames are wanted; `-` is standard input.
    pub(crate) fn open(path: &Path, count: Option<u64>) -> anyhow::Result<Self> {
        let count = count.unwrap_or(u64::MAX);
        Ok(Self { reader: open(path)?, path: path.to_owned(), count, left: count })
    }
}

fn open(path: &Path) -> anyhow::Result<Reader<Box<dyn Read + Send>>> {
    let name = path.display();
    let input: Box<dyn Read + Send> = if path.as_os_str() == "-" {
        decompressed(std::io::stdin())?
    } else {
        decompressed(File::open(path).with_context(|| format!("cannot open {name}"))?)?
    };
    Reader::new(input).with_context(|| format!("{name}"))
}

impl Frames for FileFrames {
    fn next(&mut self, _: u64) -> anyhow::Result<Option<Next<'_>>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let record = self.reader.next().with_context(|| self.path.display().to_string())?;
        Ok(record.map(|record| {
            let frame = record.frame;
            let refusal = if frame.link_type != LinkType::ETHERNET {
                Some("no Ethernet frame")
            } else if frame.bytes.len() < frame.len {
                Some("cut short by the capture")
            } else {
                None
            };
            let (bytes, comment) = (frame.bytes, record.comment);
            Next { bytes, comment, time: Some(frame.time), refusal }
        }))
    }

    fn rewind(&mut self) -> anyhow::Result<()> {
        if self.path.as_os_str() == "-" {
            anyhow::bail!("standard input cannot be read twice: give a file for --loop");
        }
        self.reader = open(&self.path)?;
        self.left = self.count;
        Ok(())
    }

    fn total(&self) -> Option<u64> {
        None
    }
}
