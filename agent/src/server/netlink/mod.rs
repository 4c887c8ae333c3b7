//! The family "vse" over NETLINK_USERSOCK: commands in, answers and decisions out. Any local user can
//! send to the socket, so the kernel is asked who sent each message (SCM_CREDENTIALS, unix(7)).

mod port;

use std::collections::BTreeMap;
use std::io::{self, IoSliceMut};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

use codec::netlink::schema::MONITOR_GROUP;
use codec::netlink::{Command, NetlinkCommand, NetlinkFlags, NetlinkMessage, NetlinkObject};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType,
    bind, recvmsg, sendto, setsockopt, socket, sockopt,
};
use nix::unistd::{Gid, Uid};

use self::port::{Port, encode};
use super::access::{Access, AccessRules};
use super::service::Service;
use crate::engine::{Event, Time, UnixOffset};

/// Datagrams of one turn, so that others have theirs.
const BURST: usize = 256;
/// Bytes of a datagram that are taken.
const LONGEST: usize = 256 << 10;
/// Clients that are known at a time.
const PORTS: usize = 1024;
/// A client that is silent so long is forgotten, and its bundle with it.
const SILENCE: Duration = Duration::from_secs(60);
/// How soon a client whose buffer is full is tried again.
const RETRY: Duration = Duration::from_millis(2);
/// How long it is tried.
const PATIENCE: Duration = Duration::from_secs(10);

/// The agent's end of the family.
#[derive(Debug)]
pub(crate) struct NetlinkServer {
    socket: OwnedFd,
    port: u32,
    rules: AccessRules,
    ports: BTreeMap<u32, Port>,
    /// Whether there may be datagrams that were not looked at.
    is_busy: bool,
    retry: Option<Time>,
    buffer: Vec<u8>,
}

impl AsRawFd for NetlinkServer {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

impl NetlinkServer {
    /// Binds `port`.
    pub(crate) fn open(port: u32, rules: AccessRules) -> io::Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let protocol = SockProtocol::NetlinkUserSock;
        let socket = socket(AddressFamily::Netlink, SockType::Datagram, flags, protocol)?;
        setsockopt(&socket, sockopt::PassCred, &true)?;
        bind(socket.as_raw_fd(), &NetlinkAddr::new(port, 0))?;
        let ports = BTreeMap::new();
        let buffer = vec![0; LONGEST];
        Ok(Self { socket, port, rules, ports, is_busy: false, retry: None, buffer })
    }

    /// Whether there is something to do without a further event.
    pub(crate) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// When a client is to be tried again.
    pub(crate) fn due(&self) -> Option<Time> {
        self.retry
    }

    /// Answers that must not go out are thrown away.
    pub(crate) fn forget(&mut self) {
        self.ports.clear();
    }

    /// Takes datagrams, as far as is its share of a turn.
    pub(crate) fn turn(&mut self, service: &mut Service, has_datagrams: bool) {
        if !has_datagrams && !self.is_busy {
            return;
        }
        self.is_busy = true;
        for _ in 0..BURST {
            match self.receive() {
                Ok(Some((from, access, len))) => {
                    let datagram = self.buffer.get(..len).unwrap_or_default().to_vec();
                    self.datagram(&datagram, from, access, service);
                }
                Ok(None) => {
                    self.is_busy = false;
                    break;
                }
                Err(error) => {
                    tracing::warn!(%error, "netlink");
                    self.is_busy = false;
                    break;
                }
            }
        }
        let now = service.now;
        self.ports.retain(|_, port| now.since(port.heard) < SILENCE);
    }

    /// The next datagram: who sent it, what that one may do, and how long it is.
    fn receive(&mut self) -> io::Result<Option<(u32, Access, usize)>> {
        let fd = self.socket.as_raw_fd();
        let mut space = nix::cmsg_space!(nix::libc::ucred);
        let mut slices = [IoSliceMut::new(&mut self.buffer)];
        let flags = MsgFlags::MSG_DONTWAIT;
        let message = match recvmsg::<NetlinkAddr>(fd, &mut slices, Some(&mut space), flags) {
            Ok(message) => message,
            Err(Errno::EAGAIN) => return Ok(None),
            // Datagrams were lost; who sent them waits for an answer and will ask again.
            Err(Errno::ENOBUFS) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let from = message.address.map_or(0, |address| address.pid());
        let sender = message.cmsgs()?.find_map(|cmsg| match cmsg {
            ControlMessageOwned::ScmCredentials(sender) => Some(sender),
            _ => None,
        });
        let access = sender.map_or(Access::None, |sender| {
            self.rules.sender(Uid::from_raw(sender.uid()), Gid::from_raw(sender.gid()))
        });
        Ok(Some((from, access, message.bytes)))
    }

    fn datagram(&mut self, datagram: &[u8], from: u32, access: Access, service: &mut Service) {
        // What it does not name, no answer can reach.
        if from == 0 || (self.ports.len() >= PORTS && !self.ports.contains_key(&from)) {
            return;
        }
        let port = self.ports.entry(from).or_insert_with(|| Port::new(service.now));
        port.heard = service.now;
        let mut rest = datagram;
        while !rest.is_empty() {
            let (request, after) = match NetlinkMessage::decode(rest) {
                Ok(decoded) => decoded,
                Err(error) => {
                    tracing::debug!(from, %error, "a datagram is malformed");
                    return;
                }
            };
            rest = after;
            if !request.flags.contains(NetlinkFlags::REQUEST) {
                continue;
            }
            port.request(&request, self.port, access, service);
        }
    }

    /// Tells the group of monitors.
    pub(crate) fn event(&self, event: &Event) {
        let Event::Decided(decided) = event else { return };
        let message = decided.to_message(0, UnixOffset::default());
        let Some(bytes) = message.to_object().ok().and_then(|object| {
            let command = Command::new(NetlinkCommand::AssignmentNtf, object);
            encode(&command, NetlinkFlags::empty(), 0, self.port)
        }) else {
            return;
        };
        let group = NetlinkAddr::new(0, 1 << (MONITOR_GROUP - 1));
        // Without a socket at port 0 the kernel says that nobody is there, whoever is in the group.
        let told = sendto(self.socket.as_raw_fd(), &bytes, &group, MsgFlags::MSG_DONTWAIT);
        if let Err(error) = told {
            tracing::trace!(%error, "monitors");
        }
    }

    /// Sends what waits.
    pub(crate) fn flush(&mut self, service: &Service) {
        self.retry = None;
        let fd = self.socket.as_raw_fd();
        let (now, own) = (service.now, self.port);
        self.ports.retain(|number, port| {
            let address = NetlinkAddr::new(*number, 0);
            loop {
                if port.waiting.is_empty() {
                    port.next_part(own, service);
                }
                let Some(datagram) = port.waiting.front() else { return true };
                match sendto(fd, datagram, &address, MsgFlags::MSG_DONTWAIT) {
                    Ok(_) => {
                        port.waiting.pop_front();
                        port.stuck = None;
                    }
                    Err(Errno::EAGAIN) => {
                        let since = *port.stuck.get_or_insert(now);
                        let next = now + RETRY;
                        self.retry = Some(self.retry.map_or(next, |retry| retry.min(next)));
                        return now.since(since) < PATIENCE;
                    }
                    Err(_) => return false,
                }
            }
        });
    }
}
