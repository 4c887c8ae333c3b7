//! A hypervisor as a network namespace: an unmodified Open vSwitch in user space, a VM in a
//! namespace of its own, the agent with its XDP datapath, and the proxy as a part of it.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::world::{Agent, Scratch};

const SCHEMA: &str = "/usr/share/openvswitch/vswitch.ovsschema";

/// Namespaces that go with the value.
pub(crate) struct Namespaces(Vec<String>);

impl Namespaces {
    pub(crate) fn new(names: &[&str]) -> Self {
        let id = std::process::id();
        let all = Self(names.iter().map(|name| format!("vse-loop-{id}-{name}")).collect());
        for name in &all.0 {
            run(&format!("ip netns add {name}"));
            run(&format!("ip -n {name} link set lo up"));
        }
        all
    }

    pub(crate) fn name(&self, at: usize) -> &str {
        &self.0[at]
    }

    /// A veth pair between two of them, with an address on each end that has one.
    pub(crate) fn wire(&self, ends: [(usize, &str, &str); 2]) {
        let [(a, a_name, _), (b, b_name, _)] = ends;
        let (a, b) = (self.name(a), self.name(b));
        run(&format!("ip -n {a} link add {a_name} type veth peer name {b_name} netns {b}"));
        for (at, name, address) in ends {
            let namespace = self.name(at);
            // Checksums that a NIC would fill in are lost where frames are redirected.
            run(&format!("ip netns exec {namespace} ethtool -K {name} tx off"));
            if !address.is_empty() {
                run(&format!("ip -n {namespace} addr add {address} dev {name}"));
            }
            run(&format!("ip -n {namespace} link set {name} up"));
        }
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        for name in &self.0 {
            drop(Command::new("ip").args(["netns", "del", name]).status());
        }
    }
}

/// A program that runs beside the test; killed, by its own number, when the value goes.
pub(crate) struct Beside(pub(crate) Child);

impl Drop for Beside {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A program in the network namespace of that name, which sees the BPF file system of the host.
pub(crate) fn inside(namespace: &str, program: &str) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--net=/run/netns/{namespace}")).arg(program);
    command
}

/// Runs a line of words, which must succeed; its output.
pub(crate) fn run(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let ran = Command::new(words[0]).args(&words[1..]).output().expect("the program is installed");
    let text = [ran.stdout, ran.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(ran.status.success(), "{line}: {text}");
    text
}

/// Looks until `what` is so; fails after 20 seconds.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < end, "it is never so: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A hypervisor.
pub(crate) struct Hypervisor {
    // In the order in which they end; the scratch folder is the last.
    _agent: Agent,
    _switch: Beside,
    _database: Beside,
    _pins: Pins,
    pub(crate) dir: Scratch,
}

/// A mounted BPF file system.
struct Pins(String);

impl Drop for Pins {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(&self.0).status());
    }
}

/// What one hypervisor has that another has not.
pub(crate) struct Place<'a> {
    pub(crate) namespace: &'a str,
    /// 1 or 2: the datapath's number, and the end of its addresses.
    pub(crate) number: u8,
    /// The interface to the other hypervisors.
    pub(crate) underlay: &'a str,
    pub(crate) remote: &'a str,
    /// The port of the VM, and what the proxy knows of it.
    pub(crate) port: &'a str,
    pub(crate) vm: &'a str,
    pub(crate) controller: &'a str,
}

impl Hypervisor {
    pub(crate) fn start(place: &Place<'_>) -> Self {
        let dir = Scratch::new();
        let path = |name: &str| dir.0.join(name).display().to_string();
        let Place { namespace, number, underlay, remote, port, .. } = place;
        run(&format!(
            "ip -n {namespace} link add vx0 type vxlan id 7 dstport 4789 remote {remote} dev \
             {underlay} tos inherit"
        ));
        run(&format!("ip -n {namespace} link set vx0 up"));
        // One of the test's own: the pins go with it.
        fs::create_dir(dir.0.join("bpf")).expect("the scratch folder is ours");
        run(&format!("mount -t bpf bpf {}", path("bpf")));
        let pins = Pins(path("bpf"));
        let agent = Self::agent(&dir, place);

        run(&format!("ovsdb-tool create {} {SCHEMA}", path("conf.db")));
        let ovs = |program: &str, words: &[&str]| {
            let mut command = inside(namespace, program);
            for variable in ["OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR"] {
                command.env(variable, &dir.0);
            }
            command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            Beside(command.spawn().expect("Open vSwitch is installed"))
        };
        let socket = path("db.sock");
        let database = ovs(
            "ovsdb-server",
            &[
                &path("conf.db"),
                "-vconsole:off",
                &format!("--remote=punix:{socket}"),
                &format!("--unixctl={}", path("db.ctl")),
            ],
        );
        until("the database listens", || fs::metadata(&socket).is_ok());
        let vsctl = |words: &str| run(&format!("ovs-vsctl --db=unix:{socket} {words}"));
        vsctl("--no-wait init");
        let switch = ovs(
            "ovs-vswitchd",
            &[
                &format!("unix:{socket}"),
                "-vconsole:off",
                &format!("--unixctl={}", path("vswitchd.ctl")),
            ],
        );
        vsctl(&format!(
            "add-br br0 -- set bridge br0 datapath_type=netdev fail_mode=secure \
             protocols=OpenFlow10 other_config:datapath-id={number:016x} -- add-port br0 {port} -- \
             add-port br0 vx0 -- set-controller br0 unix:{}",
            path("switch.sock")
        ));
        Self { dir, _agent: agent, _switch: switch, _database: database, _pins: pins }
    }

    fn agent(dir: &Scratch, place: &Place<'_>) -> Agent {
        fs::write(dir.0.join("agent.toml"), "").expect("the scratch folder is ours");
        let path = |name: &str| dir.0.join(name).display().to_string();
        let mut command = inside(place.namespace, env!("CARGO_BIN_EXE_vsectl"));
        command
            .args(["agent", "run", "--config", &path("agent.toml")])
            .args(["--listen", &dir.target(), "--state-dir", &path("state")])
            .args(["--datapath", &format!("xdp:{}", place.underlay)])
            .args(["--bpf-dir", &path("bpf/vse")])
            // On a machine that is busy with other things, every core may be.
            .args(["--high-load", "1000"])
            .args(["--proxy-switch", &format!("punix:{}", path("switch.sock"))])
            .args(["--proxy-controller", place.controller, "--proxy-vm", place.vm])
            .args(["--proxy-control", &path("proxy.sock"), "--proxy-snoop", &path("snoop.sock")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        Agent::run(command)
    }
}
