//! A message as the whole data of a PACKET_OUT, as in the paper.
//!
//! Any bytes could follow each other so by chance, and those of an Ethernet frame do not: a
//! message is recognised only when version, type and exact length agree, and all of it decodes.

use crate::error::EncodeError;
use crate::of10::{BufferId, Header, Message, PacketOut, PortNo, VERSION};
use crate::types::Bytes;

/// A PACKET_OUT whose data is `message`. It has no actions: a switch that knows nothing of VSE
/// drops it.
pub fn wrap(message: &Message) -> Result<PacketOut, EncodeError> {
    let mut data = Vec::with_capacity(message.encoded_len());
    message.encode(&mut data)?;
    Ok(PacketOut {
        buffer_id: BufferId::NONE,
        in_port: PortNo::NONE,
        actions: Vec::new(),
        data: Bytes(data),
    })
}

/// The message that `data` is, if it is one and nothing else.
#[must_use]
pub fn unwrap(data: &[u8]) -> Option<Message> {
    let header = Header::parse(data).ok()?;
    let agrees =
        header.version == VERSION && header.r#type.name().is_some() && header.len() == data.len();
    match Message::decode(data) {
        Ok((message, [])) if agrees => Some(message),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::of10::Body;

    #[test]
    fn only_the_whole_message_counts() {
        let message = Message::new(7, Body::BarrierRequest);
        let data = wrap(&message).unwrap().data.0;
        assert_eq!(unwrap(&data), Some(message));
        assert_eq!(unwrap(&data[..7]), None);
        assert_eq!(unwrap(&[&data[..], &[0]].concat()), None);
        // Another version, an unknown type.
        assert_eq!(unwrap(&[4, 18, 0, 8, 0, 0, 0, 7]), None);
        assert_eq!(unwrap(&[1, 99, 0, 8, 0, 0, 0, 7]), None);
    }
}
