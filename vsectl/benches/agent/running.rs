//! An agent in a scratch folder, and what the kernel says of it.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use codec::of10::{Body, Header, Hello, Message};

/// An agent; it ends, and its folder goes, with the value.
pub(crate) struct Running {
    child: Child,
    dir: PathBuf,
}

impl Running {
    /// Starts the built program as an agent with these further options, its state on disk.
    pub(crate) fn start(args: &[&str]) -> Self {
        let dir = std::env::temp_dir().join(format!("vse-bench-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("a scratch folder");
        fs::write(dir.join("agent.toml"), "").expect("a scratch folder");
        let child = Command::new(env!("CARGO_BIN_EXE_vsectl"))
            .args(["agent", "run", "--log", "error", "--config"])
            .arg(dir.join("agent.toml"))
            .arg("--state-dir")
            .arg(dir.join("state"))
            .args(["--listen", &format!("unix:{}", dir.join("agent.sock").display())])
            .args(args)
            .stdin(Stdio::null())
            .spawn()
            .expect("vsectl runs");
        let running = Self { child, dir };
        let begun = Instant::now();
        while UnixStream::connect(running.dir.join("agent.sock")).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "the agent does not start");
            std::thread::yield_now();
        }
        running
    }

    pub(crate) fn target(&self) -> String {
        format!("unix:{}", self.dir.join("agent.sock").display())
    }

    /// A connection on which nothing was said yet.
    pub(crate) fn connect(&self) -> std::io::Result<UnixStream> {
        UnixStream::connect(self.dir.join("agent.sock"))
    }

    /// Resident bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the agent runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("proc(5)");
        let kib = line.trim().trim_end_matches(" kB");
        kib.parse::<u64>().expect("a number") * 1024
    }

    /// Time that it has had a processor.
    pub(crate) fn busy(&self) -> Duration {
        busy(&self.child)
    }

    /// A file of its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// Time that all threads of a program have had a processor.
pub(crate) fn busy(child: &Child) -> Duration {
    let mut nanos = 0;
    let tasks = fs::read_dir(format!("/proc/{}/task", child.id()));
    for task in tasks.expect("the program runs").flatten() {
        let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let first = text.split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
        nanos += first.unwrap_or(0);
    }
    Duration::from_nanos(nanos)
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(fs::remove_dir_all(&self.dir));
    }
}

/// Reads whole messages.
pub(crate) struct Messages {
    stream: UnixStream,
    input: Vec<u8>,
    taken: usize,
}

impl Messages {
    pub(crate) fn of(stream: UnixStream) -> Self {
        Self { stream, input: Vec::new(), taken: 0 }
    }

    /// The bytes of the next message; an error where there is none any more.
    pub(crate) fn next(&mut self) -> std::io::Result<&[u8]> {
        loop {
            let rest = self.input.get(self.taken..).unwrap_or_default();
            let len = Header::parse(rest).map(|header| header.len()).ok();
            if let Some(len) = len.filter(|len| *len <= rest.len()) {
                let begin = self.taken;
                self.taken += len;
                return Ok(self.input.get(begin..begin + len).unwrap_or_default());
            }
            self.input.drain(..self.taken);
            self.taken = 0;
            let mut chunk = [0; 16_384];
            match self.stream.read(&mut chunk)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                n => self.input.extend_from_slice(chunk.get(..n).unwrap_or_default()),
            }
        }
    }
}

/// Says HELLO, and waits for the agent's.
pub(crate) fn greet(stream: &mut UnixStream, messages: &mut Messages) -> std::io::Result<()> {
    stream.write_all(&encoded(0, Body::Hello(Hello::default())))?;
    messages.next().map(drop)
}

pub(crate) fn encoded(xid: u32, body: Body) -> Vec<u8> {
    let mut bytes = Vec::new();
    Message::new(xid, body).encode(&mut bytes).expect("it has a wire form");
    bytes
}
