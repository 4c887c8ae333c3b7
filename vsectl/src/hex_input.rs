//! Bytes from text: hexadecimal digits as people paste them, hex dumps included.
//!
//! A line may hold digits in any grouping, `0x` before a group, and `:`, `-` or `,` between
//! groups. Lines that start with an offset, as xxd, `hexdump -C`, tcpdump and Wireshark write
//! them, make one run of bytes until the offset starts over; the column of characters is left
//! out. Lines without an offset are a run each, but a message that is cut off at the end of its
//! line goes on in the next one, as `xxd -p` wraps it.

use std::io::{self, BufRead};

use codec::of10::Header;

/// A run of bytes and the place that it came from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Where the run begins, for diagnostics: `line 3`.
    pub(crate) source: String,
    pub(crate) bytes: Vec<u8>,
}

impl Run {
    /// Whether the last message here is cut off, and `next` is no message of its own.
    fn goes_on_in(&self, next: &[u8]) -> bool {
        is_cut(&self.bytes) && !begins_message(next)
    }
}

/// Text that is no hex.
#[derive(Debug)]
pub(crate) struct NotHex {
    source: String,
    column: usize,
    found: String,
}

impl std::error::Error for NotHex {}

impl std::fmt::Display for NotHex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, column, found } = self;
        write!(f, "{source}, column {column}: want pairs of hex digits, found {found:?}")
    }
}

/// Reads the arguments of a command line: a run each, but a message that is cut off at the end
/// of its argument goes on in the next one, as in bytes pasted without quotes.
pub(crate) fn from_arguments(arguments: &[String]) -> Vec<Result<Run, NotHex>> {
    let mut runs: Vec<Result<Run, NotHex>> = Vec::new();
    for (index, text) in arguments.iter().enumerate() {
        let source = format!("argument {}", index + 1);
        match (hex_digits(text, 0), runs.last_mut()) {
            (Ok(bytes), Some(Ok(last))) if last.goes_on_in(&bytes) => last.bytes.extend(bytes),
            (Ok(bytes), _) => runs.push(Ok(Run { source, bytes })),
            (Err((column, found)), _) => runs.push(Err(NotHex { source, column, found })),
        }
    }
    runs
}

/// Reads runs from the lines of `input` as they come.
pub(crate) fn from_lines<R: BufRead>(input: R) -> Runs<R> {
    Runs { input, number: 0, ahead: None, ended: false }
}

/// An iterator over the runs of [`from_lines`].
#[derive(Debug)]
pub(crate) struct Runs<R> {
    input: R,
    number: usize,
    /// A line that was read and belongs to the next run.
    ahead: Option<(Run, bool)>,
    ended: bool,
}

/// What one line says.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    /// The offset column, where there is one.
    offset: Option<usize>,
    bytes: Vec<u8>,
}

impl<R: BufRead> Iterator for Runs<R> {
    type Item = anyhow::Result<Run>;

    fn next(&mut self) -> Option<Self::Item> {
        // The run being gathered, and whether its lines have offsets.
        let mut gathered = self.ahead.take();
        while !self.ended {
            let mut text = String::new();
            match self.input.read_line(&mut text) {
                Ok(0) => self.ended = true,
                Ok(_) => self.number += 1,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(describe(error, self.number)));
                }
            }
            let line = match parse_line(&text, gathered.as_ref().map_or(0, |(r, _)| r.bytes.len()))
            {
                Ok(line) => line,
                Err((column, found)) => {
                    let source = format!("line {}", self.number);
                    return Some(Err(NotHex { source, column, found }.into()));
                }
            };
            let Some(line) = line else {
                if gathered.is_some() {
                    break;
                }
                continue;
            };
            let dumped = line.offset.is_some();
            match &mut gathered {
                Some((run, true)) if line.offset == Some(run.bytes.len()) => {
                    run.bytes.extend(line.bytes);
                }
                Some((run, false)) if !dumped && run.goes_on_in(&line.bytes) => {
                    run.bytes.extend(line.bytes);
                }
                _ => {
                    let source = format!("line {}", self.number);
                    let next = (Run { source, bytes: line.bytes }, dumped);
                    if gathered.is_some() {
                        self.ahead = Some(next);
                        break;
                    }
                    gathered = Some(next);
                }
            }
            // Do not wait for a line that cannot belong to this run.
            if gathered.as_ref().is_some_and(|(run, dumped)| !dumped && !is_cut(&run.bytes)) {
                break;
            }
        }
        gathered.map(|(run, _)| Ok(run))
    }
}

fn describe(error: io::Error, number: usize) -> anyhow::Error {
    anyhow::Error::new(error).context(format!("standard input, after line {number}"))
}

/// Whether the last message of `bytes` goes on behind their end.
fn is_cut(bytes: &[u8]) -> bool {
    let mut left = bytes;
    while !left.is_empty() {
        match Header::parse(left) {
            Ok(header) => match left.get(header.len()..) {
                Some(after) => left = after,
                None => return true,
            },
            Err(error) => return error.is_incomplete(),
        }
    }
    false
}

/// Whether `bytes` begin with the header of a known message.
fn begins_message(bytes: &[u8]) -> bool {
    Header::parse(bytes).is_ok_and(|header| {
        header.version == codec::of10::VERSION && header.r#type.name().is_some()
    })
}

