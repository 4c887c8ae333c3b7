//! One question over netlink and its answers, blocking: rtnetlink and generic netlink both go through here.
//! Source: netlink(7).

use std::fmt::Debug;
use std::io;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkDeserializable, NetlinkHeader, NetlinkMessage,
    NetlinkPayload, NetlinkSerializable,
};
use netlink_sys::{Socket, SocketAddr};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// The object that the request names.
    One,
    /// Every object.
    All,
}

/// Sends `payload` to the kernel and collects what it answers.
///
/// The error is the kernel's, where it refuses.
pub(super) fn request<T>(protocol: isize, payload: T, ask: Ask) -> io::Result<Vec<T>>
where
    T: NetlinkSerializable + NetlinkDeserializable + Debug,
{
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST
        | match ask {
            Ask::One => NLM_F_ACK,
            Ask::All => NLM_F_DUMP,
        };
    let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(payload));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);

    let mut socket = Socket::new(protocol)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.send(&bytes, 0)?;
    let mut answers = Vec::new();
    loop {
        let (datagram, _) = socket.recv_from_full()?;
        let mut rest = datagram.as_slice();
        while !rest.is_empty() {
            let message: NetlinkMessage<T> =
                NetlinkMessage::deserialize(rest).map_err(io::Error::other)?;
            match message.payload {
                NetlinkPayload::InnerMessage(answer) => answers.push(answer),
                NetlinkPayload::Error(error) if error.code.is_some() => return Err(error.to_io()),
                // An acknowledgement, or the end of a dump.
                NetlinkPayload::Error(_) | NetlinkPayload::Done(_) => return Ok(answers),
                _ => {}
            }
            let len = usize::try_from(message.header.length).unwrap_or(usize::MAX);
            // Messages are padded to four bytes, except for the last of a datagram.
            rest = rest.get(len.next_multiple_of(4)..).unwrap_or(&[]);
        }
    }
}
