//! What is told as it happens: the decisions of the running agent, to monitors over each transport,
//! and to the stock ovs-ofctl.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::commands::{done, free_port, netlink_target};
use crate::world::{Agent, Scratch};

/// No test waits longer for what must come.
const LIMIT: Duration = Duration::from_secs(30);

/// A capture of a UDP frame every ten milliseconds, for ten minutes: they come as long as the test
/// runs.
fn steady_traffic(dir: &Scratch) -> String {
    let mut frame = [0; 60];
    frame[12..14].copy_from_slice(&[0x08, 0x00]);
    frame[14] = 0x45;
    frame[17] = 46;
    frame[23] = 17;
    frame[36..38].copy_from_slice(&53_u16.to_be_bytes());
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    file[4..8].copy_from_slice(&[2, 0, 4, 0]);
    for number in 0..60_000_u32 {
        for word in [number / 100, number % 100 * 10_000, 60, 60] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        file.extend_from_slice(&frame);
    }
    let path = dir.0.join("steady.pcap");
    std::fs::write(&path, file).expect("the scratch folder is ours");
    format!("replay:{}", path.display())
}

#[test]
fn monitors_of_every_transport_are_told_the_same() {
    let dir = Scratch::new();
    let netlink = netlink_target();
    let tcp = format!("tcp:127.0.0.1:{}", free_port());
    let traffic = steady_traffic(&dir);
    // No load is sampled: where the whole machine is highly loaded, nothing is assigned.
    let args = ["--sample-interval", "60000", "--datapath", &traffic];
    let listen = ["--listen", &netlink, "--listen", &tcp];
    let _agent = Agent::start(&dir, &[&args[..], &listen].concat());
    let target = dir.target();
    done(&target, &["flow", "add", "priority=7,udp,tp_dst=53,actions=set_irq_core:auto"]);
    let mut monitors: Vec<_> = [&target, &netlink, &tcp]
        .iter()
        .map(|target| {
            Command::new(env!("CARGO_BIN_EXE_vsectl"))
                .args(["--agent", target, "monitor", "--events", "assigned", "--count", "1"])
                .args(["-o", "ndjson", "--for", "30s"])
                .stdout(Stdio::piped())
                .spawn()
                .expect("vsectl starts")
        })
        .collect();
    // The entry gives its core back and gets one with the next frame, until all were told of it:
    // nobody knows from outside when a monitor has subscribed.
    let cores: Vec<u32> =
        agent::host::cores().expect("the kernel tells").iter().map(|core| core.id).collect();
    let begun = Instant::now();
    while monitors.iter_mut().any(|monitor| monitor.try_wait().expect("a child").is_none()) {
        assert!(begun.elapsed() < LIMIT, "a monitor is told nothing");
        for word in ["no", "yes"] {
            for core in &cores {
                done(&target, &["core", "set", &core.to_string(), "--eligible", word]);
            }
        }
    }
    for monitor in monitors {
        let ran = monitor.wait_with_output().expect("it has ended");
        assert!(ran.status.success());
        let text = String::from_utf8(ran.stdout).expect("output is UTF-8");
        assert_eq!(text.lines().count(), 1, "{text}");
        let told: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(told["schema"], "vsectl.assignment/1");
        assert_eq!(told["event"], "assigned");
        assert_eq!(told["priority"], 7);
        assert_eq!(told["matched"], "udp,tp_dst=53");
        assert!(cores.iter().any(|core| told["new_core"] == *core), "{told}");
    }
    // The frames are counted, and the entry has a core.
    let watched = done(&target, &["flow", "watch", "-o", "ndjson", "--count", "2", "udp"]);
    let packets: Vec<u64> = watched
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
        .map(|flow| flow["packets"].as_u64().expect("a number"))
        .collect();
    assert!(packets.len() == 2 && packets[0] < packets[1], "{packets:?}");
}

#[test]
fn ovs_ofctl_monitor_is_told_what_goes() {
    let dir = Scratch::new();
    let _agent = Agent::start(&dir, &[]);
    let mut monitor = Command::new("ovs-ofctl")
        .args(["-O", "OpenFlow10", "monitor", &dir.target(), "65535"])
        // It has a control socket of its own.
        .env("OVS_RUNDIR", &dir.0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ovs-ofctl is installed: apt-get install openvswitch-switch");
    let lines = BufReader::new(monitor.stderr.take().expect("a pipe")).lines();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            drop(tell.send(line));
        }
    });
    let begun = Instant::now();
    let mut seen = Vec::new();
    // Until it has connected, it is told nothing.
    let line = loop {
        assert!(begun.elapsed() < LIMIT, "nothing is told: {seen:?}");
        let flow = "cookie=0x2a,priority=7,udp,send_flow_rem,actions=drop";
        done(&dir.target(), &["flow", "add", flow]);
        done(&dir.target(), &["flow", "del", "--strict", "priority=7,udp"]);
        seen.extend(told.try_iter());
        if let Some(line) = seen.iter().position(|line| line.contains("OFPT_FLOW_REMOVED")) {
            break seen[line..].join("\n");
        }
    };
    assert!(line.contains("priority=7,udp reason=delete"), "{line}");
    assert!(line.contains("cookie:0x2a"), "{line}");
    monitor.kill().expect("it runs");
    monitor.wait().expect("it ends");
}
