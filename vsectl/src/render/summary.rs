//! A line a frame, in columns.

use std::io::{self, Write};

use dissect::Summary;
use dissect::savefile::Record;

use crate::render::paint::Paint;

/// Number, seconds since the first frame, source, destination, protocol, length, info.
pub(crate) fn line(
    record: &Record,
    first_time: u64,
    summary: &Summary,
    paint: Paint,
    out: &mut impl Write,
) -> io::Result<()> {
    let since = record.time.saturating_sub(first_time);
    let (seconds, nanoseconds) = (since / 1_000_000_000, since % 1_000_000_000);
    let Summary { source, destination, protocol, info, problems, .. } = summary;
    write!(
        out,
        "{:5} {seconds:4}.{nanoseconds:09} {source:>17} → {destination:<17} ",
        record.number
    )?;
    paint.protocol(&format_args!("{protocol:8}"), out)?;
    write!(out, " {:5} {info}", record.len)?;
    for problem in problems {
        write!(out, " ")?;
        paint.problem(&format_args!("[{problem}]"), out)?;
    }
    writeln!(out)
}
