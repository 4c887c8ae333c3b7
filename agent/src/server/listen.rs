//! Where clients come in: unix sockets and TCP ports, made here or handed over by systemd.

use std::fs::{self, Permissions};
use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener, ToSocketAddrs};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, chown};
use std::os::unix::net::{UnixListener as StdUnixListener, UnixStream as StdUnixStream};
use std::path::{Path, PathBuf};

use mio::event::Source;
use mio::net::{TcpListener, UnixListener};
use mio::{Interest, Registry, Token};
use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::PeerCredentials;
use nix::unistd::{Gid, Uid};

use super::access::{Access, AccessRules};
use super::connection::Stream;
use crate::client::Target;

/// A place where clients come in.
#[derive(Debug)]
pub(crate) enum Listener {
    /// A unix socket, and the file to remove at the end.
    Unix(UnixListener, Option<PathBuf>),
    /// A TCP port.
    Tcp(TcpListener),
}

impl Listener {
    /// Listens at `target`, which is not netlink.
    pub(crate) fn open(target: &Target, group: Option<Gid>) -> io::Result<Self> {
        match target {
            Target::Unix(path) => open_unix(path, group),
            Target::Tcp { host, port } => {
                let addresses: Vec<SocketAddr> =
                    (host.as_str(), *port).to_socket_addrs()?.collect();
                let listener = StdTcpListener::bind(&*addresses)?;
                listener.set_nonblocking(true)?;
                Ok(Self::Tcp(TcpListener::from_std(listener)))
            }
            Target::Netlink(_) | Target::Bpf(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Whether it is the socket that `target` names.
    pub(crate) fn is_at(&self, target: &Target) -> bool {
        match (self, target) {
            (Self::Unix(listener, _), Target::Unix(path)) => listener
                .local_addr()
                .is_ok_and(|address| address.as_pathname() == Some(path.as_path())),
            _ => false,
        }
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.source().register(registry, token, Interest::READABLE)
    }

    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Unix(listener, _) => listener,
            Self::Tcp(listener) => listener,
        }
    }

    /// The next client, what to call it, and what it may do; nothing where none waits.
    pub(crate) fn accept(
        &self,
        rules: &AccessRules,
    ) -> io::Result<Option<(Stream, String, Access)>> {
        let accepted = match self {
            Self::Unix(listener, _) => listener.accept().and_then(|(stream, _)| {
                let peer = getsockopt(&stream.as_fd(), PeerCredentials)?;
                let access = rules.connected(Uid::from_raw(peer.uid()));
                let name = format!("unix uid {} pid {}", peer.uid(), peer.pid());
                Ok((Stream::Unix(stream), name, access))
            }),
            Self::Tcp(listener) => listener.accept().map(|(stream, address)| {
                // Answers are whole; waiting for more to send would only delay them.
                drop(stream.set_nodelay(true));
                (Stream::Tcp(stream), format!("tcp {address}"), rules.tcp)
            }),
        };
        match accepted {
            Ok(client) => Ok(Some(client)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A socket that systemd has opened.
    pub(crate) fn from_systemd(fd: std::os::fd::OwnedFd) -> io::Result<Self> {
        use nix::sys::socket::{AddressFamily, SockaddrLike, SockaddrStorage, getsockname};
        use std::os::fd::AsRawFd;
        let address: SockaddrStorage = getsockname(fd.as_raw_fd())?;
        if address.family() == Some(AddressFamily::Unix) {
            let listener = StdUnixListener::from(fd);
            listener.set_nonblocking(true)?;
            return Ok(Self::Unix(UnixListener::from_std(listener), None));
        }
        let listener = StdTcpListener::from(fd);
        listener.set_nonblocking(true)?;
        Ok(Self::Tcp(TcpListener::from_std(listener)))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, Some(path)) = self {
            drop(fs::remove_file(path));
        }
    }
}

/// A unix socket at `path`, open to its owner and its group alone. What an agent that was killed
/// left there is removed; where one listens still, it is an error.
fn open_unix(path: &Path, group: Option<Gid>) -> io::Result<Listener> {
    if fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket()) {
        if StdUnixStream::connect(path).is_ok() {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, "another agent listens there"));
        }
        fs::remove_file(path)?;
    }
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        fs::create_dir_all(dir)?;
    }
    // Nobody can connect before the socket belongs to whom it should.
    let listener = nobody_else(|| StdUnixListener::bind(path))?;
    if let Some(group) = group {
        chown(path, None, Some(group.as_raw()))?;
    }
    fs::set_permissions(path, Permissions::from_mode(0o660))?;
    listener.set_nonblocking(true)?;
    Ok(Listener::Unix(UnixListener::from_std(listener), Some(path.to_owned())))
}

fn nobody_else<T>(open: impl FnOnce() -> T) -> T {
    use nix::sys::stat::{Mode, umask};
    let before = umask(Mode::from_bits_truncate(0o177));
    let opened = open();
    umask(before);
    opened
}
