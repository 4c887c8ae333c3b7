//! The capture of OpenFlow: sessions between switches and a controller, seen from the start.

use std::collections::VecDeque;
use std::path::Path;

use super::openflow::{
    BARRIER_REPLY, BARRIER_REQUEST, ECHO_REPLY, ECHO_REQUEST, STATS_REQUEST, put,
    put_from_controller, put_from_switch, put_stats_reply,
};
use super::packet::{EPHEMERAL, ETHERNET_LEN, Ipv4, TCP, Tcp, len_u16, mac, put_ethernet};
use super::random::Random;
use super::savefile::Savefile;

const CONTROLLER: [u8; 4] = [10, 0, 0, 1];
const CONTROLLER_PORT: u16 = 6653;
/// The most that a segment carries, in an Ethernet with an MTU of 1500.
const MSS: usize = 1448;
/// Segments that open a connection.
const HANDSHAKE: u32 = 3;
/// Segments that end a connection's part of the capture, one each way.
const LAST: u32 = 2;

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Controller,
    Switch,
}

/// One end of a connection.
#[derive(Debug, Default)]
struct Side {
    seq: u32,
    ip_id: u16,
    /// What is written but not sent yet.
    queue: Vec<u8>,
}

/// A request of the controller that waits for its answer.
#[derive(Debug)]
struct Asked {
    kind: u8,
    /// Of statistics: which.
    stats: u16,
    xid: u32,
}

#[derive(Debug)]
struct Connection {
    /// The switch's number.
    number: u8,
    controller: Side,
    switch: Side,
    asked: VecDeque<Asked>,
    /// The echo that the switch asked for last.
    echo: Option<u32>,
    xid: u32,
}

/// Writes a capture of `frames` frames, at least 5 for each of the `connections`.
pub(super) fn write(path: &Path, frames: u32, connections: u8) -> anyhow::Result<()> {
    let mut random = Random::new(10);
    let mut file = Savefile::create(path, 65_535)?;
    let mut sessions: Vec<Connection> =
        (1..=connections).map(|number| Connection::new(number, &mut random)).collect();
    for session in &mut sessions {
        session.open(&mut random, &mut file)?;
    }
    let count = u32::from(connections);
    for _ in 0..frames.saturating_sub((HANDSHAKE + LAST) * count) {
        let chosen = usize::from(random.below_u8(connections));
        let from = if random.one_in(2) { End::Controller } else { End::Switch };
        if let Some(session) = sessions.get_mut(chosen) {
            // Most segments have one message or two.
            let messages = match random.below(100) {
                0..=44 => 1,
                45..=79 => 2,
                80..=91 => 3,
                92..=96 => 4,
                _ => 5,
            };
            let cut = random.one_in(20);
            session.segment(from, messages, cut, &mut random, &mut file)?;
        }
    }
    for session in &mut sessions {
        session.segment(End::Controller, 1, false, &mut random, &mut file)?;
        session.segment(End::Switch, 1, false, &mut random, &mut file)?;
    }
    file.finish()
}

impl Connection {
    fn new(number: u8, random: &mut Random) -> Self {
        let mut side = || Side { seq: random.u32(), ..Side::default() };
        let (controller, switch) = (side(), side());
        Self { number, controller, switch, asked: VecDeque::new(), echo: None, xid: 0 }
    }

    fn open(&mut self, random: &mut Random, file: &mut Savefile) -> anyhow::Result<()> {
        self.send(End::Switch, Tcp::SYN, &[], random, file)?;
        self.switch.seq = self.switch.seq.wrapping_add(1);
        self.send(End::Controller, Tcp::SYN | Tcp::ACK, &[], random, file)?;
        self.controller.seq = self.controller.seq.wrapping_add(1);
        self.send(End::Switch, Tcp::ACK, &[], random, file)
    }

