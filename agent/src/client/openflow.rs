//! An OpenFlow session with an agent, over a unix socket or TCP, seen from the controller's side.
//! Blocking, with a limit on each wait; ECHO_REQUESTs are answered on the way.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use codec::of10::{Body, Header, Message, Vendor};
use codec::vse::VseMessage;

use super::error::{ClientError, Refusal, RefusalCode, hint};
use super::target::Target;

/// Bytes asked of the socket at a time.
const BLOCK: usize = 64 * 1024;

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    target: Target,
    stream: Stream,
    limit: Duration,
    buffer: Vec<u8>,
    /// Bytes of `buffer` that were decoded.
    done: usize,
    next_xid: u32,
    /// What the agent told without being asked, until somebody wants it.
    told: VecDeque<Message>,
}

#[derive(Debug)]
enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Stream {
    fn set_timeouts(&self, limit: Duration) -> io::Result<()> {
        match self {
            Self::Unix(stream) => {
                stream.set_write_timeout(Some(limit))?;
                stream.set_read_timeout(Some(limit))
            }
            Self::Tcp(stream) => {
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(limit))?;
                stream.set_read_timeout(Some(limit))
            }
        }
    }

    fn set_read_timeout(&self, limit: Duration) -> io::Result<()> {
        // Zero would mean for ever.
        let limit = Some(limit.max(Duration::from_millis(1)));
        match self {
            Self::Unix(stream) => stream.set_read_timeout(limit),
            Self::Tcp(stream) => stream.set_read_timeout(limit),
        }
    }

    fn read(&mut self, block: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.read(block),
            Self::Tcp(stream) => stream.read(block),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.write_all(bytes),
            Self::Tcp(stream) => stream.write_all(bytes),
        }
    }
}

impl Session {
    /// Connects; no wait is longer than `limit`.
    pub(super) fn connect(target: &Target, limit: Duration) -> Result<Self, ClientError> {
        let stream = open(target, limit)
            .and_then(|stream| stream.set_timeouts(limit).map(|()| stream))
            .map_err(|source| {
                let hint = hint(target, &source);
                ClientError::Connect { target: target.clone(), hint, source }
            })?;
        let mut session = Self {
            target: target.clone(),
            stream,
            limit,
            buffer: Vec::new(),
            done: 0,
            next_xid: 1,
            told: VecDeque::new(),
        };
        let mut hello = Vec::new();
        Message::new(0, Body::Hello(codec::of10::Hello::default())).encode(&mut hello)?;
        session.send(&hello)?;
        Ok(session)
    }

    /// Appends a message to `out`; returns its xid.
    pub(super) fn encode(&mut self, body: Body, out: &mut Vec<u8>) -> Result<u32, ClientError> {
        let xid = self.next_xid;
        // 0 is what a message has that answers nothing.
        self.next_xid = self.next_xid.checked_add(1).unwrap_or(1);
        Message::new(xid, body).encode(out)?;
        Ok(xid)
    }

    /// The xid of the message that is encoded next.
    pub(super) fn next_xid(&self) -> u32 {
        self.next_xid
    }

