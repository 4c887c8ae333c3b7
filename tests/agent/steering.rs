//! Frames on real interfaces go where the entries say, while agents come, go and change their minds.

use std::collections::BTreeMap;
use std::io::IoSlice;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny, sendmmsg};
use serde_json::Value;

use crate::client::Client;
use crate::commands::{done, json, vsectl};
use crate::steered::{HERE, Steered, THERE};

/// Frames of each kind.
const COUNT: u32 = 100;

/// The kinds of frames: layers, one frame after the other, the entry that steers them, and frames for each time they
/// are sent.
const KINDS: [(&str, &str, &str, u32); 9] = [
    ("FCF in ToS", "ip fcf vm=5 / udp dport=7 / payload len=20", "vm_id=5", 1),
    ("a priority flow", "ip fcf vm=6 prio / udp dport=7 / payload len=20", "fcf_priority=1", 1),
    (
        "VXLAN inner match",
        "ip / udp dport=4789 / vxlan vni=77 / eth / ip dst=10.0.0.9 / udp dport=53 / payload len=20",
        "tun_id=77,inner_dl_type=0x0800,inner_nw_dst=10.0.0.9",
        1,
    ),
    (
        "every fragment of a datagram",
        "ip src=10.9.0.1 dst=192.0.2.2 frag mtu=500 / udp dport=9 / payload len=3000",
        "ip,nw_src=10.9.0.1",
        7,
    ),
    (
        "every fragment of a datagram in IPv6",
        "ip6 src=2001:db8::2 next=44 / payload hex=11000001000000090001000700100000 + \
         ip6 src=2001:db8::2 next=44 / payload hex=11000008000000090001000700100000",
        "priority=40000,dl_type=0x86dd,ip_frag=1/1",
        2,
    ),
    ("IPv6", "ip6 src=2001:db8::1 / udp dport=7 / payload len=20", "dl_type=0x86dd", 1),
    ("802.1Q", "vlan id=9 / ip src=10.8.0.1 / udp dport=7 / payload len=20", "dl_vlan=9", 1),
    ("TCP", "ip src=10.7.0.1 / tcp dport=80 / payload len=20", "tcp,tp_dst=80", 1),
    ("ESP", "ip src=10.6.0.1 / esp spi=99 / payload len=32", "ip,nw_proto=50,nw_src=10.6.0.1", 1),
];

#[test]
#[ignore = "needs root"]
fn frames_of_each_kind_are_processed_on_the_core_of_their_entry() {
    let world = Steered::new("kinds");
    let _agent = world.agent(&[]);
    let mut client = Client::connect(&world.dir.socket());
    for (cookie, (_, _, matched, _)) in KINDS.iter().enumerate() {
        let entry = format!("cookie={cookie},{matched},actions=set_irq_core:{THERE}");
        assert_eq!(client.add(&entry), [""; 0]);
    }
    for (kind, layers, _, frames) in KINDS {
        let before = [HERE, THERE].map(|core| world.drained(core).processed);
        for layers in layers.split(" + ") {
            world.craft(layers, COUNT, HERE);
        }
        let after = [HERE, THERE].map(|core| world.drained(core).processed);
        let expected = [0, u64::from(COUNT * frames)];
        assert_eq!([after[0] - before[0], after[1] - before[1]], expected, "{kind}");
    }
    let counts: BTreeMap<u64, u64> =
        client.flows().iter().map(|flow| (flow.cookie.0, flow.packet_count)).collect();
    let expected =
        KINDS.iter().zip(0..).map(|((.., frames), cookie)| (cookie, u64::from(COUNT * frames)));
    assert_eq!(counts, expected.collect());
    // What is for the core that it comes in on stays there.
    assert_eq!(
        client.add(&format!("cookie=0,{},actions=set_irq_core:{HERE}", KINDS[0].2)),
        [""; 0]
    );
    let before = client.datapath().passed;
    world.craft(KINDS[0].1, COUNT, HERE);
    assert_eq!(client.datapath().passed - before, u64::from(COUNT));
    let target = world.dir.target();
    // FCF in the tag, and what no entry matches.
    done(&target, &["config", "set", "fcf_layout=vlan"]);
    done(&target, &["flow", "add", "vm_id=300,actions=set_irq_core:1"]);
    for (layers, there) in
        [("vlan id=300 / ip", true), ("vlan id=301 / ip", false), ("ip fcf vm=5", false)]
    {
        let before = world.drained(THERE).processed;
        world.craft(&format!("{layers} / udp / payload len=20"), COUNT, HERE);
        let expected = if there { u64::from(COUNT) } else { 0 };
        assert_eq!(world.drained(THERE).processed - before, expected, "{layers}");
    }
}

