//! TCP streams: what of a message came in earlier segments.
//!
//! A stream is put together in the order of its sequence numbers. Bytes that were seen before are
//! left out; where bytes are missing, that is told, and reading goes on behind them.

use std::collections::HashMap;
use std::net::Ipv4Addr;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one direction of a stream that wait for the rest of a message. The longest
    /// message has 65,535.
    pub stream_bytes: usize,
    /// Directions of streams; the bytes of all of them are at most this many times the above.
    pub streams: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { stream_bytes: 64 * 1024, streams: 256 }
    }
}

/// One direction of a TCP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Direction {
    pub(crate) source: (Ipv4Addr, u16),
    pub(crate) destination: (Ipv4Addr, u16),
}

/// The streams of a capture.
#[derive(Debug)]
pub(crate) struct Streams {
    limits: Limits,
    streams: HashMap<Direction, Stream>,
}

/// One direction of a connection, as far as it was read.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// The sequence number of the next new byte.
    next: Option<u32>,
    /// The beginning of a message whose rest has not come.
    pub(crate) waiting: Vec<u8>,
}

/// What a segment brings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct News {
    /// Bytes at the start of the segment that were seen before.
    pub(crate) seen: usize,
    /// Bytes before the segment that are not in the capture.
    pub(crate) gap: u32,
}

impl Streams {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, streams: HashMap::new() }
    }

    /// The stream of `direction`. Where there are too many, the others are forgotten: what they
    /// wait for is lost, what comes later is read.
    pub(crate) fn stream(&mut self, direction: Direction) -> &mut Stream {
        if self.streams.len() >= self.limits.streams && !self.streams.contains_key(&direction) {
            self.streams.clear();
        }
        self.streams.entry(direction).or_default()
    }

    pub(crate) fn limit(&self) -> usize {
        self.limits.stream_bytes
    }

    pub(crate) fn forget(&mut self, direction: Direction) {
        self.streams.remove(&direction);
    }
}

impl Stream {
    /// Notes a segment of `len` bytes on the wire that begins at `sequence`.
    pub(crate) fn advance(&mut self, sequence: u32, len: usize) -> News {
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        let end = sequence.wrapping_add(len);
        let Some(next) = self.next else {
            self.next = Some(end);
            return News { seen: 0, gap: 0 };
        };
        // Half of the numbers are ahead, half behind (RFC 9293 section 3.4).
        let ahead = sequence.wrapping_sub(next);
        if ahead != 0 && ahead < 1 << 31 {
            self.next = Some(end);
            return News { seen: 0, gap: ahead };
        }
        let seen = next.wrapping_sub(sequence).min(len);
        if seen < len {
            self.next = Some(end);
        }
        News { seen: usize::try_from(seen).unwrap_or(usize::MAX), gap: 0 }
    }

    /// Notes the start of a connection, whose first byte is numbered `sequence`.
    pub(crate) fn open(&mut self, sequence: u32) {
        self.next = Some(sequence);
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_order_again_and_beyond() {
        let mut stream = Stream::default();
        stream.open(u32::MAX - 1);
        let new = |stream: &mut Stream, sequence: u32, len| {
            let News { seen, gap } = stream.advance(sequence, len);
            (seen, gap)
        };
        // Across the end of the numbers.
        assert_eq!(new(&mut stream, u32::MAX - 1, 10), (0, 0));
        assert_eq!(new(&mut stream, 8, 5), (0, 0));
        assert_eq!(new(&mut stream, 8, 5), (5, 0));
        assert_eq!(new(&mut stream, 10, 6), (3, 0));
        assert_eq!(new(&mut stream, 20, 1), (0, 4));
        assert_eq!(new(&mut stream, 21, 0), (0, 0));
    }
}
