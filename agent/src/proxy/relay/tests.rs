//! A proxy between sockets: what comes through, and what happens when somebody goes.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener as Listen, UnixStream as Stream};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use codec::of10::{Body, HEADER_LEN, Message};
use codec::proxy::{Carried, bare};

use super::super::{Place, TlsFiles, TlsSettings};
use super::*;

/// A proxy on sockets in a folder of its own.
struct Running {
    dir: PathBuf,
    controller: Option<Listen>,
    vse: Listen,
    stop: Stop,
    thread: Option<JoinHandle<Result<Counters, RelayError>>>,
}

impl Running {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("vse-relay-{}-{name}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let at = |name: &str| dir.join(name);
        let controller = Listen::bind(at("controller")).unwrap();
        let vse = Listen::bind(at("vse")).unwrap();
        let endpoint = |passive, name: &str| {
            let place = Place::Unix(at(name));
            Endpoint { passive, tls: false, place }
        };
        let relay = Relay::new(Settings {
            switches: vec![endpoint(true, "switch")],
            controller: Some(endpoint(false, "controller")),
            agent: Some(at("vse")),
            announce: false,
            vms: Vec::new(),
            database: None,
            tls: None,
            frames: None,
            control: None,
            snoop: None,
        })
        .unwrap();
        let stop = relay.stopper();
        let thread = Some(std::thread::spawn(|| relay.run()));
        Self { dir, controller: Some(controller), vse, stop, thread }
    }

    /// A switch that connects, and the controller's end of its session.
    fn session(&self) -> (Stream, Stream) {
        let switch = self.switch();
        let (controller, _) = self.controller.as_ref().unwrap().accept().unwrap();
        (switch, timed(controller))
    }

    fn switch(&self) -> Stream {
        timed(Stream::connect(self.dir.join("switch")).unwrap())
    }

    fn end(mut self) -> Counters {
        self.stop.stop();
        self.thread.take().unwrap().join().unwrap().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.stop();
        drop(fs::remove_dir_all(&self.dir));
    }
}

