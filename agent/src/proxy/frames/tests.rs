use super::*;

const AGENT: MacAddr = MacAddr([2, 0, 0, 0, 0, 10]);
const CONTROLLER: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);

fn key() -> Key {
    Key::new(b"sixteen bytes or more").unwrap()
}

fn frames(key: Option<Key>) -> Frames {
    let mut frames = Frames::new(key, 1);
    frames.at(AGENT, 1500);
    frames.vse_up();
    frames
}

fn barrier(xid: u32) -> Message {
    Message::new(xid, Body::BarrierRequest)
}

fn bytes(frame: &Framed) -> Vec<u8> {
    let mut out = Vec::new();
    frame.encode(&mut out).unwrap();
    out
}

fn signed(stream: u32, sequence: u64) -> Vec<u8> {
    let mut frame = Framed::new(AGENT, CONTROLLER, stream, vec![barrier(7)]);
    frame.sign(&key(), sequence).unwrap();
    bytes(&frame)
}

fn sent(frames: &mut Frames) -> Vec<Framed> {
    let mut sent = Vec::new();
    frames.flush(|frame| sent.push(Framed::find(frame).unwrap().unwrap()));
    sent
}

#[test]
fn a_question_and_its_answer() {
    let mut frames = frames(None);
    let mut to_vse = Vec::new();
    let frame = Framed::new(AGENT, CONTROLLER, 9, vec![barrier(7), barrier(8)]);
    frames.arrived(&bytes(&frame), &mut to_vse);
    frames.settle(&mut to_vse);
    assert_eq!(to_vse.len(), 16, "nothing else is asked where an answer comes");
    for number in [1, 2] {
        let mut answer = Vec::new();
        Message::new(number, Body::BarrierReply).encode(&mut answer).unwrap();
        frames.from_vse(&answer);
    }
    let sent = sent(&mut frames);
    let answers = [7, 8].map(|xid| Message::new(xid, Body::BarrierReply));
    assert_eq!(sent, [Framed::new(CONTROLLER, AGENT, 9, answers.to_vec())]);
    assert_eq!(frames.counters().accepted, 1);
}

#[test]
fn what_is_not_to_be_trusted_changes_nothing_and_is_counted() {
    let mut frames = frames(Some(key()));
    let mut to_vse = Vec::new();
    let good = signed(9, 100);
    frames.arrived(&good, &mut to_vse);
    assert_eq!(to_vse.len(), 8);
    // The same again, and one that is too old.
    frames.arrived(&good, &mut to_vse);
    frames.arrived(&signed(9, 36), &mut to_vse);
    // Without a code, with a wrong one, and to somebody else.
    frames.arrived(&bytes(&Framed::new(AGENT, CONTROLLER, 9, vec![barrier(1)])), &mut to_vse);
    let mut forged = signed(9, 101);
    *forged.last_mut().unwrap() ^= 1;
    frames.arrived(&forged, &mut to_vse);
    let mut elsewhere = signed(9, 102);
    elsewhere[5] = 99;
    frames.arrived(&elsewhere, &mut to_vse);
    // What cannot be read.
    frames.arrived(&good[..20], &mut to_vse);
    assert_eq!(to_vse.len(), 8);
    let counters = frames.counters();
    let expected = FrameCounters {
        accepted: 1,
        wrong_destination: 1,
        malformed: 1,
        forged: 2,
        replayed: 2,
        ..FrameCounters::default()
    };
    assert_eq!(counters, expected);
    // Within the window any order will do.
    frames.arrived(&signed(9, 37), &mut to_vse);
    assert_eq!(frames.counters().accepted, 2);
}

#[test]
fn a_forgotten_stream_does_not_come_again() {
    let mut frames = frames(Some(key()));
    let mut to_vse = Vec::new();
    let first = signed(0, 1_000);
    frames.arrived(&first, &mut to_vse);
    for stream in 1..=u32::try_from(MAX_STREAMS).unwrap() {
        frames.arrived(&signed(stream, 2_000), &mut to_vse);
    }
    let accepted = frames.counters().accepted;
    frames.arrived(&first, &mut to_vse);
    assert_eq!(frames.counters().accepted, accepted);
    assert_eq!(frames.counters().replayed, 1);
}

#[test]
fn a_restart_does_not_open_the_window() {
    let mut before = frames(Some(key()));
    let mut to_vse = Vec::new();
    before.arrived(&signed(9, 100), &mut to_vse);
    let state = before.moved().unwrap();
    assert_eq!(before.moved(), None, "nothing has changed since");
    let mut after = frames(Some(key()));
    after.restore(&state);
    to_vse.clear();
    after.arrived(&signed(9, 100), &mut to_vse);
    after.arrived(&signed(9, 99), &mut to_vse);
    assert!(to_vse.is_empty());
    assert_eq!(after.counters().replayed, 2);
    after.arrived(&signed(9, 101), &mut to_vse);
    assert_eq!((after.counters().accepted, to_vse.len()), (1, 8));
}

#[test]
fn an_answer_that_comes_back_moves_nothing() {
    let mut frames = frames(Some(key()));
    let mut to_vse = Vec::new();
    let answer = vec![Message::new(7, Body::BarrierReply)];
    let mut frame = Framed::new(AGENT, CONTROLLER, 9, answer);
    frame.sign(&key(), 1 << 60).unwrap();
    frames.arrived(&bytes(&frame), &mut to_vse);
    assert_eq!((frames.counters().reflected, to_vse.len()), (1, 0));
    frames.arrived(&signed(9, 1), &mut to_vse);
    assert_eq!(frames.counters().accepted, 1);
}

#[test]
fn half_a_frame_is_nothing() {
    let mut frames = frames(None);
    let frame = Framed::new(AGENT, CONTROLLER, 9, vec![barrier(7), barrier(8)]);
    let mut broken = bytes(&frame);
    broken[22 + 8 + 3] = 9;
    let mut to_vse = Vec::new();
    frames.arrived(&broken, &mut to_vse);
    assert!(to_vse.is_empty());
    assert_eq!(frames.counters().malformed, 1);
}

#[test]
fn answers_are_signed_in_rising_order() {
    let mut frames = frames(Some(key()));
    let mut to_vse = Vec::new();
    frames.arrived(&signed(9, 5), &mut to_vse);
    frames.vse_down();
    let mut sent = Vec::new();
    frames.flush(|frame| sent.push(frame.to_vec()));
    let read = FramedRef::find(&sent[0]).unwrap().unwrap();
    assert_eq!(read.verify(&key()), Ok(1));
    let (_, answer) = read.messages().next().unwrap();
    assert!(matches!(answer.unwrap().body, Body::Error(_)), "what VSE lost is told");
}
