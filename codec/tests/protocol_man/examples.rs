//! The bytes of the examples are the messages that the page says.

use std::collections::BTreeSet;

use codec::of10::stats::{StatsReplyBody, StatsRequestBody};
use codec::of10::{Body, Message, Vendor};
use codec::proxy::{Carried, Framed, Key};
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
    let Body::PacketOut(outer) = message("Example: bare").body else { panic!() };
    assert_eq!(outer.data[..], message_bytes("Example: bare")[16..]);
    let Carried::Bare(inner) = Carried::by_packet_out(&outer) else { panic!() };
    assert!(inner.to_string().ends_with("actions=set_irq_core:2"), "{inner}");
}

fn message_bytes(heading: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    message(heading).encode(&mut bytes).unwrap();
    bytes
}

#[test]
fn framed_and_its_answer() {
    let Body::PacketOut(outer) = message("Example: framed").body else { panic!() };
    assert_eq!(outer.data[..], message_bytes("Example: framed")[24..]);
    let Carried::Framed(Ok(request)) = Carried::by_packet_out(&outer) else { panic!() };
    let Body::PacketIn(outer) = message("Example: answer").body else { panic!() };
    let Carried::Framed(Ok(answer)) = Carried::by_packet_in(&outer) else { panic!() };
    assert_eq!(request.stream_id, answer.stream_id);
    let [flow_mod, barrier] = &*request.messages else { panic!() };
    assert!(matches!(flow_mod.body, Body::FlowMod(_)));
    assert_eq!(barrier.body, Body::BarrierRequest);
    assert_eq!(*answer.messages, [Message::new(barrier.xid, Body::BarrierReply)]);
}

#[test]
fn signed() {
    let page = Page::parse(SOURCE);
    let dump = page.dumps.iter().find(|dump| dump.heading == "Example: signed frame").unwrap();
    let frame = Framed::find(&dump.bytes).unwrap().unwrap();
    assert!(dump.text.contains(".Ql 0123456789abcdef"));
    assert_eq!(frame.verify(&Key::new(b"0123456789abcdef").unwrap()), Ok(1));
    let mut again = frame.clone();
    again.sign(&Key::new(b"0123456789abcdef").unwrap(), 1).unwrap();
    assert_eq!(again, frame);
}
