//! Two namespaces with a veth between them, and an agent that steers what comes in at one end.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use agent::datapath::inspect;
use agent::host::Namespace;
use agent::measure::{CpumapCounts, CpumapTrace};
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::namespaces::Namespaces;
use crate::world::{Agent, Scratch, command};

/// Every frame comes in on this core: senders are pinned to it, and a veth receives where it sends.
pub(crate) const HERE: u32 = 0;
/// The core that frames are steered to.
pub(crate) const THERE: u32 = 1;

/// Gone when dropped, and whatever is pinned with it.
pub(crate) struct Steered {
    pub(crate) dir: Scratch,
    pub(crate) sender: Namespace,
    pub(crate) receiver: Namespace,
    trace: CpumapTrace,
    bpf: PathBuf,
    sender_name: String,
    receiver_name: String,
    namespaces: Namespaces,
}

impl Steered {
    pub(crate) fn new(test: &str) -> Self {
        let namespaces = Namespaces::new(test, ["tx", "rx"]);
        let [tx, rx] = [0, 1].map(|n| namespaces.names[n].clone());
        let dir = Scratch::new();
        let bpf = dir.0.join("bpf");
        std::fs::create_dir(&bpf).expect("the scratch folder is ours");
        mount(Some("bpf"), &bpf, Some("bpf"), MsFlags::empty(), None::<&str>).expect("root");
        let world = Self {
            dir,
            sender: Namespace::named(&tx).expect("it was just made"),
            receiver: Namespace::named(&rx).expect("it was just made"),
            trace: CpumapTrace::start().expect("root"),
            bpf,
            sender_name: tx,
            receiver_name: rx,
            namespaces,
        };
        world.link("eth0", 2);
        world
    }

    /// A veth with that name at both ends, and the addresses 192.0.SUBNET.1, where frames are sent, and .2.
    pub(crate) fn link(&self, name: &str, subnet: u8) {
        let (tx, rx) = (&self.sender_name, &self.receiver_name);
        self.namespaces.ip(&format!(
            "link add {name} netns {tx} address 02:00:00:00:00:01 type veth peer name {name} netns {rx} \
             address 02:00:00:00:00:02"
        ));
        for (namespace, own, other) in [(tx, 1, 2), (rx, 2, 1)] {
            // Without it almost every datagram is lost behind a native redirect.
            self.namespaces.run(&format!("ip netns exec {namespace} ethtool -K {name} tx off"));
            // Nothing but the frames of the test.
            self.namespaces.run(&format!(
                "ip netns exec {namespace} sysctl -qw net.ipv6.conf.{name}.disable_ipv6=1"
            ));
            let ip = |line: String| self.namespaces.ip(&format!("-n {namespace} {line}"));
            ip(format!("address add 192.0.{subnet}.{own}/24 dev {name}"));
            ip(format!("link set {name} up"));
            ip(format!(
                "neighbour replace 192.0.{subnet}.{other} lladdr 02:00:00:00:00:0{other} dev {name}"
            ));
        }
    }

    /// `ip` with the words of `line`, in the namespace that receives.
    pub(crate) fn ip(&self, line: &str) {
        self.namespaces.ip(&format!("-n {} {line}", self.receiver_name));
    }

    /// Where the agent pins.
    pub(crate) fn pins(&self) -> PathBuf {
        self.bpf.join("vse")
    }

    /// Starts an agent that steers what comes in at eth0.
    pub(crate) fn agent(&self, args: &[&str]) -> Agent {
        self.agent_at("eth0", args)
    }

    /// Starts an agent that steers what comes in at these interfaces.
    pub(crate) fn agent_at(&self, interfaces: &str, args: &[&str]) -> Agent {
        Agent::run(self.command(interfaces, args))
    }

    /// What an agent says that does not start, since it cannot steer there.
    pub(crate) fn refused_at(&self, interfaces: &str) -> String {
        let ran = self.command(interfaces, &[]).output().expect("nsenter is installed");
        assert!(!ran.status.success());
        String::from_utf8_lossy(&ran.stderr).into_owned()
    }

    fn command(&self, interfaces: &str, args: &[&str]) -> Command {
        let inner = command(&self.dir, args);
        let mut outer = Command::new("nsenter");
        // ip netns exec would hide the pins.
        outer.arg(format!("--net=/run/netns/{}", self.receiver_name));
        outer.arg(inner.get_program()).args(inner.get_args());
        outer.args(["--datapath", &format!("xdp:{interfaces}"), "--bpf-dir"]).arg(self.pins());
        outer.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
        outer.stderr(std::process::Stdio::piped());
        outer
    }

    /// Sends `count` frames of layers, as `vsectl craft traffic` takes them, from a core.
    pub(crate) fn craft(&self, layers: &str, count: u32, core: u32) {
        self.craft_at("eth0", layers, count, core);
    }

    /// The same, at another interface.
    pub(crate) fn craft_at(&self, interface: &str, layers: &str, count: u32, core: u32) {
        let addressed = format!("eth src=02:00:00:00:00:01 dst=02:00:00:00:00:02 / {layers}");
        let ran = Command::new("nsenter")
            .arg(format!("--net=/run/netns/{}", self.sender_name))
            .args(["taskset", "-c", &core.to_string(), env!("CARGO_BIN_EXE_vsectl")])
            .args(["craft", "traffic", &addressed, "-i", interface, "--pps", "20000"])
            .args(["--loop", &count.to_string()])
            .output()
            .expect("nsenter and taskset are installed: apt-get install util-linux");
        assert!(ran.status.success(), "{layers}: {}", String::from_utf8_lossy(&ran.stderr));
    }

    /// Frames behind the cpumap of the datapath, for a core.
    pub(crate) fn counts(&self, core: u32) -> CpumapCounts {
        let map = self.map();
        let by_core = self.trace.by_core(Some(map)).expect("the trace runs");
        by_core.get(&core).copied().unwrap_or_default()
    }

    /// The kernel's number of the cpumap.
    pub(crate) fn map(&self) -> u32 {
        inspect(&self.pins()).expect("an agent runs or ran").cpumap.expect("root")
    }

    /// Frames that were put into a cpumap, which need not be there any more.
    pub(crate) fn enqueued(&self, map: u32) -> u64 {
        let by_core = self.trace.by_core(Some(map)).expect("the trace runs");
        by_core.values().map(|counts| counts.enqueued).sum()
    }

    /// The counts of a core as soon as nothing waits for it.
    pub(crate) fn drained(&self, core: u32) -> CpumapCounts {
        let begin = Instant::now();
        loop {
            let counts = self.counts(core);
            if counts.processed + counts.thread_drops == counts.enqueued {
                return counts;
            }
            assert!(
                begin.elapsed() < Duration::from_secs(10),
                "core {core} stands still: {counts:?}"
            );
            std::thread::yield_now();
        }
    }
}

impl Drop for Steered {
    fn drop(&mut self) {
        // With the file system go the links: nothing stays attached.
        let _unmounted = umount2(&self.bpf, MntFlags::MNT_DETACH);
    }
}
