//! `vsectl top` on a terminal: it takes the whole screen, and gives it back however it ends.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::Pid;

use crate::agent_server::TestAgent;
use crate::run::vsectl;

/// The program on a terminal of 80 by 24.
struct Screen {
    child: Child,
    keyboard: File,
    /// The program's end of the terminal, to look at its settings.
    terminal: OwnedFd,
    output: mpsc::Receiver<Vec<u8>>,
    seen: String,
}

impl Screen {
    fn start(target: &str) -> Self {
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(&size, None).expect("a pseudo terminal");
        let end = || Stdio::from(pty.slave.try_clone().expect("a descriptor"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_vsectl"));
        command
            .args(["--agent", target, "top", "--interval", "100ms"])
            .env("TERM", "xterm-256color")
            .env("NO_COLOR", "1")
            .stdin(end())
            .stdout(end())
            .stderr(end());
        let child = command.process_group(0).spawn().expect("vsectl starts");
        let mut screen = File::from(pty.master);
        let keyboard = screen.try_clone().expect("a descriptor");
        let (tell, output) = mpsc::channel();
        std::thread::spawn(move || {
            let mut block = [0; 4096];
            while let Ok(n @ 1..) = screen.read(&mut block) {
                if tell.send(block.get(..n).unwrap_or_default().to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, keyboard, terminal: pty.slave, output, seen: String::new() }
    }

    /// Waits until the program has written `text`; what came with it and before is forgotten.
    fn wait_for(&mut self, text: &str) {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(at) = self.seen.find(text) {
                self.seen.drain(..at + text.len());
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            let more = self.output.recv_timeout(left);
            assert!(more.is_ok(), "no {text:?} in {:?}", self.seen);
            let more = more.unwrap_or_default();
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
    }

    fn is_raw(&self) -> bool {
        let settings = tcgetattr(&self.terminal).expect("a terminal");
        !settings.local_flags.contains(LocalFlags::ICANON)
    }

    /// Waits for the end: the screen must be as it was before.
    fn ends(mut self) {
        // Back from the alternate screen.
        self.wait_for("\x1b[?1049l");
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0));
        assert!(!self.is_raw());
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn keys_and_a_quit() {
    let agent = TestAgent::start("top-keys.sock");
    let mut screen = Screen::start(&agent.unix);
    screen.wait_for("\x1b[?1049h");
    screen.wait_for("vsectl top");
    screen.wait_for("CORE");
    assert!(screen.is_raw());
    screen.keyboard.write_all(b"?").expect("a key");
    screen.wait_for("Keys");
    screen.keyboard.write_all(b"?").expect("a key");
    screen.keyboard.write_all(b"p").expect("a key");
    screen.wait_for("PAUSED");
    screen.keyboard.write_all(b"q").expect("a key");
    screen.ends();
}

#[test]
fn a_signal() {
    let agent = TestAgent::start("top-signal.sock");
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let mut screen = Screen::start(&agent.unix);
        screen.wait_for("vsectl top");
        let pid = i32::try_from(screen.child.id()).expect("a process id");
        kill(Pid::from_raw(pid), signal).expect("it runs");
        screen.ends();
    }
}

#[test]
fn an_agent_that_goes_and_comes_back() {
    let dir = crate::run::scratch("top-gone");
    std::fs::create_dir_all(&dir).expect("a scratch folder");
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vsectl"));
        let socket = dir.join("agent.sock");
        command.args(["agent", "run", "--listen"]).arg(format!("unix:{}", socket.display()));
        command.args(["--state-dir", "", "--log", "error"]).stderr(Stdio::null());
        command.env("VSE_CONFIG", "/dev/null");
        let child = command.spawn().expect("vsectl starts");
        let end = Instant::now() + Duration::from_secs(20);
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(Instant::now() < end, "the agent does not start");
            std::thread::yield_now();
        }
        (child, format!("unix:{}", socket.display()))
    };
    let stop = |mut agent: Child| {
        agent.kill().expect("it runs");
        agent.wait().expect("it ends");
    };
    let (agent, target) = start();
    let mut screen = Screen::start(&target);
    screen.wait_for("matched");
    stop(agent);
    screen.wait_for("no agent, trying again");
    let (agent, _) = start();
    screen.wait_for("matched");
    screen.keyboard.write_all(b"\x03").expect("a key");
    screen.ends();
    stop(agent);
    std::fs::remove_dir_all(&dir).expect("ours");
}

#[test]
fn without_a_terminal_or_an_agent() {
    let agent = TestAgent::start("top-pipe.sock");
    let ran = vsectl(&["--agent", &agent.unix, "top"], b"");
    assert_eq!(ran.status, Some(2), "{ran}");
    assert!(ran.stderr.contains("top needs a terminal"), "{ran}");
    let ran = vsectl(&["--agent", "unix:/no/such.sock", "top"], b"");
    assert_eq!(ran.status, Some(1), "{ran}");
    assert_eq!(ran.text(), "");
}
