//! The bytes of a frame, sixteen a line, with chosen ones marked.

use std::io::{self, Write};
use std::ops::Range;

use super::paint::Paint;

/// Writes `bytes`; those in `marked` are coloured, and where there is no colour stand in brackets.
pub(crate) fn write(
    bytes: &[u8],
    marked: &[Range<usize>],
    paint: Paint,
    out: &mut impl Write,
) -> io::Result<()> {
    let is_marked = |at: usize| marked.iter().any(|range| range.contains(&at));
    for (line, chunk) in bytes.chunks(16).enumerate() {
        let start = line * 16;
        write!(out, "{start:04x}  ")?;
        for column in 0..16 {
            let at = start + column;
            let (before, now) = (column > 0 && is_marked(at - 1), is_marked(at));
            let in_line = column < chunk.len();
            let gap = match (before, now && in_line) {
                (false, true) => '[',
                (true, false) => ']',
                _ => ' ',
            };
            let gap = if paint.is_on() { ' ' } else { gap };
            let middle = if column == 8 { " " } else { "" };
            match chunk.get(column) {
                Some(byte) if now => {
                    write!(out, "{middle}{gap}")?;
                    paint.mark(&format_args!("{byte:02x}"), out)?;
                }
                Some(byte) => write!(out, "{middle}{gap}{byte:02x}")?,
                None => write!(out, "{middle}{gap}  ")?,
            }
        }
        let last = chunk.len() == 16 && is_marked(start + 15) && !paint.is_on();
        write!(out, "{} ", if last { ']' } else { ' ' })?;
        for byte in chunk {
            let shown =
                if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
            write!(out, "{shown}")?;
        }
        writeln!(out)?;
    }
    writeln!(out)
}
