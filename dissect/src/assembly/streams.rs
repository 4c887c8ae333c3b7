//! The TCP streams of a capture: what each segment brings.

use std::hash::{BuildHasher, Hash, Hasher};
use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::header_chain;
use super::stream::{Content, Stream, ahead_of, length};
use super::{Held, Joined, Limits, Note, Region, middle};
use crate::problem::{Problem, ProblemKind, What};

/// Segments that do not look like OpenFlow before nobody looks any more.
const TRIES: u8 = 3;
/// Segments of a stream that wait for one before them, before it is given up.
const AHEAD: usize = 64;
/// Places for streams that are known to carry something else, a power of two: what a core's cache
/// holds.
const OTHERS: usize = 8192;

/// One direction of a TCP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Direction {
    /// Source and destination address as IPv6 has them, upper half first: words, since a `u128`
    /// takes more room in a table.
    addresses: [u64; 4],
    /// Source and destination port.
    ports: [u16; 2],
    /// Tells the networks of tunnels apart.
    network: u64,
}

impl Direction {
    pub(crate) fn new(
        (source, source_port): (IpAddr, u16),
        (destination, destination_port): (IpAddr, u16),
        network: u64,
    ) -> Self {
        let words = |address| match address {
            IpAddr::V4(address) => [0, u64::from(u32::from(address)) | 0xffff << 32],
            IpAddr::V6(address) => {
                let bits = address.to_bits();
                let word = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0);
                [word(bits >> 64), word(bits)]
            }
        };
        let ([a, b], [c, d]) = (words(source), words(destination));
        let addresses = [a, b, c, d];
        Self { addresses, ports: [source_port, destination_port], network }
    }

    /// The same for both directions, and which of the two this one is.
    pub(super) fn both(self) -> (Self, bool) {
        let reverse = self.reverse();
        let second = (reverse.addresses, reverse.ports) < (self.addresses, self.ports);
        if second { (reverse, true) } else { (self, false) }
    }

    fn reverse(self) -> Self {
        let [a, b, c, d] = self.addresses;
        let [source, destination] = self.ports;
        Self { addresses: [c, d, a, b], ports: [destination, source], ..self }
    }
}

impl Hash for Direction {
    /// Hashes all of it in few steps.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c, d] = self.addresses.map(u128::from);
        state.write_u128(a << 64 | b);
        state.write_u128(c << 64 | d);
        let [source, destination] = self.ports;
        let ports = u64::from(source) << 16 | u64::from(destination);
        state.write_u64(self.network.rotate_left(32) ^ ports);
    }
}

/// A segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment<'a> {
    pub(crate) direction: Direction,
    pub(crate) sequence: u32,
    /// The acknowledgement, if there is one.
    pub(crate) acknowledged: Option<u32>,
    pub(crate) syn: bool,
    pub(crate) end: bool,
    /// As much of the data as was captured.
    pub(crate) data: &'a [u8],
    /// Bytes of data on the wire.
    pub(crate) len: usize,
}

/// What is kept in the table: a cache line with its key, since a capture may have thousands of
/// streams that are not OpenFlow.
#[derive(Debug)]
struct Known {
    direction: Direction,
    /// When a segment came last.
    used: u64,
    /// Nothing where it carries something else.
    stream: Option<Box<Stream>>,
}

/// Hashes of directions that carry something else, each at the place that it names: for most
/// segments of most captures nobody looks into the table, which no cache holds.
#[derive(Debug)]
struct Others(Vec<u64>);

impl Others {
    #[inline]
    fn place(&mut self, hash: u64) -> Option<&mut u64> {
        let mask = self.0.len().wrapping_sub(1);
        self.0.get_mut(usize::try_from(hash).unwrap_or(0) & mask)
    }

    #[inline]
    fn holds(&mut self, hash: u64) -> bool {
        self.place(hash).is_some_and(|known| *known == hash)
    }

