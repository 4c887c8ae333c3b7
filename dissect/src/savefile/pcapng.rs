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
use crate::frame::{Frame, LinkType};

/// The type of the block that begins a section; the same in both byte orders.
pub(super) const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
/// The first field of that block, in the order of the writer's machine.
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// The types of the other blocks that matter here.
const INTERFACE_DESCRIPTION: u32 = 1;
/// Obsolete, and still met.
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
/// The options of an interface that say its name, and what a unit of time is, and where time begins.
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;
/// The option of any block that is a comment.
const COMMENT: u16 = 1;
/// Bytes of a block around its body.
const AROUND: usize = 12;

#[derive(Debug, Default)]
pub(super) struct Section {
    order: ByteOrder,
    interfaces: Vec<Interface>,
    /// Whether somebody wants the blocks without frames.
    pub(super) keeps: bool,
    /// Those since the last frame.
    pub(super) kept: Vec<u8>,
}

#[derive(Debug)]
struct Interface {
    name: Option<Box<str>>,
    link_type: LinkType,
    snap_len: usize,
    /// Units of time a second.
    units_a_second: u64,
    /// Seconds to be added to each time.
    offset: i64,
}

impl Interface {
    /// A time of this interface, in nanoseconds since the Unix epoch.
    fn time(&self, units: u64) -> u64 {
        const NANOSECONDS: u64 = 1_000_000_000;
        let since = match self.units_a_second {
            1_000_000 => units.saturating_mul(1000),
            NANOSECONDS => units,
            second => {
                let time = u128::from(units) * u128::from(NANOSECONDS) / u128::from(second.max(1));
                u64::try_from(time).unwrap_or(u64::MAX)
            }
        };
        let offset = self.offset.unsigned_abs().saturating_mul(NANOSECONDS);
        if self.offset < 0 { since.saturating_sub(offset) } else { since.saturating_add(offset) }
    }
}

/// The fields of a block's body, one after the other.
#[derive(Clone, Copy)]
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

    /// A frame, and the bytes that fill it up to a multiple of four.
    fn padded(&mut self, len: usize) -> Result<&'a [u8], SavefileError> {
        let bytes = self.bytes(len)?;
        let padding = (len.next_multiple_of(4) - len).min(self.left.len());
        self.bytes(padding)?;
        Ok(bytes)
    }

    /// The next option; nothing at the end of the options.
    fn option(&mut self) -> Option<(u16, &'a [u8])> {
        let (code, len) = (self.u16().ok()?, self.u16().ok()?);
        if code == 0 {
            return None;
        }
        Some((code, self.padded(len.into()).ok()?))
    }

    fn comment(mut self) -> Option<&'a str> {
        while let Some((code, value)) = self.option() {
            if code == COMMENT {
                return std::str::from_utf8(value).ok();
            }
        }
        None
    }
}

/// What is known of a block once its head is read.
struct Block {
    kind: u32,
    len: usize,
    offset: u64,
}

