//! The proxy in one session: how much it passes on, how long it takes for it, and how fast it has
//! changes done. It is kept on one core, as it is one thread; the switch and the controller are
//! threads of the benchmark.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use codec::of10::{Body, BufferId, Echo, Message, MessageType, PacketIn, PacketInReason, PortNo};
use codec::proxy::bare;
use codec::text::Flow;
use codec::types::{Bytes, Pad};

use crate::changes::{Carriage, add_over, is_acknowledgement};
use crate::running::{Messages, Running, busy, encoded};

/// Messages that pass through in one go.
const MESSAGES: u32 = 1_000_000;
/// Questions of which each waits for the answer to the one before.
const QUESTIONS: usize = 20_000;
/// Changes that are acknowledged.
const CHANGES: u32 = 100_000;
/// Bytes before the data of a PACKET_IN.
const PACKET_IN_LEN: usize = 18;

/// A session through a proxy.
struct Session {
    switch: UnixStream,
    controller: UnixStream,
    proxy: Child,
}

impl Session {
    fn new(agent: &Running) -> Self {
        let controller = UnixListener::bind(agent.path("controller")).expect("a scratch folder");
        let place = |name: &str| format!("unix:{}", agent.path(name).display());
        let proxy = Command::new("taskset")
            .args(["--cpu-list", "0", env!("CARGO_BIN_EXE_vsectl")])
            .args(["--agent", &agent.target(), "proxy", "run", "--log", "error"])
            .args(["--switch", &format!("p{}", place("switch"))])
            .args(["--controller", &place("controller")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("taskset is installed");
        let begun = Instant::now();
        let switch = loop {
            match UnixStream::connect(agent.path("switch")) {
                Ok(switch) => break switch,
                Err(_) => std::thread::yield_now(),
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "the proxy does not start");
        };
        let (controller, _) = controller.accept().expect("the proxy connects");
        Self { switch, controller, proxy }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.proxy.kill());
        drop(self.proxy.wait());
    }
}

pub(crate) fn run() {
    let agent = Running::start(&[]);
    let mut session = Session::new(&agent);
    let Session { switch, controller, proxy } = &mut session;

    let up = packet_in();
    let flow: Flow =
        "priority=9,udp,nw_dst=10.0.0.1,tp_dst=53,actions=output:2".parse().expect("one");
    let down = encoded(1, flow.to_body());
    println!("{MESSAGES} messages through one session, the proxy on one core");
    for (words, message, from, to) in [
        (format!("PACKET_IN of {} bytes", up.len()), &up, &*switch, &*controller),
        (format!("FLOW_MOD of {} bytes", down.len()), &down, &*controller, &*switch),
    ] {
        let before = busy(proxy);
        let seconds = pass(message, from, to);
        let busy = busy(proxy).saturating_sub(before).as_secs_f64();
        let [rate, core] = [seconds, busy].map(|seconds| f64::from(MESSAGES) / seconds);
        println!("  {words:<24} {rate:>9.0} a second, {core:>9.0} a second of the proxy's core");
    }

    let (mut near, mut far) = UnixStream::pair().expect("sockets");
    let direct = round_trips(&mut near, &mut far);
    let proxied = round_trips(controller, switch);
    let [direct, proxied] = [direct, proxied].map(|times| times.get(times.len() / 2).copied());
    let (direct, proxied) = direct.zip(proxied).expect("there are some");
    let added = proxied.saturating_sub(direct);
    println!(
        "median of {QUESTIONS} questions and answers: {proxied:.1?}, {direct:.1?} without the proxy; \
         added: {added:.1?}, {:.1?} each way",
        added / 2
    );

    println!("acknowledged changes inside of PACKET_OUTs, {CHANGES} a line");
    let carriage = Carriage {
        wrap: in_packet_out,
        is_acknowledgement: |message| {
            message.get(1).copied().map(MessageType::from) == Some(MessageType::PacketIn)
                && message.get(PACKET_IN_LEN..).is_some_and(is_acknowledgement)
        },
    };
    let alive = switch.try_clone().expect("a socket");
    std::thread::spawn(move || answer_probes(alive));
    let stream = || controller.try_clone().expect("a socket");
    let mut messages = Messages::of(stream());
    for (words, window, per_barrier) in [
        ("a barrier each, 64 under way", 64, 1),
        ("a barrier for 64, two windows under way", 2, 64),
    ] {
        let seconds = add_over(stream(), &mut messages, &carriage, CHANGES, window, per_barrier);
        println!("  {words:<40} {:>9.0} a second", f64::from(CHANGES) / seconds);
    }
}

/// Answers the proxy, which asks a silent switch whether it lives, until the session ends.
fn answer_probes(mut switch: UnixStream) {
    let mut messages = Messages::of(switch.try_clone().expect("a socket"));
    while let Ok(probe) = messages.next() {
        let Some((head, rest)) = probe.split_first_chunk::<2>() else { return };
        let answer = [&[head[0], MessageType::EchoReply.into()], rest].concat();
        if switch.write_all(&answer).is_err() {
            return;
        }
    }
}

/// Seconds until all messages have come through.
fn pass(message: &[u8], from: &UnixStream, mut to: &UnixStream) -> f64 {
    // As a busy peer writes: many at a time.
    let burst = message.repeat(64);
    let all = u64::from(MESSAGES / 64) * u64::try_from(burst.len()).expect("it is short");
    let begun = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut from = from;
            (0..MESSAGES / 64).for_each(|_| from.write_all(&burst).expect("it is taken"));
        });
        let (mut left, mut room) = (all, vec![0; 256 << 10]);
        while left > 0 {
            let read = to.read(&mut room).expect("it comes");
            assert!(read > 0, "the session ended");
            left -= u64::try_from(read).expect("it is short");
        }
    });
    begun.elapsed().as_secs_f64()
}

/// How long each question took to its answer, the shortest first.
fn round_trips(asks: &mut UnixStream, answers: &mut UnixStream) -> Vec<Duration> {
    let question = encoded(7, Body::EchoRequest(Echo::default()));
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut message = [0; 8];
            for _ in 0..QUESTIONS {
                answers.read_exact(&mut message).expect("a question comes");
                message[1] = MessageType::EchoReply.into();
                answers.write_all(&message).expect("it is taken");
            }
        });
        let mut answer = [0; 8];
        (0..QUESTIONS)
            .map(|_| {
                let begun = Instant::now();
                asks.write_all(&question).expect("it is taken");
                asks.read_exact(&mut answer).expect("an answer comes");
                begun.elapsed()
            })
            .collect()
    });
    times.sort_unstable();
    times
}

/// What a switch sends for a packet that it knows no flow for.
fn packet_in() -> Vec<u8> {
    let data = vec![0; 64];
    let packet_in = PacketIn {
        buffer_id: BufferId::NONE,
        total_len: 64,
        in_port: PortNo(1),
        reason: PacketInReason::NoMatch,
        pad: Pad::default(),
        data: Bytes(data),
    };
    encoded(0, Body::PacketIn(packet_in))
}

fn in_packet_out(message: &[u8]) -> Vec<u8> {
    let (message, _) = Message::decode(message).expect("OpenFlow");
    encoded(message.xid, Body::PacketOut(bare::wrap(&message).expect("it fits")))
}