#[test]
#[ignore = "needs root"]
fn a_million_packets_and_the_counters_add_up() {
    const TOTAL: u64 = 1_000_000;
    let world = Steered::new("million");
    let _agent = world.agent(&[]);
    let target = world.dir.target();
    for flow in ["tp_dst=1000,actions=set_irq_core:1", "tp_dst=1001,actions=set_irq_core:auto"] {
        done(&target, &["flow", "add", &format!("udp,{flow}")]);
    }
    // Two steered flows and one that no entry has.
    let traffic = Traffic::new(&world, [1000, 1001, 1002]);
    let mut sent = 0;
    while sent < TOTAL {
        sent +=
            traffic.burst(usize::try_from(sent / 64 % 3).expect("below 3"), 64.min(TOTAL - sent));
    }
    let there = world.drained(THERE);
    let lost = veth_drops(&world);
    let stats = Client::connect(&world.dir.socket()).datapath();
    assert_eq!(stats.matched + stats.missed + lost, TOTAL, "{stats:?}");
    assert_eq!(stats.passed + stats.redirected, stats.matched + stats.missed, "{stats:?}");
    assert_eq!(stats.errors, 0);
    assert_eq!(packets(&target).iter().sum::<u64>(), stats.matched);
    let all: u64 = [HERE, THERE]
        .map(|core| world.drained(core))
        .iter()
        .map(|counts| counts.enqueued + counts.queue_drops)
        .sum();
    assert_eq!(all, stats.redirected, "{there:?}");
    // What the agent tells of cores is the same.
    let cores = json(&target, &["core", "list", "-o", "json"]);
    let sum = |field: &str| {
        let cores = cores["entries"].as_array().expect("a list");
        cores.iter().map(|core| core[field].as_u64().expect("a number")).sum::<u64>()
    };
    assert_eq!(sum("packets"), stats.passed + stats.redirected);
    assert_eq!(sum("drops"), there.queue_drops + there.thread_drops);
}

#[test]
#[ignore = "needs root"]
fn steering_outlives_a_killed_agent_and_the_next_one_takes_it_over() {
    let world = Steered::new("kill");
    let agent = world.agent(&[]);
    let target = world.dir.target();
    done(&target, &["flow", "add", "cookie=7,udp,tp_dst=1000,actions=set_irq_core:1"]);
    done(&target, &["flow", "add", "cookie=8,udp,tp_dst=1001,actions=set_irq_core:auto"]);
    done(&target, &["vm", "add", "5", "--core", "0", "--name", "web"]);
    let traffic = Traffic::new(&world, [1000, 1001]);
    let mut sent = [0, 0];
    let mut send = |times| {
        for _ in 0..times {
            for (port, sent) in sent.iter_mut().enumerate() {
                *sent += traffic.steady(&world, port);
            }
        }
        sent
    };
    send(20);
    let core_of =
        |target: &str| json(target, &["flow", "list", "-o", "json"])["entries"][1]["core"].clone();
    let core = core_of(&target);
    agent.signal(Signal::SIGKILL);
    agent.wait();
    let there = world.drained(THERE).processed;
    let so_far = send(20);
    // Nobody is there, and the frames go where they went.
    assert!(world.drained(THERE).processed >= there + 20 * 64);
    let pinned = format!("bpf:{}", world.pins().display());
    assert_eq!(packets(&pinned), so_far.to_vec());
    let next = world.agent(&[]);
    assert_eq!(packets(&target), so_far.to_vec(), "what was counted while nobody was there");
    let all = send(20);
    assert_eq!(packets(&target), all.to_vec());
    assert_eq!(core_of(&target), core, "an entry keeps its core");
    // An agent that has lost all that it had kept finds all of it in the maps.
    drop(next);
    std::fs::remove_dir_all(world.dir.0.join("state")).expect("the scratch folder is ours");
    let forgetful = world.agent(&[]);
    assert_eq!(packets(&target), all.to_vec());
    assert_eq!(core_of(&target), core);
    let vms = json(&target, &["vm", "list", "-o", "json"]);
    assert_eq!(
        (&vms["entries"][0]["vm_id"], &vms["entries"][0]["name"]),
        (&Value::from(5), &Value::from("web"))
    );
    let detach = ["datapath", "detach", "--bpf-dir"].map(str::to_owned);
    let detach: Vec<String> =
        detach.into_iter().chain([world.pins().display().to_string()]).collect();
    let detach: Vec<&str> = detach.iter().map(String::as_str).collect();
    let refused = vsectl(&target, &detach);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("an agent that runs has it"));
    forgetful.signal(Signal::SIGTERM);
    forgetful.wait();
    let map = world.map();
    assert_eq!(done(&target, &detach), "eth0: detached\n");
    let before = world.enqueued(map);
    assert_eq!(traffic.burst(0, 64), 64);
    assert_eq!((world.enqueued(map), before > 0), (before, true), "nothing steers any more");
}