impl Section {
    pub(super) fn next<'a, R: Read>(
        &'a mut self,
        source: &'a mut Source<R>,
        number: u64,
    ) -> Result<Option<Record<'a>>, SavefileError> {
        self.kept.clear();
        let block = loop {
            let Some(block) = self.head(source)? else { return Ok(None) };
            if matches!(block.kind, PACKET | SIMPLE_PACKET | ENHANCED_PACKET) {
                break block;
            }
            let whole = source.must("a block", block.len)?;
            let body = self.body(&block, whole)?;
            if block.kind == INTERFACE_DESCRIPTION {
                self.add_interface(body)?;
            }
            if self.keeps {
                self.kept.extend(whole);
            }
        };
        let whole = source.must("a block", block.len)?;
        let body = self.body(&block, whole)?;
        let (frame, comment) = match block.kind {
            ENHANCED_PACKET => self.enhanced_packet(body, number)?,
            PACKET => self.packet(body, number)?,
            _ => self.simple_packet(body, number)?,
        };
        Ok(Some(Record { frame, comment, block: Some(whole), blocks_before: &self.kept }))
    }

    /// Whether a whole frame stands in `bytes`, which begin with a block of this section, without
    /// the start of another section before it.
    pub(super) fn begins(&self, mut bytes: &[u8]) -> bool {
        loop {
            let Some((head, _)) = bytes.split_first_chunk::<8>() else { return false };
            let [k0, k1, k2, k3, l0, l1, l2, l3] = *head;
            let kind = self.order.u32([k0, k1, k2, k3]);
            let len = usize::try_from(self.order.u32([l0, l1, l2, l3])).unwrap_or(usize::MAX);
            let Some(behind) = bytes.get(len.max(AROUND)..) else { return false };
            match kind {
                PACKET | SIMPLE_PACKET | ENHANCED_PACKET => return true,
                _ if [k0, k1, k2, k3] == SECTION_HEADER => return false,
                _ => bytes = behind,
            }
        }
    }

    /// Reads type and length of the next block, which stays; of a section header also the byte
    /// order, which holds from its length on.
    fn head<R: Read>(&mut self, source: &mut Source<R>) -> Result<Option<Block>, SavefileError> {
        let offset = source.offset;
        let head = source.peek("a block", 12)?;
        if head.is_empty() {
            return Ok(None);
        }
        let (words, _) = head.as_chunks::<4>();
        let [kind, length, first] = words else {
            let have = head.len();
            return Err(SavefileError::Cut { offset, what: "a block", need: AROUND, have });
        };
        if *kind == SECTION_HEADER {
            self.order = match u32::from_le_bytes(*first) {
                BYTE_ORDER_MAGIC => ByteOrder::Little,
                magic if magic.swap_bytes() == BYTE_ORDER_MAGIC => ByteOrder::Big,
                _ => {
                    let what = "a section with no byte order".to_owned();
                    return Err(SavefileError::Corrupt { offset, what });
                }
            };
            self.interfaces.clear();
        }
        let len = usize::try_from(self.order.u32(*length)).unwrap_or(usize::MAX);
        if len < AROUND || !len.is_multiple_of(4) {
            let what = format!("a block of {len} bytes");
            return Err(SavefileError::Corrupt { offset, what });
        }
        Ok(Some(Block { kind: self.order.u32(*kind), len, offset }))
    }

    /// The body of a block, whose two lengths must agree.
    fn body<'a>(&self, block: &Block, whole: &'a [u8]) -> Result<Body<'a>, SavefileError> {
        let again = whole.last_chunk().map_or(0, |length| self.order.u32(*length));
        if usize::try_from(again) != Ok(block.len) {
            let what = "a block with two lengths".to_owned();
            return Err(SavefileError::Corrupt { offset: block.offset, what });
        }
        let left = whole.get(8..block.len - 4).unwrap_or_default();
        Ok(Body { order: self.order, left, offset: block.offset })
    }

    fn add_interface(&mut self, mut body: Body<'_>) -> Result<(), SavefileError> {
        let link_type = LinkType(body.u16()?.into());
        body.array::<2>()?;
        let snap_len = match body.u32()? {
            0 => usize::MAX,
            snap_len => usize::try_from(snap_len).unwrap_or(usize::MAX),
        };
        let (mut name, mut units, mut offset) = (None, 1_000_000, 0);
        while let Some((code, value)) = body.option() {
            match (code, value) {
                (IF_NAME, value) => name = str::from_utf8(value).ok().map(Box::from),
                (IF_TSRESOL, [resolution]) => units = units_a_second(*resolution),
                (IF_TSOFFSET, value) => {
                    if let Some(bytes) = value.first_chunk::<8>() {
                        offset = match body.order {
                            ByteOrder::Little => i64::from_le_bytes(*bytes),
                            ByteOrder::Big => i64::from_be_bytes(*bytes),
                        };
                    }
                }
                _ => {}
            }
        }
        self.interfaces.push(Interface {
            name,
            link_type,
            snap_len,
            units_a_second: units,
            offset,
        });
        Ok(())
    }

    fn interface(&self, number: u32, offset: u64) -> Result<&Interface, SavefileError> {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        self.interfaces.get(index).ok_or_else(|| {
            let what = format!("a frame of interface {number}, which is not described");
            SavefileError::Corrupt { offset, what }
        })
    }

    fn enhanced_packet<'a>(
        &'a self,
        mut body: Body<'a>,
        number: u64,
    ) -> Result<(Frame<'a>, Option<&'a str>), SavefileError> {
        let interface = body.u32()?;
        self.timed(interface, body, number)
    }

    fn packet<'a>(
        &'a self,
        mut body: Body<'a>,
        number: u64,
    ) -> Result<(Frame<'a>, Option<&'a str>), SavefileError> {
        let interface = body.u16()?.into();
        // Frames that were dropped before this one.
        body.u16()?;
        self.timed(interface, body, number)
    }

    /// Reads what follows the interface.
    fn timed<'a>(
        &'a self,
        interface: u32,
        mut body: Body<'a>,
        number: u64,
    ) -> Result<(Frame<'a>, Option<&'a str>), SavefileError> {
        let (high, low) = (body.u32()?, body.u32()?);
        let (caplen, len) = (body.u32()?, body.u32()?);
        let offset = body.offset;
        let bytes = body.padded(usize::try_from(caplen).unwrap_or(usize::MAX))?;
        let described = self.interface(interface, offset)?;
        let frame = Frame {
            link_type: described.link_type,
            bytes,
            len: usize::try_from(len).unwrap_or(usize::MAX),
            number,
            time: described.time(u64::from(high) << 32 | u64::from(low)),
            interface,
            interface_name: described.name.as_deref(),
        };
        let comment = if body.left.is_empty() { None } else { body.comment() };
        Ok((frame, comment))
    }

    /// A frame without a time.
    fn simple_packet<'a>(
        &'a self,
        mut body: Body<'a>,
        number: u64,
    ) -> Result<(Frame<'a>, Option<&'a str>), SavefileError> {
        let len = usize::try_from(body.u32()?).unwrap_or(usize::MAX);
        let Interface { name, link_type, snap_len, .. } = self.interface(0, body.offset)?;
        let bytes = body.bytes(len.min(*snap_len).min(body.left.len()))?;
        let (link_type, interface_name) = (*link_type, name.as_deref());
        Ok((Frame { link_type, bytes, len, number, time: 0, interface: 0, interface_name }, None))
    }
}

/// Of the option's value: a power of ten, or of two where the top bit is set.
fn units_a_second(resolution: u8) -> u64 {
    let exponent = u32::from(resolution & 0x7f);
    let base: u64 = if resolution & 0x80 == 0 { 10 } else { 2 };
    base.checked_pow(exponent).unwrap_or(u64::MAX)
}
