//! The whole loop, with stock software: a VM starts, the controller hears of it and sets rules at both
//! ends, what is sent to the VM is received on the core of the rule, and the rule goes when nothing more
//! comes. `cargo xtask demo --full` shows it.

use std::io::{BufRead, BufReader, Lines};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{ChildStdout, Stdio};
use std::time::Duration;

use agent::host::Namespace;
use serde_json::Value;

use crate::commands::done;
use crate::hypervisor::{Beside, Hypervisor, Namespaces, Place, inside, run, until};
use crate::world::Scratch;

/// The Python that `cargo xtask` makes, with os-ken in it.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/os-ken/bin/python");
const APPLICATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/loop/controller.py");

/// What a controller tells, event after event.
struct Told(Lines<BufReader<ChildStdout>>);

impl Told {
    /// The next event of that name for the switch; others are let pass, but no error.
    fn event(&mut self, name: &str, datapath: u64) -> Value {
        loop {
            let line = self.0.next().unwrap_or_else(|| panic!("no {name} of {datapath}"));
            let line = line.expect("text");
            println!("controller: {line}");
            let event: Value = serde_json::from_str(&line).expect("JSON");
            assert_ne!(event["event"], "error", "{line}");
            if event["event"] == name && event["datapath"] == datapath {
                return event;
            }
        }
    }
}

/// Sends datagrams from the VM in one namespace to that in another; all of them arrive.
fn send(from: &str, to: &str, count: u8) {
    let bound = |namespace: &str, address: &str| {
        let namespace = Namespace::named(namespace).expect("the namespace is there");
        let bind = || UdpSocket::bind((address, 9000)).expect("the VM has its address");
        let socket = namespace.run(bind).expect("this is root");
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        socket
    };
    let (sender, receiver) = (bound(from, "10.7.0.1"), bound(to, "10.7.0.2"));
    let mut datagram = [0; 8];
    for number in 0..count {
        sender.send_to(&[number], "10.7.0.2:9000").expect("it is sent");
        let len = receiver.recv(&mut datagram).expect("it arrives");
        assert_eq!(datagram[..len], [number]);
    }
}

/// The namespaces of a host for the controller, and of two hypervisors with a VM each.
struct World(Namespaces);

const A: usize = 0;
const B: usize = 1;
const C: usize = 2;
const VA: usize = 3;
const VB: usize = 4;

impl World {
    fn new() -> Self {
        let all = Namespaces::new(&["a", "b", "c", "va", "vb"]);
        all.wire([(A, "ua", "10.99.0.1/24"), (B, "ub", "10.99.0.2/24")]);
        all.wire([(C, "ca", "10.98.1.1/24"), (A, "m0", "10.98.1.2/24")]);
        all.wire([(C, "cb", "10.98.2.1/24"), (B, "m0", "10.98.2.2/24")]);
        all.wire([(VA, "eth0", "10.7.0.1/24"), (A, "vm4", "")]);
        all.wire([(VB, "eth0", "10.7.0.2/24"), (B, "vm5", "")]);
        // The port has the address of its VM, as VM_INFO tells that of the port.
        for (vm, host, port) in [(VA, A, "vm4"), (VB, B, "vm5")] {
            let address = format!("02:00:00:00:00:0{}", port.trim_start_matches("vm"));
            run(&format!("ip -n {} link set eth0 address {address}", all.name(vm)));
            run(&format!("ip -n {} link set {port} address {address}", all.name(host)));
        }
        Self(all)
    }

    fn sender(&self) -> Hypervisor {
        Hypervisor::start(&Place {
            namespace: self.0.name(A),
            number: 1,
            underlay: "ua",
            remote: "10.99.0.2",
            port: "vm4",
            vm: "port=vm4,id=4,tenant=7,core=1",
            controller: "tcp:10.98.1.1:6653",
        })
    }

    fn receiver(&self) -> Hypervisor {
        Hypervisor::start(&Place {
            namespace: self.0.name(B),
            number: 2,
            underlay: "ub",
            remote: "10.99.0.1",
            port: "vm5",
            vm: "port=vm5,id=5,tenant=7,core=1",
            controller: "tcp:10.98.2.1:6653",
        })
    }

