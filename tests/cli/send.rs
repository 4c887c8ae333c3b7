//! `vsectl send`: what is refused; and as root in a namespace of its own, that what is sent arrives.

use std::process::Command;

use insta::assert_snapshot;

use crate::run::vsectl;

#[test]
fn an_interface_that_is_not_there() {
    let ran = vsectl(&["send", "ip / udp", "-i", "lo0"], b"");
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.starts_with("vsectl: there is no interface lo0"), "{ran}");
}

#[test]
fn a_field_that_cannot_be_set() {
    assert_snapshot!(vsectl(&["send", "ip / udp", "-i", "lo", "--set", "eth.dest=1"], b""));
}

#[test]
fn a_value_that_cannot_be_set() {
    assert_snapshot!(vsectl(&["send", "ip / udp", "-i", "lo", "--set", "vlan.id=5000"], b""));
}

#[test]
fn two_paces() {
    assert_snapshot!(vsectl(&["send", "ip", "-i", "lo", "--pps", "5", "--topspeed"], b""));
}

/// A namespace with a pair of interfaces, gone when this is.
struct Pair(String);

impl Pair {
    fn new(name: &str) -> Self {
        let pair = Self(format!("vse-craft-{name}-{}", std::process::id()));
        run(Command::new("ip").args(["netns", "add", &pair.0]));
        pair.ip(&["link", "add", "va", "type", "veth", "peer", "name", "vb"]);
        for interface in ["va", "vb"] {
            pair.exec("sysctl", &["-qw", &format!("net.ipv6.conf.{interface}.disable_ipv6=1")]);
            pair.ip(&["link", "set", interface, "up"]);
        }
        pair
    }

    fn ip(&self, args: &[&str]) {
        run(Command::new("ip").args(["-n", &self.0]).args(args));
    }

    fn exec(&self, program: &str, args: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0, program]).args(args);
        let ran = command.output().expect("ip starts");
        (ran.status.code(), String::from_utf8_lossy(&ran.stdout).into_owned())
    }

    fn vsectl(&self, args: &[&str]) -> (Option<i32>, String) {
        self.exec(env!("CARGO_BIN_EXE_vsectl"), args)
    }

    /// Frames that arrived.
    fn received(&self) -> u64 {
        let (_, count) = self.exec("cat", &["/sys/class/net/vb/statistics/rx_packets"]);
        count.trim().parse().expect("a number")
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        drop(Command::new("ip").args(["netns", "del", &self.0]).status());
    }
}

