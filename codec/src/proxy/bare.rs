//! A message as the whole data of a PACKET_OUT, as in the paper.
//!
//! Any bytes could follow each other so by chance, and those of an Ethernet frame do not: no
//! address of a group that is in use begins with a message's version, type and exact length.

use crate::error::EncodeError;
use crate::of10::{BufferId, Header, Message, PacketIn, PacketOut, PortNo, VERSION};
use crate::types::Bytes;

/// A PACKET_OUT whose data is `message`. It has no actions: a switch that knows nothing of VSE
/// drops it.
pub fn wrap(message: &Message) -> Result<PacketOut, EncodeError> {
    Ok(PacketOut {
        buffer_id: BufferId::NONE,
        in_port: PortNo::NONE,
        actions: Vec::new(),
        data: Bytes(bytes_of(message)?),
    })
}

/// The way back: a PACKET_IN whose data is `message`, an answer of VSE.
pub fn wrap_answer(message: &Message) -> Result<PacketIn, EncodeError> {
    wrap_answer_bytes(&bytes_of(message)?)
}

/// [`wrap_answer`] for a message that is encoded already.
pub fn wrap_answer_bytes(message: &[u8]) -> Result<PacketIn, EncodeError> {
    super::packet_in(message.to_vec(), PortNo::NONE)
}

/// Whether `data` is one OpenFlow message and nothing else: version, type and exact length agree.
#[must_use]
pub fn is_message(data: &[u8]) -> bool {
    Header::parse(data).is_ok_and(|header| {
        header.version == VERSION && header.r#type.name().is_some() && header.len() == data.len()
    })
}

fn bytes_of(message: &Message) -> Result<Vec<u8>, EncodeError> {
    let mut data = Vec::with_capacity(message.encoded_len());
    message.encode(&mut data)?;
    Ok(data)
}
