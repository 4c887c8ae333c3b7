//! Messages in frames of EtherType 0x88B5, over a veth pair, through the proxy to the running agent.

use std::fs;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::{Duration, Instant};

use agent::host::Namespace;
use codec::of10::{Body, Message, PortNo};
use codec::proxy::{Framed, FramedRef, Key};
use codec::text::Flow;
use codec::types::MacAddr;
use pnet::datalink::{self, Channel, ChannelType, Config};

use crate::commands::{done, vsectl};
use crate::proxied::{receive, send};
use crate::world::{Agent, Proxy, Scratch};

const AGENT: MacAddr = MacAddr([2, 0, 0, 0, 0, 10]);
const CONTROLLER: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const KEY: &[u8] = b"sixteen bytes or more";

/// A namespace with a veth pair: `switch`, where the test sends, and `vse`, where the proxy listens.
struct Wire(String);

impl Wire {
    fn new(test: &str) -> Self {
        let wire = Self(format!("vse-framed-{test}-{}", std::process::id()));
        ip(&["netns", "add", &wire.0]);
        for words in [
            "link add switch type veth peer name vse".to_owned(),
            format!("link set switch address {CONTROLLER}"),
            format!("link set vse address {AGENT}"),
            "link set switch up".to_owned(),
            "link set vse up".to_owned(),
        ] {
            let words: Vec<&str> = words.split(' ').collect();
            ip(&[&["-n", &wire.0], words.as_slice()].concat());
        }
        wire
    }

    /// Sends `frames`, and waits for `answers` frames back.
    fn exchange(&self, frames: &[Vec<u8>], answers: usize) -> Vec<Vec<u8>> {
        let namespace = Namespace::named(&self.0).expect("the namespace is there");
        let talk = || {
            let mut interfaces = datalink::interfaces().into_iter();
            let interface = interfaces.find(|it| it.name == "switch").expect("it is there");
            let config = Config {
                channel_type: ChannelType::Layer2,
                read_timeout: Some(Duration::from_millis(100)),
                ..Config::default()
            };
            let Ok(Channel::Ethernet(mut sender, mut receiver)) =
                datalink::channel(&interface, config)
            else {
                panic!("no channel");
            };
            for frame in frames {
                sender.send_to(frame, None).expect("it fits").expect("it is sent");
            }
            let end = Instant::now() + Duration::from_secs(20);
            let mut received = Vec::new();
            while received.len() < answers {
                assert!(Instant::now() < end, "{} answers of {answers}", received.len());
                let Ok(frame) = receiver.next() else { continue };
                if frame[..6] == CONTROLLER.0 && FramedRef::find(frame).is_some() {
                    received.push(frame.to_vec());
                }
            }
            received
        };
        namespace.run(talk).expect("this is root")
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        drop(Command::new("ip").args(["netns", "del", &self.0]).status());
    }
}

fn ip(words: &[&str]) {
    let status = Command::new("ip").args(words).status().expect("iproute2 is installed");
    assert!(status.success(), "ip {words:?}");
}

/// A change and the question whether it is done, on stream 9.
fn change(destination: MacAddr, flow: &str, sequence: u64, key: &[u8]) -> Vec<u8> {
    let options = codec::text::Options {
        lenient: false,
        actions: codec::text::Requirement::ByCommand,
        command: None,
    };
    let (flow, _) = Flow::parse(flow, options).expect("a flow");
    let messages = vec![Message::new(70, flow.to_body()), Message::new(71, Body::BarrierRequest)];
    let mut frame = Framed::new(destination, CONTROLLER, 9, messages);
    frame.sign(&Key::new(key).expect("a key"), sequence).expect("it fits");
    let mut bytes = Vec::new();
    frame.encode(&mut bytes).expect("it fits");
    bytes
}

fn answers_of(frame: &[u8]) -> Vec<Message> {
    let read = FramedRef::find(frame).expect("a frame").expect("it can be read");
    read.verify(&Key::new(KEY).expect("a key")).expect("it is signed");
    read.messages().map(|(_, message)| message.expect("OpenFlow")).collect()
}

