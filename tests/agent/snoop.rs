//! Sessions seen from beside, while they go on.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use codec::of10::{Body, Echo, Hello, Message, Vendor};
use codec::vse::VseMessage;

use crate::commands::done;
use crate::dummy_switch::DummySwitch;
use crate::hypervisor::Beside;
use crate::proxied::{Session, receive, send};
use crate::world::{Agent, Scratch};

/// A session through a proxy that copies it.
struct World {
    session: Session,
    _agent: Agent,
    dir: Scratch,
}

impl World {
    fn new() -> Self {
        let dir = Scratch::new();
        let agent = Agent::start(&dir, &[]);
        let snoop = dir.0.join("snoop").display().to_string();
        let session = Session::new(&dir, &["--snoop", &snoop]);
        Self { session, _agent: agent, dir }
    }

    /// Passes ECHO_REQUESTs of the controller through until the one that watches tells of one: from
    /// then on everything is seen.
    fn until_seen(&mut self, what: &str, lines: &Lines) {
        let echo = Message::new(5, Body::EchoRequest(Echo::default()));
        let end = Instant::now() + PATIENCE;
        loop {
            send(&mut self.session.controller, &echo);
            assert_eq!(receive(&mut self.session.switch), echo);
            match lines.0.recv_timeout(Duration::from_millis(5)) {
                Ok(line) if line.contains(what) => return,
                Err(RecvTimeoutError::Disconnected) => panic!("it ended"),
                _ => assert!(Instant::now() < end, "{what} was never seen"),
            }
        }
    }
}

/// How long something may take that takes a moment.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a program prints, line by line.
struct Lines(Receiver<String>);

impl Lines {
    fn of(output: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            lines.for_each(|line| drop(sender.send(line)));
        });
        Self(receiver)
    }

    /// The next line that has `what`.
    fn with(&self, what: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = self.0.recv_timeout(left).unwrap_or_else(|_| panic!("{what} never came"));
            if line.contains(what) {
                return line;
            }
        }
    }
}

#[test]
fn a_proxied_session_as_decode_prints_it() {
    let mut world = World::new();
    let path = |name: &str| world.dir.0.join(name).display().to_string();
    let (snoop, capture) = (path("snoop"), path("session.pcapng"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_vsectl"))
        .args(["snoop", &snoop, "-w", &capture])
        .stdout(Stdio::piped())
        .spawn()
        .map(Beside)
        .expect("vsectl starts");
    let lines = Lines::of(child.0.stdout.take().expect("a pipe"));
    world.until_seen("ECHO_REQUEST", &lines);
    // A message of the switch that passes, and one that VSE answers.
    send(&mut world.session.switch, &Message::new(7, Body::Hello(Hello::default())));
    lines.with("HELLO");
    let request = Body::Vendor(Vendor::Vse(VseMessage::HostFeaturesRequest));
    send(&mut world.session.controller, &Message::new(9, request));
    let line = lines.with("HOST_FEATURES_REPLY");
    assert!(line.contains("192.0.2.2 →") && line.contains("xid=0x9"), "{line}");
    // It ends in order when it is interrupted, and the capture tells the same.
    let pid = i32::try_from(child.0.id()).expect("a process id");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGINT)
        .expect("it runs");
    assert!(child.0.wait().expect("it ends").success());
    let story = done(&world.dir.target(), &["decode", &capture]);
    assert!(story.contains("HOST_FEATURES_REPLY"), "{story}");
}

#[test]
fn the_stock_ovs_ofctl_reads_the_copies_of_the_proxy() {
    let mut world = World::new();
    let mut child = Command::new("ovs-ofctl")
        .args(["-O", "OpenFlow10", "snoop"])
        .env("OVS_RUNDIR", &world.dir.0)
        .arg(format!("unix:{}", world.dir.0.join("snoop").display()))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map(Beside)
        .expect("ovs-ofctl is installed: apt-get install openvswitch-switch");
    let lines = Lines::of(child.0.stderr.take().expect("a pipe"));
    world.until_seen("OFPT_ECHO_REQUEST", &lines);
}

#[test]
fn a_session_of_open_vswitch_by_the_name_of_its_bridge() {
    let switch = DummySwitch::new();
    let path = switch.dir.0.join("controller");
    let listener = UnixListener::bind(&path).expect("the scratch folder is ours");
    switch.control("controller");
    let (mut controller, _) = listener.accept().expect("the switch connects");
    send(&mut controller, &Message::new(0, Body::Hello(Hello::default())));
    assert!(matches!(receive(&mut controller).body, Body::Hello(_)));
    let mut child = Command::new(env!("CARGO_BIN_EXE_vsectl"))
        .args(["snoop", "br0", "--count", "2"])
        .env("OVS_RUNDIR", &switch.dir.0)
        .stdout(Stdio::piped())
        .spawn()
        .map(Beside)
        .expect("vsectl starts");
    let lines = Lines::of(child.0.stdout.take().expect("a pipe"));
    // Asks until the one that watches has seen a question and its answer.
    let end = Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    while seen.len() < 2 {
        assert!(Instant::now() < end, "{seen:?}");
        send(&mut controller, &Message::new(9, Body::BarrierRequest));
        assert_eq!(receive(&mut controller), Message::new(9, Body::BarrierReply));
        seen.extend(lines.0.recv_timeout(Duration::from_millis(5)));
    }
    assert!(child.0.wait().expect("it ends").success());
    for line in &seen {
        let (from, what) = if line.contains("192.0.2.1 →") {
            ("192.0.2.1 →", "OFPT_BARRIER_REQUEST (xid=0x9)")
        } else {
            ("192.0.2.2 →", "OFPT_BARRIER_REPLY (xid=0x9)")
        };
        assert!(line.contains(from) && line.contains(what), "{seen:?}");
    }
}

#[test]
fn where_nobody_copies_a_session() {
    let ran = Command::new(env!("CARGO_BIN_EXE_vsectl"))
        .args(["snoop", "no-such-bridge"])
        .env("OVS_RUNDIR", "/nonexistent")
        .output()
        .expect("vsectl starts");
    assert_eq!(ran.status.code(), Some(1));
    let words = String::from_utf8_lossy(&ran.stderr);
    assert!(words.contains("unix:/nonexistent/no-such-bridge.snoop: No such file"), "{words}");
}
