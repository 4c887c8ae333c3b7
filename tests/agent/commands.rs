//! The commands of the program against the running agent: the same answers whichever way leads
//! there.

use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::world::{Agent, Scratch};

/// Runs `vsectl ARGS` with the agent at `target`.
pub(crate) fn vsectl(target: &str, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vsectl"))
        .args(["--agent", target])
        .args(args)
        .env("NO_COLOR", "1")
        .output()
        .expect("vsectl starts")
}

/// Its standard output, where it went well.
pub(crate) fn done(target: &str, args: &[&str]) -> String {
    let ran = vsectl(target, args);
    let errors = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{args:?} through {target}: {errors}");
    String::from_utf8(ran.stdout).expect("output is UTF-8")
}

/// What it prints as JSON.
pub(crate) fn json(target: &str, args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&done(target, args)).expect("JSON")
}

#[test]
fn unix_tcp_and_netlink_give_the_same() {
    let dir = Scratch::new();
    let netlink = netlink_target();
    let port = free_port();
    let tcp = format!("tcp:127.0.0.1:{port}");
    let listen = ["--listen", &netlink, "--listen", &tcp, "--tcp-change", "true"];
    let _agent = Agent::start(&dir, &listen);
    let targets = [dir.target(), netlink.clone(), tcp.clone()];
    // Each way changes something; all of it is seen by each.
    done(&targets[0], &["vm", "add", "5", "--core", "0", "--name", "web"]);
    done(&targets[0], &["flow", "add", "priority=9,vm_id=5,actions=set_irq_core:auto"]);
    done(&targets[1], &["flow", "add", "priority=8,ip,nw_dst=10.0.0.1,actions=set_irq_core:0"]);
    done(
        &targets[2],
        &[
            "flow",
            "add",
            "priority=7,tun_id=77,inner_tp_dst=53,inner_nw_proto=17,inner_dl_type=0x0800,actions=set_irq_core:0",
        ],
    );
    for args in [
        &["flow", "list", "--no-stats", "-o", "json"][..],
        &["flow", "list", "--no-stats", "-o", "ofctl"],
        &["vm", "list", "-o", "json"],
        &["config", "get", "-o", "json"],
        &["trace", "ip,nw_dst=10.0.0.1", "-o", "json"],
    ] {
        let said = targets.each_ref().map(|target| done(target, args));
        assert!(said[0].lines().count() >= 1, "{args:?}");
        assert_eq!(said[0], said[1], "{args:?}: unix and netlink");
        assert_eq!(said[0], said[2], "{args:?}: unix and tcp");
    }
    let all = done(&targets[0], &["flow", "list", "--no-stats", "-o", "ofctl"]);
    assert_eq!(all.lines().count(), 3, "{all}");
    // A refusal is told, and changes nothing.
    for target in &targets {
        let refused = vsectl(target, &["flow", "add", "vm_id=6,actions=set_irq_core:999"]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("core"), "{target}");
    }
    assert_eq!(done(&targets[0], &["flow", "list", "--no-stats", "-o", "ofctl"]), all);
    done(&targets[1], &["flow", "del", "--strict", "priority=8,ip,nw_dst=10.0.0.1"]);
    let left = done(&targets[2], &["flow", "list", "--no-stats", "-o", "ofctl"]);
    assert_eq!(left.lines().count(), 2, "{left}");
}

/// A netlink port of the test's own. Ports below the process ids are those of other programs.
pub(crate) fn netlink_target() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("netlink:{}", 0x4000_0000 + std::process::id() * 16 + number)
}

/// A TCP port that nobody listened on a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("an address").port()
}
