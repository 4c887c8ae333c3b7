//! pcapng: blocks of sections, each section with its interfaces.
//!
//! | offset | size | field of a block |
//! | --- | --- | --- |
//! | 0 | 4 | type |
//! | 4 | 4 | length: of the block |
//! | 8 | any | body |
//! | | 4 | length again |

use std::io::Read;

use super::pcap::ByteOrder;
use super::source::Source;
use super::{Record, SavefileError};
use crate::dissector::LinkType;

/// The type of the block that begins a section; the same in both byte orders.
pub(super) const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
/// The first field of that block, in the order of the writer's machine.
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// The types of the other blocks that matter here.
const INTERFACE_DESCRIPTION: u32 = 1;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
/// The option of an interface that says what a unit of time is.
const IF_TSRESOL: u16 = 9;
/// Bytes of a block around its body.
const AROUND: usize = 12;

#[derive(Debug, Default)]
pub(super) struct Section {
    order: ByteOrder,
    interfaces: Vec<Interface>,
}

#[derive(Debug, Clone, Copy)]
struct Interface {
    link_type: LinkType,
    /// Units of time a second.
    units_a_second: u64,
}

/// The fields of a block's body, one after the other.
struct Body<'a> {
    order: ByteOrder,
    left: &'a [u8],
    offset: u64,
}

impl<'a> Body<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], SavefileError> {
        let Some((bytes, left)) = self.left.split_first_chunk::<N>() else {
            let what = "a block is too short for its fields".to_owned();
            return Err(SavefileError::Corrupt { offset: self.offset, what });
        };
        self.left = left;
        Ok(*bytes)
    }

    fn u16(&mut self) -> Result<u16, SavefileError> {
        self.array().map(|bytes| self.order.u16(bytes))
    }

    fn u32(&mut self) -> Result<u32, SavefileError> {
        self.array().map(|bytes| self.order.u32(bytes))
    }

    fn bytes(&mut self, len: usize) -> Result<&'a [u8], SavefileError> {
        let Some((bytes, left)) = self.left.split_at_checked(len) else {
            let what = format!("a block of {} bytes holds a frame of {len}", self.left.len());
            return Err(SavefileError::Corrupt { offset: self.offset, what });
        };
        self.left = left;
        Ok(bytes)
    }
}

impl Section {
    pub(super) fn next<R: Read>(
        &mut self,
        source: &mut Source<R>,
        number: u64,
    ) -> Result<Option<Record>, SavefileError> {
        loop {
            let offset = source.offset;
            let mut r#type = [0; 4];
            if !source.fill("a block", &mut r#type)? {
                return Ok(None);
            }
            let length: [u8; 4] = source.array("the length of a block")?;
            let mut start = Vec::new();
            if r#type == SECTION_HEADER {
                let magic: [u8; 4] = source.array("the byte order of a section")?;
                self.order = match u32::from_le_bytes(magic) {
                    BYTE_ORDER_MAGIC => ByteOrder::Little,
                    magic if magic.swap_bytes() == BYTE_ORDER_MAGIC => ByteOrder::Big,
                    _ => {
                        let what = "a section with no byte order".to_owned();
                        return Err(SavefileError::Corrupt { offset, what });
                    }
                };
                self.interfaces.clear();
                start.extend(magic);
            }
            let len = usize::try_from(self.order.u32(length)).unwrap_or(usize::MAX);
            let body = len.checked_sub(AROUND + start.len()).filter(|_| len.is_multiple_of(4));
            let Some(body) = body else {
                let what = format!("a block of {len} bytes");
                return Err(SavefileError::Corrupt { offset, what });
            };
            let bytes = source.bytes("a block", body)?;
            let again: [u8; 4] = source.array("the end of a block")?;
            if again != length {
                let what = "a block with two lengths".to_owned();
                return Err(SavefileError::Corrupt { offset, what });
            }
            let body = Body { order: self.order, left: &bytes, offset };
            match self.order.u32(r#type) {
                INTERFACE_DESCRIPTION => self.add_interface(body)?,
                ENHANCED_PACKET => return self.enhanced_packet(body, number).map(Some),
                SIMPLE_PACKET => return self.simple_packet(body, number).map(Some),
                // Names, statistics, decryption secrets, custom blocks: nothing to dissect.
                _ => {}
            }
        }
    }

    fn add_interface(&mut self, mut body: Body<'_>) -> Result<(), SavefileError> {
        let link_type = LinkType(body.u16()?.into());
        body.array::<6>()?;
        let mut interface = Interface { link_type, units_a_second: 1_000_000 };
        while body.left.len() >= 4 {
            let (code, len) = (body.u16()?, usize::from(body.u16()?));
            let value = body.bytes(len)?;
            if let (IF_TSRESOL, [resolution]) = (code, value) {
                interface.units_a_second = units_a_second(*resolution);
            }
            body.bytes((len.next_multiple_of(4) - len).min(body.left.len()))?;
        }
        self.interfaces.push(interface);
        Ok(())
    }

    fn interface(&self, number: u32, offset: u64) -> Result<Interface, SavefileError> {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        self.interfaces.get(index).copied().ok_or_else(|| {
            let what = format!("a frame of interface {number}, which is not described");
            SavefileError::Corrupt { offset, what }
        })
    }

    fn enhanced_packet(&self, mut body: Body<'_>, number: u64) -> Result<Record, SavefileError> {
        let interface = body.u32()?;
        let (high, low) = (body.u32()?, body.u32()?);
        let (caplen, len) = (body.u32()?, body.u32()?);
        let offset = body.offset;
        let bytes = body.bytes(usize::try_from(caplen).unwrap_or(usize::MAX))?;
        let Interface { link_type, units_a_second } = self.interface(interface, offset)?;
        let units = u128::from(high) << 32 | u128::from(low);
        let time = units * 1_000_000_000 / u128::from(units_a_second.max(1));
        Ok(Record {
            number,
            time: u64::try_from(time).unwrap_or(u64::MAX),
            interface,
            link_type,
            len: usize::try_from(len).unwrap_or(usize::MAX),
            bytes: bytes.to_vec(),
        })
    }

    /// A frame without a time.
    fn simple_packet(&self, mut body: Body<'_>, number: u64) -> Result<Record, SavefileError> {
        let len = usize::try_from(body.u32()?).unwrap_or(usize::MAX);
        let Interface { link_type, .. } = self.interface(0, body.offset)?;
        let bytes = body.bytes(len.min(body.left.len()))?;
        Ok(Record { number, time: 0, interface: 0, link_type, len, bytes: bytes.to_vec() })
    }
}

/// Of the option's value: a power of ten, or of two where the top bit is set.
fn units_a_second(resolution: u8) -> u64 {
    let exponent = u32::from(resolution & 0x7f);
    let base: u64 = if resolution & 0x80 == 0 { 10 } else { 2 };
    base.checked_pow(exponent).unwrap_or(u64::MAX)
}
