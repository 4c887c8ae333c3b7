//! Savefiles: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), read as a
//! stream in bounded memory from anything that can be read.
//!
//! Reading is our own and not libpcap's: it works on standard input and growing files alike,
//! tells the byte where a broken file broke, and needs no system library.

mod pcap;
mod pcapng;
mod source;

use std::io::{self, Read};

use crate::dissector::LinkType;
use source::Source;

/// A frame as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number, from 1.
    pub number: u64,
    /// When it was captured: nanoseconds since 1970-01-01 00:00 UTC.
    pub time: u64,
    /// The number of the interface that captured it.
    pub interface: u32,
    /// What the frame begins with.
    pub link_type: LinkType,
    /// Its length on the wire, bytes.
    pub len: usize,
    /// As much of it as was captured.
    pub bytes: Vec<u8>,
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
    format: Format,
    number: u64,
    failed: bool,
}

#[derive(Debug)]
enum Format {
    Pcap(pcap::Header),
    Pcapng(pcapng::Section),
}

impl<R: Read> Reader<R> {
    /// Reads the head of the file, and finds out its format from it.
    pub fn new(input: R) -> Result<Self, SavefileError> {
        let mut source = Source::new(input);
        let magic = source.peek4()?;
        let format = if let Some(header) = pcap::Header::read(magic, &mut source)? {
            Format::Pcap(header)
        } else if magic == pcapng::SECTION_HEADER {
            Format::Pcapng(pcapng::Section::default())
        } else {
            return Err(SavefileError::NotACapture(magic.to_vec()));
        };
        Ok(Self { source, format, number: 0, failed: false })
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Record, SavefileError>;

    /// The next frame. After an error there is none.
    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let number = self.number + 1;
        let record = match &mut self.format {
            Format::Pcap(header) => header.next(&mut self.source, number),
            Format::Pcapng(section) => section.next(&mut self.source, number),
        };
        match record {
            Ok(Some(record)) => {
                self.number = number;
                Some(Ok(record))
            }
            Ok(None) => None,
            Err(error) => {
                self.failed = true;
                Some(Err(error))
            }
        }
    }
}
