//! One client on a stream: bytes in, whole messages to its session, answers out.

use std::io::{self, Read, Write};
use std::time::Duration;

use codec::of10::{Body, Echo, ErrorMsg, HEADER_LEN, Header, Message};
use mio::event::Source;
use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};

use super::access::Access;
use super::config::Limits;
use super::refused::Refused;
use super::service::Service;
use super::session::{Next, Session};
use crate::engine::{Event, Time};

/// Messages of one client in one turn, so that the others have theirs.
const BURST: u32 = 512;
/// With so many bytes of answers waiting, no more messages are looked at.
const HIGH_WATER: usize = 256 << 10;
/// Bytes that are read at a time; a message has 64 KiB at most.
const CHUNK: usize = 64 << 10;

/// What a client is connected by.
#[derive(Debug)]
pub(crate) enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

/// Why a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The client has closed it, or broken it off.
    Gone,
    /// It does not do what the protocol asks for.
    Wrong(&'static str),
}

/// A client.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own about the stream")]
pub(crate) struct Connection {
    stream: Stream,
    pub(crate) name: String,
    session: Session,
    input: Vec<u8>,
    /// Bytes of `input` that are dealt with.
    taken: usize,
    output: Vec<u8>,
    /// Bytes of `output` that are sent.
    sent: usize,
    /// The client will send nothing more.
    is_half_closed: bool,
    is_closing: bool,
    is_readable: bool,
    is_writable: bool,
    opened: Time,
    /// When bytes last went either way.
    moved: Time,
    has_asked: bool,
    /// Messages that it may send now, by the limit of messages per second.
    credit: f64,
    credited: Time,
}

impl Connection {
    pub(crate) fn new(stream: Stream, name: String, access: Access, now: Time) -> Self {
        let mut output = Vec::new();
        Session::greeting(&mut output);
        Self {
            stream,
            name,
            session: Session::new(access),
            input: Vec::new(),
            taken: 0,
            output,
            sent: 0,
            is_half_closed: false,
            is_closing: false,
            is_readable: true,
            is_writable: true,
            opened: now,
            moved: now,
            has_asked: false,
            credit: 0.0,
            credited: now,
        }
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.stream.source().register(registry, token, interest)
    }

    pub(crate) fn ready(&mut self, readable: bool, writable: bool) {
        self.is_readable |= readable;
        self.is_writable |= writable;
    }

    /// Whether there is something to do without a further event.
    pub(crate) fn is_busy(&self, limits: &Limits, now: Time) -> bool {
        let has_room = self.output.len() - self.sent < HIGH_WATER;
        let may = has_room && !self.is_closing && self.credit_at(limits, now) >= 1.0;
        may && (self.is_readable || self.has_message() || self.session.is_telling())
    }

    /// When it may send again, where the limit of messages per second holds it back.
    pub(crate) fn credit_due(&self, limits: &Limits, now: Time) -> Option<Time> {
        let waits = self.is_readable || self.has_message();
        let missing = 1.0 - self.credit_at(limits, now);
        (waits && missing > 0.0)
            .then(|| now + Duration::from_secs_f64(missing / f64::from(limits.message_rate)))
    }

    fn credit_at(&self, limits: &Limits, now: Time) -> f64 {
        let rate = f64::from(limits.message_rate);
        (self.credit + rate * now.since(self.credited).as_secs_f64()).min(rate.max(1.0))
    }

    fn has_message(&self) -> bool {
        let rest = self.input.get(self.taken..).unwrap_or_default();
        match Header::parse(rest) {
            Ok(header) => rest.len() >= header.len(),
            Err(error) => !error.is_incomplete(),
        }
    }

    /// Reads, and has messages answered, as far as is its share of a turn.
    pub(crate) fn turn(&mut self, service: &mut Service, limits: &Limits) -> Result<(), End> {
        let now = service.now;
        self.credit = self.credit_at(limits, now);
        self.credited = now;
        for _ in 0..BURST {
            if self.is_closing || self.output.len() - self.sent >= HIGH_WATER {
                break;
            }
            if self.session.is_telling() {
                self.session.tell(service, &mut self.output);
                continue;
            }
            if self.credit < 1.0 {
                break;
            }
            if !self.has_message() {
                if !self.is_readable {
                    break;
                }
                self.read(now)?;
                continue;
            }
            self.message(service);
        }
        self.input.drain(..self.taken);
        self.taken = 0;
        if self.is_half_closed && !self.has_message() && !self.session.is_telling() {
            self.is_closing = true;
        }
        Ok(())
    }

