//! A netlink client that knows the family by its YNL specification alone, codec/vse.yaml, and netlink
//! by the netlink-packet crates: it shares no code with the agent, and understands what it says.

use std::collections::BTreeMap;

use netlink_packet_core::{
    DefaultNla, Emitable, NLM_F_ACK, NLM_F_DUMP, NLM_F_MULTIPART, NLM_F_REQUEST, NetlinkBuffer,
    NetlinkHeader, NlaBuffer, NlasIterator, Parseable,
};
use netlink_sys::protocols::NETLINK_USERSOCK;
use netlink_sys::{Socket, SocketAddr};
use serde_yaml_ng::Value;

use crate::commands::{done, netlink_target};
use crate::world::{Agent, Scratch};

/// Message types of netlink itself: netlink(7).
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// Attributes of an extended acknowledgement, and its flag: linux/netlink.h.
const ATTR_MSG: u16 = 1;
const F_ACK_TLVS: u16 = 0x200;
const F_CAPPED: u16 = 0x100;
const HEADER: usize = 16;

/// An object by the names of its attributes; numbers, texts, or bytes in hex.
type Object = BTreeMap<String, String>;

struct Ynl {
    specification: Value,
    socket: Socket,
    seq: u32,
}

impl Ynl {
    fn connect(port: u32) -> Self {
        let text = include_str!("../../codec/vse.yaml");
        let mut socket = Socket::new(NETLINK_USERSOCK).expect("netlink is there");
        socket.bind_auto().expect("a port is free");
        socket.connect(&SocketAddr::new(port, 0)).expect("the agent listens");
        Self { specification: serde_yaml_ng::from_str(text).expect("YAML"), socket, seq: 0 }
    }

    fn operation(&self, name: &str) -> &Value {
        let list = self.specification["operations"]["list"].as_sequence().expect("operations");
        list.iter().find(|operation| operation["name"] == name).expect("it is specified")
    }

    /// The attributes of an operation's objects: name and type, in the order of their numbers from 1.
    fn attributes(&self, operation: &str) -> Vec<(String, String)> {
        let set = &self.operation(operation)["attribute-set"];
        let sets = self.specification["attribute-sets"].as_sequence().expect("sets");
        let set = sets.iter().find(|known| &known["name"] == set).expect("it is specified");
        let word = |attribute: &Value, key: &str| attribute[key].as_str().expect("text").to_owned();
        let attributes = set["attributes"].as_sequence().expect("attributes");
        attributes.iter().map(|one| (word(one, "name"), word(one, "type"))).collect()
    }

    fn send(&mut self, operation: &str, mode: &str, flags: u16, object: &[(&str, u64)]) {
        let value = self.operation(operation)[mode]["request"]["value"].as_u64();
        let value = u16::try_from(value.expect("a request")).expect("a type");
        let attributes = self.attributes(operation);
        let mut payload = vec![u8::try_from(value - 16).expect("a command"), 1, 0, 0];
        for (name, number) in object {
            let at = attributes.iter().position(|(known, _)| known == name).expect("specified");
            let bytes = number.to_le_bytes();
            let width = match attributes[at].1.as_str() {
                "u8" => 1,
                "u16" => 2,
                "u32" => 4,
                _ => 8,
            };
            let nla = DefaultNla::new(u16::try_from(at + 1).expect("few"), bytes[..width].to_vec());
            let begin = payload.len();
            payload.resize(begin + nla.buffer_len(), 0);
            nla.emit(&mut payload[begin..]);
        }
        self.seq += 1;
        let mut header = NetlinkHeader::default();
        header.length = u32::try_from(HEADER + payload.len()).expect("short");
        header.message_type = value;
        header.flags = NLM_F_REQUEST | flags;
        header.sequence_number = self.seq;
        let mut message = vec![0; HEADER];
        header.emit(&mut message);
        message.extend(payload);
        self.socket.send(&message, 0).expect("the agent listens");
    }

    /// The messages of the answer: header and payload, up to what ends it.
    fn answer(&self) -> Vec<(NetlinkHeader, Vec<u8>)> {
        let mut messages = Vec::new();
        loop {
            let (datagram, _) = self.socket.recv_from_full().expect("the agent answers");
            let mut rest = datagram.as_slice();
            while !rest.is_empty() {
                let buffer = NetlinkBuffer::new_checked(rest);
                let header = NetlinkHeader::parse(&buffer.expect("a message")).expect("a header");
                assert_eq!(header.sequence_number, self.seq);
                let len = usize::try_from(header.length).expect("short");
                let payload = rest[HEADER..len].to_vec();
                rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
                let ends = header.message_type == DONE
                    || header.message_type == ERROR
                    || header.flags & NLM_F_MULTIPART == 0;
                messages.push((header, payload));
                if ends {
                    assert!(rest.is_empty(), "something follows the end");
                    return messages;
                }
            }
        }
    }

