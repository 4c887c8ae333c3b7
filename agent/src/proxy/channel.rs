//! A stream of whole OpenFlow messages, plain or under TLS, that never blocks.

use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::time::Instant;

use codec::of10::{HEADER_LEN, Header};
use mio::{Interest, Registry, Token};

use super::tls::Tls;

/// Bytes that wait to be written from which on nothing more should be read for a channel.
pub(crate) const HIGH_WATER: usize = 1 << 20;
/// Bytes that are read at once.
const READ_LEN: usize = 64 << 10;

/// A stream socket of either kind.
#[derive(Debug)]
pub(crate) enum Socket {
    Unix(mio::net::UnixStream),
    Tcp(mio::net::TcpStream),
}

/// A stream of messages.
#[derive(Debug)]
pub(crate) struct Channel {
    socket: Socket,
    tls: Option<Tls>,
    input: Vec<u8>,
    /// Bytes of `input` that were taken.
    taken: usize,
    output: Vec<u8>,
    /// Bytes of `output` that were written.
    written: usize,
    /// Whether the socket may have something to read.
    readable: bool,
    /// Whether the peer sends nothing more.
    ended: bool,
    /// When the peer was heard last.
    pub(crate) heard: Instant,
}

/// Why a channel is of no use any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChannelError {
    /// The peer closed it.
    #[error("closed by the peer")]
    Closed,
    /// The system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What came is no OpenFlow.
    #[error("no OpenFlow: {0}")]
    NotOpenflow(#[from] codec::DecodeError),
}

impl Channel {
    /// A channel over a connected, or connecting, socket.
    pub(crate) fn new(socket: Socket, tls: Option<Tls>, now: Instant) -> Self {
        Self {
            socket,
            tls,
            input: Vec::new(),
            taken: 0,
            output: Vec::new(),
            written: 0,
            readable: false,
            ended: false,
            heard: now,
        }
    }

    /// A channel to a unix socket.
    pub(crate) fn to_unix(path: &Path, now: Instant) -> io::Result<Self> {
        let stream = mio::net::UnixStream::connect(path)?;
        Ok(Self::new(Socket::Unix(stream), None, now))
    }

    /// Asks to be told under `token` when the socket can be read or written.
    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let both = Interest::READABLE | Interest::WRITABLE;
        match &mut self.socket {
            Socket::Unix(socket) => registry.register(socket, token, both),
            Socket::Tcp(socket) => registry.register(socket, token, both),
        }
    }

    /// Whether a connection that was begun stands; an error where it failed.
    pub(crate) fn connected(&self) -> io::Result<bool> {
        let (error, peer) = match &self.socket {
            Socket::Unix(socket) => (socket.take_error()?, socket.peer_addr().map(drop)),
            Socket::Tcp(socket) => (socket.take_error()?, socket.peer_addr().map(drop)),
        };
        match (error, peer) {
            (Some(error), _) => Err(error),
            (None, Ok(())) => Ok(true),
            (None, Err(error)) if error.kind() == ErrorKind::NotConnected => Ok(false),
            (None, Err(error)) => Err(error),
        }
    }

    /// Notes that the socket may have something to read.
    pub(crate) fn is_readable(&mut self) {
        self.readable = true;
    }

    /// Reads once; whether there was anything.
    pub(crate) fn read(&mut self, now: Instant) -> Result<bool, ChannelError> {
        if !self.readable || self.ended {
            return Ok(false);
        }
        if self.taken > 0 {
            self.input.drain(..self.taken);
            self.taken = 0;
        }
        let at = self.input.len();
        self.input.resize(at + READ_LEN, 0);
        let room = self.input.get_mut(at..).unwrap_or_default();
        let read = match &mut self.tls {
            Some(tls) => tls.read(&mut self.socket, room),
            None => self.socket.read(room),
        };
        self.input.truncate(at + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => {
                self.ended = true;
                Err(ChannelError::Closed)
            }
            Ok(_) => {
                self.heard = now;
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.readable = false;
                Ok(false)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the next whole message that was read.
    pub(crate) fn next_message(&mut self) -> Result<Option<&[u8]>, ChannelError> {
        let left = self.input.get(self.taken..).unwrap_or_default();
        if left.len() < HEADER_LEN {
            return Ok(None);
        }
        let len = Header::parse(left)?.len();
        let message = self.input.get(self.taken..self.taken + len);
        if message.is_some() {
            self.taken += len;
        }
        Ok(message)
    }

    /// Takes what was read, whatever it is.
    pub(crate) fn take_bytes(&mut self) -> Vec<u8> {
        self.taken = 0;
        std::mem::take(&mut self.input)
    }

    /// What is to be written; [`flush`](Self::flush) writes it.
    pub(crate) fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Bytes that wait to be written.
    pub(crate) fn waiting(&self) -> usize {
        self.output.len() - self.written
    }

    /// Whether so much waits to be written that nothing more should be read for it.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting() >= HIGH_WATER
    }

    /// Writes as much as the socket takes.
    pub(crate) fn flush(&mut self) -> Result<(), ChannelError> {
        if let Some(tls) = &mut self.tls {
            let waits = self.output.get(self.written..).unwrap_or_default();
            self.written += tls.write(&mut self.socket, waits)?;
        } else {
            while self.waiting() > 0 {
                let waits = self.output.get(self.written..).unwrap_or_default();
                match self.socket.write(waits) {
                    Ok(0) => return Err(io::Error::from(ErrorKind::WriteZero).into()),
                    Ok(written) => self.written += written,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        if self.waiting() == 0 {
            self.output.clear();
            self.written = 0;
        } else if self.written >= HIGH_WATER {
            self.output.drain(..self.written);
            self.written = 0;
        }
        Ok(())
    }
}

impl Read for Socket {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(socket) => socket.read(room),
            Self::Tcp(socket) => socket.read(room),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unix(socket) => socket.write(bytes),
            Self::Tcp(socket) => socket.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