    /// Notes of a direction whether it carries something else.
    fn set(&mut self, hash: u64, other: bool) {
        if let Some(place) = self.place(hash)
            && (other || *place == hash)
        {
            *place = if other { hash } else { 0 };
        }
    }
}

/// The streams of a capture.
#[derive(Debug)]
pub(crate) struct Streams {
    limits: Limits,
    /// By the hash of the direction, which is known before anybody looks.
    known: HashTable<Known>,
    hasher: RandomState,
    others: Others,
    /// Counts segments.
    clock: u64,
    /// Bytes that wait in all streams.
    held: usize,
    /// Streams in which segments wait for one before them.
    ahead: usize,
}

impl Streams {
    pub(crate) fn new(limits: Limits) -> Self {
        let (known, hasher) = (HashTable::new(), RandomState::default());
        let others = Others(vec![0; OTHERS]);
        Self { limits, known, hasher, others, clock: 0, held: 0, ahead: 0 }
    }

    /// What `segment` brings; it came in `frame`. `on_port` is whether its ports are those of
    /// OpenFlow; where not, the bytes must tell.
    pub(crate) fn segment(&mut self, segment: &Segment<'_>, on_port: bool, frame: u64) -> Region {
        // Not copied, which would wait for it to be written.
        let direction = &segment.direction;
        let (syn, end) = (segment.syn, segment.end);
        self.acknowledge(direction, segment.acknowledged);
        let hash = self.hasher.hash_one(direction);
        if !on_port && self.others.holds(hash) && !syn && !end {
            return Region::NOTHING;
        }
        self.clock += 1;
        if syn && self.get(hash, direction).is_some_and(|known| known.stream.is_none()) {
            // Another connection, which may carry anything.
            self.remove(hash, direction);
        }
        let known =
            if let Some(known) = self.known.find_mut(hash, |known| known.direction == *direction) {
                known
            } else {
                self.make_room();
                self.others.set(hash, false);
                let reverse = direction.reverse();
                let content = if on_port { Content::Openflow } else { self.content_of(&reverse) };
                let stream = Some(Box::new(Stream::new(content)));
                let known = Known { direction: *direction, used: 0, stream };
                let hasher = |known: &Known| self.hasher.hash_one(known.direction);
                self.known.insert_unique(hash, known, hasher).into_mut()
            };
        known.used = self.clock;
        let Some(stream) = &mut known.stream else {
            if end {
                self.remove(hash, direction);
            }
            self.others.set(hash, !end);
            return Region::NOTHING;
        };
        if let Some(region) = in_step(stream, segment) {
            return region;
        }
        let (held, ahead) = (stream.held(), usize::from(!stream.ahead.is_empty()));
        let region = take(stream, segment, frame, &self.limits);
        self.held = (self.held + stream.held()).saturating_sub(held);
        self.ahead = (self.ahead + usize::from(!stream.ahead.is_empty())).saturating_sub(ahead);
        if end && stream.ahead.is_empty() {
            self.held = self.held.saturating_sub(stream.held());
            self.remove(hash, direction);
        } else if stream.content == Content::Other {
            known.stream = None;
        }
        if self.held > self.limits.bytes {
            self.forget();
        }
        region
    }

    fn get(&self, hash: u64, direction: &Direction) -> Option<&Known> {
        self.known.find(hash, |known| known.direction == *direction)
    }

    fn remove(&mut self, hash: u64, direction: &Direction) {
        if let Ok(entry) = self.known.find_entry(hash, |known| known.direction == *direction) {
            entry.remove();
        }
    }

    /// The content of a stream whose other direction is asked about.
    fn content_of(&self, direction: &Direction) -> Content {
        let known = self.get(self.hasher.hash_one(direction), direction);
        match known.and_then(|known| known.stream.as_ref()) {
            Some(stream) if stream.content == Content::Openflow => Content::Openflow,
            _ => Content::Unknown(0),
        }
    }

