//! What an agent does about the interfaces that it steers: several of them, those without native XDP, one that goes and
//! comes back, and a core that cannot keep up.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::client::Client;
use crate::commands::{done, json};
use crate::steered::{HERE, Steered, THERE};

const COUNT: u32 = 100;
const DATAGRAM: &str = "ip / udp dport=7 / payload len=20";

#[test]
#[ignore = "needs root"]
fn several_interfaces_are_ports_of_one_table() {
    let world = Steered::new("several");
    world.link("eth1", 3);
    let agent = world.agent_at("eth0,eth1", &[]);
    let target = world.dir.target();
    for (cookie, core) in [(1, HERE), (2, THERE)] {
        done(
            &target,
            &[
                "flow",
                "add",
                &format!("cookie={cookie},in_port={cookie},actions=set_irq_core:{core}"),
            ],
        );
    }
    let send_and_count = |target: &str| {
        let before = world.drained(THERE).processed;
        for (interface, count) in [("eth0", COUNT), ("eth1", 2 * COUNT)] {
            world.craft_at(interface, DATAGRAM, count, HERE);
        }
        (packets(target), world.drained(THERE).processed - before)
    };
    let two = u64::from(2 * COUNT);
    assert_eq!(send_and_count(&target), (vec![(1, 100), (2, 200)], two));
    assert_eq!(interfaces(&world), ["eth0 native", "eth1 native"]);
    // Steering goes on at both without the agent, and the next one leaves one of them.
    agent.signal(Signal::SIGKILL);
    agent.wait();
    let pinned = format!("bpf:{}", world.pins().display());
    assert_eq!(send_and_count(&pinned), (vec![(1, 200), (2, 400)], two));
    let next = world.agent_at("eth0", &[]);
    assert_eq!(interfaces(&world), ["eth0 native"]);
    assert_eq!(send_and_count(&target), (vec![(1, 300), (2, 400)], 0));
    drop(next);
}

#[test]
#[ignore = "needs root"]
fn the_generic_mode_steers_too_and_is_not_silent() {
    let world = Steered::new("generic");
    // A bridge has no native XDP.
    world.ip("link add br0 type bridge");
    world.ip("link set eth0 master br0");
    world.ip("link set br0 up");
    let refused = world.refused_at("br0");
    assert!(refused.contains("br0 takes no XDP program in the driver"), "{refused}");
    assert!(refused.contains("br0@generic"), "{refused}");
    let agent = world.agent_at("br0@either", &[]);
    let target = world.dir.target();
    done(&target, &["flow", "add", "udp,tp_dst=7,actions=set_irq_core:1"]);
    world.craft(DATAGRAM, COUNT, HERE);
    assert_eq!(world.drained(THERE).processed, u64::from(COUNT));
    assert_eq!(packets(&target), [(0, COUNT.into())]);
    assert_eq!(interfaces(&world), ["br0 generic"]);
    agent.signal(Signal::SIGTERM);
    let (_, log) = agent.wait();
    let warning = log.lines().find(|line| line.contains("no native XDP")).unwrap_or_default();
    assert!(warning.contains("WARN") && warning.contains("slower"), "{log}");
    // Asked for, it is no surprise; what is pinned stays in its mode.
    let agent = world.agent_at("br0@generic", &[]);
    world.craft(DATAGRAM, COUNT, HERE);
    assert_eq!(world.drained(THERE).processed, u64::from(2 * COUNT));
    agent.signal(Signal::SIGTERM);
    assert!(!agent.wait().1.contains("WARN"));
}

#[test]
#[ignore = "needs root"]
fn an_interface_that_is_made_again_is_steered_again() {
    let world = Steered::new("again");
    let agent = world.agent(&[]);
    let target = world.dir.target();
    done(&target, &["flow", "add", "udp,tp_dst=7,actions=set_irq_core:1"]);
    world.craft(DATAGRAM, COUNT, HERE);
    assert_eq!(world.drained(THERE).processed, u64::from(COUNT));
    world.ip("link del eth0");
    agent.await_line("it has gone: nothing is steered there until it is back");
    world.link("eth0", 2);
    agent.await_line("attached");
    world.craft(DATAGRAM, COUNT, HERE);
    assert_eq!(world.drained(THERE).processed, u64::from(2 * COUNT));
    assert_eq!(packets(&target), [(0, u64::from(2 * COUNT))]);
    assert_eq!(interfaces(&world), ["eth0 native"]);
}

