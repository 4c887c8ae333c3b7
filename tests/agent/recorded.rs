//! Conversations with the running agent, recorded as a capture of them would be.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::world::Scratch;

/// Something that was said.
struct Said {
    /// Nanoseconds since 1970.
    time: u128,
    /// The client's port.
    port: u16,
    by_client: bool,
    bytes: Vec<u8>,
}

/// A way to an agent over which everything is written down.
pub(crate) struct Recorder {
    said: Arc<Mutex<Vec<Said>>>,
    target: String,
}

impl Recorder {
    /// Connections to [`target`](Self::target) reach the agent of `dir`.
    pub(crate) fn start(dir: &Scratch) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let target = format!("tcp:{}", listener.local_addr().expect("an address"));
        let said: Arc<Mutex<Vec<Said>>> = Arc::default();
        let (socket, kept) = (dir.socket(), Arc::clone(&said));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let agent = UnixStream::connect(&socket).expect("the agent listens");
                relay(client, agent, &kept);
            }
        });
        Self { said, target }
    }

    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// Writes what was said as a pcap file, one segment for each thing.
    pub(crate) fn save(&self, path: &Path) {
        let mut file = 0xa1b2_3c4d_u32.to_le_bytes().to_vec();
        file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
        let mut said = std::mem::take(&mut *self.said.lock().expect("nobody panicked"));
        said.sort_by_key(|said| said.time);
        let mut next = std::collections::HashMap::new();
        for Said { time, port, by_client, bytes } in said {
            for bytes in bytes.chunks(30_000) {
                let at = next.entry((port, by_client)).or_insert(1_u32);
                let frame = segment(port, by_client, *at, bytes);
                *at += u32::try_from(bytes.len()).expect("short");
                let len = u32::try_from(frame.len()).expect("short");
                let seconds = u32::try_from(time / 1_000_000_000).expect("before 2106");
                let nanos = u32::try_from(time % 1_000_000_000).expect("below 2^30");
                for word in [seconds, nanos, len, len] {
                    file.extend(word.to_le_bytes());
                }
                file.extend(frame);
            }
        }
        fs::write(path, file).expect("the scratch folder is ours");
    }
}

/// Hands on both directions until both ends have closed.
fn relay(client: TcpStream, agent: UnixStream, said: &Arc<Mutex<Vec<Said>>>) {
    let port = client.peer_addr().expect("connected").port();
    let (mut from_client, mut to_agent) =
        (client.try_clone().expect("a socket"), agent.try_clone().expect("a socket"));
    let kept = Arc::clone(said);
    thread::spawn(move || {
        copy(&mut from_client, &mut to_agent, |bytes| note(&kept, port, true, bytes));
        drop(to_agent.shutdown(Shutdown::Write));
    });
    let (mut from_agent, mut to_client, kept) = (agent, client, Arc::clone(said));
    thread::spawn(move || {
        copy(&mut from_agent, &mut to_client, |bytes| note(&kept, port, false, bytes));
        drop(to_client.shutdown(Shutdown::Write));
    });
}

fn note(said: &Mutex<Vec<Said>>, port: u16, by_client: bool, bytes: &[u8]) {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos();
    let said = &mut *said.lock().expect("nobody panicked");
    said.push(Said { time, port, by_client, bytes: bytes.to_vec() });
}

/// What is noted is noted before it is handed on, so that an answer never comes first.
fn copy(from: &mut impl Read, to: &mut impl Write, mut note: impl FnMut(&[u8])) {
    let mut block = [0; 1 << 14];
    while let Ok(read @ 1..) = from.read(&mut block) {
        note(&block[..read]);
        if to.write_all(&block[..read]).is_err() {
            return;
        }
    }
}

/// An Ethernet frame with a TCP segment between 192.0.2.1, the client, and 192.0.2.2 port 6653.
fn segment(port: u16, by_client: bool, sequence: u32, bytes: &[u8]) -> Vec<u8> {
    let (source, destination) = if by_client { (1, 2) } else { (2, 1) };
    let mut frame = vec![2, 0, 0, 0, 0, destination, 2, 0, 0, 0, 0, source, 8, 0];
    let total = u16::try_from(40 + bytes.len()).expect("short");
    frame.extend([0x45, 0]);
    frame.extend(total.to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, source, 192, 0, 2, destination]);
    let ports = if by_client { [port, 6653] } else { [6653, port] };
    frame.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
    frame.extend(sequence.to_be_bytes());
    frame.extend([0, 0, 0, 0, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]);
    frame.extend(bytes);
    frame
}
