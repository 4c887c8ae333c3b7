//! The blocks of a pcapng file (draft-ietf-opsawg-pcapng), as they are written: little-endian, with
//! times in nanoseconds.
//!
//! | block | type | holds |
//! | --- | --- | --- |
//! | section header | 0x0a0d0d0a | byte order, version |
//! | interface description | 1 | link type, snap length, name, filter |
//! | interface statistics | 5 | frames received and dropped |
//! | enhanced packet | 6 | a frame |

use std::io::{self, Write};

use crate::frame::LinkType;

/// An option of any block: a comment.
const OPT_COMMENT: u16 = 1;
/// Options of an interface: its name, the resolution of its times, its filter.
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const IF_FILTER: u16 = 11;
/// Options of its statistics: frames received, dropped by the interface, dropped by the system.
const ISB_IFRECV: u16 = 4;
const ISB_IFDROP: u16 = 5;
const ISB_OSDROP: u16 = 7;

/// An interface, as a capture describes it.
#[derive(Debug, Clone, Copy)]
pub struct Interface<'a> {
    /// What its frames begin with.
    pub link_type: LinkType,
    /// Bytes that are kept of a frame at most.
    pub snap_len: u32,
    /// Its name.
    pub name: Option<&'a str>,
    /// The libpcap filter that its frames passed.
    pub filter: Option<&'a str>,
}

/// What became of the frames of an interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames that passed the filter.
    pub received: u64,
    /// Those of them for which the system had no room.
    pub dropped: u64,
    /// Frames that the interface or its driver dropped.
    pub dropped_by_interface: u64,
}

/// Writes the header of a section.
pub fn section(out: &mut impl Write) -> io::Result<()> {
    let mut body = Vec::with_capacity(16);
    body.extend(0x1a2b_3c4d_u32.to_le_bytes());
    body.extend(1_u16.to_le_bytes());
    body.extend(0_u16.to_le_bytes());
    body.extend(u64::MAX.to_le_bytes());
    block(out, 0x0a0d_0d0a, &[&body])
}

/// Describes the next interface of a section.
///
/// # Errors
///
/// A link type above 65535 cannot be written.
pub fn interface(interface: &Interface<'_>, out: &mut impl Write) -> io::Result<()> {
    let link_type = u16::try_from(interface.link_type.0).map_err(io::Error::other)?;
    let mut body = Vec::new();
    body.extend(u32::from(link_type).to_le_bytes());
    body.extend(interface.snap_len.to_le_bytes());
    if let Some(name) = interface.name {
        option(IF_NAME, name.as_bytes(), &mut body)?;
    }
    option(IF_TSRESOL, &[9], &mut body)?;
    if let Some(filter) = interface.filter {
        // A filter is a byte that says how it is written, 0 for text, and what it says.
        option(IF_FILTER, &[b"\0", filter.as_bytes()].concat(), &mut body)?;
    }
    end_of_options(&mut body);
    block(out, 1, &[&body])
}

/// Writes a frame of an interface: of `len` bytes on the wire, at `time` in nanoseconds since the
/// Unix epoch, with a comment where there is one.
#[inline]
pub fn packet(
    interface: u32,
    time: u64,
    bytes: &[u8],
    len: usize,
    comment: Option<&str>,
    out: &mut impl Write,
) -> io::Result<()> {
    let [high, low] = halves(time);
    let padding = bytes.len().next_multiple_of(4) - bytes.len();
    let mut options = Vec::new();
    if let Some(comment) = comment {
        option(OPT_COMMENT, comment.as_bytes(), &mut options)?;
        end_of_options(&mut options);
    }
    let block_len = length(32 + bytes.len() + padding + options.len())?;
    // In one piece each: this is done for every packet of a million.
    let mut head = [0; 28];
    let words = [6, block_len, interface, high, low, length(bytes.len())?, length(len)?];
    for (place, word) in head.as_chunks_mut::<4>().0.iter_mut().zip(words) {
        *place = word.to_le_bytes();
    }
    out.write_all(&head)?;
    out.write_all(bytes)?;
    let mut tail = [0; 7];
    let tail = tail.get_mut(..padding + 4).unwrap_or_default();
    if options.is_empty() {
        if let Some(place) = tail.get_mut(padding..) {
            place.copy_from_slice(&block_len.to_le_bytes());
        }
        return out.write_all(tail);
    }
    out.write_all(tail.get(..padding).unwrap_or_default())?;
    out.write_all(&options)?;
    out.write_all(&block_len.to_le_bytes())
}

/// Writes what became of the frames of an interface, up to `time`.
pub fn statistics(
    interface: u32,
    time: u64,
    counts: &Counts,
    out: &mut impl Write,
) -> io::Result<()> {
    let [high, low] = halves(time);
    let mut body: Vec<u8> = [interface, high, low].into_iter().flat_map(u32::to_le_bytes).collect();
    option(ISB_IFRECV, &counts.received.to_le_bytes(), &mut body)?;
    option(ISB_IFDROP, &counts.dropped_by_interface.to_le_bytes(), &mut body)?;
    option(ISB_OSDROP, &counts.dropped.to_le_bytes(), &mut body)?;
    end_of_options(&mut body);
    block(out, 5, &[&body])
}

fn option(code: u16, value: &[u8], body: &mut Vec<u8>) -> io::Result<()> {
    let len = u16::try_from(value.len()).map_err(io::Error::other)?;
    body.extend(code.to_le_bytes());
    body.extend(len.to_le_bytes());
    body.extend(value);
    body.resize(body.len().next_multiple_of(4), 0);
    Ok(())
}

fn end_of_options(body: &mut Vec<u8>) {
    body.extend([0; 4]);
}

pub(super) fn length(len: usize) -> io::Result<u32> {
    u32::try_from(len).map_err(io::Error::other)
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
