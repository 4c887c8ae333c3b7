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
use crate::hypervisor::{Beside, Hypervisor, Namespaces, Place, inside, run};

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

#[test]
#[ignore = "needs root: makes network namespaces, switches and an XDP datapath"]
fn with_os_ken() {
    assert!(
        Path::new(PYTHON).exists(),
        "there is no os-ken: cargo xtask test installs it into target/os-ken"
    );
    let all = Namespaces::new(&["a", "b", "c", "va", "vb"]);
    let [a, b, c, va, vb] = [0, 1, 2, 3, 4];
    all.wire([(a, "ua", "10.99.0.1/24"), (b, "ub", "10.99.0.2/24")]);
    all.wire([(c, "ca", "10.98.1.1/24"), (a, "m0", "10.98.1.2/24")]);
    all.wire([(c, "cb", "10.98.2.1/24"), (b, "m0", "10.98.2.2/24")]);
    all.wire([(va, "eth0", "10.7.0.1/24"), (a, "vm4", "")]);
    all.wire([(vb, "eth0", "10.7.0.2/24"), (b, "vm5", "")]);
    // The port has the address of its VM, as VM_INFO tells that of the port.
    for (vm, host, port) in [(va, a, "vm4"), (vb, b, "vm5")] {
        let address = format!("02:00:00:00:00:0{}", port.trim_start_matches("vm"));
        run(&format!("ip -n {} link set eth0 address {address}", all.name(vm)));
        run(&format!("ip -n {} link set {port} address {address}", all.name(host)));
    }

    let mut controller = inside(all.name(c), PYTHON)
        .args([APPLICATION, "6653"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map(Beside)
        .expect("Python starts");
    let stdout = controller.0.stdout.take().expect("a pipe");
    let mut told = Told(BufReader::new(stdout).lines());

    let sender = Hypervisor::start(&Place {
        namespace: all.name(a),
        number: 1,
        underlay: "ua",
        remote: "10.99.0.2",
        port: "vm4",
        vm: "port=vm4,id=4,tenant=7,core=1",
        controller: "tcp:10.98.1.1:6653",
    });
    told.event("host", 1);
    let receiver = Hypervisor::start(&Place {
        namespace: all.name(b),
        number: 2,
        underlay: "ub",
        remote: "10.99.0.1",
        port: "vm5",
        vm: "port=vm5,id=5,tenant=7,core=1",
        controller: "tcp:10.98.2.1:6653",
    });
    let vm = told.event("vm", 2);
    assert_eq!((&vm["vm_id"], &vm["tenant"], &vm["what"]), (&5.into(), &7.into(), &1.into()));
    let acknowledged = told.event("acknowledged", 2);
    assert_eq!(acknowledged["xid"], 0x105);

    let agent = receiver.dir.target();
    let listed = done(&agent, &["flow", "list", "--no-stats", "-o", "ofctl"]);
    assert!(listed.contains("vm_id=5"), "{listed}");
    // Tagged traffic: the outer header has the DSCP of the inner one, the VM's number and priority.
    send(all.name(va), all.name(vb), 40);
    println!("{}", done(&agent, &["flow", "list"]));

    // That core has taken them over from the driver; and when nothing more came, the entry went.
    let cores = done(&agent, &["core", "list", "-o", "ndjson"]);
    let core: Value = serde_json::from_str(cores.lines().next().expect("a core")).expect("JSON");
    assert!(core["packets"].as_u64() >= Some(40), "{core}");
    let removed = told.event("flow_removed", 2);
    assert_eq!((&removed["vm_id"], &removed["core"]), (&5.into(), &0.into()), "{removed}");
    assert!(removed["packets"].as_u64() >= Some(40), "{removed}");
    let listed = done(&agent, &["flow", "list", "--no-stats", "-o", "ofctl"]);
    assert!(!listed.contains("vm_id=5"), "{listed}");
    drop(sender);
}
