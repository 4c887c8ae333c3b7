//! Where switches and observers come in.

use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use mio::net::{TcpListener, UnixListener};
use mio::{Interest, Registry, Token};

use super::super::channel::Socket;
use super::super::{Endpoint, Place};

/// A socket that others connect to.
#[derive(Debug)]
pub(crate) enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

impl Listener {
    /// Listens at a place; `token` tells when somebody comes.
    pub(crate) fn open(endpoint: &Endpoint, registry: &Registry, token: Token) -> io::Result<Self> {
        match &endpoint.place {
            Place::Unix(path) => Self::at_path(path, registry, token),
            Place::Tcp { .. } => {
                let address = endpoint.addresses()?.into_iter().next();
                let address = address.ok_or_else(|| io::Error::other("the host has no address"))?;
                let mut listener = TcpListener::bind(address)?;
                registry.register(&mut listener, token, Interest::READABLE)?;
                Ok(Self::Tcp(listener))
            }
        }
    }

    /// Listens at a path.
    pub(crate) fn at_path(path: &Path, registry: &Registry, token: Token) -> io::Result<Self> {
        // A socket that a proxy before this one left.
        let is_socket = path.symlink_metadata().is_ok_and(|it| it.file_type().is_socket());
        if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
            std::fs::remove_file(path)?;
        }
        let mut listener = UnixListener::bind(path)?;
        registry.register(&mut listener, token, Interest::READABLE)?;
        Ok(Self::Unix(listener))
    }

    /// The address, for TCP.
    pub(crate) fn address(&self) -> Option<std::net::SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Unix(_) => None,
        }
    }

    /// The next who comes, and where from; nothing where nobody waits.
    pub(crate) fn accept(&self) -> io::Result<Option<(Socket, String)>> {
        let accepted = match self {
            Self::Unix(listener) => {
                listener.accept().map(|(socket, _)| (Socket::Unix(socket), "unix".to_owned()))
            }
            Self::Tcp(listener) => listener.accept().map(|(socket, address)| {
                // Messages are whole; waiting for more to send would only delay them.
                drop(socket.set_nodelay(true));
                (Socket::Tcp(socket), address.to_string())
            }),
        };
        match accepted {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            accepted => accepted.map(Some),
        }
    }
}
