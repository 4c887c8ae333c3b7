//! What a PACKET_OUT and a PACKET_IN carry.

use proptest::prelude::*;

use super::*;
use crate::of10::{Body, HEADER_LEN};
use crate::types::MacAddr;

fn barrier(xid: u32) -> Message {
    Message::new(xid, Body::BarrierRequest)
}

fn framed() -> Framed {
    let (agent, controller) = (MacAddr([2, 0, 0, 0, 0, 10]), MacAddr([2, 0, 0, 0, 0, 1]));
    Framed::new(agent, controller, 9, vec![barrier(1), barrier(2)])
}

#[test]
fn bare_there_and_back() {
    let there = bare::wrap(&barrier(7)).unwrap();
    let back = bare::wrap_answer(&barrier(7)).unwrap();
    assert_eq!(back.total_len, 8);
    for carried in [Carried::by_packet_out(&there), Carried::by_packet_in(&back)] {
        assert_eq!(carried, Carried::Bare(&there.data));
        assert_eq!(carried.messages().collect::<Vec<_>>(), [(0, Ok(barrier(7)))]);
    }
}

#[test]
fn only_a_whole_message_is_bare() {
    let data = bare::wrap(&barrier(7)).unwrap().data.0;
    let is_frame = |data: &[u8]| Carried::of(data, BufferId::NONE) == Carried::Frame;
    assert!(is_frame(&data[..7]));
    assert!(is_frame(&[&data[..], &[0]].concat()));
    // Another version, an unknown type.
    assert!(is_frame(&[4, 18, 0, 8, 0, 0, 0, 7]));
    assert!(is_frame(&[1, 22, 0, 8, 0, 0, 0, 7]));
}

#[test]
fn a_broken_bare_message_says_where() {
    // A FLOW_MOD that ends within its match.
    let data = [1, 14, 0, 12, 0, 0, 0, 7, 0, 0, 0, 0];
    let carried = Carried::of(&data, BufferId::NONE);
    assert_eq!(carried, Carried::Bare(&data));
    let messages: Vec<_> = carried.messages().collect();
    let [(0, Err(error))] = &*messages else { panic!("{messages:?}") };
    assert_eq!(
        error.to_string(),
        "flow_mod.in_port at byte 12: need 2 bytes, 0 left (header length 12)"
    );
}

#[test]
fn framed_there_and_back() {
    let there = framed().packet_out(PortNo::LOCAL).unwrap();
    let back = framed().packet_in(PortNo::LOCAL).unwrap();
    for carried in [Carried::by_packet_out(&there), Carried::by_packet_in(&back)] {
        assert!(matches!(carried, Carried::Framed(Ok(_))));
        let messages: Vec<_> = carried.messages().collect();
        assert_eq!(messages, [(22, Ok(barrier(1))), (30, Ok(barrier(2)))]);
    }
}

#[test]
fn messages_before_a_broken_one_are_read() {
    let mut data = framed().packet_out(PortNo::LOCAL).unwrap().data.0;
    data[33] = 9;
    let messages: Vec<_> = Carried::of(&data, BufferId::NONE).messages().collect();
    assert_eq!(messages[0], (22, Ok(barrier(1))));
    let (30, Err(error)) = &messages[1] else { panic!("{messages:?}") };
    assert_eq!(error.offset, 38);
    assert_eq!(messages.len(), 2);
}

#[test]
fn nothing_is_buffered_or_empty() {
    assert_eq!(Carried::of(&[], BufferId(7)), Carried::Buffered(BufferId(7)));
    assert_eq!(Carried::of(&[], BufferId::NONE), Carried::Empty);
    // Data counts, whatever the buffer.
    assert_eq!(Carried::of(&[0], BufferId(7)), Carried::Frame);
}

proptest! {
    #[test]
    fn any_data_is_something(
        mut data in prop::collection::vec(any::<u8>(), 0..80),
        form in 0..3_usize,
        length in 0..80_u8,
    ) {
        let start: &[u8] = match form {
            0 => &[1, 14, 0, length],
            1 => &[2, 0, 0, 0, 0, 10, 2, 0, 0, 0, 0, 1, 0x88, 0xb5, 1, length & 1, 0, length],
            _ => &[],
        };
        for (to, from) in data.iter_mut().zip(start) {
            *to = *from;
        }
        let carried = Carried::of(&data, BufferId::NONE);
        for (offset, message) in carried.messages() {
            prop_assert!(offset < data.len());
            match message {
                Ok(message) => prop_assert!(message.encoded_len() >= HEADER_LEN),
                Err(error) => prop_assert!(error.offset >= offset && error.offset <= data.len()),
            }
        }
    }
}
