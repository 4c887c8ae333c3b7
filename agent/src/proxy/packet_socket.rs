//! A packet socket (packet(7)) for frames of one EtherType on one interface, that never blocks.

use std::fmt;
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::time::Duration;

use codec::proxy::ETHERTYPE;
use codec::types::MacAddr;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use pnet::datalink::{self, Channel, ChannelType, Config, DataLinkReceiver, DataLinkSender};
use rustix::net::{AddressFamily, SocketFlags, SocketType};

use crate::host::links;

/// The longest frame that is read: what a message of 65,535 bytes needs.
const LONGEST: usize = (64 << 10) + 64;

/// A packet socket.
pub(super) struct PacketSocket {
    socket: OwnedFd,
    sender: Box<dyn DataLinkSender>,
    receiver: Box<dyn DataLinkReceiver>,
    /// The address of the interface.
    pub(super) address: MacAddr,
    /// Bytes of a frame behind its Ethernet header.
    pub(super) mtu: usize,
}

impl PacketSocket {
    /// Opens a socket on the interface of that name.
    pub(super) fn open(name: &str) -> io::Result<Self> {
        let missing = || io::Error::new(ErrorKind::NotFound, "there is no such interface");
        let link = links()?.into_iter().find(|link| link.name == name).ok_or_else(missing)?;
        let mut interfaces = datalink::interfaces().into_iter();
        let interface = interfaces.find(|interface| interface.index == link.index);
        let interface = interface.ok_or_else(missing)?;
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        // Without a protocol it receives nothing until it is bound to one and to the interface.
        let socket = rustix::net::socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None)?;
        let config = Config {
            channel_type: ChannelType::Layer3(ETHERTYPE),
            promiscuous: false,
            read_timeout: Some(Duration::ZERO),
            write_timeout: Some(Duration::ZERO),
            read_buffer_size: LONGEST,
            // pnet closes the one that it is given; this one is for the event loop.
            socket_fd: Some(socket.try_clone()?.into_raw_fd()),
            ..Config::default()
        };
        match datalink::channel(&interface, config)? {
            Channel::Ethernet(sender, receiver) => {
                let mtu = usize::try_from(link.mtu).unwrap_or(usize::MAX);
                Ok(Self { socket, sender, receiver, address: link.address, mtu })
            }
            _ => Err(io::Error::from(ErrorKind::Unsupported)),
        }
    }

    /// Asks to be told under `token` when there are frames.
    pub(super) fn register(&self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(&mut SourceFd(&self.socket.as_raw_fd()), token, Interest::READABLE)
    }

    /// The next frame, if one is there.
    pub(super) fn receive(&mut self) -> io::Result<Option<&[u8]>> {
        match self.receiver.next() {
            Ok(frame) => Ok(Some(frame)),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => Ok(None),
                // It may come up again, and the socket with it.
                ErrorKind::NetworkDown => Ok(None),
                _ => Err(error),
            },
        }
    }

    /// Sends a frame, or says why it is lost.
    pub(super) fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        let sent = self.sender.send_to(frame, None);
        sent.unwrap_or_else(|| Err(io::Error::from(ErrorKind::InvalidInput)))
    }
}

impl fmt::Debug for PacketSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { socket, address, mtu, .. } = self;
        f.debug_struct("PacketSocket")
            .field("socket", socket)
            .field("address", address)
            .field("mtu", mtu)
            .finish_non_exhaustive()
    }
}
