//! Writes savefiles: pcapng (draft-ietf-opsawg-pcapng), where blocks of another file can be copied
//! as they are, or the classic format; little-endian, with nanoseconds.

use std::io::{self, Write};

use super::Record;
use crate::dissector::{Frame, LinkType};

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
        let (caplen, len) = (length(frame.bytes.len())?, length(frame.len)?);
        self.begun = true;
        match self.format {
            Format::Pcapng => {
                let interface = self.interface(frame.link_type)?;
                let [high, low] = halves(frame.time);
                let options = comment.map(comment_option).transpose()?.unwrap_or_default();
                let padding = padding(frame.bytes.len());
                let block_len = 32 + frame.bytes.len() + padding.len() + options.len();
                let block_len = length(block_len)?;
                // In one piece each: this is done for every packet of a million.
                let mut head = [0; 28];
                let words = [6, block_len, interface, high, low, caplen, len];
                for (place, word) in head.as_chunks_mut::<4>().0.iter_mut().zip(words) {
                    *place = word.to_le_bytes();
                }
                self.out.write_all(&head)?;
                self.out.write_all(frame.bytes)?;
                let mut tail = [0; 8];
                let tail_len = padding.len() + 4;
                if let Some(place) = tail.get_mut(padding.len()..tail_len) {
                    place.copy_from_slice(&block_len.to_le_bytes());
                }
                if options.is_empty() {
                    self.out.write_all(tail.get(..tail_len).unwrap_or_default())?;
                } else {
                    self.out.write_all(padding)?;
                    self.out.write_all(&options)?;
                    self.out.write_all(&block_len.to_le_bytes())?;
                }
            }
            Format::Pcap => {
                self.head(frame)?;
                let seconds = u32::try_from(frame.time / 1_000_000_000)
                    .map_err(|_| WriterError::Time(frame.number))?;
                let nanoseconds = u32::try_from(frame.time % 1_000_000_000).unwrap_or(0);
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

    /// Hands on what is buffered, and goes on.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The number of the interface of frames of this link type, described where it is new.
    fn interface(&mut self, link_type: LinkType) -> io::Result<u32> {
        if !self.section {
            let mut section = Vec::new();
            section.extend(0x1a2b_3c4d_u32.to_le_bytes());
            section.extend(1_u16.to_le_bytes());
            section.extend(0_u16.to_le_bytes());
            section.extend(u64::MAX.to_le_bytes());
            block(&mut self.out, 0x0a0d_0d0a, &[&section])?;
            self.section = true;
            self.interfaces.clear();
        }
        let known = self.interfaces.iter().position(|known| *known == link_type);
        if let Some(known) = known {
            return u32::try_from(known).map_err(io::Error::other);
        }
        let number = u16::try_from(link_type.0).map_err(io::Error::other)?;
        let mut interface = Vec::new();
        interface.extend(u32::from(number).to_le_bytes());
        interface.extend(SNAP_LEN.to_le_bytes());
        // if_tsresol, one byte: 10^-9 seconds; then opt_endofopt.
        interface.extend([9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
        block(&mut self.out, 1, &[&interface])?;
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

fn length(len: usize) -> io::Result<u32> {
    u32::try_from(len).map_err(io::Error::other)
}

/// What fills up so many bytes to a multiple of four.
fn padding(len: usize) -> &'static [u8] {
    const ZEROS: [u8; 3] = [0; 3];
    ZEROS.get(..len.next_multiple_of(4) - len).unwrap_or_default()
}

/// The options of a block that has a comment: opt_comment, opt_endofopt.
fn comment_option(comment: &str) -> io::Result<Vec<u8>> {
    let len = u16::try_from(comment.len()).map_err(io::Error::other)?;
    let mut option = Vec::with_capacity(comment.len() + 11);
    option.extend(1_u16.to_le_bytes());
    option.extend(len.to_le_bytes());
    option.extend(comment.as_bytes());
    option.extend(padding(comment.len()));
    option.extend([0; 4]);
    Ok(option)
}

fn halves(time: u64) -> [u32; 2] {
    let low = u32::try_from(time & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    [u32::try_from(time >> 32).unwrap_or(u32::MAX), low]
}

/// Writes a block: type, length, body, length again. The body's length is a multiple of four.
fn block(out: &mut impl Write, r#type: u32, body: &[&[u8]]) -> io::Result<()> {
    let len = length(body.iter().map(|part| part.len()).sum::<usize>() + 12)?;
    out.write_all(&r#type.to_le_bytes())?;
    out.write_all(&len.to_le_bytes())?;
    body.iter().try_for_each(|part| out.write_all(part))?;
    out.write_all(&len.to_le_bytes())
}
