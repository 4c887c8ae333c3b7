//! Messages for VSE in frames of EtherType 0x88B5, on the interface where the agent listens, and
//! the answers as frames: vse-protocol(7), "Framed" and "Authentication". No I/O and no clock.
//!
//! A frame that is not to be trusted changes nothing, gets no answer, and is counted.

use std::collections::BTreeMap;

use codec::of10::{BadRequestCode, Body, ErrorCode, ErrorMsg, Header, Message};
use codec::proxy::{Framed, FramedRef, Key, ReplayWindow};
use codec::types::{Bytes, MacAddr};

use serde::{Deserialize, Serialize};

use super::peek::{has_more, is_answered, is_from_vse, with_xid};
use super::pending::{Asked, Pending};
use super::replay_state::{ReplayState, StreamState};

/// Streams that are known at once; the one that was quiet longest is forgotten.
const MAX_STREAMS: usize = 1024;
/// Requests that may be unsettled; frames that would bring more are dropped.
const MAX_PENDING: usize = 4096;
/// Bytes of a frame but for the messages in it: Ethernet, header, sequence and code.
const OVERHEAD: usize = 14 + 8 + 24;

/// What came of the frames that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FrameCounters {
    /// Frames whose messages went to VSE.
    pub accepted: u64,
    /// Frames for another station.
    pub wrong_destination: u64,
    /// Frames whose header or messages cannot be read.
    pub malformed: u64,
    /// Frames without a code, or with a wrong one.
    pub forged: u64,
    /// Frames that were seen before, or are too old to tell.
    pub replayed: u64,
    /// Frames with a message that only VSE sends: an answer of it that was sent back to it.
    pub reflected: u64,
    /// Frames for which there was no room or no VSE.
    pub dropped: u64,
    /// Answers that were sent.
    pub answers: u64,
    /// Answers that no frame can hold.
    pub too_long: u64,
}

/// The frames of one interface.
#[derive(Debug)]
pub struct Frames {
    own: MacAddr,
    /// Bytes of a frame that the interface sends at most, the Ethernet header included.
    max_frame: usize,
    key: Option<Key>,
    streams: BTreeMap<u32, Stream>,
    /// The highest sequence of a stream that was forgotten: a stream that begins anew must be
    /// above it, or old frames of the forgotten one could come again.
    floor: u64,
    /// Counts the frames that arrived, to tell which stream was quiet longest.
    arrivals: u64,
    /// The sequence of the next answer, on every stream.
    next: u64,
    pending: Pending<Option<u32>>,
    /// Whether there is a VSE to ask.
    vse: bool,
    /// Whether a window moved since [`moved`](Self::moved) was called.
    has_moved: bool,
    counters: FrameCounters,
}

/// A conversation.
#[derive(Debug)]
struct Stream {
    peer: MacAddr,
    window: ReplayWindow,
    highest: u64,
    arrived: u64,
    /// Answers that wait to be put into a frame.
    answers: Vec<Message>,
    /// Bytes of those.
    len: usize,
}

impl Frames {
    /// The frames of an interface; [`at`](Self::at) tells which. `first` is the sequence of the first
    /// answer, above that of any answer before: nanoseconds since 1970 are.
    #[must_use]
    pub fn new(key: Option<Key>, first: u64) -> Self {
        Self {
            own: MacAddr::default(),
            max_frame: 0,
            key,
            streams: BTreeMap::new(),
            floor: 0,
            arrivals: 0,
            next: first,
            pending: Pending::new(),
            vse: false,
            has_moved: false,
            counters: FrameCounters::default(),
        }
    }

    /// Takes the address of the interface, and its MTU in bytes.
    pub fn at(&mut self, own: MacAddr, mtu: usize) {
        self.own = own;
        self.max_frame = mtu.saturating_add(14);
    }

    /// Takes up what was known of the streams before a restart: nothing up to the highest sequence
    /// of each is accepted once more.
    pub fn restore(&mut self, state: &ReplayState) {
        self.floor = state.floor;
        for known in state.streams.iter().take(MAX_STREAMS) {
            let window = ReplayWindow::above(known.highest);
            let (peer, highest) = (known.peer, known.highest);
            let answers = Vec::new();
            let stream = Stream { peer, window, highest, arrived: 0, answers, len: 0 };
            self.streams.insert(known.stream_id, stream);
        }
    }