    fn message(&mut self, service: &mut Service) {
        let rest = self.input.get(self.taken..).unwrap_or_default();
        let header = match Header::parse(rest) {
            Ok(header) => header,
            Err(error) => {
                // Where the next message begins, nobody knows.
                let data = rest.get(..rest.len().min(HEADER_LEN)).unwrap_or_default().into();
                let error = ErrorMsg { code: Refused::from(error).code, data };
                drop(Message::new(0, Body::Error(error)).encode(&mut self.output));
                self.is_closing = true;
                return;
            }
        };
        let frame = rest.get(..header.len()).unwrap_or_default();
        self.credit -= 1.0;
        if self.session.message(frame, service, &mut self.output) == Next::Close {
            self.is_closing = true;
        }
        self.taken += header.len();
    }

    fn read(&mut self, now: Time) -> Result<(), End> {
        self.input.drain(..self.taken);
        self.taken = 0;
        let before = self.input.len();
        self.input.resize(before + CHUNK, 0);
        let into = self.input.get_mut(before..).unwrap_or_default();
        let read = self.stream.read(into);
        let n = *read.as_ref().unwrap_or(&0);
        self.input.truncate(before + n);
        match read {
            Ok(0) => {
                self.is_readable = false;
                self.is_half_closed = true;
                Ok(())
            }
            Ok(_) => {
                self.moved = now;
                self.has_asked = false;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.is_readable = false;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(_) => Err(End::Gone),
        }
    }

    /// Sends what waits, as far as the client takes it.
    pub(crate) fn flush(&mut self, now: Time) -> Result<(), End> {
        while self.is_writable && self.sent < self.output.len() {
            match self.stream.write(self.output.get(self.sent..).unwrap_or_default()) {
                Ok(0) => return Err(End::Gone),
                Ok(n) => {
                    self.sent += n;
                    self.moved = now;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.is_writable = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(End::Gone),
            }
        }
        if self.sent == self.output.len() {
            self.output.clear();
            self.output.shrink_to(HIGH_WATER);
            self.sent = 0;
            if self.is_closing {
                return Err(End::Gone);
            }
        }
        Ok(())
    }

    /// Tells what happened. A client that does not take what it is told is cut off.
    pub(crate) fn event(&mut self, event: &Event, limits: &Limits) -> Result<(), End> {
        self.session.event(event, &mut self.output);
        if self.output.len() - self.sent > limits.output {
            return Err(End::Wrong("it does not read what it asked to be told"));
        }
        Ok(())
    }

    /// Looks at the clock: a client that says nothing is asked whether it lives, then cut off.
    pub(crate) fn tick(&mut self, limits: &Limits, now: Time) -> Result<(), End> {
        if !self.session.is_open && now.since(self.opened) >= limits.handshake_timeout {
            return Err(End::Wrong("it has not said HELLO in time"));
        }
        let quiet = now.since(self.moved);
        if quiet >= limits.echo_interval * 2 {
            return Err(End::Wrong("it is silent"));
        }
        if quiet >= limits.echo_interval && !self.has_asked && self.session.is_open {
            self.has_asked = true;
            let echo = Message::new(0, Body::EchoRequest(Echo::default()));
            drop(echo.encode(&mut self.output));
        }
        Ok(())
    }

    pub(crate) fn deregister(&mut self, registry: &Registry) {
        drop(self.stream.source().deregister(registry));
    }
}

impl Stream {
    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Unix(stream) => stream,
            Self::Tcp(stream) => stream,
        }
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.read(into),
            Self::Tcp(stream) => stream.read(into),
        }
    }

    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.write(from),
            Self::Tcp(stream) => stream.write(from),
        }
    }
}