    /// Sends what is left over, and `messages` more; where it is to `cut`, the last of them only
    /// in part.
    fn segment(
        &mut self,
        from: End,
        messages: u32,
        cut: bool,
        random: &mut Random,
        file: &mut Savefile,
    ) -> anyhow::Result<()> {
        let mut last = 0;
        for _ in 0..messages {
            last = self.side(from).queue.len();
            self.message(from, random);
        }
        let queue = &mut self.side(from).queue;
        let mut len = queue.len().min(MSS);
        if cut && last < len {
            let part = u32::try_from(queue.len() - last)?;
            len = len.min(last + 1 + usize::try_from(random.below(part - 1))?);
        }
        let payload: Vec<u8> = queue.drain(..len).collect();
        self.send(from, Tcp::PSH | Tcp::ACK, &payload, random, file)
    }

    /// Queues a message: where something was asked, every other time the answer.
    fn message(&mut self, from: End, random: &mut Random) {
        self.xid += 1;
        let xid = self.xid;
        let answer = random.one_in(2);
        match from {
            End::Controller => {
                let queue = &mut self.controller.queue;
                if let Some(xid) = self.echo.take_if(|_| answer) {
                    put(ECHO_REPLY, xid, &[], queue);
                    return;
                }
                let (kind, stats) = put_from_controller(random, xid, queue);
                if matches!(kind, ECHO_REQUEST | BARRIER_REQUEST | STATS_REQUEST) {
                    self.asked.push_back(Asked { kind, stats, xid });
                }
            }
            End::Switch => {
                let queue = &mut self.switch.queue;
                let asked = if answer { self.asked.pop_front() } else { None };
                match asked {
                    Some(Asked { kind: STATS_REQUEST, stats, xid }) => {
                        put_stats_reply(random, stats, xid, queue);
                    }
                    Some(Asked { kind: BARRIER_REQUEST, xid, .. }) => {
                        put(BARRIER_REPLY, xid, &[], queue);
                    }
                    Some(Asked { xid, .. }) => put(ECHO_REPLY, xid, &[], queue),
                    None => {
                        if put_from_switch(random, xid, queue) == ECHO_REQUEST {
                            self.echo = Some(xid);
                        }
                    }
                }
            }
        }
    }

    fn side(&mut self, from: End) -> &mut Side {
        match from {
            End::Controller => &mut self.controller,
            End::Switch => &mut self.switch,
        }
    }

    fn send(
        &mut self,
        from: End,
        flags: u8,
        payload: &[u8],
        random: &mut Random,
        file: &mut Savefile,
    ) -> anyhow::Result<()> {
        let later = 1 + random.below(20);
        let address = [10, 0, 0, 100 + self.number];
        let port = EPHEMERAL + 1_000 * u16::from(self.number);
        let now = u32::try_from(file.milliseconds())?;
        let ((src_mac, src, src_port), (dst_mac, dst, dst_port)) = {
            let controller = (mac(0xc0), CONTROLLER, CONTROLLER_PORT);
            let switch = (mac(u32::from(self.number)), address, port);
            match from {
                End::Controller => (controller, switch),
                End::Switch => (switch, controller),
            }
        };
        let other = match from {
            End::Controller => End::Switch,
            End::Switch => End::Controller,
        };
        let acknowledges = flags & Tcp::ACK != 0;
        let ack = if acknowledges { self.side(other).seq } else { 0 };
        let side = self.side(from);
        let ip = Ipv4 {
            tos: 0,
            id: side.ip_id,
            fragment: Ipv4::DONT_FRAGMENT,
            protocol: TCP,
            src,
            dst,
            payload_len: Tcp::LEN + len_u16(payload),
        };
        let times = [now, if acknowledges { now } else { 0 }];
        let tcp = Tcp { src: src_port, dst: dst_port, seq: side.seq, ack, flags, times };
        side.seq = side.seq.wrapping_add(u32::try_from(payload.len())?);
        side.ip_id = side.ip_id.wrapping_add(1);
        let mut frame = Vec::with_capacity(usize::from(ETHERNET_LEN + 20 + Tcp::LEN) + MSS);
        put_ethernet(dst_mac, src_mac, &mut frame);
        ip.put(&mut frame);
        tcp.put(&ip, payload, &mut frame);
        file.frame(later, &frame, u32::try_from(frame.len())?)
    }
}
