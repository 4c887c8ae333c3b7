//! The classic format: both byte orders, microseconds and nanoseconds.
//!
//! | offset | size | field of the file header |
//! | --- | --- | --- |
//! | 0 | 4 | magic number |
//! | 4 | 4 | version |
//! | 8 | 8 | reserved |
//! | 16 | 4 | snapshot length |
//! | 20 | 4 | link type, in its low 16 bits |
//!
//! | offset | size | field of a frame |
//! | --- | --- | --- |
//! | 0 | 4 | seconds |
//! | 4 | 4 | microseconds or nanoseconds |
//! | 8 | 4 | captured length |
//! | 12 | 4 | length |

use std::io::Read;

use super::source::Source;
use super::{Record, SavefileError};
use crate::frame::{Frame, LinkType};

/// Bytes of the header of a frame.
const HEADER: usize = 16;

#[derive(Debug)]
pub(super) struct Header {
    order: ByteOrder,
    nanoseconds_a_unit: u64,
    link_type: LinkType,
}

/// How the writer's machine stores numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ByteOrder {
    #[default]
    Little,
    Big,
}

impl ByteOrder {
    pub(super) fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    #[inline]
    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }
}

impl Header {
    /// Reads the file header behind `magic`, if that is one of this format.
    pub(super) fn read<R: Read>(
        magic: [u8; 4],
        source: &mut Source<R>,
    ) -> Result<Option<Self>, SavefileError> {
        let (order, nanoseconds_a_unit) = match magic {
            [0xd4, 0xc3, 0xb2, 0xa1] => (ByteOrder::Little, 1000),
            [0xa1, 0xb2, 0xc3, 0xd4] => (ByteOrder::Big, 1000),
            [0x4d, 0x3c, 0xb2, 0xa1] => (ByteOrder::Little, 1),
            [0xa1, 0xb2, 0x3c, 0x4d] => (ByteOrder::Big, 1),
            _ => return Ok(None),
        };
        let rest = source.must("the file header", 20)?;
        let link_type = rest.last_chunk().map_or(0, |bytes| order.u32(*bytes)) & 0xffff;
        Ok(Some(Self { order, nanoseconds_a_unit, link_type: LinkType(link_type) }))
    }

    /// The frame that `bytes` begin with, and what is behind it; nothing where it is not whole.
    #[inline]
    pub(super) fn split<'a>(&self, bytes: &'a [u8], number: u64) -> Option<(Frame<'a>, &'a [u8])> {
        let (header, rest) = bytes.split_first_chunk()?;
        let (frame, caplen) = self.frame(header, number);
        let (bytes, behind) = rest.split_at_checked(caplen)?;
        Some((Frame { bytes, ..frame }, behind))
    }

    #[inline]
    pub(super) fn next<'a, R: Read>(
        &self,
        source: &'a mut Source<R>,
        number: u64,
    ) -> Result<Option<Record<'a>>, SavefileError> {
        let Some(header) = source.take("the header of a frame", HEADER)? else { return Ok(None) };
        let Some(header) = header.first_chunk() else { return Ok(None) };
        let (frame, caplen) = self.frame(header, number);
        let frame = Frame { bytes: source.must("a frame", caplen)?, ..frame };
        Ok(Some(Record::of(frame)))
    }

    /// What the header of a frame says of it, and how many bytes it has.
    #[inline]
    fn frame(&self, header: &[u8; HEADER], number: u64) -> (Frame<'static>, usize) {
        let [s0, s1, s2, s3, u0, u1, u2, u3, c0, c1, c2, c3, l0, l1, l2, l3] = *header;
        let word = |bytes| self.order.u32(bytes);
        let (seconds, units) = (word([s0, s1, s2, s3]), word([u0, u1, u2, u3]));
        let size = |bytes| usize::try_from(word(bytes)).unwrap_or(usize::MAX);
        let (caplen, len) = (size([c0, c1, c2, c3]), size([l0, l1, l2, l3]));
        let time = u64::from(seconds) * 1_000_000_000 + u64::from(units) * self.nanoseconds_a_unit;
        (Frame { link_type: self.link_type, len, number, time, ..Frame::ethernet(&[]) }, caplen)
    }
}
