//! Writes savefiles: pcapng (draft-ietf-opsawg-pcapng), where blocks of another file can be copied
//! as they are, or the classic format; little-endian, with nanoseconds.

use std::io::{self, Write};

use super::Record;
use super::blocks::{self, length};
use crate::frame::{Frame, LinkType};

/// No limit worth the name to what is kept of a frame.
const SNAP_LEN: u32 = 262_144;

/// The format of a savefile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// pcapng.
    Pcapng,
    /// The classic format of libpcap, with nanoseconds.
    Pcap,
}

/// A frame that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriterError {
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
    /// The classic format has one link type for the whole file.
    #[error(
        "a pcap file has one link type, and frame {frame} is of another ({found}, not {has}); write pcapng"
    )]
    LinkType {
        /// The number of the frame.
        frame: u64,
        /// Its link type.
        found: u32,
        /// That of the file.
        has: u32,
    },
    /// The classic format has times up to the year 2106.
    #[error("the time of frame {0} does not fit a pcap file; write pcapng")]
    Time(u64),
}

/// Writes frames to a savefile.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    format: Format,
    /// The link types of the interfaces that were written here, by their numbers.
    interfaces: Vec<LinkType>,
    /// Whether a section of our own is open.
    section: bool,
    /// Whether anything was written.
    begun: bool,
}

impl<W: Write> Writer<W> {
    /// A writer; the head of the file is written with the first frame, or at the end.
    pub fn new(out: W, format: Format) -> Self {
        Self { out, format, interfaces: Vec::new(), section: false, begun: false }
    }

    /// Copies blocks of a pcapng file, which begin with a section header, or go on in the section
    /// that was copied last. What the classic format cannot hold is left out.
    pub fn blocks(&mut self, blocks: &[u8]) -> io::Result<()> {
        if self.format == Format::Pcapng && !blocks.is_empty() {
            (self.section, self.begun) = (false, true);
            self.interfaces.clear();
            self.out.write_all(blocks)?;
        }
        Ok(())
    }

    /// Copies a frame as it stands in its file.
    pub fn record(&mut self, record: &Record<'_>) -> Result<(), WriterError> {
        match (self.format, record.block) {
            (Format::Pcapng, Some(block)) => Ok(self.out.write_all(block)?),
            _ => self.frame(record.frame),
        }
    }

    /// Writes a frame.
    pub fn frame(&mut self, frame: Frame<'_>) -> Result<(), WriterError> {
        self.commented(frame, None)
    }

    /// Writes a frame with a comment beside it, which the classic format cannot hold.
    pub fn commented(
        &mut self,
        frame: Frame<'_>,
        comment: Option<&str>,
    ) -> Result<(), WriterError> {
        self.begun = true;
        match self.format {
            Format::Pcapng => {
                let interface = self.interface(frame.link_type)?;
                let Frame { time, bytes, len, .. } = frame;
                blocks::packet(interface, time, bytes, len, comment, &mut self.out)?;
            }
            Format::Pcap => {
                self.head(frame)?;
                let seconds = u32::try_from(frame.time / 1_000_000_000)
                    .map_err(|_| WriterError::Time(frame.number))?;
                let nanoseconds = u32::try_from(frame.time % 1_000_000_000).unwrap_or(0);
                let (caplen, len) = (length(frame.bytes.len())?, length(frame.len)?);
                // In one piece: this is done for every packet of a million.
                let mut head = [0; 16];
                let words = [seconds, nanoseconds, caplen, len];
                for (place, word) in head.as_chunks_mut::<4>().0.iter_mut().zip(words) {
                    *place = word.to_le_bytes();
                }
                self.out.write_all(&head)?;
                self.out.write_all(frame.bytes)?;
            }
        }
        Ok(())
    }

    /// Hands on what is buffered. A file without frames has its head too.
    pub fn finish(mut self) -> io::Result<()> {
        if !self.begun {
            match self.format {
                Format::Pcapng => _ = self.interface(LinkType::ETHERNET)?,
                Format::Pcap => self.pcap_head(LinkType::ETHERNET)?,
            }
        }
        self.out.flush()
    }

    /// What is written to.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// Hands on what is buffered, and goes on.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The number of the interface of frames of this link type, described where it is new.
    fn interface(&mut self, link_type: LinkType) -> io::Result<u32> {
        if !self.section {
            blocks::section(&mut self.out)?;
            self.section = true;
            self.interfaces.clear();
        }
        let known = self.interfaces.iter().position(|known| *known == link_type);
        if let Some(known) = known {
            return u32::try_from(known).map_err(io::Error::other);
        }
        let described =
            blocks::Interface { link_type, snap_len: SNAP_LEN, name: None, filter: None };
        blocks::interface(&described, &mut self.out)?;
        self.interfaces.push(link_type);
        u32::try_from(self.interfaces.len() - 1).map_err(io::Error::other)
    }

    /// Writes the head of a classic file before its first frame.
    fn head(&mut self, frame: Frame<'_>) -> Result<(), WriterError> {
        match self.interfaces.first() {
            None => Ok(self.pcap_head(frame.link_type)?),
            Some(has) if *has == frame.link_type => Ok(()),
            Some(has) => Err(WriterError::LinkType {
                frame: frame.number,
                found: frame.link_type.0,
                has: has.0,
            }),
        }
    }

    fn pcap_head(&mut self, link_type: LinkType) -> io::Result<()> {
        self.out.write_all(&0xa1b2_3c4d_u32.to_le_bytes())?;
        self.out.write_all(&2_u16.to_le_bytes())?;
        self.out.write_all(&4_u16.to_le_bytes())?;
        self.out.write_all(&[0; 8])?;
        self.out.write_all(&SNAP_LEN.to_le_bytes())?;
        self.out.write_all(&link_type.0.to_le_bytes())?;
        self.interfaces.push(link_type);
        Ok(())
    }
}