/// Reads one line that may continue a dump of `so_far` bytes; nothing for a blank line or a
/// comment. The error is a column, from 1, and what stands there.
fn parse_line(text: &str, so_far: usize) -> Result<Option<Line>, (usize, String)> {
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed.starts_with('#') {
        return Ok(None);
    }
    let indent = text.len() - text.trim_start().len();
    let (first, rest) = trimmed.split_once(char::is_whitespace).unwrap_or((trimmed, ""));
    let offset = offset_column(first, rest, so_far);
    let (shown, start) = match offset {
        Some(_) => (rest, indent + trimmed.len() - rest.len()),
        None => (trimmed, indent),
    };
    let colon = first.ends_with(':');
    let end = offset.and_then(|_| character_column(shown, colon)).unwrap_or(shown.len());
    let bytes = hex_digits(shown.get(..end).unwrap_or(shown), start)?;
    Ok(Some(Line { offset, bytes }))
}

/// The value of `first` if it is an offset column: it ends in a colon, or it is where the dump
/// stands, is longer than a byte, and bytes follow.
fn offset_column(first: &str, rest: &str, so_far: usize) -> Option<usize> {
    let digits = first.strip_suffix(':');
    let value =
        |text: &str| usize::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok();
    if let Some(digits) = digits {
        return value(digits);
    }
    let pairs = rest.trim_start().split(char::is_whitespace).next().is_some_and(|t| t.len() == 2);
    let last = rest.is_empty() && so_far > 0;
    let offset = value(first).filter(|_| first.len() >= 4 && !first.starts_with("0x"))?;
    (offset == 0 && pairs || offset == so_far && (pairs || last)).then_some(offset)
}

/// Where the column of characters begins that a dump shows beside its bytes.
fn character_column(shown: &str, colon: bool) -> Option<usize> {
    let lead = shown.len() - shown.trim_start().len();
    let gap = if colon { "  " } else { "   " };
    let body = shown.get(lead..)?;
    [body.find('|'), body.find(gap)].into_iter().flatten().min().map(|at| lead + at)
}

/// Reads hex digits in any grouping. `start` is the column of `text`, from 0.
fn hex_digits(text: &str, start: usize) -> Result<Vec<u8>, (usize, String)> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    let mut chars = text.char_indices().peekable();
    let mut group_start = true;
    while let Some((at, found)) = chars.next() {
        if found.is_whitespace() || matches!(found, ':' | '-' | ',') {
            group_start = true;
            continue;
        }
        if group_start && found == '0' && matches!(chars.peek(), Some((_, 'x' | 'X'))) {
            chars.next();
            group_start = false;
            continue;
        }
        group_start = false;
        let digit = found.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let digit = digit.ok_or_else(|| (start + at + 1, found.to_string()))?;
        match high.take() {
            None => high = Some(digit),
            Some(high) => bytes.push(high << 4 | digit),
        }
    }
    match high {
        None => Ok(bytes),
        Some(_) => Err((start + text.trim_end().len(), "half a byte".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &[u8] = &[1, 0, 0, 8, 0, 0, 0, 1];

    fn runs(text: &str) -> Vec<Vec<u8>> {
        from_lines(text.as_bytes()).map(|run| run.unwrap().bytes).collect()
    }

    #[test]
    fn every_way_to_write_bytes() {
        for text in [
            "0100000800000001",
            "01 00 00 08  00 00 00 01",
            "0x01000008 0x00000001",
            "01:00:00:08:00:00:00:01",
            "0x0100,0x0008,0x0000,0x0001",
            "  01000008\n00000001\n",
            "00000000: 0100 0008 0000 0001                      ........",
            "00000000  01 00 00 08 00 00 00 01                           |........|\n00000008",
            "0000   01 00 00 08 00 00 00 01   ........",
            "\t0x0000:  0100 0008 0000 0001  ........",
            "00000000: 0100 0008  ....\n00000004: 0000 0001  ....\n",
            "# a comment\n\n0100000800000001\n",
        ] {
            assert_eq!(runs(text), [HELLO], "{text}");
        }
    }

    #[test]
    fn a_line_a_message() {
        assert_eq!(runs("0100000800000001\n0100000800000001\n").len(), 2);
        let two_dumps = "0000: 01000008\n0004: 00000001\n0000: 01000008\n0004: 00000001\n";
        assert_eq!(runs(two_dumps), [HELLO, HELLO]);
    }

    #[test]
    fn bytes_without_quotes_are_one_message() {
        let bytes = "01 00 00 08 00 00 00 01 0100000800000001".split(' ').map(str::to_owned);
        let runs = from_arguments(&bytes.collect::<Vec<_>>());
        let runs: Vec<_> = runs.into_iter().map(|run| run.unwrap().bytes).collect();
        assert_eq!(runs, [HELLO, HELLO]);
    }

    #[test]
    fn a_cut_message_does_not_swallow_the_next() {
        assert_eq!(runs("010000\n0100000800000001\n"), [&HELLO[..3], HELLO]);
    }

    #[test]
    fn what_is_no_hex_is_named() {
        let arguments = ["0100000800000001", "01 0g"].map(str::to_owned);
        let error = from_arguments(&arguments).pop().unwrap().unwrap_err().to_string();
        assert_eq!(error, "argument 2, column 5: want pairs of hex digits, found \"g\"");
        let error = from_lines(&b"\n01 0\n"[..]).next().unwrap().unwrap_err().to_string();
        assert_eq!(error, "line 2, column 4: want pairs of hex digits, found \"half a byte\"");
    }
}
