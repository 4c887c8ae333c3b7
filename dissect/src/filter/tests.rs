use proptest::prelude::*;

use super::*;
use crate::{Dissector, Frame, Options};

/// Ethernet, IPv4 and UDP from 10.0.0.1:1000 to 10.0.0.2:4789, VXLAN 42, then an inner frame with
/// ICMP from 192.168.0.1 to 192.168.0.2.
fn vxlan() -> Vec<u8> {
    let ipv4 = |protocol: u8, source: [u8; 4], destination: [u8; 4], payload: &[u8]| {
        let mut header = vec![0x45, 0x90, 0, 0, 0, 7, 0x40, 0, 64, protocol, 0, 0];
        let len = u16::try_from(20 + payload.len()).unwrap();
        header[2..4].copy_from_slice(&len.to_be_bytes());
        [&header[..], &source, &destination, payload].concat()
    };
    let icmp = [8, 0, 0, 0, 0, 1, 0, 2];
    let inner = [
        &b"\x02\0\0\0\0\x0a\x02\0\0\0\0\x0b\x08\0"[..],
        &ipv4(1, [192, 168, 0, 1], [192, 168, 0, 2], &icmp),
    ]
    .concat();
    let vxlan = [&[8, 0, 0, 0, 0, 0, 42, 0][..], &inner].concat();
    let len = u16::try_from(8 + vxlan.len()).unwrap().to_be_bytes();
    let udp = [&[3, 0xe8, 0x12, 0xb5, len[0], len[1], 0, 0][..], &vxlan].concat();
    let outer = ipv4(17, [10, 0, 0, 1], [10, 0, 0, 2], &udp);
    [&b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0"[..], &outer].concat()
}

fn passes(text: &str) -> bool {
    let filter = Filter::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let bytes = vxlan();
    let mut collector = filter.collector();
    let options = Options { fcf: Some(codec::fcf::FcfLayout::DSCP), ..Options::default() };
    Dissector::new(options).dissect(&Frame::ethernet(&bytes), &mut collector);
    filter.matches(&collector, &bytes)
}

#[test]
fn a_message_without_a_body_is_one_of_its_version() {
    let frame =
        b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x88\xb5\x01\0\0\x08\0\0\0\x09\x01\x12\0\x08\0\0\0\x07";
    for (text, wanted) in [("openflow_v1", true), ("not openflow_v1", false), ("openflow", true)] {
        let filter = Filter::parse(text).unwrap();
        let mut collector = filter.collector();
        Dissector::new(Options::default()).dissect(&Frame::ethernet(frame), &mut collector);
        assert_eq!(filter.matches(&collector, frame), wanted, "{text}");
    }
    assert!(!passes("openflow_v1"));
}

#[test]
fn what_passes() {
    for text in [
        "vxlan",
        "vxlan.vni == 42",
        "vxlan.vni eq 0x2a",
        "vxlan.vni == 052",
        "ip.src == 10.0.0.1",
        "ip.src == 10.0.0.0/8 and ip.src == 192.168.0.1",
        "ip.addr == 10.0.0.2 && udp.port in {80, 1000..1010 5}",
        "ip.src == 10.0.0.1 or tcp",
        "ip.version == 4 and all ip.version < 6",
        "not tcp",
        "!(tcp || udp.port < 500)",
        "ip.addr !== 10.0.0.1",
        "not ip.src != 10.0.0.1",
        "any ip.src != 10.0.0.1",
        "not all ip.src == 10.0.0.1",
        "all ip.ttl == 64",
        "ip.proto === 17 or ip.proto !== 17",
        "eth.src == 02:00:00:00:00:02",
        "eth.src[0:3] == 02:00:00",
        "eth.src[5] == 2",
        "eth.dst[-1:] == 1",
        "eth.dst[0,5] == 02:01",
        "eth.dst[4-5] == 00:01",
        "eth[12:2] == 08:00",
        "frame[0] == 02",
        "frame contains 12:b5",
        "vxlan contains 00:00:2a",
        "ip.src matches \"\\x0a\\x00\"",
        "ip.dsfield & 0x80",
        "ip.dsfield & 0x90 == 0x90",
        "icmp.type == echo_request",
        "icmp.type == 8",
        "icmp.type in {echo_reply echo_request}",
        "count(ip) == 2",
        "count(ip.src) > 1",
        "len(eth.src) == 6",
        "ip.src == ip.src",
        "ip.src != ip.dst",
        "vse.fcf.vm_id == 4",
        "vse.fcf.priority == true",
        "vse.fcf",
        "frame.len >= 14 and frame.number == 1",
        "frame.time < \"2000-01-01\"",
        "frame.time_relative == 0.0",
        "udp.length > udp.srcport or udp.length < udp.srcport",
        "not vse.problem",
        "tcp or vxlan and ip",
    ] {
        assert!(passes(text), "{text}");
    }
}

#[test]
fn what_does_not() {
    for text in [
        "tcp",
        "vxlan.vni == 43",
        "ip.src == 11.0.0.0/8",
        "ip.src != 10.0.0.1",
        "all ip.src == 10.0.0.0/8",
        "tcp.port != 5",
        "tcp.flags.syn == 1",
        "ip.dsfield & 0x02",
        "icmp.type == echo_reply",
        "udp.port not in {1000}",
        "frame contains \"absent\"",
        "count(ip) == 1",
        "vse.fcf.vm_id == 0",
        "vse.problem.kind == malformed",
        "(tcp or vxlan) and arp",
    ] {
        assert!(!passes(text), "{text}");
    }
}

#[test]
fn errors_point_at_the_word() {
    for (text, word, says) in [
        ("ip.scr == 10.0.0.1", "ip.scr", "did you mean ip.src?"),
        ("openflow_1_0.type == flow_mood", "flow_mood", "did you mean flow_mod?"),
        ("ip.src == 10.0.0", "10.0.0", "want an IPv4 address"),
        ("ip.src == ", "", "ends before the value"),
        ("vxlan.vni == -1", "-1", "want a number"),
        ("(tcp or udp", "", "column 1"),
        ("tcp udp", "udp", "want and, or"),
        ("tcp.port in 5", "5", "want a set"),
        ("tcp.port in {}", "{", "without values"),
        ("tcp.port[0]", "tcp.port", "cannot be cut"),
        ("eth.src[", "", "want n:m"),
        ("tcp.port contains 5", "tcp.port", "not unsigned"),
        ("lower(tcp.port) == x", "tcp.port", "is for text"),
        ("size(tcp)", "size", "want len, count"),
        ("eth.src matches \"(\"", "\"(\"", "no regular expression"),
        ("ip.src == \"", "\"", "other half"),
        ("ip.src == eth.src", "ip.src == eth.src", "cannot be compared"),
        ("tcp.port == 80 ?", "?", "no filter has"),
        ("tcp.port = 80", "=", "no filter has"),
        ("all tcp", "tcp", "wants a comparison"),
        ("", "", "empty"),
    ] {
        let error = Filter::parse(text).unwrap_err();
        assert!(error.to_string().contains(says), "{text}: {error}");
        assert_eq!(error.0.text.get(error.0.span.clone()), Some(word), "{text}: {error}");
    }
}

#[test]
fn every_field_can_be_filtered() {
    for (_, field) in crate::registry::all_fields() {
        let text = format!("{} or count({}) > 3", field.name, field.name);
        Filter::parse(&text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(nearest_field(field.name), Some(field.name));
    }
}

proptest! {
    #[test]
    fn any_text(text in "[ -~]{0,40}") {
        _ = Filter::parse(&text);
    }

    #[test]
    fn any_words(words in prop::collection::vec(prop::sample::select(vec![
        "ip.src", "==", "10.0.0.1", "and", "not", "(", ")", "in", "{", "}", "..", "1", "[", "]",
        ":", "-", "&", "contains", "\"a\"", "count", "len", "tcp.flags.syn", "any", "é",
    ]), 0..12)) {
        if let Ok(filter) = Filter::parse(&words.join(" ")) {
            let bytes = vxlan();
            let mut collector = filter.collector();
            let mut dissector = Dissector::new(Options::default());
            dissector.dissect(&Frame::ethernet(&bytes), &mut collector);
            _ = filter.matches(&collector, &bytes);
        }
    }
}
