//! What the agent says to systemd and gets from it, the test in systemd's place: sd_notify(3),
//! sd_listen_fds(3); and SIGHUP, which is how systemd has a service reload.

use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::client::{Client, flow};
use crate::commands::done;
use crate::world::{Agent, Scratch, command, with_its_file};

/// The socket that a service tells its state.
struct Notified(UnixDatagram);

impl Notified {
    /// The socket, and its path put into the environment of `command`.
    fn of(dir: &Scratch, command: &mut Command) -> Self {
        let path = dir.0.join("notify");
        let socket = UnixDatagram::bind(&path).expect("the scratch folder is ours");
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        command.env("NOTIFY_SOCKET", &path);
        Self(socket)
    }

    /// The next message that is not about the watchdog.
    fn next(&self) -> String {
        loop {
            let mut bytes = [0; 1024];
            let n = self.0.recv(&mut bytes).expect("the agent tells its state");
            let text = std::str::from_utf8(&bytes[..n]).expect("a text");
            if text.trim() != "WATCHDOG=1" {
                return text.to_owned();
            }
        }
    }
}

#[test]
fn it_says_when_it_is_ready_lives_and_ends() {
    let dir = Scratch::new();
    let mut command = command(&dir, &[]);
    let notified = Notified::of(&dir, &mut command);
    // Half a second: it must be told twice as often.
    command.env("WATCHDOG_USEC", "500000");
    let agent = Agent::run(command);
    assert!(notified.next().contains("READY=1\nSTATUS=0 flows"));
    let mut bytes = [0; 1024];
    for _ in 0..2 {
        let n = notified.0.recv(&mut bytes).expect("it says that it lives");
        assert_eq!(bytes[..n].trim_ascii_end(), b"WATCHDOG=1");
    }
    agent.signal(Signal::SIGTERM);
    assert!(notified.next().contains("STOPPING=1"));
    assert_eq!(agent.wait().0, Some(0));
}

#[test]
fn a_socket_that_systemd_opened() {
    let dir = Scratch::new();
    let listener = UnixListener::bind(dir.socket()).expect("the scratch folder is ours");
    let direct = command(&dir, &[]);
    // Only a shell knows its process id before it becomes the agent.
    let mut command = Command::new("sh");
    command
        .args(["-c", "exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\"", "sh"])
        .arg(direct.get_program())
        .args(direct.get_args())
        .stdin(OwnedFd::from(listener))
        .stderr(std::process::Stdio::piped());
    let agent = Agent::run(command);
    // The path is the one that it would open itself, and it does not.
    let mut client = Client::connect(&dir.socket());
    assert_eq!(client.add("udp,actions=set_irq_core:auto"), [""; 0]);
    assert_eq!(done(&dir.target(), &["flow", "list", "-o", "ofctl"]).lines().count(), 1);
    agent.signal(Signal::SIGTERM);
    let (status, log) = agent.wait();
    assert_eq!(status, Some(0), "{log}");
    assert!(log.contains("a socket that systemd opened"), "{log}");
    assert!(dir.socket().exists(), "the socket is systemd's, not the agent's to remove");
}

#[test]
fn a_reload_takes_what_can_change_and_names_the_rest() {
    let dir = Scratch::new();
    let mut command = command(&dir, &["--max-vms", "9"]);
    let notified = Notified::of(&dir, &mut command);
    let agent = Agent::run(command);
    assert!(notified.next().contains("READY=1"));
    let mut client = Client::connect(&dir.socket());
    assert!(client.ask(&flow("udp,actions=set_irq_core:auto")).is_empty());
    let get = || done(&dir.target(), &["config", "get"]);
    done(&dir.target(), &["config", "set", "rebalance=yes"]);
    let file = dir.0.join("agent.toml");
    let reload = |text: &str| {
        std::fs::write(&file, text).expect("the scratch folder is ours");
        agent.signal(Signal::SIGHUP);
        assert!(notified.next().contains("RELOADING=1"));
        assert!(notified.next().contains("READY=1\nSTATUS=1 flows"));
    };
    // Nothing of the engine is new in the file, so what was set at run time stays.
    reload("max_connections = 2\nmax_vms = 10\n");
    assert!(get().contains("rebalance=yes"), "{}", get());
    // The connection is still there, and the entry; a third client finds no room.
    client.barrier();
    let _second = Client::connect(&dir.socket());
    let third = std::os::unix::net::UnixStream::connect(dir.socket()).expect("it listens");
    let refused = std::io::Read::read(&mut &third, &mut [0; 8]);
    assert_eq!(refused.expect("it is closed"), 0);
    reload("high_load = 321\nmax_flows = 77\nlog = \"debug\"\n");
    assert!(get().contains("high_load=321") && get().contains("rebalance=no"), "{}", get());
    // A file that is wrong changes nothing.
    reload("high_load = 1\nnonsense = 5\n");
    assert!(get().contains("high_load=321"), "{}", get());
    assert_eq!(client.flows().len(), 1);
    // The flag counts more than the file; what a restart would say, this start says too.
    agent.signal(Signal::SIGKILL);
    let (_, log) = agent.wait();
    for words in [
        "reloaded key=\"max_connections\"",
        "reloaded key=\"high_load\"",
        "this key counts after a restart key=\"max_flows\"",
        "there is no key nonsense",
        "DEBUG",
    ] {
        assert!(log.contains(words), "{words}: {log}");
    }
    assert!(!log.contains("key=\"max_vms\""), "{log}");
    std::fs::write(&file, "high_load = 321\n").expect("the scratch folder is ours");
    let _agent = Agent::run(with_its_file(&dir, &[]));
    assert!(get().contains("high_load=321"), "{}", get());
}