/// A test that waits for what does not come fails, and does not hang.
fn timed(stream: Stream) -> Stream {
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

fn message(r#type: u8, len: usize) -> Vec<u8> {
    let mut message = vec![r#type; len];
    message[0] = 1;
    message[2..4].copy_from_slice(&u16::try_from(len).unwrap().to_be_bytes());
    message
}

fn read_exactly(stream: &mut Stream, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_plain_session_passes_byte_for_byte() {
    let running = Running::new("plain");
    let (mut switch, mut controller) = running.session();
    // Of every size there is, the largest included, in pieces that end anywhere.
    let sizes = [8, 9, 65_535, 8, 1000, 65_535, 12];
    let said: Vec<u8> = sizes.into_iter().flat_map(|len| message(10, len)).collect();
    let mut from = switch.try_clone().unwrap();
    let all = said.len();
    let writer = std::thread::spawn(move || {
        for piece in said.chunks(1777) {
            from.write_all(piece).unwrap();
        }
        said
    });
    let heard = read_exactly(&mut controller, all);
    assert_eq!(heard, writer.join().unwrap());
    controller.write_all(&message(2, 8)).unwrap();
    controller.write_all(&message(14, 72)[..30]).unwrap();
    assert_eq!(read_exactly(&mut switch, 8), message(2, 8));
    controller.write_all(&message(14, 72)[30..]).unwrap();
    assert_eq!(read_exactly(&mut switch, 72), message(14, 72));
    let passed = running.end();
    assert_eq!((passed.from_switch, passed.from_controller, passed.from_vse), (7, 2, 0));
}

#[test]
fn who_loses_the_peer_sees_it_and_comes_again() {
    let running = Running::new("gone");
    let (mut switch, controller) = running.session();
    drop(controller);
    let mut rest = Vec::new();
    assert_eq!(switch.read_to_end(&mut rest).unwrap(), 0, "the switch sees the end");
    let (switch, mut controller) = running.session();
    drop(switch);
    assert_eq!(controller.read_to_end(&mut rest).unwrap(), 0, "the controller sees the end");
}

#[test]
fn a_switch_waits_for_a_controller_that_is_not_there_yet() {
    let mut running = Running::new("late");
    let path = running.dir.join("controller");
    drop(running.controller.take());
    fs::remove_file(&path).unwrap();
    let mut switch = running.switch();
    switch.write_all(&message(0, 8)).unwrap();
    running.controller = Some(Listen::bind(&path).unwrap());
    let (controller, _) = running.controller.as_ref().unwrap().accept().unwrap();
    assert_eq!(read_exactly(&mut timed(controller), 8), message(0, 8));
}

#[test]
fn what_is_no_openflow_ends_its_session_alone() {
    let running = Running::new("garbage");
    let (mut good, mut good_controller) = running.session();
    let (mut bad, _bad_controller) = running.session();
    bad.write_all(&[1, 2, 0, 3, 9, 9, 9, 9, 9]).unwrap();
    let mut rest = Vec::new();
    assert_eq!(bad.read_to_end(&mut rest).unwrap_or(0), 0);
    good.write_all(&message(10, 18)).unwrap();
    assert_eq!(read_exactly(&mut good_controller, 18), message(10, 18));
}

/// A controller that does not read holds up its own switch and nobody else, and no memory grows.
#[test]
fn a_slow_reader_holds_up_its_own_session_alone() {
    let running = Running::new("slow");
    let (fast, slow_controller) = running.session();
    fast.set_nonblocking(true).unwrap();
    let (chunk, mut fast) = (message(10, 60_000), fast);
    let mut taken = 0;
    let mut quiet = 0;
    // The socket takes nothing more once the proxy reads nothing more; other sessions go on
    // meanwhile, which is how the test knows that the proxy has had its turn.
    let (mut other, mut other_controller) = running.session();
    while quiet < 20 {
        match fast.write(&chunk) {
            Ok(written) => {
                taken += written;
                quiet = 0;
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                quiet += 1;
                other.write_all(&message(10, 18)).unwrap();
                read_exactly(&mut other_controller, 18);
            }
        }
        assert!(taken < 32 << 20, "the proxy takes without end");
    }
    drop(slow_controller);
}

#[test]
fn fifty_switches_at_once() {
    let running = Running::new("fifty");
    let mut switches: Vec<Stream> = (0..50).map(|_| running.switch()).collect();
    for (at, switch) in (1..).zip(&mut switches) {
        switch.write_all(&message(10, 100 + at)).unwrap();
    }
    let listener = running.controller.as_ref().unwrap();
    let mut seen: Vec<usize> = (0..50)
        .map(|_| {
            let mut controller = timed(listener.accept().unwrap().0);
            let head = read_exactly(&mut controller, HEADER_LEN);
            let len = usize::from(u16::from_be_bytes([head[2], head[3]]));
            read_exactly(&mut controller, len - HEADER_LEN);
            len - 100
        })
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, (1..=50).collect::<Vec<_>>());
}

#[test]
fn a_message_for_vse_goes_there_and_its_answer_comes_back() {
    let running = Running::new("vse");
    let (_switch, mut controller) = running.session();
    let (vse, _) = running.vse.accept().unwrap();
    let mut vse = timed(vse);
    // HELLO, and the question how VSE is configured.
    assert_eq!(read_exactly(&mut vse, 8 + 16)[1], 0);
    let mut said = Vec::new();
    let inner = Message::new(77, Body::BarrierRequest);
    let outer = Message::new(1, Body::PacketOut(bare::wrap(&inner).unwrap()));
    outer.encode(&mut said).unwrap();
    controller.write_all(&said).unwrap();
    let mut asked = read_exactly(&mut vse, 8);
    assert_eq!(asked[1], 18);
    // VSE answers the configuration's question with nothing, and the barrier.
    asked[1] = 19;
    vse.write_all(&asked).unwrap();
    let head = read_exactly(&mut controller, HEADER_LEN);
    let rest = usize::from(u16::from_be_bytes([head[2], head[3]])) - HEADER_LEN;
    let told = [head, read_exactly(&mut controller, rest)].concat();
    let (told, _) = Message::decode(&told).unwrap();
    let Body::PacketIn(packet_in) = &told.body else { panic!("{told}") };
    let (_, answer) = Carried::by_packet_in(packet_in).messages().next().unwrap();
    assert_eq!(answer.unwrap(), Message::new(77, Body::BarrierReply));
}

/// Key, certificate and CA of one side, signed by a CA of the test.
fn tls_files(
    dir: &Path,
    ca: &rcgen::CertifiedIssuer<'_, rcgen::KeyPair>,
    name: &str,
) -> TlsSettings {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, ca).unwrap();
    let write = |what: &str, pem: String| {
        let path = dir.join(format!("{name}-{what}.pem"));
        fs::write(&path, pem).unwrap();
        path
    };
    TlsSettings::read(&TlsFiles {
        private_key: write("key", key.serialize_pem()),
        certificate: write("cert", certificate.pem()),
        ca_cert: write("ca", ca.pem()),
    })
    .unwrap()
}

fn authority() -> rcgen::CertifiedIssuer<'static, rcgen::KeyPair> {
    let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().unwrap()).unwrap()
}

