//! The socket of an OpenFlow session, for commands that talk with one switch: whole messages in and
//! out, one at a time.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use agent::proxy::{Endpoint, Place};
use anyhow::Context;
use codec::of10::{HEADER_LEN, Header, Message};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::exit::UsageError;

#[derive(Debug)]
enum Socket {
    Unix(UnixStream),
    Tcp(TcpStream),
}

/// A session of which one end is here.
#[derive(Debug)]
pub(crate) struct OpenFlowStream {
    socket: Socket,
    /// What has come of the next message.
    begun: Vec<u8>,
}

/// Ends the session from another thread: whoever reads finds its end.
#[derive(Debug)]
pub(crate) struct Stopper(Socket);

impl Stopper {
    pub(crate) fn stop(&self) {
        // One that has ended already needs no end.
        drop(match &self.0 {
            Socket::Unix(socket) => socket.shutdown(Shutdown::Both),
            Socket::Tcp(socket) => socket.shutdown(Shutdown::Both),
        });
    }
}

impl OpenFlowStream {
    /// Connects, or waits until `deadline` for who connects. HELLO is the caller's to say.
    pub(crate) fn open(endpoint: &Endpoint, deadline: Instant) -> anyhow::Result<Self> {
        if endpoint.tls {
            let text = format!("{endpoint}: TLS is for the proxy; want tcp: or unix:");
            return Err(UsageError(text).into());
        }
        let socket = if endpoint.passive {
            Socket::accept(endpoint, deadline)
        } else {
            Socket::connect(endpoint, deadline)
        };
        let socket = socket.with_context(|| endpoint.to_string()).map_err(|error| {
            let came = error.downcast_ref::<io::Error>().map(io::Error::kind);
            match came {
                Some(io::ErrorKind::TimedOut) if endpoint.passive => {
                    error.context("no switch came (is this where its controller is set to?)")
                }
                _ => error,
            }
        })?;
        Ok(Self { socket, begun: Vec::new() })
    }

    /// What ends it from another thread.
    pub(crate) fn stopper(&self) -> io::Result<Stopper> {
        Ok(Stopper(match &self.socket {
            Socket::Unix(socket) => Socket::Unix(socket.try_clone()?),
            Socket::Tcp(socket) => Socket::Tcp(socket.try_clone()?),
        }))
    }

    /// Sends a message; its bytes.
    pub(crate) fn send(&mut self, message: &Message) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        message.encode(&mut bytes)?;
        match &mut self.socket {
            Socket::Unix(socket) => socket.write_all(&bytes),
            Socket::Tcp(socket) => socket.write_all(&bytes),
        }
        // A broken pipe is that of the output, to those who end quietly with it.
        .map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => io::ErrorKind::ConnectionReset.into(),
            _ => error,
        })
        .context("the connection broke")?;
        Ok(bytes)
    }

    /// The bytes of the next message; nothing where the other end has closed. An error of the kind
    /// `TimedOut` where nothing whole has come until the deadline.
    pub(crate) fn receive(&mut self, deadline: Option<Instant>) -> io::Result<Option<Vec<u8>>> {
        loop {
            let want = match self.begun.len() {
                len if len < HEADER_LEN => HEADER_LEN - len,
                len => {
                    let header = Header::parse(&self.begun)
                        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                    header.len() - len
                }
            };
            if want == 0 {
                return Ok(Some(std::mem::take(&mut self.begun)));
            }
            let mut piece = vec![0; want];
            let read = match self.socket.read(&mut piece, deadline) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            if read == 0 {
                return Ok(None);
            }
            piece.truncate(read);
            self.begun.append(&mut piece);
        }
    }
}

impl Socket {
    fn connect(endpoint: &Endpoint, deadline: Instant) -> io::Result<Self> {
        if let Place::Unix(path) = &endpoint.place {
            return UnixStream::connect(path).map(Self::Unix);
        }
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in endpoint.addresses()? {
            match TcpStream::connect_timeout(&address, left(deadline)?) {
                Ok(socket) => return Ok(Self::Tcp(socket)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn accept(endpoint: &Endpoint, deadline: Instant) -> io::Result<Self> {
        match &endpoint.place {
            Place::Unix(path) => {
                let listener = UnixListener::bind(path)?;
                let _file = Bound(path);
                wait(&listener, deadline)?;
                Ok(Self::Unix(listener.accept()?.0))
            }
            Place::Tcp { .. } => {
                let listener = TcpListener::bind(&endpoint.addresses()?[..])?;
                wait(&listener, deadline)?;
                Ok(Self::Tcp(listener.accept()?.0))
            }
        }
    }

    fn read(&mut self, bytes: &mut [u8], deadline: Option<Instant>) -> io::Result<usize> {
        if let Some(deadline) = deadline {
            match self {
                Self::Unix(socket) => wait(socket, deadline)?,
                Self::Tcp(socket) => wait(socket, deadline)?,
            }
        }
        match self {
            Self::Unix(socket) => socket.read(bytes),
            Self::Tcp(socket) => socket.read(bytes),
        }
    }
}

/// The file of a socket that listened; it goes with the value.
struct Bound<'a>(&'a Path);

impl Drop for Bound<'_> {
    fn drop(&mut self) {
        drop(std::fs::remove_file(self.0));
    }
}

/// The time to a deadline, which has not passed.
fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::Error::new(io::ErrorKind::TimedOut, "nothing came in time"));
    }
    Ok(left)
}

/// Waits until there is something to read, or somebody to accept.
fn wait(socket: &impl AsFd, deadline: Instant) -> io::Result<()> {
    loop {
        let time = Timespec::try_from(left(deadline)?).ok();
        let mut sockets = [PollFd::new(socket, PollFlags::IN)];
        match poll(&mut sockets, time.as_ref()) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            done => return done.map(drop).map_err(Into::into),
        }
    }
}
