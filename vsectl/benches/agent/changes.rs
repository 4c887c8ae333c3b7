//! Changes as fast as the agent acknowledges them.

use std::io::Write;
use std::net::Ipv4Addr;
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::time::Instant;

use codec::of10::{
    Action, Body, BufferId, FlowMod, FlowModCommand, FlowModFlags, Match, MessageType, PortNo,
    Wildcards,
};
use codec::types::Hex;
use codec::vse::{Core, VseAction};

use super::running::{Messages, Running, encoded, greet};

/// How changes and their acknowledgements travel.
pub(crate) struct Carriage {
    pub(crate) wrap: fn(&[u8]) -> Vec<u8>,
    pub(crate) is_acknowledgement: fn(&[u8]) -> bool,
}

impl Carriage {
    /// As they are.
    pub(crate) const PLAIN: Self = Self { wrap: <[u8]>::to_vec, is_acknowledgement };
}

/// Whether a message is a BARRIER_REPLY.
pub(crate) fn is_acknowledgement(message: &[u8]) -> bool {
    message.get(1).copied().map(MessageType::from) == Some(MessageType::BarrierReply)
}

/// Adds `count` entries with a barrier behind each `per_barrier`, so that no more than `window`
/// barriers are unanswered: the seconds from the first byte to the last answer.
pub(crate) fn add(agent: &Running, count: u32, window: usize, per_barrier: u32) -> f64 {
    let mut stream = agent.connect().expect("the agent listens");
    let mut messages = Messages::of(stream.try_clone().expect("a socket"));
    greet(&mut stream, &mut messages).expect("the agent speaks");
    add_over(stream, &mut messages, &Carriage::PLAIN, count, window, per_barrier)
}

/// The same over a session that is there.
pub(crate) fn add_over(
    mut stream: UnixStream,
    messages: &mut Messages,
    carriage: &Carriage,
    count: u32,
    window: usize,
    per_barrier: u32,
) -> f64 {
    let wrap = carriage.wrap;
    let groups: Vec<Vec<u8>> = (0..count.div_ceil(per_barrier))
        .map(|group| {
            let numbers = group * per_barrier..((group + 1) * per_barrier).min(count);
            let last = numbers.end;
            let mut bytes: Vec<u8> = numbers
                .flat_map(|number| wrap(&encoded(number, Body::FlowMod(entry(number)))))
                .collect();
            bytes.extend(wrap(&encoded(last, Body::BarrierRequest)));
            bytes
        })
        .collect();
    let barriers = groups.len();
    let (give, take) = mpsc::channel();
    let begun = Instant::now();
    let writer = std::thread::spawn(move || {
        // What has room is sent in one go.
        let mut under_way = 0;
        let mut bytes = Vec::new();
        for group in groups {
            while under_way == window || (under_way > 0 && take.try_recv().is_ok()) {
                if under_way == window {
                    stream.write_all(&bytes).expect("the agent reads");
                    bytes.clear();
                    take.recv().expect("answers come");
                }
                under_way -= 1;
            }
            bytes.extend(group);
            under_way += 1;
        }
        stream.write_all(&bytes).expect("the agent reads");
    });
    for _ in 0..barriers {
        let answer = messages.next().expect("the agent answers");
        assert!((carriage.is_acknowledgement)(answer), "a change was refused: {answer:?}");
        // The writer may be done.
        _ = give.send(());
    }
    let seconds = begun.elapsed().as_secs_f64();
    writer.join().expect("it writes");
    seconds
}

/// An entry for UDP to an address and a port of its own.
pub(crate) fn entry(number: u32) -> FlowMod {
    let [_, a, b, c] = number.to_be_bytes();
    let mut open = Wildcards::ALL.with_nw_dst_ignored(0);
    open.remove(Wildcards::DL_TYPE | Wildcards::NW_PROTO | Wildcards::TP_DST);
    FlowMod {
        r#match: Match {
            wildcards: open,
            dl_type: 0x0800,
            nw_proto: 17,
            nw_dst: Ipv4Addr::new(10, a, b, c),
            tp_dst: 53,
            ..Match::ANY
        },
        cookie: Hex(number.into()),
        command: FlowModCommand::Add,
        idle_timeout: 0,
        hard_timeout: 0,
        priority: 100,
        buffer_id: BufferId::NONE,
        out_port: PortNo::NONE,
        flags: FlowModFlags::empty(),
        actions: vec![Action::Vse(VseAction::SetIrqCore { core: Core::NONE, rxhash: Hex(0) })],
    }
}
