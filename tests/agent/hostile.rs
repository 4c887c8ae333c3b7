//! Clients that mean ill, or do not care: the honest ones are served all the same.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use codec::of10::{Body, Message};

use crate::client::{Client, flow};
use crate::world::{Agent, Scratch};

/// Memory that 60 such clients may cost.
const MEMORY: u64 = 64 << 20;

#[test]
fn honest_clients_are_served_beside_the_others() {
    let dir = Scratch::new();
    let agent = Agent::start(&dir, &[]);
    let before = agent.memory();
    let mut echo = Vec::new();
    let body = Body::EchoRequest(codec::of10::Echo { data: vec![7; 60_000].into() });
    Message::new(1, body).encode(&mut echo).expect("a message");
    let mut bad = Vec::new();
    for number in 0..60_usize {
        let mut stream = UnixStream::connect(dir.socket()).expect("the agent listens");
        stream.set_nonblocking(true).expect("a socket");
        // It may be cut off while it writes.
        drop(match number % 4 {
            // Garbage.
            0 => stream.write(&[0xff; 4096]),
            // Half a message, and nothing more.
            1 => stream.write(&[1, 0, 0, 8, 0, 0, 0, 1, 1, 14, 0, 80, 0]),
            // A length that no message has.
            2 => stream.write(&[1, 0, 0, 8, 0, 0, 0, 1, 1, 14, 0, 3, 0, 0, 0, 0]),
            // Asks without end and never reads.
            _ => stream.write(&[1, 0, 0, 8, 0, 0, 0, 1]).map(|_| {
                (0..64).take_while(|_| stream.write(&echo).is_ok_and(|n| n == echo.len())).count()
            }),
        });
        bad.push(stream);
    }
    let begun = Instant::now();
    for number in 0..200_u16 {
        let mut client = Client::connect(&dir.socket());
        let text = format!("udp,tp_dst={number},actions=set_irq_core:auto");
        assert!(client.ask(&flow(&text)).is_empty());
    }
    assert_eq!(Client::connect(&dir.socket()).flows().len(), 200);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    let grown = agent.memory().saturating_sub(before);
    assert!(grown < MEMORY, "the agent has grown by {grown} bytes");
}
