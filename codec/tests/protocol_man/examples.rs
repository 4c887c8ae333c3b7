//! The bytes of the examples are the messages that the page says.

use std::collections::BTreeSet;

use codec::of10::stats::{StatsReplyBody, StatsRequestBody};
use codec::of10::{Body, Message, PortNo, Vendor};
use codec::proxy::{Carried, Framed, FramedRef, Key};
use codec::vse::{Subtype, VseStatsType};

use crate::SOURCE;
use crate::page::Page;

/// The message under `heading`.
fn message(heading: &str) -> Message {
    let page = Page::parse(SOURCE);
    let dump = page.dumps.iter().find(|dump| dump.heading == heading).unwrap();
    Message::decode(&dump.bytes).unwrap().0
}

#[test]
fn each_is_what_its_line_says() {
    let page = Page::parse(SOURCE);
    let mut kinds = BTreeSet::new();
    for dump in page.dumps.iter().filter(|dump| dump.text.starts_with("OFPT_")) {
        let (message, rest) =
            Message::decode(&dump.bytes).unwrap_or_else(|e| panic!("{}: {e}", dump.heading));
        assert!(rest.is_empty(), "{}", dump.heading);
        assert_eq!(message.to_string(), dump.text, "{}", dump.heading);
        let mut bytes = Vec::new();
        message.encode(&mut bytes).unwrap();
        assert_eq!(bytes, dump.bytes, "{}", dump.heading);
        // What the line does not show is zero.
        let json = serde_json::to_string(&message).unwrap();
        for hidden in ["pad\"", "\"hex\"", "\"unmatched\"", "\"wildcards\""] {
            assert!(!json.contains(hidden), "{json}");
        }
        kinds.insert(match &message.body {
            Body::Vendor(Vendor::Vse(vse)) => vse.subtype().to_string(),
            Body::StatsRequest(stats) => match &stats.body {
                StatsRequestBody::Vse(vse) => format!("request {}", vse.vse_type()),
                other => panic!("{other:?}"),
            },
            Body::StatsReply(stats) => match &stats.body {
                StatsReplyBody::Vse(vse) => format!("reply {}", vse.vse_type()),
                other => panic!("{other:?}"),
            },
            other => other.r#type().to_string(),
        });
    }
    let subtypes = Subtype::ALL.iter().map(Subtype::to_string);
    let stats = VseStatsType::ALL.iter();
    let stats = stats.flat_map(|kind| ["request", "reply"].map(|way| format!("{way} {kind}")));
    for kind in subtypes.chain(stats) {
        assert!(kinds.contains(&kind), "there is no example of {kind}");
    }
}

#[test]
fn bare() {
    let message = message("Example: bare");
    let Body::PacketOut(outer) = &message.body else { panic!() };
    assert_eq!(outer.data[..], bytes_of(&message)[16..]);
    let carried = Carried::by_packet_out(outer);
    assert!(matches!(carried, Carried::Bare(_)));
    let [(0, Ok(inner))] = &*carried.messages().collect::<Vec<_>>() else { panic!() };
    assert!(inner.to_string().ends_with("actions=set_irq_core:2"), "{inner}");
}

fn bytes_of(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(&mut bytes).unwrap();
    bytes
}

#[test]
fn framed_and_its_answer() {
    let (there, back) = (message("Example: framed"), message("Example: answer"));
    let (Body::PacketOut(outer), Body::PacketIn(answer)) = (&there.body, &back.body) else {
        panic!()
    };
    assert_eq!(outer.data[..], bytes_of(&there)[24..]);
    let Some(Ok(request)) = Framed::find(&outer.data) else { panic!() };
    let Some(Ok(reply)) = Framed::find(&answer.data) else { panic!() };
    assert_eq!(request.stream_id, reply.stream_id);
    assert_eq!(request.packet_out(PortNo::LOCAL).unwrap(), *outer);
    assert_eq!(reply.packet_in(PortNo::LOCAL).unwrap(), *answer);
    let [flow_mod, barrier] = &*request.messages else { panic!() };
    assert!(matches!(flow_mod.body, Body::FlowMod(_)));
    assert_eq!(barrier.body, Body::BarrierRequest);
    assert_eq!(*reply.messages, [Message::new(barrier.xid, Body::BarrierReply)]);
}

#[test]
fn signed() {
    let page = Page::parse(SOURCE);
    let dump = page.dumps.iter().find(|dump| dump.heading == "Example: signed frame").unwrap();
    let frame = FramedRef::find(&dump.bytes).unwrap().unwrap();
    let key = Key::new(b"0123456789abcdef").unwrap();
    assert!(dump.text.contains(".Ql 0123456789abcdef"));
    assert_eq!(frame.verify(&key), Ok(1));
    let frame = frame.decode().unwrap();
    let mut again = frame.clone();
    again.sign(&key, 1).unwrap();
    assert_eq!(again, frame);
}
