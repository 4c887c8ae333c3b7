//! Savefiles: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), plain or
//! compressed, read as a stream in bounded memory from anything that can be read; and written.
//!
//! Reading is our own and not libpcap's: it works on standard input and growing files alike,
//! tells the byte where a broken file broke, keeps what a copy needs, and needs no system library.
//!
//! ```
//! use dissect::savefile::{Format, Reader, Writer};
//!
//! let mut file = Vec::new();
//! let mut writer = Writer::new(&mut file, Format::Pcap);
//! writer.frame(dissect::Frame::ethernet(b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x88\xb5"))?;
//! writer.finish()?;
//! let mut reader = Reader::new(&file[..])?;
//! let record = reader.next()?.expect("one frame");
//! assert_eq!((record.frame.number, record.frame.len), (1, 14));
//! assert!(reader.next()?.is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod blocks;
mod compression;
mod pcap;
mod pcapng;
mod source;
mod writer;

use std::io::{self, Read};

use crate::frame::Frame;
use source::Source;

pub use compression::decompressed;
pub use writer::{Format, Writer, WriterError};

/// A frame as it stands in the file.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The frame.
    pub frame: Frame<'a>,
    /// What somebody wrote beside it: the first comment of a pcapng block.
    pub comment: Option<&'a str>,
    /// The block that holds it, in a pcapng file.
    pub block: Option<&'a [u8]>,
    /// The blocks between the frame before and this one, where they are
    /// [kept](Reader::keep_blocks).
    pub blocks_before: &'a [u8],
}

impl<'a> Record<'a> {
    /// A frame that nothing more is known of.
    #[must_use]
    #[inline]
    pub fn of(frame: Frame<'a>) -> Self {
        Self { frame, comment: None, block: None, blocks_before: &[] }
    }
}

/// A savefile that cannot be read on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SavefileError {
    /// The input cannot be read.
    #[error("at byte {offset}: {error}")]
    Read {
        /// Bytes from the start of the file.
        offset: u64,
        /// Why.
        error: io::Error,
    },
    /// The file begins like neither format.
    #[error("not a capture: it begins with {0:02x?}, and pcap and pcapng do not")]
    NotACapture(Vec<u8>),
    /// The file ends in the middle of something.
    #[error("cut off at byte {offset}: {what} needs {need} bytes, {have} left")]
    Cut {
        /// Bytes from the start of the file to what is cut off.
        offset: u64,
        /// What is cut off.
        what: &'static str,
        /// Bytes that it needs.
        need: usize,
        /// Bytes that there are.
        have: usize,
    },
    /// Something does not follow the format.
    #[error("corrupt at byte {offset}: {what}")]
    Corrupt {
        /// Bytes from the start of the file.
        offset: u64,
        /// What is wrong.
        what: String,
    },
}

/// Bytes that a frame or a block may have; more is taken for a corrupt length.
const MAX_LEN: usize = 16 << 20;

/// Reads the frames of a savefile.
#[derive(Debug)]
pub struct Reader<R> {
    source: Source<R>,
    format: Inner,
    number: u64,
    failed: bool,
}

#[derive(Debug)]
enum Inner {
    Pcap(pcap::Header),
    Pcapng(pcapng::Section),
}

impl<R: Read> Reader<R> {
    /// Reads the head of the file, and finds out its format from it.
    pub fn new(input: R) -> Result<Self, SavefileError> {
        let mut source = Source::new(input);
        let Some(head) = source.take("the head of the file", 4)? else {
            let what = "the head of the file";
            return Err(SavefileError::Cut { offset: 0, what, need: 4, have: 0 });
        };
        let magic = head.first_chunk().copied().unwrap_or_default();
        let format = if let Some(header) = pcap::Header::read(magic, &mut source)? {
            Inner::Pcap(header)
        } else if magic == pcapng::SECTION_HEADER {
            source.put_back(4);
            Inner::Pcapng(pcapng::Section::default())
        } else {
            return Err(SavefileError::NotACapture(magic.to_vec()));
        };
        Ok(Self { source, format, number: 0, failed: false })
    }

    /// Keeps the blocks of a pcapng file that hold no frames: sections, interfaces, names, what
    /// nobody knows.
    pub fn keep_blocks(&mut self) {
        if let Inner::Pcapng(section) = &mut self.format {
            section.keeps = true;
        }
    }

    /// The blocks behind the last frame, where they are [kept](Self::keep_blocks).
    #[must_use]
    pub fn blocks_behind(&self) -> &[u8] {
        match &self.format {
            Inner::Pcapng(section) => &section.kept,
            Inner::Pcap(_) => &[],
        }
    }

    /// Counts frames on from `number`, for a file that continues another.
    pub fn count_from(&mut self, number: u64) {
        self.number = number;
    }

    /// Bytes of the file that were read.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.source.offset
    }

    /// Has the next frames read into the memory of `block`, of which `len` bytes are used; what was
    /// in it is lost.
    pub fn give_block(&mut self, block: &mut Vec<u8>, len: usize) {
        self.source.exchange(block, len);
    }

    /// Hands the next frames to `take`: the first one, and others as long as they can be read
    /// without moving the bytes of those before, `most` at most. Returns whether there may be more.
    pub fn each_of_block(
        &mut self,
        most: u64,
        mut take: impl FnMut(&Record<'_>),
    ) -> Result<bool, SavefileError> {
        let mut left = most;
        let first = if left > 0 { self.next()? } else { None };
        let Some(first) = first else { return Ok(false) };
        take(&first);
        left -= 1;
        loop {
            if let Inner::Pcap(header) = &self.format {
                let mut rest = self.source.rest();
                let len = rest.len();
                while left > 0
                    && let Some((frame, behind)) = header.split(rest, self.number + 1)
                {
                    take(&Record::of(frame));
                    rest = behind;
                    self.number += 1;
                    left -= 1;
                }
                let taken = len - rest.len();
                self.source.skip(taken);
            } else {
                while left > 0
                    && self.has_in_block()
                    && let Some(record) = self.next()?
                {
                    take(&record);
                    left -= 1;
                }
            }
            if left == 0 {
                return Ok(false);
            }
            if !self.source.read_behind() {
                return Ok(!self.source.is_at_end());
            }
        }
    }

    /// Whether the next frame stands in the block of a pcapng file.
    fn has_in_block(&self) -> bool {
        matches!(&self.format, Inner::Pcapng(section) if section.begins(self.source.rest()))
    }

    /// Takes the block that was [given](Self::give_block), with the frames since then: the bytes
    /// stay at the addresses at which [`each_of_block`](Self::each_of_block) lent them.
    pub fn take_block(&mut self, block: &mut Vec<u8>) {
        self.source.exchange(block, 0);
    }

    /// The next frame; nothing at the end, or after an error.
    // It lends, which an iterator cannot.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, SavefileError> {
        if self.failed {
            return Ok(None);
        }
        self.number += 1;
        // Given back where the result is one; the borrow checker does not see that.
        self.failed = true;
        let record = match &mut self.format {
            Inner::Pcap(header) => header.next(&mut self.source, self.number)?,
            Inner::Pcapng(section) => section.next(&mut self.source, self.number)?,
        };
        self.failed = false;
        Ok(record)
    }
}

#[cfg(test)]
mod tests;
