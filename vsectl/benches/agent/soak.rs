//! A hundred clients at once, forty of which mean ill: the honest ones must be served, memory must
//! stay bounded, and nothing that was acknowledged may be lost. Whatever is not so ends the program
//! with an error.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use codec::of10::{Body, Echo, FlowMod, FlowModCommand, MessageType};

use super::changes::entry;
use super::running::{Messages, Running, encoded, greet};

const HONEST: u32 = 60;
const OTHERS: u32 = 40;
/// Entries that each honest client keeps.
const OWN: u32 = 50;
/// What all of them may cost: 1 MiB of answers for each client, and the tables.
const MEMORY: u64 = 160 << 20;
/// The longest that an honest client may wait for an answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What came of it.
#[derive(Debug, Default)]
struct Tally {
    is_over: AtomicBool,
    /// Changes that were acknowledged.
    acknowledged: AtomicU64,
    /// Connections of those who mean ill.
    attacks: AtomicU64,
    /// The longest wait of an honest client, in nanoseconds.
    longest: AtomicU64,
}

impl Tally {
    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }
}

pub(crate) fn run(time: Duration) {
    let agent = Running::start(&["--handshake-timeout", "2"]);
    let tally = Tally::default();
    let mut most = 0;
    std::thread::scope(|scope| {
        let (agent, tally) = (&agent, &tally);
        let honest: Vec<_> =
            (0..HONEST).map(|client| scope.spawn(move || honest(agent, client, tally))).collect();
        for other in 0..OTHERS {
            scope.spawn(move || other_client(agent, other, tally));
        }
        let begun = Instant::now();
        while begun.elapsed() < time && honest.iter().all(|client| !client.is_finished()) {
            std::thread::sleep(Duration::from_millis(100).min(time));
            most = most.max(agent.memory());
        }
        tally.is_over.store(true, Ordering::Relaxed);
        for client in honest {
            client.join().expect("an honest client was served");
        }
    });
    let expected = HONEST * OWN;
    let left = count_of_entries(&agent);
    println!("{HONEST} honest clients beside {OTHERS} others for {time:?}");
    println!("acknowledged changes          {}", tally.acknowledged.into_inner());
    println!("connections of the others     {}", tally.attacks.into_inner());
    let longest = Duration::from_nanos(tally.longest.into_inner());
    println!("longest wait for an answer    {longest:.1?}");
    println!("most memory of the agent      {:.1} MB", most as f64 / 1e6);
    println!("entries at the end            {left} of {expected}");
    assert_eq!(left, expected, "entries are lost");
    assert!(longest < PATIENCE, "an honest client had to wait");
    assert!(most < MEMORY, "the agent's memory is not bounded");
}

/// Adds its entries, deletes one and adds it again, over and over; every change is acknowledged.
fn honest(agent: &Running, client: u32, tally: &Tally) {
    let mut stream = agent.connect().expect("the agent listens");
    stream.set_read_timeout(Some(PATIENCE * 5)).expect("a socket");
    let mut messages = Messages::of(stream.try_clone().expect("a socket"));
    greet(&mut stream, &mut messages).expect("the agent speaks");
    let own = |number: u32| FlowMod { priority: 7, ..entry(client * OWN + number) };
    let mut change = |flow: FlowMod| {
        let mut bytes = encoded(1, Body::FlowMod(flow));
        bytes.extend(encoded(2, Body::BarrierRequest));
        let begun = Instant::now();
        stream.write_all(&bytes).expect("the agent reads");
        loop {
            let answer = messages.next().expect("the agent answers");
            let kind = answer.get(1).copied().map(MessageType::from);
            match kind {
                Some(MessageType::BarrierReply) => break,
                Some(MessageType::EchoRequest) => {}
                _ => panic!("a change of an honest client was refused: {answer:?}"),
            }
        }
        let waited = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        tally.longest.fetch_max(waited, Ordering::Relaxed);
        tally.acknowledged.fetch_add(1, Ordering::Relaxed);
    };
    for number in 0..OWN {
        change(own(number));
    }
    let mut number = 0;
    while tally.goes_on() {
        let command = FlowModCommand::DeleteStrict;
        change(FlowMod { command, actions: Vec::new(), ..own(number) });
        change(own(number));
        number = (number + 1) % OWN;
    }
}

/// One that means ill, connecting again whenever it was cut off.
fn other_client(agent: &Running, other: u32, tally: &Tally) {
    while tally.goes_on() {
        // As many as may be are there already, or it was cut off while it wrote: both are right.
        drop(attack(agent, other, tally));
        tally.attacks.fetch_add(1, Ordering::Relaxed);
    }
}

fn attack(agent: &Running, other: u32, tally: &Tally) -> std::io::Result<()> {
    let mut stream = agent.connect()?;
    stream.set_write_timeout(Some(Duration::from_millis(200)))?;
    stream.set_read_timeout(Some(Duration::from_millis(200)))?;
    let hello = encoded(0, Body::Hello(codec::of10::Hello::default()));
    match other % 5 {
        // Garbage, without end.
        0 => loop_while(tally, || stream.write_all(&[0xff; 4096])),
        // Half a message, and nothing more until it is cut off.
        1 => {
            stream.write_all(&hello)?;
            stream.write_all(&[1, 14, 0, 80, 0, 0, 0, 1, 0])?;
            until_closed(&mut stream, tally)
        }
        // Lengths that no message has.
        2 => {
            stream.write_all(&hello)?;
            loop_while(tally, || stream.write_all(&[1, 14, 0, 3, 0, 0, 0, 1]))
        }
        // Asks without end and never reads.
        3 => {
            stream.write_all(&hello)?;
            let echo = encoded(3, Body::EchoRequest(Echo { data: vec![7; 60_000].into() }));
            loop_while(tally, || stream.write_all(&echo))
        }
        // Says nothing at all.
        _ => until_closed(&mut stream, tally),
    }
}

fn loop_while(tally: &Tally, mut act: impl FnMut() -> std::io::Result<()>) -> std::io::Result<()> {
    while tally.goes_on() {
        act()?;
    }
    Ok(())
}

fn until_closed(stream: &mut UnixStream, tally: &Tally) -> std::io::Result<()> {
    let mut block = [0; 4096];
    while tally.goes_on() {
        match stream.read(&mut block) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn count_of_entries(agent: &Running) -> u32 {
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_vsectl"))
        .args(["--agent", &agent.target(), "flow", "list", "--no-stats", "-o", "ofctl"])
        .output()
        .expect("vsectl runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let lines = String::from_utf8(ran.stdout).expect("flows are text").lines().count();
    u32::try_from(lines).expect("few")
}
