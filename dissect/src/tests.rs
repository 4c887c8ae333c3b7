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
    Frame { link_type: LinkType::ETHERNET, bytes, len: bytes.len() }
}

fn dissect(dissector: &mut Dissector, bytes: &[u8]) -> Tree {
    let mut tree = Tree::default();
    dissector.dissect(frame(bytes), &mut tree);
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

#[test]
fn a_gap_is_told_and_reading_goes_on() {
    let mut dissector = Dissector::new(Options::default());
    dissect(&mut dissector, &segment(1, 0x10, &BARRIER[..3]));
    let tree = dissect(&mut dissector, &segment(100, 0x18, BARRIER));
    assert_eq!(messages(&tree), [Some(54)]);
    assert_eq!(tree.problems.len(), 1);
    assert_eq!(tree.problems[0].kind, ProblemKind::Gap);
}

#[test]
fn truncated_is_not_malformed() {
    let whole = segment(1, 0x18, &[BARRIER, BARRIER].concat());
    for end in 0..whole.len() {
        let mut tree = Tree::default();
        let cut = Frame { link_type: LinkType::ETHERNET, bytes: &whole[..end], len: whole.len() };
        Dissector::new(Options::default()).dissect(cut, &mut tree);
        let kinds: Vec<_> = tree.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!(kinds, [ProblemKind::Truncated], "{end}");
        // What was read before stays.
        assert_eq!(messages(&tree).len(), end.saturating_sub(54) / 8, "{end}");
    }
    let mut tree = Tree::default();
    let short = Frame { link_type: LinkType::ETHERNET, bytes: &whole[..20], len: 20 };
    Dissector::new(Options::default()).dissect(short, &mut tree);
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
        assert_eq!(found, [OwnedValue::Number(vm_id), OwnedValue::Flag(true)]);
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
            dissector.dissect(frame(&bytes), &mut summary);
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

    #[test]
    fn any_file(bytes in prop::collection::vec(any::<u8>(), 0..300), head in 0_usize..5) {
        let heads: [&[u8]; 5] = [
            b"", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d",
            b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0\x01\0\0\0\x14\0\0\0\x01\0\0\0\0\0\0\0\x14\0\0\0\x06\0\0\0\x20\0\0\0",
            b"\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d",
        ];
        let file = [heads[head], &bytes].concat();
        if let Ok(reader) = savefile::Reader::new(&file[..]) {
            prop_assert!(reader.count() <= file.len());
        }
    }
}