#[test]
#[ignore = "needs root: makes a network namespace and packet sockets"]
fn signed_frames_are_done_once_even_over_a_restart() {
    let dir = Scratch::new();
    let wire = Wire::new("signed");
    let _agent = Agent::start(&dir, &[]);
    let path = |name: &str| dir.0.join(name).display().to_string();
    fs::write(path("key"), KEY).expect("the scratch folder is ours");
    let (key, replay, control) = (path("key"), path("replay.json"), path("proxy.sock"));
    let args = ["--interface", "vse", "--key-file", &key, "--replay-file", &replay];
    let args = [args.as_slice(), &["--control", &control]].concat();
    let shown = || -> serde_json::Value {
        let text = done(&dir.target(), &["proxy", "show", &control, "-o", "json"]);
        serde_json::from_str(&text).expect("JSON")
    };
    let mut proxy = Proxy::start(Some(&wire.0), &dir.target(), &args);
    assert_eq!(proxy.line(), "ready");

    let good = change(AGENT, "priority=9,ip,nw_dst=10.0.0.1,actions=set_irq_core:0", 100, KEY);
    let answers = wire.exchange(std::slice::from_ref(&good), 1);
    assert_eq!(answers_of(&answers[0]), [Message::new(71, Body::BarrierReply)]);
    let flows = || done(&dir.target(), &["flow", "list", "--no-stats", "-o", "ofctl"]);
    let one = flows();
    assert!(one.contains("priority=9,ip,nw_dst=10.0.0.1"), "{one}");

    // Forged, replayed and mis-addressed: nothing changes, and each is counted. The last is good,
    // so that its answer tells that all before it were looked at.
    let elsewhere = MacAddr([2, 0, 0, 0, 0, 99]);
    let bad = |destination, sequence, key| {
        change(destination, "priority=8,actions=set_irq_core:0", sequence, key)
    };
    let frames = [
        bad(AGENT, 101, b"another key of 16 bytes".as_slice()),
        good.clone(),
        bad(AGENT, 36, KEY),
        bad(elsewhere, 102, KEY),
        good[..60].to_vec(),
        change(AGENT, "priority=9,ip,nw_dst=10.0.0.1,actions=set_irq_core:0", 103, KEY),
    ];
    wire.exchange(&frames, 1);
    assert_eq!(flows(), one);
    let counters = &shown()["frames"];
    for (name, expected) in [
        ("accepted", 2),
        ("answers", 2),
        ("forged", 1),
        ("replayed", 2),
        ("wrong_destination", 1),
        ("malformed", 1),
    ] {
        assert_eq!(counters[name], expected, "{name}: {counters}");
    }
    drop(proxy);

    // After a restart, what was recorded before is old.
    let mut proxy = Proxy::start(Some(&wire.0), &dir.target(), &args);
    assert_eq!(proxy.line(), "ready");
    done(&dir.target(), &["flow", "del", "--all"]);
    let after = change(AGENT, "priority=7,actions=set_irq_core:0", 104, KEY);
    wire.exchange(&[good, after], 1);
    let flows = flows();
    assert!(flows.contains("priority=7") && !flows.contains("priority=9"), "{flows}");
    assert_eq!(shown()["frames"]["replayed"], 1);
    proxy.end();
}

#[test]
#[ignore = "needs root: makes a network namespace and packet sockets"]
fn a_controller_sends_them_and_reads_the_answers() {
    let dir = Scratch::new();
    let wire = Wire::new("sent");
    let _agent = Agent::start(&dir, &[]);
    let path = |name: &str| dir.0.join(name).display().to_string();
    fs::write(path("key"), KEY).expect("the scratch folder is ours");
    let (key, replay) = (path("key"), path("replay.json"));
    let args = ["--interface", "vse", "--key-file", &key, "--replay-file", &replay];
    let mut proxy = Proxy::start(Some(&wire.0), &dir.target(), &args);
    assert_eq!(proxy.line(), "ready");

    // A switch that knows nothing of VSE: it sends the frame to the port, and what comes from there to
    // the controller.
    let listener = UnixListener::bind(path("switch")).expect("the scratch folder is ours");
    let switch = || {
        let (mut stream, _) = listener.accept().expect("the controller comes");
        let packet_out = loop {
            if let Body::PacketOut(packet_out) = receive(&mut stream).body {
                break packet_out;
            }
        };
        for frame in wire.exchange(&[packet_out.data.0], 1) {
            let frame = Framed::find(&frame).expect("a frame").expect("it can be read");
            let packet_in = Body::PacketIn(frame.packet_in(PortNo(1)).expect("it fits"));
            send(&mut stream, &Message::new(0, packet_in));
        }
        stream
    };
    let target = format!("unix:{}", path("switch"));
    let mac = AGENT.to_string();
    let args = ["controller", "send", &target, "--carry", "framed", "--agent-mac", &mac];
    let sent = |flow: &str| {
        let args = [args.as_slice(), &["--key-file", &key, flow]].concat();
        std::thread::scope(|scope| {
            let switch = scope.spawn(switch);
            let ran = vsectl(&dir.target(), &args);
            switch.join().expect("it answers");
            ran
        })
    };
    let ran = sent("add-flow priority=9,vm_id=5,actions=set_irq_core:0");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let flows = done(&dir.target(), &["flow", "list", "--no-stats", "-o", "ofctl"]);
    assert!(flows.contains("priority=9,vm_id=5"), "{flows}");
    let ran = sent("add-flow priority=8,vm_id=6,actions=set_irq_core:999");
    let words = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(words.contains("was refused: actions: the core does not exist"), "{words}");
    proxy.end();
}