    /// Sends 40 datagrams from one VM to the other; all of them arrive, and pass core 0.
    fn traffic(&self, receiver: &Hypervisor) {
        send(self.0.name(VA), self.0.name(VB), 40);
        let agent = receiver.dir.target();
        println!("{}", done(&agent, &["flow", "list"]));
        let cores = done(&agent, &["core", "list", "-o", "ndjson"]);
        let core = cores.lines().next().expect("a core");
        let core: Value = serde_json::from_str(core).expect("JSON");
        assert!(core["packets"].as_u64() >= Some(40), "{core}");
    }
}

#[test]
#[ignore = "needs root: makes network namespaces, switches and an XDP datapath"]
fn with_os_ken() {
    assert!(
        Path::new(PYTHON).exists(),
        "there is no os-ken: cargo xtask test installs it into target/os-ken"
    );
    let world = World::new();
    let mut controller = inside(world.0.name(C), PYTHON)
        .args([APPLICATION, "6653"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map(Beside)
        .expect("Python starts");
    let stdout = controller.0.stdout.take().expect("a pipe");
    let mut told = Told(BufReader::new(stdout).lines());
    let _sender = world.sender();
    told.event("host", 1);
    let receiver = world.receiver();
    let vm = told.event("vm", 2);
    assert_eq!((&vm["vm_id"], &vm["tenant"], &vm["what"]), (&5.into(), &7.into(), &1.into()));
    let acknowledged = told.event("acknowledged", 2);
    assert_eq!(acknowledged["xid"], 0x105);
    let agent = receiver.dir.target();
    let listed = || done(&agent, &["flow", "list", "--no-stats", "-o", "ofctl"]);
    assert!(listed().contains("vm_id=5"), "{}", listed());
    // Tagged traffic: the outer header has the DSCP of the inner one, the VM's number and priority.
    world.traffic(&receiver);
    // When nothing more comes, the entry goes, and the controller is told.
    let removed = told.event("flow_removed", 2);
    assert_eq!((&removed["vm_id"], &removed["core"]), (&5.into(), &0.into()), "{removed}");
    assert!(removed["packets"].as_u64() >= Some(40), "{removed}");
    assert!(!listed().contains("vm_id=5"), "{}", listed());
}

#[test]
#[ignore = "needs root: makes network namespaces, switches and an XDP datapath"]
fn with_our_controller() {
    let world = World::new();
    let dir = Scratch::new();
    let path = |name: &str| dir.0.join(name).display().to_string();
    let policy = "[grade.gold]\nfcf_priority = 1\ncore = 0\nidle_timeout = 3\n\
                  [tenant.7]\ngrade = \"gold\"\n";
    std::fs::write(path("policy.toml"), policy).expect("the scratch folder is ours");
    let mut controller = inside(world.0.name(C), env!("CARGO_BIN_EXE_vsectl"))
        .args(["controller", "run", "--listen", "ptcp:6653:0.0.0.0"])
        .args(["--policy", &path("policy.toml"), "-w", &path("session.pcapng")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map(Beside)
        .expect("vsectl starts");
    let stdout = controller.0.stdout.take().expect("a pipe");
    let mut lines = BufReader::new(stdout).lines().map(|line| line.expect("text"));
    let sender = world.sender();
    let receiver = world.receiver();
    let switch = format!("unix:{}", sender.dir.0.join("br0.mgmt").display());
    until("the sender marks what goes to the VM", || {
        run(&format!("ovs-ofctl dump-flows {switch}")).contains("mod_nw_tos:148")
    });
    let agent = receiver.dir.target();
    let listed = || done(&agent, &["flow", "list", "--no-stats", "-o", "ofctl"]);
    until("VSE has an entry for the VM", || listed().contains("vm_id=5"));
    world.traffic(&receiver);
    let removed = lines.find(|line| line.contains("FLOW_REMOVED") && line.contains("vm_id=5"));
    println!("controller: {}", removed.expect("the controller is told that the entry has gone"));
    drop(lines);
    drop(controller);
    // The capture tells the same.
    let story = done(&agent, &["decode", &path("session.pcapng")]);
    for part in ["VM_INFO", "set_fcf(vm_id=5", "set_irq_core:0", "BARRIER_REPLY", "FLOW_REMOVED"] {
        assert!(story.contains(part), "{part}: {story}");
    }
}