#[test]
#[ignore = "needs root"]
fn what_a_core_cannot_take_is_counted_as_its_drops() {
    let world = Steered::new("drops");
    let _agent = world.agent(&["--xdp-queue", "64"]);
    let target = world.dir.target();
    done(&target, &["flow", "add", "udp,tp_dst=7,actions=set_irq_core:1"]);
    let hog = Hog::on(THERE);
    world.craft(DATAGRAM, 10 * COUNT, HERE);
    let counts = world.counts(THERE);
    drop(hog);
    assert!(counts.queue_drops > 0, "{counts:?}");
    assert_eq!(counts.enqueued + counts.queue_drops, u64::from(10 * COUNT));
    let counts = world.drained(THERE);
    // The table asks the agent, which looks five times a second.
    let begin = Instant::now();
    let core = loop {
        let cores = json(&target, &["core", "list", "-o", "json"]);
        let core = cores["entries"][1].clone();
        if core["packets"] == u64::from(10 * COUNT) && core["drops"] == counts.queue_drops {
            break core;
        }
        assert!(begin.elapsed() < Duration::from_secs(5), "{core} of {counts:?}");
    };
    assert_eq!(core["core"], THERE);
    // Whoever looks at the datapath sees them too, as does the table of the pins.
    let pins = world.pins().display().to_string();
    let shown = done(&target, &["datapath", "show", "--bpf-dir", &pins]);
    assert!(shown.contains(&counts.queue_drops.to_string()), "{shown}");
    let stats = Client::connect(&world.dir.socket()).datapath();
    assert_eq!((stats.redirected, stats.errors), (u64::from(10 * COUNT), 0));
}

#[test]
#[ignore = "needs root"]
fn metrics_tell_what_was_steered() {
    let world = Steered::new("metrics");
    world.ip("link set lo up");
    let agent = world.agent(&["--metrics", "127.0.0.1:9464"]);
    done(&world.dir.target(), &["flow", "add", "udp,tp_dst=7,actions=set_irq_core:1"]);
    world.craft(DATAGRAM, COUNT, HERE);
    let counts = world.drained(THERE);
    let text = world.receiver.run(|| {
        let mut stream = TcpStream::connect("127.0.0.1:9464").expect("the agent listens");
        stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").expect("it reads");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("it answers");
        text
    });
    let text = text.expect("root");
    for line in [
        format!("vse_redirected_total {COUNT}"),
        format!("vse_core_packets_total{{core=\"{THERE}\"}} {COUNT}"),
        format!("vse_cpumap_enqueued_total{{core=\"{THERE}\"}} {}", counts.enqueued),
        format!("vse_cpumap_processed_total{{core=\"{THERE}\"}} {}", counts.processed),
    ] {
        assert!(text.lines().any(|told| told == line), "{line}\n{text}");
    }
    drop(agent);
}

/// Keeps a core from everything that is not of real-time priority.
struct Hog(Child);

impl Hog {
    fn on(core: u32) -> Self {
        let mut child = Command::new("chrt")
            .args(["--fifo", "50", "taskset", "-c", &core.to_string()])
            .args(["sh", "-c", "echo here; while :; do :; done"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("chrt and taskset are installed: apt-get install util-linux");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("it says that it is there");
        assert_eq!(line, "here\n");
        Self(child)
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Cookie and packets of each entry.
fn packets(target: &str) -> Vec<(u64, u64)> {
    let flows = json(target, &["flow", "list", "-o", "json"]);
    let flows = flows["entries"].as_array().expect("a list").iter();
    let number = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("hex");
    let mut packets: Vec<(u64, u64)> = flows
        .map(|flow| {
            let cookie = number(flow["cookie"].as_str().expect("a cookie is text"));
            (cookie, flow["packets"].as_u64().expect("a number"))
        })
        .collect();
    packets.sort_unstable();
    packets
}

/// Name and mode of each, as `datapath show` has them.
fn interfaces(world: &Steered) -> Vec<String> {
    let pins = world.pins().display().to_string();
    let shown = json(&world.dir.target(), &["datapath", "show", "--json", "--bpf-dir", &pins]);
    let interfaces = shown["interfaces"].as_array().expect("a list").iter();
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    interfaces.map(|one| format!("{} {}", text(&one["name"]), text(&one["mode"]))).collect()
}
