use proptest::prelude::*;

use super::*;

/// Ethernet, IPv4 and TCP around `data`, from port 6653.
fn segment(sequence: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    let mut frame = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0".to_vec();
    let total = u16::try_from(40 + data.len()).unwrap();
    frame.extend([0x45, 0]);
    frame.extend(total.to_be_bytes());
    frame.extend([0, 1, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
    frame.extend([0x19, 0xfd, 0xc0, 0]);
    frame.extend(sequence.to_be_bytes());
    frame.extend([0, 0, 0, 0, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    frame.extend(data);
    frame
}

const BARRIER: &[u8] = &[1, 18, 0, 8, 0, 0, 0, 7];

fn frame(bytes: &[u8]) -> Frame<'_> {
    Frame::ethernet(bytes)
}

fn dissect(dissector: &mut Dissector, bytes: &[u8]) -> Tree {
    let mut tree = Tree::default();
    dissector.dissect(&frame(bytes), &mut tree);
    tree
}

fn messages(tree: &Tree) -> Vec<Option<usize>> {
    let openflow = tree.layers.iter().filter(|layer| layer.protocol.name == "openflow");
    openflow.map(|layer| layer.place.offset).collect()
}

#[test]
fn several_messages_in_a_segment() {
    let mut dissector = Dissector::new(Options::default());
    let tree = dissect(&mut dissector, &segment(1, 0x18, &[BARRIER, BARRIER].concat()));
    assert_eq!(messages(&tree), [Some(54), Some(62)]);
    assert_eq!(tree.problems, []);
}

#[test]
fn a_message_in_several_segments() {
    for cut in 1..BARRIER.len() {
        let mut dissector = Dissector::new(Options::default());
        let (first, second) = BARRIER.split_at(cut);
        let second = [second, BARRIER].concat();
        assert_eq!(messages(&dissect(&mut dissector, &segment(1, 0x10, first))), []);
        let next = 1 + u32::try_from(cut).unwrap();
        let tree = dissect(&mut dissector, &segment(next, 0x18, &second));
        assert_eq!(messages(&tree), [None, Some(54 + BARRIER.len() - cut)]);
        // The same again brings nothing new.
        let tree = dissect(&mut dissector, &segment(next, 0x18, &second));
        assert_eq!(messages(&tree), []);
    }
}

/// What a segment brings that comes too early, and what comes behind it.
#[test]
fn segments_in_any_order() {
    let mut dissector = Dissector::new(Options::default());
    let start = segment(1, 2, &[]);
    dissect(&mut dissector, &start);
    // A SYN takes one number.
    let data = [BARRIER, BARRIER, BARRIER].concat();
    assert_eq!(messages(&dissect(&mut dissector, &segment(2, 0x10, &data[..5]))), []);
    let early = dissect(&mut dissector, &segment(2 + 12, 0x10, &data[12..]));
    assert_eq!(messages(&early), []);
    assert!(early.layers[2].info.as_ref().unwrap().contains("out of order"));
    let late = dissect(&mut dissector, &segment(2 + 5, 0x18, &data[5..12]));
    assert_eq!(messages(&late), [None, None, None]);
    assert_eq!(late.problems, []);
    let again = dissect(&mut dissector, &segment(2 + 5, 0x18, &data[5..12]));
    assert!(again.layers[2].info.as_ref().unwrap().contains("seen before"));
}

/// Where bytes are missing, reading goes on at the next message: once the receiver has them, or at
/// the end of the capture.
#[test]
fn a_gap_is_told_and_reading_goes_on() {
    let lost = |acknowledge: bool| {
        let mut dissector = Dissector::new(Options::default());
        dissect(&mut dissector, &segment(1, 0x10, &BARRIER[..3]));
        let held = [&BARRIER[5..], BARRIER].concat();
        assert_eq!(messages(&dissect(&mut dissector, &segment(100, 0x18, &held))), []);
        if acknowledge {
            dissect(&mut dissector, &reverse(111));
        }
        dissector
    };
    let mut dissector = lost(true);
    let tree = dissect(&mut dissector, &segment(111, 0x18, BARRIER));
    assert_eq!(messages(&tree), [None, Some(54)]);
    assert_eq!(tree.problems.len(), 1);
    assert_eq!(tree.problems[0].kind, ProblemKind::Gap);

    let mut dissector = lost(false);
    let mut tree = Tree::default();
    assert_eq!(dissector.finish(&mut tree), Some(1));
    assert_eq!(messages(&tree), [None]);
    assert_eq!(tree.problems[0].kind, ProblemKind::Gap);
    assert_eq!(dissector.finish(&mut tree), None);
}

/// An empty segment from the other side, which has all before `acknowledged`.
fn reverse(acknowledged: u32) -> Vec<u8> {
    let mut frame = segment(1, 0x10, &[]);
    let (a, b) = (frame[26..30].to_vec(), frame[30..34].to_vec());
    frame[26..30].copy_from_slice(&b);
    frame[30..34].copy_from_slice(&a);
    let (a, b) = (frame[34..36].to_vec(), frame[36..38].to_vec());
    frame[34..36].copy_from_slice(&b);
    frame[36..38].copy_from_slice(&a);
    frame[42..46].copy_from_slice(&acknowledged.to_be_bytes());
    frame
}

/// A second walk finds what the first one found, streams and datagrams included.
#[test]
fn again_is_the_same() {
    let mut dissector = Dissector::new(Options::default());
    for (sequence, data) in [(1, &BARRIER[..3]), (4, &BARRIER[3..]), (4, &BARRIER[3..])] {
        let bytes = segment(sequence, 0x18, data);
        let first = dissect(&mut dissector, &bytes);
        let mut second = Tree::default();
        dissector.again(&frame(&bytes), &mut second);
        assert_eq!(first, second);
    }
}

#[test]
fn openflow_on_any_port() {
    let other_port = |sequence, data: &[u8]| {
        let mut frame = segment(sequence, 0x18, data);
        frame[34..36].copy_from_slice(&1234_u16.to_be_bytes());
        frame
    };
    let mut dissector = Dissector::new(Options::default());
    let tree = dissect(&mut dissector, &other_port(1, &[BARRIER, BARRIER].concat()));
    assert_eq!(messages(&tree).len(), 2);
    let mut dissector = Dissector::new(Options::default());
    let tree = dissect(&mut dissector, &other_port(1, b"GET / HTTP/1.1\r\n\r\n"));
    assert_eq!(tree.problems, []);
    assert_eq!(messages(&tree), []);
}

#[test]
fn fragments_make_a_datagram() {
    let fragment = |offset: u16, more: bool, data: &[u8]| {
        let mut frame = segment(1, 0x18, &[])[..34].to_vec();
        let len = u16::try_from(20 + data.len()).unwrap();
        frame[16..18].copy_from_slice(&len.to_be_bytes());
        let flags = (offset / 8) | if more { 0x2000 } else { 0 };
        frame[20..22].copy_from_slice(&flags.to_be_bytes());
        frame.extend(data);
        frame
    };
    let whole = segment(1, 0x18, &[BARRIER, BARRIER].concat())[34..].to_vec();
    let mut dissector = Dissector::new(Options::default());
    assert_eq!(messages(&dissect(&mut dissector, &fragment(24, false, &whole[24..]))), []);
    let tree = dissect(&mut dissector, &fragment(0, true, &whole[..24]));
    assert_eq!(messages(&tree), [None, None]);
    let mut again = Tree::default();
    dissector.again(&frame(&fragment(0, true, &whole[..24])), &mut again);
    assert_eq!(tree, again);
}

/// Nothing bounds how many headers a datagram may have, so that none may cost stack.
#[test]
fn headers_without_end() {
    let mut bytes = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x86\xdd\x60\0\0\0\0\0\x33\x40".to_vec();
    bytes.extend([0x20; 32]);
    for next in [60, 44] {
        for _ in 0..10_000 {
            // AH; options; an atomic fragment.
            bytes.extend([51, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
        }
        let last = bytes.len() - 12;
        bytes[last] = next;
        let header = [next, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend(header.repeat(10_000));
        let last = bytes.len() - 8;
        bytes[last] = 51;
    }
    bytes.extend([59, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
    let tree = dissect(&mut Dissector::new(Options::default()), &bytes);
    assert_eq!(tree.layers.len(), 40_003);
    assert_eq!(tree.problems, []);
}

/// Fragments in fragments count as levels.
#[test]
fn fragments_of_fragments() {
    let datagram = |id: u8, offset: u8, more: u8, data: &[u8]| {
        let mut bytes = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x86\xdd\x60\0\0\0\0".to_vec();
        bytes.extend([u8::try_from(data.len() + 8).unwrap(), 44, 64]);
        bytes.extend([0x20; 32]);
        bytes.extend([44, 0, 0, offset << 3 | more, 0, 0, 0, id]);
        bytes.extend(data);
        bytes
    };
    let mut dissector = Dissector::new(Options::default());
    // The second part of each is there; the last frame has the first parts of all.
    for id in 0..20 {
        dissect(&mut dissector, &datagram(id, u8::MAX >> 4, 0, &[7; 8]));
    }
    let mut data = vec![59; 8];
    for id in (0..12).rev() {
        data = [&[44, 0, 0, 1, 0, 0, 0, id], &data[..]].concat();
        data.resize(u8::MAX as usize / 16 * 8, 0);
    }
    let tree = dissect(&mut dissector, &datagram(12, 0, 1, &data));
    let fragments = tree.layers.iter().filter(|layer| layer.protocol.name == "ipv6.fraghdr");
    assert!((2..=Options::default().max_depth + 1).contains(&fragments.count()));
}

#[test]
fn truncated_is_not_malformed() {
    let whole = segment(1, 0x18, &[BARRIER, BARRIER].concat());
    for end in 0..whole.len() {
        let mut tree = Tree::default();
        let cut = Frame { len: whole.len(), ..Frame::ethernet(&whole[..end]) };
        Dissector::new(Options::default()).dissect(&cut, &mut tree);
        let kinds: Vec<_> = tree.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!(kinds, [ProblemKind::Truncated], "{end}");
        // What was read before stays.
        assert_eq!(messages(&tree).len(), end.saturating_sub(54) / 8, "{end}");
    }
    let mut tree = Tree::default();
    let short = Frame::ethernet(&whole[..20]);
    Dissector::new(Options::default()).dissect(&short, &mut tree);
    assert_eq!(tree.problems[0].kind, ProblemKind::Malformed);
}

#[test]
fn a_flow_mod_in_a_packet_out_has_its_place_in_the_frame() {
    use codec::of10::{Body, Message};
    let inner = Message::new(7, Body::BarrierRequest);
    let outer = Message::new(8, Body::PacketOut(codec::proxy::bare::wrap(&inner).unwrap()));
    let mut data = Vec::new();
    outer.encode(&mut data).unwrap();
    let tree = dissect(&mut Dissector::new(Options::default()), &segment(1, 0x18, &data));
    let packet_out = tree.layers.last().unwrap();
    assert_eq!(packet_out.place, Place { offset: Some(54), len: 24 });
    assert_eq!(packet_out.layers[0].place, Place { offset: Some(70), len: 8 });
    let options = Options { nested: false, ..Options::default() };
    let tree = dissect(&mut Dissector::new(options), &segment(1, 0x18, &data));
    assert_eq!(tree.layers.last().unwrap().layers, []);
}

#[test]
fn the_field_in_tag_and_tos() {
    let mut bytes = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x81\0\x80\x05\x08\0".to_vec();
    bytes.extend(&segment(1, 0x10, &[])[14..]);
    bytes[19] = 0b1001_1101;
    for (layout, vm_id) in [(codec::fcf::FcfLayout::VLAN, 5), (codec::fcf::FcfLayout::DSCP, 7)] {
        let options = Options { fcf: Some(layout), ..Options::default() };
        let tree = dissect(&mut Dissector::new(options), &bytes);
        let fields = tree.layers.iter().flat_map(|layer| &layer.fields);
        let found: Vec<_> = fields
            .filter(|field| field.field.name.starts_with("vse.fcf"))
            .map(|field| field.value.clone())
            .collect();
        assert_eq!(found, [OwnedValue::Unsigned(vm_id), OwnedValue::Flag(true)]);
    }
}

/// Checks that what a layer holds is inside the frame.
fn check_places(layers: &[Layer], len: usize) {
    for layer in layers {
        let places = layer.fields.iter().map(|field| field.place).chain([layer.place]);
        for place in places {
            assert!(place.offset.is_none_or(|offset| offset + place.len <= len), "{layer:?}");
        }
        check_places(&layer.layers, len);
    }
}

proptest! {
    #[test]
    fn any_frames(frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..6)) {
        let mut dissector = Dissector::new(Options::default());
        for bytes in frames {
            check_places(&dissect(&mut dissector, &bytes).layers, bytes.len());
            let mut summary = Summary::default();
            dissector.dissect(&frame(&bytes), &mut summary);
        }
    }

    #[test]
    fn any_stream(
        pieces in prop::collection::vec((0_u32..300, prop::collection::vec(any::<u8>(), 0..60)), 1..8),
        heads in prop::collection::vec((0_u8..23, 8_u8..60), 8),
    ) {
        let mut dissector = Dissector::new(Options::default());
        for ((sequence, mut data), (r#type, length)) in pieces.into_iter().zip(heads) {
            // Often something like a message.
            for (to, from) in data.iter_mut().zip([1, r#type, 0, length]) {
                *to = from;
            }
            let bytes = segment(sequence, 0x18, &data);
            check_places(&dissect(&mut dissector, &bytes).layers, bytes.len());
        }
    }
}