    /// Notes that the sender of `direction` has all bytes of the other one before `acknowledged`.
    #[inline]
    pub(crate) fn acknowledge(&mut self, direction: &Direction, acknowledged: Option<u32>) {
        if let (Some(acknowledged), true) = (acknowledged, self.ahead > 0) {
            self.note_lost(&direction.reverse(), acknowledged);
        }
    }

    fn note_lost(&mut self, direction: &Direction, acknowledged: u32) {
        let hash = self.hasher.hash_one(direction);
        let known = self.known.find_mut(hash, |known| known.direction == *direction);
        let Some(stream) = known.and_then(|known| known.stream.as_mut()) else { return };
        if let (Some(next), false) = (stream.next, stream.ahead.is_empty()) {
            stream.lost |= ahead_of(next, acknowledged).is_some();
        }
    }

    /// Makes room for one more stream.
    fn make_room(&mut self) {
        if self.known.len() >= self.limits.streams {
            self.forget();
        }
    }

    /// Forgets the streams that were used least of late: what they wait for is lost, what comes
    /// later is read.
    fn forget(&mut self) {
        let limit = middle(self.known.iter().map(|known| known.used));
        self.known.retain(|known| known.used > limit);
        let streams = || self.known.iter().filter_map(|known| known.stream.as_ref());
        self.held = streams().map(|stream| stream.held()).sum();
        self.ahead = streams().filter(|stream| !stream.ahead.is_empty()).count();
    }

    /// What a stream holds at the end of the capture.
    pub(crate) fn take_held(&mut self) -> Option<Held> {
        let streams = self.known.iter_mut().filter_map(|known| known.stream.as_mut());
        let waiting = streams.filter(|stream| !stream.ahead.is_empty());
        let stream = waiting.min_by_key(|stream| stream.frame)?;
        let mut bytes = Vec::new();
        let missing = stream.give_up(&mut bytes)?;
        let cut = stream.cut(&bytes, Some(missing));
        let what = What::Missing { bytes: Some(missing), skipped: cut.skip };
        let problem = cut.problem.unwrap_or(Problem { kind: ProblemKind::Gap, at: None, what });
        bytes.truncate(cut.skip + cut.len);
        bytes.drain(..cut.skip);
        Some(Held { bytes, problem, frame: stream.frame })
    }
}

/// What most segments bring, whole messages right behind those before; nothing if this one does not.
#[inline]
fn in_step(stream: &mut Stream, segment: &Segment<'_>) -> Option<Region> {
    let Segment { data, len, sequence, .. } = *segment;
    let expected = stream.is_clear() && stream.next == Some(sequence);
    if !expected || segment.syn || segment.end || data.len() < len {
        return None;
    }
    if header_chain::whole(data) != (len, true) {
        return None;
    }
    stream.next = Some(sequence.wrapping_add(length(len)));
    stream.at_start = false;
    Some(Region::here(0, len))
}

/// What `segment` brings to `stream`.
fn take(stream: &mut Stream, segment: &Segment<'_>, frame: u64, limits: &Limits) -> Region {
    let Segment { data, len, .. } = *segment;
    let mut sequence = segment.sequence;
    if segment.syn {
        sequence = sequence.wrapping_add(1);
        stream.open(sequence);
    }
    if len == 0 || !is_openflow(stream, data) {
        if let Some(next) = stream.next.filter(|_| len > 0) {
            let end = sequence.wrapping_add(length(len));
            stream.next = Some(ahead_of(next, end).map_or(next, |_| end));
            stream.at_start = false;
        }
        return Region::NOTHING;
    }
    stream.at_start = false;
    let begins_late = stream.next.is_none();
    if begins_late {
        stream.next = Some(sequence);
        stream.in_step = false;
    }
    let next = stream.next.unwrap_or(sequence);
    if ahead_of(next, sequence).is_some() {
        stream.hold(sequence, data);
        stream.frame = frame;
        let enough = stream.held() > limits.stream_bytes || stream.ahead.len() > AHEAD;
        if !stream.lost && !enough && data.len() == len {
            return Region::quiet(Note::OutOfOrder);
        }
        return after_gap(stream, data.len());
    }
    let end = sequence.wrapping_add(length(len));
    if ahead_of(next, end).is_none() {
        return Region::quiet(Note::Retransmission);
    }
    let from = usize::try_from(next.wrapping_sub(sequence)).unwrap_or(usize::MAX);
    let fresh = data.get(from..).unwrap_or_default();
    stream.next = Some(end);
    let region = if stream.waiting.is_empty() && stream.ahead.is_empty() {
        let cut = stream.cut(fresh, None);
        let more = if cut.sound { 0 } else { fresh.len() - cut.skip - cut.len };
        Region::here(from + cut.skip, cut.len + more).with(cut.problem)
    } else {
        let mut buffer = std::mem::take(&mut stream.waiting);
        let before = buffer.len();
        buffer.extend(fresh);
        if data.len() == len {
            stream.append_ahead(&mut buffer);
        }
        joined(stream, buffer, (before, fresh.len(), from), None)
    };
    if data.len() < len {
        // The rest of the segment was not captured, and what follows cannot be read without it.
        stream.waiting.clear();
        stream.in_step = false;
    }
    region
}

