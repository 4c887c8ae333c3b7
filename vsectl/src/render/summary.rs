//! A line a frame, in columns.

use codec::put;
use codec::types::{Line, Piece, Short};
use dissect::savefile::Record;
use dissect::{Ends, Summary};

use super::clock::Clock;
use super::paint::Paint;

/// Columns of an address, as wide as an Ethernet address.
const ADDRESS: usize = 17;

/// Appends number, time, source, destination, protocol, length, info.
pub(crate) fn put_line(
    record: &Record<'_>,
    summary: &Summary,
    clock: &mut Clock,
    paint: Paint,
    out: &mut Line,
) {
    out.push_right(5, record.frame.number);
    out.push_str(" ");
    clock.put(out);
    out.push_str(" ");
    put_ends(summary.ends(), out);
    out.push_str(" ");
    paint.put_protocol(summary.protocol(), 8, out);
    out.push_str(" ");
    let len = u64::try_from(record.frame.len).unwrap_or(u64::MAX);
    out.push_right(5, len);
    out.push_str(" ");
    summary.put_info(out);
    for problem in &summary.problems {
        out.push_str(" ");
        paint.put_problem(problem, out);
    }
    out.push_str("\n");
}

/// Who sends to whom.
fn put_ends(ends: Option<Ends>, out: &mut Line) {
    const ARROW: &str = " → ";
    let mut columns = |source: &Short, destination: &Short| {
        right(ADDRESS, source, out);
        out.push_str(ARROW);
        left(ADDRESS, destination, out);
    };
    match ends {
        Some(Ends::Ipv4(a, b)) => columns(&Short::ipv4(a), &Short::ipv4(b)),
        Some(Ends::Mac(a, b)) => columns(&Short::mac(a), &Short::mac(b)),
        Some(Ends::Ipv6(a, b)) => put!(out, format_args!("{a:>ADDRESS$}{ARROW}{b:<ADDRESS$}")),
        Some(Ends::Tcp(..) | Ends::Udp(..)) | None => columns(&Short::EMPTY, &Short::EMPTY),
    }
}

/// Fills up to a width in front of a text.
fn right(width: usize, text: &Short, out: &mut Line) {
    out.push_blanks(width.saturating_sub(text.as_bytes().len()));
    text.put(out);
}

/// Fills up to a width behind a text.
fn left(width: usize, text: &Short, out: &mut Line) {
    text.put(out);
    out.push_blanks(width.saturating_sub(text.as_bytes().len()));
}
