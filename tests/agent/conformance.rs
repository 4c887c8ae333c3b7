//! A session of OpenFlow 1.0 with an unmodified Open vSwitch, once without the proxy and once through
//! it, for a controller that never speaks VSE: every byte is the same.
//!
//! Each time the switch is a new one with the same datapath id and addresses, and its clock stands
//! still, so that what it tells of itself is equal, durations included; transaction ids are the
//! script's. A tap between the switch and what is there beside it has the bytes of both directions.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use codec::of10::{Body, Message};
use serde_json::json;

use crate::dummy_switch::DummySwitch;
use crate::proxied::receive;
use crate::world::{Agent, Proxy, Scratch};

/// What was said, as bytes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    to_switch: Vec<u8>,
    from_switch: Vec<u8>,
}

/// Passes on what two streams say, until both have ended; what that was.
struct Tap(JoinHandle<Said>);

impl Tap {
    /// Between who connects to `listener`, the switch, and who listens at `peer`.
    fn new(listener: UnixListener, peer: &std::path::Path) -> Self {
        let peer = peer.to_owned();
        Self(spawn(move || {
            let (switch, _) = listener.accept().expect("the switch connects");
            let beside = UnixStream::connect(peer).expect("somebody listens");
            let both = |stream: &UnixStream| stream.try_clone().expect("a socket");
            let (from, to) = (both(&switch), both(&beside));
            let up = spawn(move || passed_on(from, to));
            let to_switch = passed_on(beside, switch);
            Said { to_switch, from_switch: up.join().expect("it is passed on") }
        }))
    }
}

fn passed_on(mut from: UnixStream, mut to: UnixStream) -> Vec<u8> {
    let (mut all, mut piece) = (Vec::new(), vec![0; 4096]);
    while let Ok(len @ 1..) = from.read(&mut piece) {
        all.extend_from_slice(&piece[..len]);
        if to.write_all(&piece[..len]).is_err() {
            break;
        }
    }
    // Who is left is to see the end.
    drop(to.shutdown(std::net::Shutdown::Both));
    all
}

