//! Changes from the command line, against the running agent: modified, taken back, and what only a
//! frame shows.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::commands::{done, netlink_target, vsectl};
use crate::world::{Agent, Scratch, with_its_file};

const LIMIT: Duration = Duration::from_secs(30);

/// The table as it pastes back.
fn table(target: &str) -> String {
    done(target, &["flow", "list", "--no-stats", "-o", "ofctl"])
}

/// Does `look` again and again until it says yes.
fn until(what: &str, mut look: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !look() {
        assert!(begun.elapsed() < LIMIT, "{what}");
    }
}

#[test]
fn modify_strict_and_not() {
    let dir = Scratch::new();
    let _agent = Agent::start(&dir, &[]);
    let target = dir.target();
    let add = |flow: &str| done(&target, &["flow", "add", flow]);
    add("priority=9,tcp,tp_dst=80,actions=drop");
    add("priority=8,tcp,actions=drop");
    add("priority=7,udp,actions=drop");
    // All that are at least as specific.
    done(&target, &["flow", "mod", "tcp,actions=set_irq_core:0"]);
    assert_eq!(
        table(&target),
        "priority=9,tcp,tp_dst=80 actions=set_irq_core:0\n\
         priority=8,tcp actions=set_irq_core:0\npriority=7,udp actions=drop\n"
    );
    // That match and priority alone.
    done(&target, &["flow", "mod", "--strict", "priority=8,tcp,actions=set_irq_core:auto"]);
    assert_eq!(
        table(&target),
        "priority=9,tcp,tp_dst=80 actions=set_irq_core:0\n\
         priority=8,tcp actions=set_irq_core:auto\npriority=7,udp actions=drop\n"
    );
}

/// A change for a time, running.
fn for_a_while(target: &str, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_vsectl"))
        .args(["--agent", target, "flow"])
        .args(args)
        .args(["--for", "30s"])
        .stdout(Stdio::null())
        .spawn()
        .expect("vsectl starts")
}

#[test]
fn a_change_for_a_time_is_taken_back() {
    let dir = Scratch::new();
    let agent = Agent::start(&dir, &[]);
    let target = dir.target();
    done(&target, &["flow", "add", "priority=9,tcp,idle_timeout=60,actions=drop"]);
    done(&target, &["flow", "add", "priority=8,udp,actions=set_irq_core:0"]);
    let before = table(&target);
    let undo = dir.0.join("undo.flows");
    let undo = undo.to_str().expect("a scratch path is UTF-8");
    // Interrupted, it does not wait for the rest of the 30 s.
    let mut child = for_a_while(&target, &["del", "--all", "--undo-file", undo]);
    until("the entries are still there", || table(&target).is_empty());
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    kill(pid, Signal::SIGINT).expect("it waits");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert_eq!(table(&target), before);
    // What is killed takes nothing back; the file does.
    let mut child = for_a_while(&target, &["del", "--all", "--undo-file", undo]);
    until("the entries are still there", || table(&target).is_empty());
    child.kill().expect("it waits");
    child.wait().expect("it ends");
    done(&target, &["flow", "add", "--bundle", "--file", undo]);
    assert_eq!(table(&target), before);
    // An agent that was replaced meanwhile is found again.
    let mut child = for_a_while(&target, &["del", "tcp"]);
    until("the entry is still there", || table(&target).lines().count() == 1);
    agent.signal(Signal::SIGKILL);
    agent.wait();
    let _agent = Agent::run(with_its_file(&dir, &[]));
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    kill(pid, Signal::SIGTERM).expect("it waits");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert_eq!(table(&target), before);
}

