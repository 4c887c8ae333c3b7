//! `vsectl decode -i`, on a veth pair in a network namespace of the test's own.

use std::fs;
use std::process::{self, Command};

use insta::assert_snapshot;

use crate::run::{scratch, vsectl};
use crate::running::Running;

const PROGRAM: &str = env!("CARGO_BIN_EXE_vsectl");

/// A namespace with a veth pair, left and right; it is removed with the value.
struct Namespace(String);

impl Namespace {
    fn new(test: &str) -> Self {
        let name = format!("vse-inspect-{test}-{}", process::id());
        let namespace = Self(name);
        ip(&["netns", "add", &namespace.0]);
        for words in [
            "link add left type veth peer name right",
            "link set left up",
            "link set right up",
            "addr add 192.0.2.1/24 dev left",
            "neigh add 192.0.2.2 lladdr 00:00:5e:00:53:02 dev left nud permanent",
        ] {
            let words: Vec<&str> = words.split(' ').collect();
            ip(&[&["-n", &namespace.0], words.as_slice()].concat());
        }
        namespace
    }

    /// Starts `vsectl decode` in it, and waits until it captures.
    fn decode(&self, args: &[&str]) -> Running {
        let words = ["netns", "exec", &self.0, PROGRAM, "decode", "-f", "udp port 9"];
        let running = Running::start("ip", &[&words, args].concat());
        let begun = running.diagnostic();
        assert!(begun.contains("capturing on"), "{begun}");
        running
    }

    /// Sends datagrams to port 9 from the left to the right.
    fn send(&self, count: usize) {
        let script = format!("for i in {{1..{count}}}; do echo frame > /dev/udp/192.0.2.2/9; done");
        ip(&["netns", "exec", &self.0, "bash", "-c", &script]);
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(Command::new("ip").args(["netns", "del", &self.0]).status());
    }
}

fn ip(words: &[&str]) {
    let status = Command::new("ip").args(words).status().expect("iproute2 is installed");
    assert!(status.success(), "ip {words:?}");
}

#[test]
#[ignore = "needs root: makes a network namespace and captures in it"]
fn two_interfaces_until_a_signal() {
    let namespace = Namespace::new("two");
    let fields = ["-T", "fields", "-e", "frame.interface_id", "-e", "udp.dstport"];
    let running = namespace.decode(&[["-i", "left", "-i", "right"].as_slice(), &fields].concat());
    namespace.send(3);
    let mut lines: Vec<String> = (0..6).map(|_| running.line()).collect();
    lines.sort();
    assert_eq!(lines, ["0\t9", "0\t9", "0\t9", "1\t9", "1\t9", "1\t9"]);
    running.signal("INT");
    let (status, rest, counts) = running.end();
    assert_eq!((status, rest), (Some(0), Vec::new()));
    let of = |name: &str| {
        format!(
            "vsectl: {name}: 3 frames captured, 3 received, 0 dropped for want of room, 0 dropped \
             by the interface"
        )
    };
    assert_eq!(counts, [of("left"), of("right")]);
}

#[test]
#[ignore = "needs root: makes a network namespace and captures in it"]
fn a_file_of_cut_frames() {
    let namespace = Namespace::new("cut");
    let path = scratch("live.pcapng");
    let name = path.to_str().expect("a scratch path is UTF-8");
    let running =
        namespace.decode(&["-i", "right", "-s", "40", "-p", "-a", "packets:2", "-w", name]);
    namespace.send(4);
    let (status, rest, _) = running.end();
    assert_eq!((status, rest), (Some(0), Vec::new()));
    let fields = ["-T", "fields", "-e", "frame.cap_len", "-e", "frame.len"];
    let read = vsectl(&[["decode", name].as_slice(), &fields].concat(), b"");
    // The interface, its filter and its counts are in the file, where others look for them.
    let told = Command::new("capinfos").arg(&path).output().expect("tshark is installed");
    fs::remove_file(&path).expect("the scratch folder is ours");
    assert_eq!((read.status, read.text()), (Some(0), "40\t48\n40\t48\n"));
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    for line in ["Name = right", "Filter string = udp port 9", "Number of stat entries = 1"] {
        assert!(told.contains(line), "{told}");
    }
}

#[test]
#[ignore = "needs root: makes a network namespace and captures in it"]
fn a_ring_of_files() {
    let namespace = Namespace::new("ring");
    let folder = scratch("ring");
    fs::create_dir_all(&folder).expect("the scratch folder is ours");
    let path = folder.join("ring.pcapng");
    let name = path.to_str().expect("a scratch path is UTF-8");
    let ring = ["-i", "left", "-a", "packets:7", "-b", "packets:2", "-b", "files:2", "-w", name];
    let running = namespace.decode(&ring);
    namespace.send(7);
    assert_eq!(running.end().0, Some(0));
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("the scratch folder is ours")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    files.sort();
    let frames: Vec<usize> = files
        .iter()
        .map(|file| vsectl(&["decode", file.to_str().expect("UTF-8")], b"").text().lines().count())
        .collect();
    fs::remove_dir_all(&folder).expect("the scratch folder is ours");
    assert_eq!(frames, [2, 1]);
    assert!(files[0].to_string_lossy().contains("ring_00003_"), "{files:?}");
}

#[test]
#[ignore = "needs root: captures on the loopback interface"]
fn a_wrong_capture_filter() {
    assert_snapshot!(vsectl(&["decode", "-i", "lo", "-f", "udp prot 9"], b""));
}

#[test]
fn an_interface_that_is_not_there() {
    assert_snapshot!(vsectl(&["decode", "-i", "no-such-if0"], b""));
}

#[test]
fn conditions_that_mean_nothing() {
    for args in [
        ["-i", "lo", "-a", "packets:0"].as_slice(),
        &["-i", "lo", "-a", "files:2", "-w", "x"],
        &["-i", "lo", "-b", "files:2", "-w", "x"],
        &["-i", "lo", "-b", "packets:2"],
        &["-i", "lo", "-a", "duration:never"],
        &["-f", "udp", "pcaps/arp.pcap"],
        &["-i", "lo", "pcaps/arp.pcap"],
        &["--svg", "x.svg", "pcaps/arp.pcap"],
        &["-V", "-w", "-", "pcaps/arp.pcap"],
    ] {
        let ran = vsectl(&[["decode"].as_slice(), args].concat(), b"");
        assert_eq!((ran.status, ran.text()), (Some(2), ""), "{args:?}: {ran}");
    }
}