    /// Asks for all objects.
    fn dump(&mut self, operation: &str) -> Vec<Object> {
        self.send(operation, "dump", NLM_F_DUMP, &[]);
        let reply = self.operation(operation)["dump"]["reply"]["value"].as_u64().expect("a reply");
        let mut messages = self.answer();
        let (last, result) = messages.pop().expect("an end");
        assert_eq!(last.message_type, DONE);
        assert_eq!(result, [0; 4]);
        let objects = messages.iter().map(|(header, payload)| {
            assert_eq!(u64::from(header.message_type), reply);
            self.object(operation, payload)
        });
        objects.collect()
    }

    fn object(&self, operation: &str, payload: &[u8]) -> Object {
        let attributes = self.attributes(operation);
        let mut object = Object::new();
        for nla in NlasIterator::new(&payload[4..]) {
            let nla: NlaBuffer<&[u8]> = nla.expect("an attribute");
            let (name, kind) = &attributes[usize::from(nla.kind() & 0x3fff) - 1];
            let bytes = nla.value();
            let width = match kind.as_str() {
                "u8" => Some(1),
                "u16" => Some(2),
                "u32" => Some(4),
                "u64" => Some(8),
                _ => None,
            };
            let value = match (kind.as_str(), width) {
                (_, Some(width)) => {
                    assert_eq!(bytes.len(), width, "{name}");
                    let number = bytes.iter().rev().fold(0, |sum, b| sum << 8 | u64::from(*b));
                    number.to_string()
                }
                ("string", _) => {
                    let text = bytes.strip_suffix(&[0]).unwrap_or(bytes);
                    String::from_utf8(text.to_vec()).expect("a text")
                }
                _ => bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")),
            };
            object.insert(name.clone(), value);
        }
        object
    }

    /// Has something done: the error number, and the words of the extended acknowledgement.
    fn change(&mut self, operation: &str, object: &[(&str, u64)]) -> (i32, Option<String>) {
        self.send(operation, "do", NLM_F_ACK, object);
        let (header, payload) = self.answer().pop().expect("an acknowledgement");
        assert_eq!(header.message_type, ERROR);
        let (errno, rest) = payload.split_first_chunk::<4>().expect("an error number");
        let errno = i32::from_ne_bytes(*errno);
        if header.flags & F_ACK_TLVS == 0 {
            return (errno, None);
        }
        // Behind the header of the request, or the whole of it where that was refused.
        let request = NetlinkHeader::parse(&NetlinkBuffer::new_checked(rest).expect("the request"));
        let len = usize::try_from(request.expect("its header").length).expect("short");
        let capped = errno == 0 || header.flags & F_CAPPED != 0;
        let skip = if capped { HEADER } else { len.next_multiple_of(4) };
        let words = NlasIterator::new(&rest[skip..]).flatten().find_map(|nla: NlaBuffer<&[u8]>| {
            let text = nla.value().strip_suffix(&[0]).unwrap_or(nla.value()).to_vec();
            (nla.kind() == ATTR_MSG).then(|| String::from_utf8(text).expect("a text"))
        });
        (errno, words)
    }
}

#[test]
fn a_client_of_the_specification() {
    let dir = Scratch::new();
    let netlink = netlink_target();
    let _agent = Agent::start(&dir, &["--listen", &netlink]);
    let port = netlink.strip_prefix("netlink:").and_then(|port| port.parse().ok());
    let mut ynl = Ynl::connect(port.expect("a port"));
    let target = dir.target();
    done(&target, &["vm", "add", "5", "--core", "0", "--name", "web"]);
    for priority in [10, 110, 210] {
        let flow = format!("priority={priority},cookie=0x2a,udp,actions=set_irq_core:0");
        done(&target, &["flow", "add", &flow]);
    }
    // Dumps hold what the command line shows.
    let flows = ynl.dump("flow-get");
    let priorities: Vec<&str> = flows.iter().map(|flow| flow["priority"].as_str()).collect();
    assert_eq!(priorities, ["210", "110", "10"]);
    assert!(flows.iter().all(|flow| flow["cookie"] == "42" && flow["match"].len() == 80));
    let vms = ynl.dump("vm-get");
    assert_eq!((vms.len(), vms[0]["name"].as_str()), (1, "web"));
    let cores = ynl.dump("core-get");
    assert_eq!(cores.len(), agent::host::cores().expect("the kernel tells").len());
    // A change is acknowledged, and in force; a refused one says why, and changes nothing.
    assert_eq!(ynl.change("config-set", &[("high-load", 777)]).0, 0);
    assert!(done(&target, &["config", "get"]).contains("high_load=777"));
    let (errno, words) = ynl.change("config-set", &[("high-load", 7777)]);
    assert!(errno < 0, "{errno}");
    assert!(words.is_some_and(|words| words.contains("1000")));
    let (errno, words) = ynl.change("core-set", &[("id", 4000), ("flags", 0)]);
    assert!(errno < 0 && words.is_some_and(|words| words.contains("4000")), "{errno}");
    assert!(done(&target, &["config", "get"]).contains("high_load=777"));
}
