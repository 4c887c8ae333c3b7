//! A change inside of a PACKET_OUT, through the proxy, to the running agent.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use codec::of10::{Body, HEADER_LEN, Header, Message};
use codec::proxy::{Carried, bare};
use codec::text::Flow;

use crate::commands::done;
use crate::world::{Agent, Proxy, Scratch};

/// The next message.
pub(crate) fn receive(stream: &mut UnixStream) -> Message {
    let mut bytes = vec![0; HEADER_LEN];
    stream.read_exact(&mut bytes).expect("a message comes");
    let len = Header::parse(&bytes).expect("a header").len();
    bytes.resize(len, 0);
    stream.read_exact(&mut bytes[HEADER_LEN..]).expect("the rest of it comes");
    Message::decode(&bytes).expect("OpenFlow").0
}

pub(crate) fn send(stream: &mut UnixStream, message: &Message) {
    let mut bytes = Vec::new();
    message.encode(&mut bytes).expect("it has a wire form");
    stream.write_all(&bytes).expect("the proxy takes it");
}

/// What stands inside of the next PACKET_IN.
pub(crate) fn answer(stream: &mut UnixStream) -> Message {
    let message = receive(stream);
    let Body::PacketIn(packet_in) = &message.body else { panic!("{message}") };
    let (_, inner) = Carried::by_packet_in(packet_in).messages().next().expect("a message inside");
    inner.expect("OpenFlow")
}

/// The two ends of a session through a proxy, whose agent is that of the folder.
pub(crate) struct Session {
    pub(crate) switch: UnixStream,
    pub(crate) controller: UnixStream,
    pub(crate) proxy: Proxy,
    /// What the proxy said before it was ready.
    said: Vec<String>,
}

impl Session {
    pub(crate) fn new(dir: &Scratch, args: &[&str]) -> Self {
        let path = |name: &str| dir.0.join(name);
        let listener = UnixListener::bind(path("controller")).expect("the scratch folder is ours");
        let switch = format!("punix:{}", path("switch").display());
        let controller = format!("unix:{}", path("controller").display());
        let args = [&["--switch", &switch, "--controller", &controller][..], args].concat();
        let mut proxy = Proxy::start(None, &dir.target(), &args);
        let lines = std::iter::from_fn(|| Some(proxy.line()).filter(|line| line != "ready"));
        let said = lines.collect();
        let switch = UnixStream::connect(path("switch")).expect("the proxy listens");
        let (controller, _) = listener.accept().expect("the proxy connects");
        for socket in [&switch, &controller] {
            socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        }
        Self { switch, controller, proxy, said }
    }
}

#[test]
fn a_bare_change_reaches_the_agent_and_is_acknowledged() {
    let dir = Scratch::new();
    let _agent = Agent::start(&dir, &[]);
    let session = Session::new(&dir, &["--switch", "ptcp:0:127.0.0.1"]);
    let Session { mut controller, proxy, said, switch: _switch } = session;
    let [first] = &said[..] else { panic!("{said:?}") };
    assert!(first.starts_with("listening on 127.0.0.1:"), "{first}");

    let options = codec::text::Options {
        lenient: false,
        actions: codec::text::Requirement::ByCommand,
        command: None,
    };
    let (flow, _) = Flow::parse("priority=9,ip,nw_dst=10.0.0.1,actions=set_irq_core:0", options)
        .expect("a flow");
    for inner in [Message::new(70, flow.to_body()), Message::new(71, Body::BarrierRequest)] {
        let outer = Body::PacketOut(bare::wrap(&inner).expect("it fits"));
        send(&mut controller, &Message::new(1, outer));
    }
    assert_eq!(answer(&mut controller), Message::new(71, Body::BarrierReply));
    let listed = done(&dir.target(), &["flow", "list", "--no-stats", "-o", "ofctl"]);
    assert!(listed.contains("priority=9,ip,nw_dst=10.0.0.1"), "{listed}");

    let last = proxy.end();
    assert!(last.contains(" bare, 0 rewritten"), "{last}");
}