#[test]
#[ignore = "needs root"]
fn a_table_is_swapped_under_load_and_no_frame_is_lost_or_goes_astray() {
    let world = Steered::new("swap");
    let _agent = world.agent(&[]);
    let target = world.dir.target();
    done(&target, &["flow", "add", "priority=10,udp,tp_dst=1000,actions=set_irq_core:1"]);
    let traffic = Traffic::new(&world, [1000]);
    let (ends, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let swaps = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ends.load(Ordering::Relaxed) {
                sent.fetch_add(traffic.steady(&world, 0), Ordering::Relaxed);
            }
        });
        let mut client = Client::connect(&world.dir.socket());
        let mut swaps = 0;
        // The entry is replaced by its like, others come and go; each is another table.
        while sent.load(Ordering::Relaxed) < 20_000 {
            let other =
                format!("priority=20,udp,tp_dst={},actions=set_irq_core:0", 2000 + swaps % 50);
            assert_eq!(client.add(&other), [""; 0]);
            assert_eq!(client.add("priority=10,udp,tp_dst=1000,actions=set_irq_core:1"), [""; 0]);
            swaps += 2;
        }
        ends.store(true, Ordering::Relaxed);
        swaps
    });
    let there = world.drained(THERE);
    let sent = sent.into_inner();
    assert_eq!((there.processed, there.queue_drops), (sent, 0), "after {swaps} tables");
    assert!(swaps >= 20, "{swaps} tables");
    let stats = Client::connect(&world.dir.socket()).datapath();
    assert_eq!((stats.matched, stats.missed, stats.passed), (sent, 0, 0), "{stats:?}");
}

#[test]
#[ignore = "needs root"]
fn pinned_tables_are_what_the_agent_tells() {
    let world = Steered::new("pinned");
    let agent = world.agent(&[]);
    let target = world.dir.target();
    let pinned = format!("bpf:{}", world.pins().display());
    for flow in [
        "cookie=0x17,idle_timeout=60,priority=5,udp,tp_dst=1000,actions=set_irq_core:1",
        "hard_timeout=600,send_flow_rem,vm_id=5,tun_id=9,actions=set_irq_core:auto",
        "priority=9,ip,nw_dst=10.0.0.0/8,actions=set_irq_core:auto",
        "priority=1,actions=drop",
    ] {
        done(&target, &["flow", "add", flow]);
    }
    done(&target, &["vm", "add", "5", "--core", "0", "--name", "web"]);
    done(&target, &["core", "set", "0", "--eligible", "no"]);
    world.craft("ip dst=10.1.2.3 / udp dport=1 / payload len=20", COUNT, HERE);
    world.craft("ip dst=192.0.2.2 / udp dport=1000 / payload len=20", COUNT, HERE);
    let told = |target: &str, args: &[&str]| {
        let mut told = json(target, &[args, &["-o", "json"]].concat());
        for entry in told["entries"].as_array_mut().expect("a list") {
            // They change from one moment to the next.
            for field in ["duration", "load", "provisional"] {
                entry.as_object_mut().expect("an object").remove(field);
            }
            if let Some(flags) = entry["flags"].as_array_mut() {
                flags.retain(|flag| flag != "high");
            }
        }
        told
    };
    let lists: [&[&str]; 4] = [
        &["flow", "list"],
        &["flow", "list", "ip,nw_dst=10.0.0.0/8"],
        &["vm", "list"],
        &["core", "list"],
    ];
    for list in lists {
        // In this order: what the program has decided is in the records when the agent has told of it.
        let by_agent = told(&target, list);
        assert_eq!(told(&pinned, list), by_agent, "{list:?}");
    }
    assert_eq!(told(&pinned, lists[0])["entries"].as_array().map(Vec::len), Some(4));
    assert_eq!(done(&pinned, &["config", "get"]), done(&target, &["config", "get"]));
    let alive = lists.map(|list| told(&pinned, list));
    agent.signal(Signal::SIGKILL);
    agent.wait();
    assert_eq!(lists.map(|list| told(&pinned, list)), alive);
    let refused = vsectl(&pinned, &["flow", "add", "udp,actions=set_irq_core:1"]);
    assert_eq!(refused.status.code(), Some(1));
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(text.contains("name the agent's socket"), "{text}");
    let pins = world.pins().display().to_string();
    let shown = json(&pinned, &["datapath", "show", "--json", "--bpf-dir", &pins]);
    assert_eq!(shown["interfaces"][0]["mode"], "native");
    assert_eq!(shown["counters"]["redirected"], u64::from(2 * COUNT));
}