    /// What is to outlive a restart, if it has changed since this was last called. It is to be kept
    /// before what arrived is handed to VSE.
    pub fn moved(&mut self) -> Option<ReplayState> {
        std::mem::take(&mut self.has_moved).then(|| ReplayState {
            floor: self.floor,
            streams: self
                .streams
                .iter()
                .map(|(id, stream)| StreamState {
                    stream_id: *id,
                    peer: stream.peer,
                    highest: stream.highest,
                })
                .collect(),
        })
    }

    /// Whether frames must be signed.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        self.key.is_some()
    }

    /// What came of the frames so far.
    #[must_use]
    pub fn counters(&self) -> FrameCounters {
        self.counters
    }

    /// Takes a frame that arrived; what it asks of VSE goes to `to_vse`.
    pub fn arrived(&mut self, frame: &[u8], to_vse: &mut Vec<u8>) {
        let Some(read) = FramedRef::find(frame) else { return };
        let count = match read {
            Ok(read) => self.take(&read, to_vse),
            Err(error) => {
                tracing::debug!("a frame cannot be read: {error}");
                &mut self.counters.malformed
            }
        };
        *count += 1;
    }

    /// Takes a frame whose header is read; what to count it as.
    fn take(&mut self, read: &FramedRef<'_>, to_vse: &mut Vec<u8>) -> &mut u64 {
        if read.destination != self.own || read.source == self.own {
            return &mut self.counters.wrong_destination;
        }
        let mut sequence = None;
        if let Some(key) = &self.key {
            match read.verify(key) {
                Ok(verified) => sequence = Some(verified),
                Err(error) => {
                    tracing::warn!(stream = read.stream_id, "dropped: {error}");
                    return &mut self.counters.forged;
                }
            }
        }
        // All of a frame, or nothing of it.
        let mut messages = Vec::new();
        for (at, message) in read.messages() {
            match message {
                Ok(message) => messages.push((at - read.messages_at, message)),
                Err(error) => {
                    tracing::debug!(stream = read.stream_id, "a frame cannot be read: {error}");
                    return &mut self.counters.malformed;
                }
            }
        }
        let bytes_of = |at: usize, message: &Message| {
            read.messages.get(at..at + message.encoded_len()).unwrap_or_default()
        };
        // Answers have the same key, and sequences of their own: one that comes back must not move
        // the window.
        if messages.iter().any(|(at, message)| is_from_vse(bytes_of(*at, message))) {
            tracing::warn!(stream = read.stream_id, "dropped: it has a message that VSE sends");
            return &mut self.counters.reflected;
        }
        if let Some(sequence) = sequence {
            let fresh = match self.streams.get_mut(&read.stream_id) {
                Some(stream) => stream.window.accept(sequence),
                None => sequence > self.floor || self.floor == 0,
            };
            if !fresh {
                tracing::warn!(stream = read.stream_id, sequence, "dropped: seen before, or old");
                return &mut self.counters.replayed;
            }
        }
        if !self.vse || self.pending.len() + messages.len() > MAX_PENDING {
            return &mut self.counters.dropped;
        }
        self.arrivals += 1;
        self.note_stream(read, sequence);
        for (at, message) in messages {
            let bytes = bytes_of(at, &message);
            let answered = is_answered(bytes);
            let number = self.pending.note(bytes, message.xid, Some(read.stream_id), answered);
            with_xid(bytes, number, to_vse);
        }
        &mut self.counters.accepted
    }

    fn note_stream(&mut self, read: &FramedRef<'_>, sequence: Option<u64>) {
        if !self.streams.contains_key(&read.stream_id) && self.streams.len() >= MAX_STREAMS {
            let quiet = self.streams.iter().min_by_key(|(_, stream)| stream.arrived);
            if let Some(quiet) = quiet.map(|(id, _)| *id) {
                let forgotten = self.streams.remove(&quiet);
                self.floor = self.floor.max(forgotten.map_or(0, |stream| stream.highest));
            }
        }
        let stream = self.streams.entry(read.stream_id).or_insert_with(|| {
            let mut window = ReplayWindow::default();
            // The window is new: it accepts what was judged by the floor.
            let _ = sequence.is_some_and(|sequence| window.accept(sequence));
            let (peer, arrived) = (read.source, 0);
            Stream { peer, window, highest: 0, arrived, answers: Vec::new(), len: 0 }
        });
        // An answer goes to who asked last.
        stream.peer = read.source;
        stream.arrived = self.arrivals;
        stream.highest = stream.highest.max(sequence.unwrap_or(0));
        self.has_moved |= sequence.is_some();
    }

    /// To be called when all frames that were there have been taken: asks VSE to tell when it is
    /// settled, if nothing else will.
    pub fn settle(&mut self, to_vse: &mut Vec<u8>) {
        if self.vse && self.pending.is_open() {
            let mut barrier = Vec::new();
            // A barrier is its header: it cannot fail to encode.
            drop(Message::new(0, Body::BarrierRequest).encode(&mut barrier));
            let number = self.pending.note(&barrier, 0, None, true);
            with_xid(&barrier, number, to_vse);
        }
    }

    /// Takes that VSE can be asked.
    pub fn vse_up(&mut self) {
        self.vse = true;
    }

    /// Takes that VSE is gone: what it has not settled is answered with an ERROR.
    pub fn vse_down(&mut self) {
        self.vse = false;
        for Asked { xid, origin, head, .. } in self.pending.take() {
            let code = ErrorCode::BadRequest(BadRequestCode::BadVendor);
            self.answer(
                origin,
                Message::new(xid, Body::Error(ErrorMsg { code, data: Bytes(head) })),
            );
        }
    }

    /// Takes one whole message of VSE.
    pub fn from_vse(&mut self, bytes: &[u8]) {
        let Ok(header) = Header::parse(bytes) else { return };
        let Ok((mut message, _)) = Message::decode(bytes) else { return };
        if matches!(message.body, Body::Hello(_) | Body::EchoReply(_)) {
            return;
        }
        if let Some(Asked { xid, origin, .. }) = self.pending.answer(header.xid, has_more(bytes)) {
            message.xid = xid;
            return self.answer(origin, message);
        }
        // Nobody asked for it: an entry has gone, a decision was made.
        let streams: Vec<u32> = self.streams.keys().copied().collect();
        for stream in streams {
            self.answer(Some(stream), message.clone());
        }
    }

    fn answer(&mut self, stream: Option<u32>, message: Message) {
        // What the proxy asked itself has no stream.
        let Some(stream) = stream.and_then(|id| self.streams.get_mut(&id)) else { return };
        let len = message.encoded_len();
        if len > self.max_frame.saturating_sub(OVERHEAD) {
            self.counters.too_long += 1;
            let code = ErrorCode::BadRequest(BadRequestCode::BadLen);
            let error = ErrorMsg { code, data: Bytes(Vec::new()) };
            let error = Message::new(message.xid, Body::Error(error));
            stream.len += error.encoded_len();
            return stream.answers.push(error);
        }
        stream.len += len;
        stream.answers.push(message);
    }

    /// Puts the answers that wait into frames and hands them out.
    pub fn flush(&mut self, mut send: impl FnMut(&[u8])) {
        let room = self.max_frame.saturating_sub(OVERHEAD);
        let mut bytes = Vec::new();
        for (id, stream) in self.streams.iter_mut().filter(|(_, stream)| stream.len > 0) {
            stream.len = 0;
            let mut waiting = std::mem::take(&mut stream.answers).into_iter().peekable();
            while let Some(first) = waiting.next() {
                let mut len = first.encoded_len();
                let mut messages = vec![first];
                while let Some(next) = waiting.next_if(|next| len + next.encoded_len() <= room) {
                    len += next.encoded_len();
                    messages.push(next);
                }
                let mut frame = Framed::new(stream.peer, self.own, *id, messages);
                let signed = match &self.key {
                    Some(key) => frame.sign(key, self.next),
                    None => Ok(()),
                };
                self.next += 1;
                bytes.clear();
                match signed.and_then(|()| frame.encode(&mut bytes)) {
                    Ok(()) => {
                        self.counters.answers += 1;
                        send(&bytes);
                    }
                    Err(error) => tracing::warn!("an answer has no room in a frame: {error}"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