/// What the controller says, step by step.
fn script() -> Vec<Vec<u8>> {
    let flow = |command: &str, text: &str| {
        let command = match command {
            "add" => codec::of10::FlowModCommand::Add,
            "modify" => codec::of10::FlowModCommand::Modify,
            "modify_strict" => codec::of10::FlowModCommand::ModifyStrict,
            "delete" => codec::of10::FlowModCommand::Delete,
            _ => codec::of10::FlowModCommand::DeleteStrict,
        };
        let options =
            codec::text::Options { command: Some(command), ..codec::text::Options::default() };
        codec::text::Flow::parse(text, options).expect("a flow").0.to_body()
    };
    let message = |kind: &str, body: serde_json::Value| -> Body {
        let json = json!({"type": kind, "xid": 0, "body": body});
        serde_json::from_value::<Message>(json).expect("a message").body
    };
    let empty = || json!({});
    let bodies = [
        message("features_request", empty()),
        message("echo_request", json!({"data": "00ff10"})),
        message("get_config_request", empty()),
        message("set_config", json!({"flags": "normal", "miss_send_len": 128})),
        message("get_config_request", empty()),
        flow("add", "priority=9,ip,nw_dst=10.0.0.1,idle_timeout=60,actions=mod_nw_tos:40,output:2"),
        flow(
            "add",
            "priority=8,in_port=1,dl_vlan=7,cookie=5,send_flow_rem,actions=strip_vlan,output:2",
        ),
        flow("add", "priority=7,tcp,tp_dst=80,actions=enqueue:2:1"),
        // An overlap, and an action that OpenFlow 1.0 has not: errors.
        flow("add", "priority=9,check_overlap,ip,actions=output:1"),
        flow("add", "priority=6,ip,actions=output:65280"),
        flow("modify", "tcp,actions=output:1"),
        flow("modify_strict", "priority=9,ip,nw_dst=10.0.0.1,actions=output:1"),
        message("barrier_request", empty()),
        flow("delete_strict", "priority=8,in_port=1,dl_vlan=7"),
        flow("delete", "priority=0"),
    ];
    let mut steps: Vec<Vec<u8>> = (100..)
        .zip(bodies)
        .map(|(xid, body)| {
            let mut bytes = Vec::new();
            Message::new(xid, body).encode(&mut bytes).expect("it has a wire form");
            bytes
        })
        .collect();
    // What no encoder of ours makes: every type of statistics by its number, a role request of
    // Nicira's, an unknown vendor, a queue request, unknown types and a wrong length.
    let raw = |r#type: u8, xid: u32, body: &[u8]| {
        let len = u16::try_from(8 + body.len()).expect("it is short");
        [&[1, r#type], &len.to_be_bytes()[..], &xid.to_be_bytes(), body].concat()
    };
    let mut all_flows = vec![0; 44];
    all_flows[..4].copy_from_slice(&0x003f_ffff_u32.to_be_bytes());
    (all_flows[40], all_flows[42], all_flows[43]) = (0xff, 0xff, 0xff);
    let at = steps.len() - 2;
    let more = [
        raw(16, 16, &[0, 0, 0, 0]),
        raw(16, 1, &[&[0, 1, 0, 0][..], &all_flows].concat()),
        raw(16, 2, &[&[0, 2, 0, 0][..], &all_flows].concat()),
        raw(16, 3, &[0, 3, 0, 0]),
        raw(16, 4, &[0, 4, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0]),
        raw(16, 5, &[0, 5, 0, 0, 0xff, 0xfc, 0, 0, 0xff, 0xff, 0xff, 0xff]),
        raw(16, 6, &[0xff, 0xff, 0, 0, 0, 0, 0x23, 0x20, 0, 0, 0, 0, 0, 0, 0, 0]),
        raw(16, 7, &[0, 99, 0, 0]),
        raw(4, 8, &[0, 0, 0x23, 0x20, 0, 0, 0, 10, 0, 0, 0, 1]),
        raw(4, 9, &[0, 0x12, 0x34, 0x56, 1, 2, 3, 4]),
        raw(20, 10, &[0, 1, 0, 0]),
        // PACKET_OUTs: to a port, and to the controller itself, which makes a PACKET_IN.
        raw(13, 11, &[&[0xff; 6][..], &[0, 8, 0, 0, 0, 8, 0, 2, 0, 0], &[2; 60]].concat()),
        raw(
            13,
            12,
            &[&[0xff; 6][..], &[0, 8, 0, 0, 0, 8, 0xff, 0xfd, 0xff, 0xff], &[2; 60]].concat(),
        ),
        raw(99, 13, &[1, 2, 3]),
        raw(10, 14, &[1, 2, 3]),
        raw(14, 15, &[0; 20]),
    ];
    steps.splice(at..at, more);
    steps
}

/// The controller: says the script, and after each step waits until the switch has done it.
fn play(listener: &UnixListener, switch: &DummySwitch) -> Said {
    let (mut stream, _) = listener.accept().expect("somebody connects");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    let mut said = Said::default();
    let hear = |stream: &mut UnixStream, said: &mut Said| -> Message {
        let message = receive(stream);
        message.encode(&mut said.from_switch).expect("it came as bytes");
        message
    };
    let say = |stream: &mut UnixStream, said: &mut Said, bytes: &[u8]| {
        stream.write_all(bytes).expect("it is taken");
        said.to_switch.extend_from_slice(bytes);
    };
    say(&mut stream, &mut said, &[1, 0, 0, 8, 0, 0, 0, 1]);
    hear(&mut stream, &mut said);
    for (number, step) in (0x1000..).zip(script()) {
        if number == 0x1008 {
            // Nothing else is under way: the switch tells of the port at its own time.
            switch.tell(&["netdev-dummy/set-admin-state", "p1", "down"]);
            while !matches!(hear(&mut stream, &mut said).body, Body::PortStatus(_)) {}
        }
        say(&mut stream, &mut said, &step);
        let mut barrier = vec![1, 18, 0, 8];
        barrier.extend_from_slice(&u32::to_be_bytes(number));
        say(&mut stream, &mut said, &barrier);
        while hear(&mut stream, &mut said) != Message::new(number, Body::BarrierReply) {}
    }
    // The one frame and the one entry that it is to be told of.
    while told(&said.from_switch).iter().any(Vec::is_empty) {
        hear(&mut stream, &mut said);
    }
    said
}

#[test]
fn byte_for_byte_the_session_without_the_proxy() {
    let agent_dir = Scratch::new();
    let _agent = Agent::start(&agent_dir, &[]);
    let session = |proxied: bool| {
        let switch = DummySwitch::new();
        let path = |name: &str| switch.dir.0.join(name);
        let bind = |name: &str| UnixListener::bind(path(name)).expect("the scratch folder is ours");
        let (controller, tapped) = (bind("controller"), bind("tapped"));
        let beside = if proxied { "proxy" } else { "controller" };
        let listens = format!("punix:{}", path("proxy").display());
        let connects = format!("unix:{}", path("controller").display());
        // A port that is a VM's: what would be told of it is not for this controller.
        let args = ["--switch", &listens, "--controller", &connects, "--vm", "port=p1,id=5,core=0"];
        let proxy = proxied.then(|| {
            let mut proxy = Proxy::start(None, &agent_dir.target(), &args);
            assert_eq!(proxy.line(), "ready");
            proxy
        });
        let tap = Tap::new(tapped, &path(beside));
        switch.control("tapped");
        let said = play(&controller, &switch);
        drop(switch);
        (said, tap.0.join().expect("it is passed on"), proxy.map(Proxy::end))
    };
    let (plain, _, _) = session(false);
    let (said, tapped, passed) = session(true);
    assert_eq!(said.to_switch, plain.to_switch, "the script is the same");
    assert!(tapped.to_switch == said.to_switch, "what the controller says, at the switch");
    assert!(tapped.from_switch == said.from_switch, "what the switch says, at the controller");
    let (with, without) = (told(&said.from_switch), told(&plain.from_switch));
    for (with, without) in with.iter().zip(&without) {
        for (with, without) in messages(with).iter().zip(messages(without)) {
            assert_eq!(*with, without);
        }
    }
    assert!(with == without, "the session without the proxy");
    // It is a session worth comparing: of each kind of answer there is one.
    let kinds =
        ["error", "echo_reply", "vendor", "features_reply", "get_config_reply", "packet_in"];
    let kinds =
        [&kinds[..], &["port_status", "flow_removed", "stats_reply", "barrier_reply"]].concat();
    let heard: Vec<String> =
        messages(&said.from_switch).iter().map(|it| it.body.r#type().to_string()).collect();
    for kind in kinds {
        assert!(heard.iter().any(|heard| heard == kind), "no {kind} among {heard:?}");
    }
    let passed = passed.expect("it was proxied");
    assert!(passed.contains("0 bare, 0 rewritten, 0 refused"), "{passed}");
}

/// The answers in their order, and by themselves what Open vSwitch tells when it gets to it, before or
/// behind the answer to the next barrier: frames, and entries that went.
fn told(mut bytes: &[u8]) -> [Vec<u8>; 3] {
    const PACKET_IN: u8 = 10;
    const FLOW_REMOVED: u8 = 11;
    let mut told = [const { Vec::new() }; 3];
    while let [_, kind, l0, l1, ..] = *bytes {
        let (message, rest) = bytes.split_at(u16::from_be_bytes([l0, l1]).into());
        let to = match kind {
            PACKET_IN => 1,
            FLOW_REMOVED => 2,
            _ => 0,
        };
        told[to].extend_from_slice(message);
        bytes = rest;
    }
    told
}

fn messages(mut bytes: &[u8]) -> Vec<Message> {
    let mut messages = Vec::new();
    while !bytes.is_empty() {
        let (message, rest) = Message::decode(bytes).expect("OpenFlow");
        messages.push(message);
        bytes = rest;
    }
    messages
}