#[test]
fn a_vm_follows_its_process() {
    let dir = Scratch::new();
    let _agent = Agent::start(&dir, &["--sample-interval", "20"]);
    let target = dir.target();
    let cores = agent::host::cores().expect("the kernel tells");
    let mine: Vec<u32> = cores.iter().filter(|core| core.allowed).map(|core| core.id).collect();
    let (first, last) = (mine[0], mine[mine.len() - 1]);
    let mut child = Command::new("taskset")
        .args(["-c", &last.to_string(), "sh", "-c", "while :; do :; done"])
        .spawn()
        .expect("taskset is there: util-linux");
    let pid = child.id().to_string();
    done(&target, &["vm", "add", "5", "--pid", &pid, "--name", "guest"]);
    let runs_on = |core: u32| {
        let list = done(&target, &["vm", "list", "-o", "json"]);
        let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
        let vm = &list["entries"][0];
        assert_eq!((&vm["source"], &vm["pid"]), (&"pid".into(), &child.id().into()), "{vm}");
        vm["core"] == core
    };
    until("the VM is not found where its process runs", || runs_on(last));
    let moved = Command::new("taskset").args(["-pc", &first.to_string(), &pid]).output();
    assert!(moved.expect("taskset is there").status.success());
    until("the VM is not found where its process went", || runs_on(first));
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    until("the VM still runs somewhere", || {
        done(&target, &["vm", "list", "-o", "json"]).contains("\"core\": \"none\"")
            || done(&target, &["vm", "list"]).lines().any(|line| line.contains("  -  pid"))
    });
}

#[test]
fn a_trace_of_hex_digits_is_that_of_the_flow() {
    let dir = Scratch::new();
    let _agent = Agent::start(&dir, &[]);
    let target = dir.target();
    done(&target, &["vm", "add", "5", "--core", "0"]);
    done(&target, &["flow", "add", "priority=9,udp,vm_id=5,tp_dst=53,actions=set_irq_core:0"]);
    done(&target, &["flow", "add", "priority=8,ip,vm_id=6,actions=drop"]);
    let flow = done(&target, &["trace", "-o", "json", "udp,vm_id=5,tp_dst=53"]);
    let trace: serde_json::Value = serde_json::from_str(&flow).expect("JSON");
    assert_eq!(trace["candidates"][0]["outcome"], "won");
    let hex = trace["frame"].as_str().expect("hex digits");
    assert_eq!(done(&target, &["trace", "-o", "json", hex]), flow);
    // The same digits as a hex dump has them.
    let spaced = hex.char_indices().fold(String::new(), |text, (at, digit)| {
        text + if at > 0 && at % 2 == 0 { " " } else { "" } + &digit.to_string()
    });
    assert_eq!(done(&target, &["trace", "-o", "json", &spaced]), flow);
    let short = vsectl(&target, &["trace", "0102"]);
    assert_eq!(short.status.code(), Some(2));
}

/// The user and group that own nothing.
const NOBODY: u32 = 65_534;

#[test]
#[ignore = "needs root"]
fn another_user_may_read_with_the_group_and_change_nothing() {
    let dir = Scratch::new();
    let netlink = netlink_target();
    let _agent = Agent::start(&dir, &["--group", "daemon", "--listen", &netlink]);
    let target = dir.target();
    done(&target, &["flow", "add", "priority=9,tcp,actions=drop"]);
    let group = nix::unistd::Group::from_name("daemon").expect("groups").expect("it is there");
    let run = |target: &str, group: u32, args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vsectl"));
        command.args(["--agent", target]).args(args).uid(NOBODY).gid(group);
        command.output().expect("vsectl starts")
    };
    let changes = [
        &["flow", "add", "udp,actions=drop"][..],
        &["flow", "del", "--all"],
        &["core", "set", "0", "--eligible", "no"],
        &["vm", "add", "5", "--core", "0"],
        &["config", "set", "high_load=1"],
    ];
    let list = &["flow", "list", "--no-stats", "-o", "ofctl"][..];
    for target in [&target, &netlink] {
        // With the group: reads, and every change is refused.
        let ran = run(target, group.gid.as_raw(), list);
        assert!(ran.status.success(), "{target}: {}", String::from_utf8_lossy(&ran.stderr));
        assert_eq!(String::from_utf8_lossy(&ran.stdout), "priority=9,tcp actions=drop\n");
        for change in changes {
            let ran = run(target, group.gid.as_raw(), change);
            assert_eq!(ran.status.code(), Some(1), "{target}: {change:?}");
            let words = String::from_utf8_lossy(&ran.stderr).to_lowercase();
            assert!(words.contains("permi") || words.contains("root"), "{target}: {words}");
        }
        // Without: nothing at all.
        let ran = run(target, NOBODY, list);
        assert_eq!(ran.status.code(), Some(1), "{target}");
        assert!(ran.stdout.is_empty());
    }
    assert_eq!(table(&target), "priority=9,tcp actions=drop\n");
    assert_eq!(done(&target, &["vm", "list", "-o", "ndjson"]), "");
    assert!(!done(&target, &["config", "get"]).contains("high_load=1\n"));
}
