//! Captures of Ethernet frames, written as pcapng (draft-ietf-opsawg-pcapng) or as a classic
//! pcap savefile; both little-endian, with nanoseconds.

use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// LINKTYPE_ETHERNET.
const ETHERNET: u16 = 1;
/// No limit worth the name to what is kept of a frame.
const SNAP_LEN: u32 = 262_144;

/// The file format of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FileFormat {
    /// pcapng.
    Pcapng,
    /// The classic format of libpcap, with nanoseconds.
    Pcap,
}

/// Writes frames to a capture.
#[derive(Debug)]
pub(crate) struct CaptureWriter<W> {
    out: W,
    format: FileFormat,
}

impl<W: Write> CaptureWriter<W> {
    /// Writes the head of the file.
    pub(crate) fn new(mut out: W, format: FileFormat) -> io::Result<Self> {
        match format {
            FileFormat::Pcapng => {
                let mut section = Vec::new();
                section.extend(0x1a2b_3c4d_u32.to_le_bytes());
                section.extend(1_u16.to_le_bytes());
                section.extend(0_u16.to_le_bytes());
                section.extend(u64::MAX.to_le_bytes());
                write_block(&mut out, 0x0a0d_0d0a, &section)?;
                let mut interface = Vec::new();
                interface.extend(u32::from(ETHERNET).to_le_bytes());
                interface.extend(SNAP_LEN.to_le_bytes());
                // if_tsresol, one byte: 10^-9 seconds; then opt_endofopt.
                interface.extend([9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
                write_block(&mut out, 1, &interface)?;
            }
            FileFormat::Pcap => {
                out.write_all(&0xa1b2_3c4d_u32.to_le_bytes())?;
                out.write_all(&2_u16.to_le_bytes())?;
                out.write_all(&4_u16.to_le_bytes())?;
                out.write_all(&[0; 8])?;
                out.write_all(&SNAP_LEN.to_le_bytes())?;
                out.write_all(&u32::from(ETHERNET).to_le_bytes())?;
            }
        }
        Ok(Self { out, format })
    }

    /// Writes one frame, received at `time`.
    pub(crate) fn write(&mut self, time: SystemTime, frame: &[u8]) -> io::Result<()> {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let len = u32::try_from(frame.len()).map_err(io::Error::other)?;
        match self.format {
            FileFormat::Pcapng => {
                let nanoseconds = u64::try_from(since.as_nanos()).map_err(io::Error::other)?;
                let high = u32::try_from(nanoseconds >> 32).map_err(io::Error::other)?;
                let low = u32::try_from(nanoseconds & 0xffff_ffff).map_err(io::Error::other)?;
                let mut packet = Vec::with_capacity(frame.len() + 24);
                for word in [0, high, low, len, len] {
                    packet.extend(word.to_le_bytes());
                }
                packet.extend(frame);
                packet.resize(packet.len().next_multiple_of(4), 0);
                write_block(&mut self.out, 6, &packet)
            }
            FileFormat::Pcap => {
                let seconds = u32::try_from(since.as_secs()).map_err(io::Error::other)?;
                for word in [seconds, since.subsec_nanos(), len, len] {
                    self.out.write_all(&word.to_le_bytes())?;
                }
                self.out.write_all(frame)
            }
        }
    }

    /// Hands on what is buffered.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes a block: type, length, body, length again. The body's length is a multiple of four.
fn write_block(out: &mut impl Write, r#type: u32, body: &[u8]) -> io::Result<()> {
    let len = u32::try_from(body.len() + 12).map_err(io::Error::other)?;
    out.write_all(&r#type.to_le_bytes())?;
    out.write_all(&len.to_le_bytes())?;
    out.write_all(body)?;
    out.write_all(&len.to_le_bytes())
}
