//! Writes a pcap file: little-endian, microseconds, Ethernet.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

const MAGIC: u32 = 0xa1b2_c3d4;
const ETHERNET: u32 = 1;
/// Bytes of the buffer in front of the file.
const BUFFER: usize = 1 << 20;
/// When the first frame was captured, in seconds.
const BEGIN: u64 = 1_700_000_000;

/// A file being written.
#[derive(Debug)]
pub(super) struct Savefile {
    out: BufWriter<File>,
    snap_len: u32,
    /// Microseconds since 1970 of the latest frame.
    time: u64,
}

impl Savefile {
    pub(super) fn create(path: &Path, snap_len: u32) -> anyhow::Result<Self> {
        let mut out = BufWriter::with_capacity(BUFFER, File::create(path)?);
        out.write_all(&MAGIC.to_le_bytes())?;
        for version in [2_u16, 4] {
            out.write_all(&version.to_le_bytes())?;
        }
        for word in [0, 0, snap_len, ETHERNET] {
            out.write_all(&word.to_le_bytes())?;
        }
        Ok(Self { out, snap_len, time: BEGIN * 1_000_000 })
    }

    /// Milliseconds since the first frame.
    pub(super) fn milliseconds(&self) -> u64 {
        self.time / 1_000 - BEGIN * 1_000
    }

    /// Writes a frame that came `later` microseconds after the one before and had `len` bytes on
    /// the wire. Of `bytes`, what exceeds the snap length is left out.
    pub(super) fn frame(&mut self, later: u32, bytes: &[u8], len: u32) -> anyhow::Result<()> {
        self.time += u64::from(later);
        let captured = u32::try_from(bytes.len())?.min(self.snap_len);
        let seconds = u32::try_from(self.time / 1_000_000)?;
        let micros = u32::try_from(self.time % 1_000_000)?;
        for word in [seconds, micros, captured, len] {
            self.out.write_all(&word.to_le_bytes())?;
        }
        let captured = bytes.get(..usize::try_from(captured)?).unwrap_or(bytes);
        Ok(self.out.write_all(captured)?)
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        Ok(self.out.flush()?)
    }
}
