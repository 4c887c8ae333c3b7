//! The way in for the fuzzer: a connection as the event loop serves it, without the loop.
#![allow(clippy::expect_used, reason = "what the fuzzer must not find has to stop it")]

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream as StdStream;
use std::time::Duration;

use codec::of10::Message;
use codec::vse::Core;
use mio::net::UnixStream;

use super::access::Access;
use super::config::AgentConfig;
use super::connection::{Connection, Stream};
use super::host::Host;
use super::service::Service;
use crate::datapath::NoDatapath;
use crate::engine::{CoreInfo, Engine, Settings, Time};

/// Serves a client that sends `input` and then nothing more, and checks what it is answered: whole
/// messages, in bounds.
pub fn connection(input: &[u8]) {
    let limits = AgentConfig::default().limits;
    let settings = Settings { max_flows: 64, max_vms: 8, seen_flows: 0, ..Settings::default() };
    let engine = Engine::new(settings, (0..2).map(|core| CoreInfo::new(Core(core))));
    let mut service =
        Service::new(engine, Box::new(NoDatapath), None, Host::unknown(), Time::from_secs(1));
    let (own, mut client) = StdStream::pair().expect("sockets");
    for end in [&own, &client] {
        end.set_nonblocking(true).expect("a socket");
    }
    let stream = Stream::Unix(UnixStream::from_std(own));
    let mut connection = Connection::new(stream, "fuzzer".to_owned(), Access::Change, service.now);
    let (mut rest, mut answers) = (input, Vec::new());
    for _ in 0..256 {
        // A connection begins without a right to messages: the limit gives it with time.
        service.now = service.now + Duration::from_millis(100);
        service.advance();
        match client.write(rest) {
            Ok(n) => rest = rest.get(n..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
        connection.ready(true, true);
        let turned = connection.turn(&mut service, &limits);
        let told = service.settle().expect("there is no state to be lost");
        let served = turned
            .and_then(|()| told.iter().try_for_each(|event| connection.event(event, &limits)))
            .and_then(|()| connection.flush(service.now));
        let mut block = [0; 16_384];
        while let Ok(n @ 1..) = client.read(&mut block) {
            answers.extend_from_slice(block.get(..n).unwrap_or_default());
        }
        let later = service.now + Duration::from_secs(1);
        if served.is_err() || (rest.is_empty() && !connection.is_busy(&limits, later)) {
            break;
        }
    }
    let mut rest = answers.as_slice();
    while !rest.is_empty() {
        // What does not go out in one piece is the end of a connection that was cut off.
        let Ok((_, after)) = Message::decode(rest) else {
            let error = Message::decode(rest).expect_err("it was none a moment ago");
            assert!(error.is_incomplete(), "the agent answers with what is no message: {error}");
            break;
        };
        rest = after;
    }
    let engine = &service.engine;
    assert!(engine.flow_count() <= 64);
    for core in engine.cores().iter() {
        let own = engine.flows().filter(|flow| flow.assignment.core == core.info.core).count();
        assert_eq!(u32::try_from(own), Ok(core.n_flows), "the entries of {}", core.info.core);
    }
}
