//! One direction of a TCP connection, as far as it was read.

use super::header_chain;
use crate::problem::{Problem, ProblemKind, What};

/// What is known of the bytes of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing yet; so many segments did not look like OpenFlow.
    Unknown(u8),
    /// OpenFlow.
    Openflow,
    /// Something else.
    Other,
}

#[derive(Debug)]
pub(super) struct Stream {
    /// The sequence number of the next new byte.
    pub(super) next: Option<u32>,
    /// The beginning of a message whose rest has not come.
    pub(super) waiting: Vec<u8>,
    /// Segments that wait for bytes before them, by sequence number; none overlap.
    pub(super) ahead: Vec<(u32, Vec<u8>)>,
    /// Whether the receiver has bytes that the capture has not.
    pub(super) lost: bool,
    /// Whether the next byte may begin a message.
    pub(super) in_step: bool,
    /// Whether the start of the connection was seen, and nothing since.
    pub(super) at_start: bool,
    pub(super) content: Content,
    /// The frame in which the last of [`ahead`](Self::ahead) came.
    pub(super) frame: u64,
}

/// How `b` lies behind `a` (RFC 9293 section 3.4): half of the numbers are ahead.
pub(super) fn ahead_of(a: u32, b: u32) -> Option<u32> {
    let distance = b.wrapping_sub(a);
    (distance != 0 && distance < 1 << 31).then_some(distance)
}

