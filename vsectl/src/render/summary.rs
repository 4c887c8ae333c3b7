//! A line a frame, in columns.

use std::net::Ipv4Addr;

use codec::put;
use codec::types::{Line, Padded, Short};
use dissect::savefile::Record;
use dissect::{Ends, Summary};

use super::clock::Clock;
use super::paint::Paint;

/// Columns of an address, as wide as an Ethernet address.
const ADDRESS: usize = 17;
const ARROW: &str = " → ";
/// Bytes of both and the arrow, in whole words.
const COLUMNS: usize = (2 * ADDRESS + ARROW.len()).next_multiple_of(8);
/// How many who send to each other are remembered, a power of two.
const TALKERS: usize = 64;

/// Makes lines of frames.
pub(crate) struct Lines {
    paint: Paint,
    talkers: Talkers,
}

impl Lines {
    pub(crate) fn new(paint: Paint) -> Self {
        Self { paint, talkers: Talkers::default() }
    }

    /// Appends number, time, source, destination, protocol, length, info.
    pub(crate) fn put(
        &mut self,
        record: &Record<'_>,
        summary: &Summary,
        clock: &mut Clock,
        out: &mut Line,
    ) {
        out.push_right(5, record.frame.number);
        out.push_str(" ");
        clock.put(out);
        out.push_str(" ");
        put_ends(summary.ends(), &mut self.talkers, out);
        out.push_str(" ");
        self.paint.put_protocol(summary.protocol(), 8, out);
        out.push_str(" ");
        out.push_right(5, u64::try_from(record.frame.len).unwrap_or(u64::MAX));
        out.push_str(" ");
        summary.put_info(out);
        for problem in &summary.problems {
            out.push_str(" ");
            self.paint.put_problem(problem, out);
        }
        out.push_str("\n");
    }
}

/// Who sends to whom.
fn put_ends(ends: Option<Ends>, talkers: &mut Talkers, out: &mut Line) {
    match ends {
        Some(Ends::Ipv4(a, b)) => talkers.put(a, b, out),
        Some(Ends::Mac(a, b)) => put_columns(&Short::mac(a), &Short::mac(b), out),
        Some(Ends::Ipv6(a, b)) => put!(out, format_args!("{a:>ADDRESS$}{ARROW}{b:<ADDRESS$}")),
        Some(Ends::Tcp(..) | Ends::Udp(..)) | None => {
            put_columns(&Short::EMPTY, &Short::EMPTY, out);
        }
    }
}

/// Fills up to the width in front of the one text and behind the other.
fn put_columns(source: &Short, destination: &Short, out: &mut Line) {
    let fill = |text: &Short| ADDRESS.saturating_sub(text.as_bytes().len());
    out.push_blanks(fill(source));
    put!(out, *source, ARROW, *destination);
    out.push_blanks(fill(destination));
}

/// The columns of those who sent to each other of late: they mostly go on.
struct Talkers {
    talks: [Talk; TALKERS],
    line: Line,
}

#[derive(Clone, Copy)]
struct Talk {
    ends: Option<(Ipv4Addr, Ipv4Addr)>,
    /// Kept for those who are seen again: a capture may have many who are not.
    columns: Option<Padded<COLUMNS>>,
}

impl Talkers {
    fn put(&mut self, source: Ipv4Addr, destination: Ipv4Addr, out: &mut Line) {
        let columns = |out: &mut Line| {
            put_columns(&Short::ipv4(source), &Short::ipv4(destination), out);
        };
        let ends = Some((source, destination));
        // Fibonacci hashing; the upper bits are the best ones.
        let both = source.to_bits() ^ destination.to_bits().rotate_left(u32::BITS / 2);
        let place = both.wrapping_mul(0x9e37_79b9) >> (u32::BITS - TALKERS.ilog2());
        let talk = usize::try_from(place).ok().and_then(|place| self.talks.get_mut(place));
        let Some(talk) = talk else { return columns(out) };
        if talk.ends != ends {
            *talk = Talk { ends, columns: None };
            return columns(out);
        }
        if talk.columns.is_none() {
            self.line.clear();
            columns(&mut self.line);
            talk.columns = Padded::of(self.line.as_str());
        }
        match &talk.columns {
            Some(columns) => out.push_padded(columns),
            None => columns(out),
        }
    }
}

impl Default for Talkers {
    fn default() -> Self {
        let talk = Talk { ends: None, columns: None };
        Self { talks: [talk; TALKERS], line: Line::default() }
    }
}
