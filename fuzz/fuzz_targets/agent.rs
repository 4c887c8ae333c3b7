//! What a client of the agent sends, from the socket to the tables.
#![no_main]

use codec::of10::{Body, Hello, Message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    agent::server::fuzzing::connection(bytes);
    // Behind a HELLO, which the fuzzer need not find first.
    let mut input = Vec::new();
    Message::new(0, Body::Hello(Hello::default())).encode(&mut input).expect("a HELLO");
    input.extend_from_slice(bytes);
    agent::server::fuzzing::connection(&input);
});