fn run(command: &mut Command) {
    let ran = command.output().expect("ip starts");
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
#[ignore = "needs root, for a network namespace"]
fn a_million_sent_are_a_million_received() {
    let pair = Pair::new("million");
    let layers = "ip src=10.0.0.0/16 / udp dport=1-1000 / payload len=18";
    let before = pair.received();
    let spec =
        ["craft", "traffic", layers, "--count", "1000000", "-i", "va", "--topspeed", "--json"];
    let (status, report) = pair.vsectl(&spec);
    assert_eq!(status, Some(0), "{report}");
    assert!(report.contains("\"packets\":1000000,\"bytes\":60000000,\"failed\":0"), "{report}");
    assert_eq!(pair.received() - before, 1_000_000);
}

#[test]
#[ignore = "needs root, for a network namespace"]
fn loss_and_disorder_are_told_by_the_probes() {
    let pair = Pair::new("probes");
    let send = |layers: &str, options: &[&str]| {
        let args = [&["send", layers, "-i", "va", "--json", "--receive"], options].concat();
        let (status, said) = pair.vsectl(&args);
        let view: serde_json::Value =
            serde_json::from_str(said.lines().nth(1).expect("two lines")).expect("JSON");
        let flow = view.pointer("/flows/0").expect("a flow").clone();
        let told = ["sent", "received", "lost", "late", "duplicates"]
            .map(|name| flow.get(name).and_then(serde_json::Value::as_u64).expect("a number"));
        (status, told)
    };
    let probes = "ip / udp / payload probe";
    assert_eq!(send(probes, &["vb", "-c", "50"]), (Some(0), [50, 50, 0, 0, 0]));
    // As if they had changed places, and one been sent twice, on the way.
    let disorder = format!("{probes} flow=0 sequence=0,2,1,3,3");
    let (status, [.., late, twice]) = send(&disorder, &["vb"]);
    assert_eq!((status, late, twice), (Some(1), 1, 1));
    // Nothing comes in where it is sent from.
    pair.ip(&["link", "add", "vc", "type", "veth", "peer", "name", "vd"]);
    pair.ip(&["link", "set", "vc", "up"]);
    pair.ip(&["link", "set", "vd", "up"]);
    assert_eq!(send(probes, &["vc", "-c", "9"]), (Some(1), [9, 0, 9, 0, 0]));
}

#[test]
#[ignore = "needs root, for a network namespace"]
fn the_first_of_a_capture_are_sent() {
    let pair = Pair::new("first");
    let path = crate::run::scratch("first.pcap");
    let file = path.to_str().expect("a scratch path is UTF-8");
    let layers = "ip / udp dport=1-9";
    assert_eq!(vsectl(&["craft", "traffic", layers, "-w", file], b"").status, Some(0));
    let (status, report) = pair.vsectl(&["send", file, "-i", "va", "-c", "4", "--loop", "2"]);
    std::fs::remove_file(&path).expect("the scratch file is ours");
    assert_eq!((status, report.starts_with("sent 8 packets, ")), (Some(0), true), "{report}");
}

#[test]
#[ignore = "needs root, for a network namespace"]
fn what_does_not_fit_is_counted_and_fails() {
    let pair = Pair::new("mtu");
    let (status, report) = pair.vsectl(&["send", "ip / udp / payload len=1400,1600", "-i", "va"]);
    assert_eq!(status, Some(1));
    assert!(report.starts_with("sent 1 packet, "), "{report}");
    assert!(report.contains("not sent 1: longer than the interface's MTU"), "{report}");
}

#[test]
#[ignore = "needs root, for a network namespace"]
fn the_default_route_is_refused() {
    let pair = Pair::new("route");
    pair.ip(&["addr", "add", "10.9.0.1/24", "dev", "va"]);
    pair.ip(&["route", "add", "default", "via", "10.9.0.2"]);
    let before = pair.received();
    assert_eq!(pair.vsectl(&["send", "ip / udp", "-i", "va"]).0, Some(1));
    assert_eq!(pair.received(), before);
    assert_eq!(pair.vsectl(&["send", "ip / udp", "-i", "va", "--yes-really"]).0, Some(0));
}

/// A child that has begun to send: its interface has got frames.
fn sending(pair: &Pair, args: &[&str]) -> std::process::Child {
    let before = pair.received();
    let child = Command::new("ip")
        .args(["netns", "exec", &pair.0, env!("CARGO_BIN_EXE_vsectl"), "send"])
        .args(args)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("ip starts");
    while pair.received() < before + 100 {
        std::thread::yield_now();
    }
    child
}

fn end(child: std::process::Child) -> (Option<i32>, String) {
    let ran = child.wait_with_output().expect("it ends");
    (ran.status.code(), String::from_utf8_lossy(&ran.stdout).into_owned())
}

#[test]
#[ignore = "needs root, for a network namespace"]
fn an_interface_that_goes_leaves_the_count() {
    let pair = Pair::new("gone");
    let child = sending(&pair, &["ip / udp", "-i", "va", "--pps", "10000", "--loop", "0"]);
    pair.ip(&["link", "del", "va"]);
    let (status, report) = end(child);
    assert_eq!(status, Some(1), "{report}");
    let gone = ["the interface is gone", "the interface is down"];
    assert!(
        report.contains("\nstopped after ") && gone.iter().any(|why| report.contains(why)),
        "{report}"
    );
}

#[test]
#[ignore = "needs root, for a network namespace"]
fn an_interrupt_leaves_the_count() {
    let pair = Pair::new("interrupt");
    let child = sending(&pair, &["ip / udp", "-i", "va", "--pps", "10000", "--loop", "0"]);
    // ip has become the program.
    run(Command::new("kill").args(["-s", "INT", &child.id().to_string()]));
    let (status, report) = end(child);
    assert_eq!(status, Some(1), "{report}");
    assert!(report.contains("packets: interrupted"), "{report}");
}
