//! A packet socket on an interface: packet(7). It is pnet's where it is bound, and sendmmsg(2) where
//! frames are sent, many with one call.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, IntoRawFd, OwnedFd};

use anyhow::Context;
use pnet::datalink::{self, ChannelType, Config, NetworkInterface};
use rustix::io::Errno;
use rustix::net::{AddressFamily, MMsgHdr, SendAncillaryBuffer, SendFlags, SocketType, sendmmsg};

use super::transmit::Wire;

/// Bytes that wait in the kernel to be sent.
const BUFFER: usize = 4 << 20;

/// A socket that sends frames and receives none.
#[derive(Debug)]
pub(crate) struct Link {
    socket: OwnedFd,
}

impl Link {
    pub(crate) fn open(interface: &NetworkInterface) -> anyhow::Result<Self> {
        let socket = rustix::net::socket(AddressFamily::PACKET, SocketType::RAW, None)
            .context(NEEDS_ROOT)?;
        bind(&socket, interface, ChannelType::Layer3(0))?;
        // What does not fit is waited for; a small buffer just makes more of it.
        _ = rustix::net::sockopt::set_socket_send_buffer_size_force(&socket, BUFFER);
        rustix::io::ioctl_fionbio(&socket, false)?;
        Ok(Self { socket })
    }
}

/// What a failure to open a packet socket means.
pub(crate) const NEEDS_ROOT: &str = "cannot open a packet socket, which needs CAP_NET_RAW";

/// Binds a packet socket to the interface by pnet; with protocol 0, as of layer 3, it receives
/// nothing.
pub(crate) fn bind(
    socket: &OwnedFd,
    interface: &NetworkInterface,
    channel_type: ChannelType,
) -> anyhow::Result<()> {
    let promiscuous = matches!(channel_type, ChannelType::Layer2);
    // pnet closes the one that it is given.
    let socket_fd = Some(socket.try_clone()?.into_raw_fd());
    let config = Config { channel_type, promiscuous, socket_fd, ..Config::default() };
    datalink::channel(interface, config)
        .map(drop)
        .with_context(|| format!("cannot use interface {}", interface.name))
}

impl Wire for Link {
    fn send(&mut self, frames: &[&[u8]]) -> io::Result<usize> {
        let slices: Vec<[IoSlice<'_>; 1]> =
            frames.iter().map(|frame| [IoSlice::new(frame)]).collect();
        let mut controls: Vec<SendAncillaryBuffer<'_, '_, '_>> =
            frames.iter().map(|_| SendAncillaryBuffer::default()).collect();
        let pairs = slices.iter().zip(&mut controls);
        let mut messages: Vec<MMsgHdr<'_>> =
            pairs.map(|(slice, control)| MMsgHdr::new(slice, control)).collect();
        loop {
            match sendmmsg(&self.socket, &mut messages, SendFlags::empty()) {
                Err(Errno::INTR) => {}
                done => return done.map_err(io::Error::from),
            }
        }
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
