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

    /// Whether `bytes` begin with a whole frame.
    #[inline]
    pub(super) fn begins(&self, bytes: &[u8]) -> bool {
        let Some((header, rest)) = bytes.split_first_chunk::<16>() else { return false };
        let [.., c0, c1, c2, c3, _, _, _, _] = *header;
        usize::try_from(self.order.u32([c0, c1, c2, c3])).is_ok_and(|caplen| caplen <= rest.len())
    }

    #[inline]
    pub(super) fn next<'a, R: Read>(
        &self,
        source: &'a mut Source<R>,
        number: u64,
    ) -> Result<Option<Record<'a>>, SavefileError> {
        let Some(header) = source.take("the header of a frame", 16)? else { return Ok(None) };
        let (words, _) = header.as_chunks::<4>();
        let &[seconds, units, caplen, len] = words else { return Ok(None) };
        let [seconds, units, caplen, len] =
            [seconds, units, caplen, len].map(|word| self.order.u32(word));
        let caplen = usize::try_from(caplen).unwrap_or(usize::MAX);
        let bytes = source.must("a frame", caplen)?;
        let time = u64::from(seconds) * 1_000_000_000 + u64::from(units) * self.nanoseconds_a_unit;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let link_type = self.link_type;
        let frame =
            Frame { link_type, bytes, len, number, time, interface: 0, interface_name: None };
        Ok(Some(Record { frame, comment: None, block: None, blocks_before: &[] }))
    }
}
