//! Netlink messages, commands and acknowledgements from anywhere.
#![no_main]

use codec::netlink::{Ack, Command, NetlinkFlags, NetlinkMessage};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok((message, _)) = NetlinkMessage::decode(bytes) else { return };
    let _ = Ack::parse(&message);
    let Ok(command) = Command::parse(&message.payload) else { return };
    let again = command.message(NetlinkFlags::empty(), 0, 0).expect("what was decoded");
    assert_eq!(again.payload[..message.payload.len()], message.payload[..]);
    serde_json::to_string(&command.object).expect("an object has a JSON form");
});