/// A chain of two proxies, the way between them under TLS.
fn chain(dir: &Path, near: TlsSettings, far: TlsSettings) -> (Stop, Stop) {
    let unix =
        |passive, name: &str| Endpoint { passive, tls: false, place: Place::Unix(dir.join(name)) };
    let settings = |switch, controller, tls| Settings {
        switches: vec![switch],
        controller: Some(controller),
        agent: None,
        announce: false,
        vms: Vec::new(),
        database: None,
        tls: Some(tls),
        frames: None,
        control: None,
        snoop: None,
    };
    let between: Endpoint = "pssl:0:127.0.0.1".parse().unwrap();
    let far = Relay::new(settings(between, unix(false, "controller"), far)).unwrap();
    let port = far.listening()[0].port();
    let between: Endpoint = format!("ssl:127.0.0.1:{port}").parse().unwrap();
    let near = Relay::new(settings(unix(true, "switch"), between, near)).unwrap();
    let stops = (near.stopper(), far.stopper());
    std::thread::spawn(|| near.run());
    std::thread::spawn(|| far.run());
    stops
}

#[test]
fn under_tls() {
    let dir = std::env::temp_dir().join(format!("vse-relay-{}-tls", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let (ca, other) = (authority(), authority());
    let (near, far) = (tls_files(&dir, &ca, "near"), tls_files(&dir, &ca, "far"));
    let controller = Listen::bind(dir.join("controller")).unwrap();
    let (near, far) = chain(&dir, near, far);
    let mut switch = timed(Stream::connect(dir.join("switch")).unwrap());
    let said: Vec<u8> = [8, 65_535, 65_535, 100].map(|len| message(10, len)).concat();
    let writer = std::thread::spawn({
        let said = said.clone();
        move || {
            switch.write_all(&said).unwrap();
            switch
        }
    });
    let mut controller = timed(controller.accept().unwrap().0);
    assert_eq!(read_exactly(&mut controller, said.len()), said);
    let mut switch = writer.join().unwrap();
    controller.write_all(&message(14, 80)).unwrap();
    assert_eq!(read_exactly(&mut switch, 80), message(14, 80));
    near.stop();
    far.stop();
    fs::remove_dir_all(&dir).unwrap();

    // Who was signed by somebody else gets nowhere.
    fs::create_dir_all(&dir).unwrap();
    let (near, far) = (tls_files(&dir, &other, "near"), tls_files(&dir, &ca, "far"));
    let controller = Listen::bind(dir.join("controller")).unwrap();
    let (near, far) = chain(&dir, near, far);
    let mut switch = timed(Stream::connect(dir.join("switch")).unwrap());
    switch.write_all(&message(0, 8)).unwrap();
    let mut rest = Vec::new();
    assert_eq!(switch.read_to_end(&mut rest).unwrap_or(0), 0);
    controller.set_nonblocking(true).unwrap();
    if let Ok((mut came, _)) = controller.accept() {
        came.set_nonblocking(false).unwrap();
        assert_eq!(came.read_to_end(&mut rest).unwrap_or(0), 0, "nothing of it came through");
    }
    near.stop();
    far.stop();
    fs::remove_dir_all(&dir).unwrap();
}
