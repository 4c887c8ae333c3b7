//! A line a frame, in columns.

use std::io::{self, Write};

use dissect::savefile::Record;
use dissect::{Ends, Summary};

use super::clock::Clock;
use super::paint::Paint;
use super::value::{decimal, ipv4, mac};

/// Columns of an address, as wide as an Ethernet address.
const ADDRESS: usize = 17;

/// Number, time, source, destination, protocol, length, info.
pub(crate) fn line(
    record: &Record<'_>,
    summary: &mut Summary,
    clock: &mut Clock,
    paint: Paint,
    scratch: &mut Vec<u8>,
    out: &mut impl Write,
) -> io::Result<()> {
    right(5, scratch, out, |out| decimal(record.frame.number, out))?;
    out.write_all(b" ")?;
    clock.write(out)?;
    out.write_all(b" ")?;
    let ends = summary.ends();
    right(ADDRESS, scratch, out, |out| address(ends, true, out))?;
    out.write_all(" → ".as_bytes())?;
    left(ADDRESS, scratch, out, |out| address(ends, false, out))?;
    out.write_all(b" ")?;
    paint.protocol(summary.protocol(), 8, out)?;
    out.write_all(b" ")?;
    let len = u64::try_from(record.frame.len).unwrap_or(u64::MAX);
    right(5, scratch, out, |out| decimal(len, out))?;
    out.write_all(b" ")?;
    out.write_all(summary.info().as_bytes())?;
    if paint.is_on() {
        for problem in &summary.problems {
            out.write_all(b" ")?;
            paint.problem(&format_args!("[{problem}]"), out)?;
        }
    } else if !summary.problems.is_empty() {
        out.write_all(summary.problems_text().as_bytes())?;
    }
    out.write_all(b"\n")
}

/// Fills up to a width in front of what `write` writes.
fn right(
    width: usize,
    scratch: &mut Vec<u8>,
    out: &mut impl Write,
    write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
) -> io::Result<()> {
    scratch.clear();
    write(scratch)?;
    blanks(width.saturating_sub(scratch.len()), out)?;
    out.write_all(scratch)
}

/// Fills up to a width behind what `write` writes.
fn left(
    width: usize,
    scratch: &mut Vec<u8>,
    out: &mut impl Write,
    write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
) -> io::Result<()> {
    scratch.clear();
    write(scratch)?;
    out.write_all(scratch)?;
    blanks(width.saturating_sub(scratch.len()), out)
}

fn blanks(count: usize, out: &mut impl Write) -> io::Result<()> {
    const BLANKS: &[u8] = &[b' '; 32];
    out.write_all(BLANKS.get(..count).unwrap_or(BLANKS))
}

/// One of the ends, or the other.
fn address(ends: Option<Ends>, source: bool, out: &mut impl Write) -> io::Result<()> {
    match ends {
        Some(Ends::Mac(a, b)) => mac(if source { a } else { b }, out),
        Some(Ends::Ipv4(a, b)) => ipv4(if source { a } else { b }, out),
        Some(Ends::Ipv6(a, b)) => write!(out, "{}", if source { a } else { b }),
        Some(Ends::Tcp(..) | Ends::Udp(..)) | None => Ok(()),
    }
}
