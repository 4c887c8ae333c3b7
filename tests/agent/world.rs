//! An agent of the test's own, in a scratch folder of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A scratch folder that goes with the value.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // A short path: a unix socket's has 107 bytes at most.
        let dir = std::env::temp_dir().join(format!("vse-service-{}-{number}", std::process::id()));
        fs::create_dir_all(&dir).expect("the scratch folder is ours");
        Self(dir)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.0.join("agent.sock")
    }

    pub(crate) fn target(&self) -> String {
        format!("unix:{}", self.socket().display())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A running agent; killed when the value goes.
pub(crate) struct Agent {
    child: Child,
    log: Option<std::thread::JoinHandle<String>>,
    /// Lines of its log, as they come.
    lines: mpsc::Receiver<String>,
}

/// The command that runs an agent with its socket and state in `dir`, and an empty configuration.
pub(crate) fn command(dir: &Scratch, args: &[&str]) -> Command {
    fs::write(dir.0.join("agent.toml"), "").expect("the scratch folder is ours");
    with_its_file(dir, args)
}

/// The same, with the configuration file as it is: the host's own does not count.
pub(crate) fn with_its_file(dir: &Scratch, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vsectl"));
    command
        .args(["agent", "run", "--config"])
        .arg(dir.0.join("agent.toml"))
        .args(["--listen", &dir.target()])
        .arg("--state-dir")
        .arg(dir.0.join("state"))
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

impl Agent {
    /// Starts an agent, and waits until it says that it is ready.
    pub(crate) fn start(dir: &Scratch, args: &[&str]) -> Self {
        Self::run(command(dir, args))
    }

    pub(crate) fn run(mut command: Command) -> Self {
        let mut child = command.spawn().expect("vsectl starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut log = String::new();
        loop {
            let line = lines.next().unwrap_or_else(|| panic!("the agent ended: {log}"));
            let line = line.expect("the log is text");
            log.push_str(&line);
            log.push('\n');
            if line.ends_with(" ready") {
                break;
            }
        }
        let (sender, seen) = mpsc::channel();
        let log = std::thread::spawn(move || {
            lines.map_while(Result::ok).fold(log, |log, line| {
                let log = log + &line + "\n";
                drop(sender.send(line));
                log
            })
        });
        Self { child, log: Some(log), lines: seen }
    }

    /// Waits until it says something with `text`, behind what was waited for last.
    pub(crate) fn await_line(&self, text: &str) {
        let mut said = Vec::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(10)) {
                Ok(line) if line.contains(text) => return,
                Ok(line) => said.push(line),
                Err(error) => panic!("{error}: the agent does not say {text:?}: {said:#?}"),
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("a process id");
        kill(Pid::from_raw(pid), signal).expect("the agent runs");
    }

    /// Waits for the agent to end: its status, and its log.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().expect("the agent ends").code();
        let log = self.log.take().expect("the log is read once");
        (status, log.join().expect("the log is text"))
    }

    /// Resident memory in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let status = status.expect("the agent runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.expect("proc(5)").trim().split(' ').next().expect("a number");
        number.parse::<u64>().expect("a number") * 1024
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A running proxy; killed when the value goes.
pub(crate) struct Proxy {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Proxy {
    /// Starts `vsectl proxy run` in the network namespace of that name, or in the test's own.
    pub(crate) fn start(namespace: Option<&str>, agent: &str, args: &[&str]) -> Self {
        let program = env!("CARGO_BIN_EXE_vsectl");
        let mut command = match namespace {
            // Pins and /sys stay visible, other than with ip-netns(8).
            Some(name) => {
                let mut command = Command::new("nsenter");
                command.arg(format!("--net=/run/netns/{name}")).arg(program);
                command
            }
            None => Command::new(program),
        };
        let mut child = command
            .args(["--agent", agent, "proxy", "run"])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("vsectl starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self { child, lines }
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> String {
        self.lines.next().expect("it says something more").expect("text")
    }

    /// Ends it as an administrator does; the last that it says.
    pub(crate) fn end(mut self) -> String {
        let pid = i32::try_from(self.child.id()).expect("a process id");
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("the proxy runs");
        assert!(self.child.wait().expect("the proxy ends").success());
        self.lines.by_ref().map_while(Result::ok).last().expect("it says what passed")
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