/// Packets of each entry, the one that wins first.
fn packets(target: &str) -> Vec<u64> {
    let flows = json(target, &["flow", "list", "-o", "json"]);
    let flows = flows["entries"].as_array().expect("a list");
    flows.iter().map(|flow| flow["packets"].as_u64().expect("a number")).collect()
}

/// Frames that the sending end of the veth could not hand over.
fn veth_drops(world: &Steered) -> u64 {
    let text = world.sender.run(|| std::fs::read_to_string("/proc/thread-self/net/dev"));
    let text = text.expect("a namespace").expect("procfs");
    let line = text.lines().find_map(|line| line.trim().strip_prefix("eth0:")).expect("eth0");
    // Receive has eight columns; dropped is the fourth of transmit.
    line.split_ascii_whitespace().nth(11).expect("a column").parse().expect("a number")
}

/// Datagrams to some ports, where nobody reads them.
struct Traffic {
    socket: UdpSocket,
    to: Vec<SocketAddrAny>,
    _receivers: Vec<UdpSocket>,
}

impl Traffic {
    fn new<const N: usize>(world: &Steered, ports: [u16; N]) -> Self {
        let bind =
            |address: &str, port| UdpSocket::bind((address, port)).expect("the address is ours");
        let receivers = ports.map(|port| world.receiver.run(|| bind("192.0.2.2", port)));
        let socket = world.sender.run(|| bind("192.0.2.1", 5000)).expect("a namespace");
        let address = |port| SocketAddrAny::from(SocketAddr::from(([192, 0, 2, 2], port)));
        Self {
            socket,
            to: ports.map(address).to_vec(),
            _receivers: receivers.map(|socket| socket.expect("a namespace")).into_iter().collect(),
        }
    }

    /// Sends that many at once to a port; how many it was. They come in on the core HERE.
    fn burst(&self, port: usize, count: u64) -> u64 {
        let mut core = CpuSet::new();
        core.set(HERE as usize).expect("a core");
        sched_setaffinity(Pid::from_raw(0), &core).expect("the core is online");
        let payload = [0; 18];
        let slices = [IoSlice::new(&payload)];
        let mut controls: Vec<SendAncillaryBuffer<'_, '_, '_>> =
            (0..count).map(|_| SendAncillaryBuffer::default()).collect();
        let mut burst: Vec<MMsgHdr<'_>> = controls
            .iter_mut()
            .map(|control| MMsgHdr::new_with_addr(&self.to[port], &slices, control))
            .collect();
        let sent = sendmmsg(&self.socket, &mut burst, SendFlags::empty());
        sent.expect("the socket takes them") as u64
    }

    /// Sends a burst that no queue has to drop anything of.
    fn steady(&self, world: &Steered, port: usize) -> u64 {
        let sent = self.burst(port, 64);
        world.drained(HERE);
        world.drained(THERE);
        sent
    }
}
