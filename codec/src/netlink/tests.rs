use proptest::prelude::*;

use super::schema::{ATTRIBUTE_SETS, AttributeKind, AttributeSet};
use super::*;

/// An object with one attribute of each kind that its set has.
fn full(set: &'static AttributeSet) -> Object {
    set.attributes.iter().fold(Object::new(set), |object, definition| {
        let value = match definition.kind {
            AttributeKind::U8 => AttributeValue::U8(7),
            AttributeKind::U16 => AttributeValue::U16(300),
            AttributeKind::U32 => AttributeValue::U32(70_000),
            AttributeKind::U64 => AttributeValue::U64(u64::MAX),
            AttributeKind::Text => AttributeValue::Text("br0".to_owned()),
            AttributeKind::Binary => AttributeValue::Binary(vec![1, 2, 3, 4, 5].into()),
            AttributeKind::Nest(inner) => AttributeValue::Nest(full(inner)),
        };
        object.with(definition.name, value).unwrap()
    })
}

#[test]
fn golden() {
    let core = Object::new(&schema::CORE).with("id", AttributeValue::U16(2)).unwrap();
    let command = Command::new(NetlinkCommand::CoreGet, core);
    let message = command.message(NetlinkFlags::REQUEST | NetlinkFlags::ACK, 7, 9).unwrap();
    let mut wire = Vec::new();
    message.encode(&mut wire).unwrap();
    assert_eq!(
        wire,
        b"\x1c\0\0\0\x15\0\x05\0\x07\0\0\0\x09\0\0\0\x05\x01\0\0\x06\0\x01\0\x02\0\0\0"
    );
    for end in 0..wire.len() {
        assert!(NetlinkMessage::decode(&wire[..end]).is_err() || end >= 28, "{end}");
    }
}

#[test]
fn every_command_with_every_attribute() {
    for command in NetlinkCommand::ALL {
        let object = full(command.attribute_set().unwrap());
        let command = Command::new(*command, object);
        let message = command.message(NetlinkFlags::REQUEST, 1, 2).unwrap();
        let mut wire = Vec::new();
        message.encode(&mut wire).unwrap();
        let (read, rest) = NetlinkMessage::decode(&wire).unwrap();
        assert!(rest.is_empty());
        assert_eq!(Command::parse(&read.payload).unwrap(), command);
        assert!(serde_json::to_string(&command.object).unwrap().len() > 2);
    }
}

#[test]
fn acknowledgements() {
    let request = Command::new(NetlinkCommand::FlowAdd, Object::new(&schema::FLOW));
    let request = request.message(NetlinkFlags::REQUEST | NetlinkFlags::ACK, 5, 6).unwrap();
    for ack in [
        Ack { errno: 0, seq: 5, message: None, offset: None },
        Ack { errno: 22, seq: 5, message: Some("no such core".to_owned()), offset: Some(20) },
    ] {
        assert_eq!(Ack::parse(&ack.message(&request).unwrap()), Ok(ack));
    }
}

#[test]
fn wrong_kinds_and_names_are_refused() {
    let core = || Object::new(&schema::CORE);
    assert!(core().with("id", AttributeValue::U32(2)).is_err());
    assert!(core().with("colour", AttributeValue::U16(2)).is_err());
    let error = Command::parse(&[5, 1, 0, 0, 5, 0, 1, 0, 2]).unwrap_err();
    assert_eq!(error.to_string(), "netlink.id at byte 4: need 2 bytes, 1 left (nla_len 5)");
    assert!(Command::parse(&[99, 1, 0, 0]).unwrap_err().to_string().contains("cmd"));
    assert!(Command::parse(&[5, 2, 0, 0]).unwrap_err().to_string().contains("version"));
}

#[test]
fn names_are_unique() {
    for set in ATTRIBUTE_SETS {
        let mut names: Vec<&str> = set.attributes.iter().map(|attribute| attribute.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "{}", set.name);
    }
}

proptest! {
    #[test]
    fn any_attributes_come_back(payload in prop::collection::vec(any::<u8>(), 0..120), command in 1_u8..15) {
        let payload = [&[command, 1, 0, 0][..], &payload].concat();
        let Ok(read) = Command::parse(&payload) else { return Ok(()) };
        let message = read.message(NetlinkFlags::empty(), 0, 0).unwrap();
        // The last padding may be left out, and is made good then.
        prop_assert_eq!(&message.payload[..payload.len()], &payload[..]);
    }

    #[test]
    fn random_messages_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok((message, _)) = NetlinkMessage::decode(&bytes) {
            drop(Command::parse(&message.payload));
            drop(Ack::parse(&message));
        }
    }
}