/// What can be read once the missing bytes are given up.
fn after_gap(stream: &mut Stream, here: usize) -> Region {
    let mut buffer = Vec::new();
    let missing = stream.give_up(&mut buffer);
    let before = buffer.len().saturating_sub(here);
    joined(stream, buffer, (before, here, 0), missing)
}

/// The region in `buffer`, of which `here` bytes behind the first `before` stand in the segment
/// from `from` on.
fn joined(
    stream: &mut Stream,
    mut buffer: Vec<u8>,
    (before, here, from): (usize, usize, usize),
    missing: Option<u32>,
) -> Region {
    let cut = stream.cut(&buffer, missing);
    if cut.sound {
        buffer.truncate(cut.skip + cut.len);
    }
    buffer.drain(..cut.skip);
    let skipped_here = cut.skip.saturating_sub(before);
    let joined = Joined {
        bytes: buffer,
        before: before.saturating_sub(cut.skip),
        here: here.saturating_sub(skipped_here),
    };
    Region::joined(joined, from + skipped_here).with(cut.problem)
}

/// Whether the stream is one of OpenFlow, by what is known and by `data`.
fn is_openflow(stream: &mut Stream, data: &[u8]) -> bool {
    match stream.content {
        Content::Openflow => true,
        Content::Other => false,
        Content::Unknown(tries) => {
            let looks_so = if stream.at_start {
                header_chain::begins_session(data)
            } else {
                header_chain::is_messages(data)
            };
            stream.content = match (looks_so, tries + 1) {
                (true, _) => Content::Openflow,
                (false, TRIES..) => Content::Other,
                (false, tries) => Content::Unknown(tries),
            };
            looks_so
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    /// A HELLO.
    const HELLO: [u8; 8] = [1, 0, 0, 8, 0, 0, 0, 1];

    #[test]
    fn another_connection_of_the_same_ports_may_carry_openflow() {
        let host = |host| IpAddr::V4(Ipv4Addr::new(10, 0, 0, host));
        let direction = Direction::new((host(1), 1000), (host(2), 2000), 0);
        let segment = |sequence, data| Segment {
            direction,
            sequence,
            acknowledged: None,
            syn: false,
            end: false,
            data,
            len: <[u8]>::len(data),
        };
        for closed in [true, false] {
            let mut streams = Streams::new(Limits::default());
            let mut take = |segment: Segment<'_>| streams.segment(&segment, false, 1).openflow;
            for n in 0..10 {
                assert!(!take(segment(1 + 4 * n, b"GET ")));
            }
            // It has been looked at often enough.
            assert!(!take(segment(41, &HELLO)));
            if closed {
                take(Segment { end: true, ..segment(49, b"") });
            }
            take(Segment { syn: true, ..segment(900, b"") });
            assert!(take(segment(901, &HELLO)), "closed: {closed}");
        }
    }
}