    /// Sends the bytes of messages.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        self.stream.write_all(bytes).map_err(|source| self.broken(source))
    }

    /// Sends a request; returns the body of the first answer to it, an ERROR as a refusal.
    pub(super) fn ask(&mut self, body: Body) -> Result<(u32, Body), ClientError> {
        let mut bytes = Vec::new();
        let xid = self.encode(body, &mut bytes)?;
        self.send(&bytes)?;
        Ok((xid, self.answer(xid)?))
    }

    /// The next answer to the request `xid`, an ERROR as a refusal.
    pub(super) fn answer(&mut self, xid: u32) -> Result<Body, ClientError> {
        match self.next_answer()? {
            (_, Body::Error(error)) => {
                Err(Refusal { code: RefusalCode::OpenFlow(error.code), words: None }.into())
            }
            (found, body) if found == xid => Ok(body),
            (_, body) => Err(self.unexpected(&body)),
        }
    }

    /// The next message that is an answer, with its xid.
    pub(super) fn next_answer(&mut self) -> Result<(u32, Body), ClientError> {
        let deadline = Instant::now() + self.limit;
        loop {
            let Some(message) = self.receive(deadline)? else {
                return Err(ClientError::Timeout {
                    target: self.target.clone(),
                    limit: self.limit,
                });
            };
            if is_told(&message.body) {
                self.told.push_back(message);
            } else {
                return Ok((message.xid, message.body));
            }
        }
    }

    /// What the agent tells without being asked; nothing where it is silent until `deadline`.
    pub(super) fn told(&mut self, deadline: Instant) -> Result<Option<Body>, ClientError> {
        if let Some(message) = self.told.pop_front() {
            return Ok(Some(message.body));
        }
        Ok(self.receive(deadline)?.map(|message| message.body))
    }

    /// Answers what has come, and keeps what the agent told.
    pub(super) fn keep_alive(&mut self) -> Result<(), ClientError> {
        let deadline = Instant::now() + Duration::from_millis(1);
        while let Some(message) = self.receive(deadline)? {
            if is_told(&message.body) {
                self.told.push_back(message);
            }
        }
        Ok(())
    }

    /// The next message that is not about the connection itself.
    fn receive(&mut self, deadline: Instant) -> Result<Option<Message>, ClientError> {
        loop {
            let Some(message) = self.receive_any(deadline)? else { return Ok(None) };
            match message.body {
                Body::Hello(_) | Body::EchoReply(_) => {}
                Body::EchoRequest(echo) => {
                    let mut bytes = Vec::new();
                    Message::new(message.xid, Body::EchoReply(echo)).encode(&mut bytes)?;
                    self.send(&bytes)?;
                }
                _ => return Ok(Some(message)),
            }
        }
    }

    fn receive_any(&mut self, deadline: Instant) -> Result<Option<Message>, ClientError> {
        loop {
            let left = self.buffer.get(self.done..).unwrap_or_default();
            let decode = |source| ClientError::Decode {
                target: self.target.clone(),
                source: Box::new(source),
            };
            // A message whose end has not come yet is not decoded in vain.
            let whole = match Header::parse(left) {
                Ok(header) => left.len() >= header.len(),
                Err(error) if error.is_incomplete() => false,
                Err(error) => return Err(decode(error)),
            };
            if whole {
                let (message, after) = Message::decode(left).map_err(decode)?;
                self.done = self.buffer.len() - after.len();
                return Ok(Some(message));
            }
            let wait = deadline.saturating_duration_since(Instant::now());
            if wait.is_zero() || !self.fill(wait)? {
                return Ok(None);
            }
        }
    }

    /// Reads what has come; false where nothing came in time.
    fn fill(&mut self, wait: Duration) -> Result<bool, ClientError> {
        self.buffer.drain(..self.done);
        self.done = 0;
        let begin = self.buffer.len();
        self.buffer.resize(begin + BLOCK, 0);
        let read = self
            .stream
            .set_read_timeout(wait)
            .and_then(|()| self.stream.read(self.buffer.get_mut(begin..).unwrap_or_default()));
        self.buffer.truncate(begin + read.as_ref().copied().unwrap_or(0));
        match read {
            Ok(0) => Err(ClientError::Closed { target: self.target.clone() }),
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
            {
                Ok(false)
            }
            Err(source) => Err(self.broken(source)),
        }
    }

    fn broken(&self, source: io::Error) -> ClientError {
        let target = self.target.clone();
        match source.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                ClientError::Timeout { target, limit: self.limit }
            }
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => {
                ClientError::Closed { target }
            }
            _ => ClientError::Io { target, source },
        }
    }

    /// An answer that was not asked for.
    pub(super) fn unexpected(&self, body: &Body) -> ClientError {
        ClientError::Unexpected { target: self.target.clone(), what: body.r#type().to_string() }
    }
}

/// Whether the agent sends it by itself.
fn is_told(body: &Body) -> bool {
    matches!(
        body,
        Body::Vendor(Vendor::Vse(
            VseMessage::Assignment(_) | VseMessage::FlowRemoved(_) | VseMessage::VmInfo(_)
        )) | Body::FlowRemoved(_)
            | Body::PacketIn(_)
            | Body::PortStatus(_)
    )
}

fn open(target: &Target, limit: Duration) -> io::Result<Stream> {
    match target {
        Target::Unix(path) => UnixStream::connect(path).map(Stream::Unix),
        Target::Tcp { host, port } => {
            let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
            for address in (host.as_str(), *port).to_socket_addrs()? {
                match TcpStream::connect_timeout(&address, limit) {
                    Ok(stream) => return Ok(Stream::Tcp(stream)),
                    Err(error) => last = error,
                }
            }
            Err(last)
        }
        Target::Netlink(_) | Target::Bpf(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}