/// The length of a segment as sequence numbers count.
pub(super) fn length(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl Stream {
    pub(super) fn new(content: Content) -> Self {
        Self {
            next: None,
            waiting: Vec::new(),
            ahead: Vec::new(),
            lost: false,
            in_step: true,
            at_start: false,
            content,
            frame: 0,
        }
    }

    /// Notes the start of a connection, whose first byte is numbered `sequence`.
    pub(super) fn open(&mut self, sequence: u32) {
        self.next = Some(sequence);
        self.waiting.clear();
        self.ahead.clear();
        (self.lost, self.in_step, self.at_start) = (false, true, true);
    }

    /// Whether the next byte begins a message, and nothing waits.
    #[inline]
    pub(super) fn is_clear(&self) -> bool {
        self.content == Content::Openflow
            && self.in_step
            && self.waiting.is_empty()
            && self.ahead.is_empty()
    }

    /// Bytes that wait.
    pub(super) fn held(&self) -> usize {
        self.waiting.len() + self.ahead.iter().map(|(_, bytes)| bytes.len()).sum::<usize>()
    }

    /// Keeps a segment that came too early. What is kept already stays as it is.
    pub(super) fn hold(&mut self, sequence: u32, data: &[u8]) {
        let (mut sequence, mut data) = (sequence, data);
        let mut at = 0;
        while let Some((start, bytes)) = self.ahead.get(at) {
            let start = *start;
            let end = start.wrapping_add(length(bytes.len()));
            if ahead_of(sequence, start).is_none() {
                // It begins within or behind what is kept there.
                if let Some(covered) = ahead_of(sequence, end) {
                    let covered = usize::try_from(covered).unwrap_or(usize::MAX);
                    data = data.get(covered..).unwrap_or_default();
                    sequence = end;
                }
                at += 1;
                continue;
            }
            let room = usize::try_from(start.wrapping_sub(sequence)).unwrap_or(usize::MAX);
            if data.len() <= room {
                break;
            }
            let (first, rest) = data.split_at(room);
            self.ahead.insert(at, (sequence, first.to_vec()));
            (sequence, data) = (start, rest);
            at += 1;
        }
        if !data.is_empty() {
            self.ahead.insert(at, (sequence, data.to_vec()));
        }
    }

    /// Appends to `to` what waits right behind the bytes that were read.
    pub(super) fn append_ahead(&mut self, to: &mut Vec<u8>) {
        while let (Some(next), Some((start, _))) = (self.next, self.ahead.first()) {
            if ahead_of(next, *start).is_some() {
                break;
            }
            let (start, bytes) = self.ahead.remove(0);
            let seen = usize::try_from(next.wrapping_sub(start)).unwrap_or(usize::MAX);
            to.extend(bytes.get(seen..).unwrap_or_default());
            let end = start.wrapping_add(length(bytes.len()));
            if ahead_of(next, end).is_some() {
                self.next = Some(end);
            }
        }
    }

    /// Gives up on the bytes before those that wait ahead, and reads these. Returns how many bytes
    /// are missing.
    pub(super) fn give_up(&mut self, to: &mut Vec<u8>) -> Option<u32> {
        let (start, _) = self.ahead.first()?;
        let missing = start.wrapping_sub(self.next?);
        self.next = Some(*start);
        self.waiting.clear();
        to.clear();
        self.in_step = false;
        self.lost = false;
        self.append_ahead(to);
        Some(missing)
    }

    /// How many bytes at the start of `region` are whole messages; the rest is kept for later. The
    /// first number is of bytes that are skipped, since no message begins there.
    pub(super) fn cut(&mut self, region: &[u8], missing: Option<u32>) -> Cut {
        let mut skip = 0;
        let mut problem = None;
        if !self.in_step {
            let found = header_chain::next_message(region);
            self.in_step = found.is_some();
            skip = found.unwrap_or_else(|| header_chain::last_beginning(region));
            if missing.is_some() || skip > 0 {
                let what = What::Missing { bytes: missing, skipped: skip };
                problem = Some(Problem { kind: ProblemKind::Gap, at: None, what });
            }
        }
        let rest = region.get(skip..).unwrap_or_default();
        let (len, sound) = if self.in_step { header_chain::whole(rest) } else { (0, true) };
        if sound {
            self.waiting.clear();
            self.waiting.extend(rest.get(len..).unwrap_or_default());
        } else {
            // Where the next message begins is not known; the one that is broken is shown.
            self.in_step = false;
            self.waiting.clear();
        }
        Cut { skip, len, sound, problem }
    }
}

/// What of a region can be read.
#[derive(Debug)]
pub(super) struct Cut {
    /// Bytes that no message begins in.
    pub(super) skip: usize,
    /// Bytes of whole messages behind them.
    pub(super) len: usize,
    /// Whether what follows can be the beginning of a message.
    pub(super) sound: bool,
    /// What is wrong.
    pub(super) problem: Option<Problem>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_of_the_numbers_are_ahead() {
        assert_eq!(ahead_of(5, 5), None);
        assert_eq!(ahead_of(5, 6), Some(1));
        assert_eq!(ahead_of(6, 5), None);
        assert_eq!(ahead_of(u32::MAX, 3), Some(4));
    }

    proptest! {
        /// Segments in any order, cut anywhere, give the stream back.
        #[test]
        fn any_order(
            start: u32,
            pieces in prop::collection::vec((0_usize..60, 1_usize..40), 1..40),
        ) {
            let text: Vec<u8> = (0..100).collect();
            let mut stream = Stream::new(Content::Openflow);
            stream.open(start);
            let mut read = Vec::new();
            for (from, len) in pieces {
                let data = &text[from..from + len];
                let sequence = start.wrapping_add(length(from));
                let next = stream.next.unwrap();
                if ahead_of(next, sequence).is_some() {
                    stream.hold(sequence, data);
                } else if let Some(new) = ahead_of(next, sequence.wrapping_add(length(len))) {
                    let new = usize::try_from(new).unwrap();
                    read.extend(&data[len - new..]);
                    stream.next = Some(sequence.wrapping_add(length(len)));
                    stream.append_ahead(&mut read);
                }
                prop_assert!(read == text[..read.len()]);
                prop_assert!(stream.ahead.iter().all(|(_, bytes)| !bytes.is_empty()));
            }
        }
    }
}
