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
    _namespaces: Namespaces,
}

impl Steered {
    pub(crate) fn new(test: &str) -> Self {
        let namespaces = Namespaces::new(test, ["tx", "rx"]);
        let [tx, rx] = [0, 1].map(|n| namespaces.names[n].clone());
        namespaces.ip(&format!(
            "link add eth0 netns {tx} address 02:00:00:00:00:01 type veth peer name eth0 netns {rx} \
             address 02:00:00:00:00:02"
        ));
        for (name, own, other) in [(&tx, 1, 2), (&rx, 2, 1)] {
            // Without it almost every datagram is lost behind a native redirect.
            namespaces.run(&format!("ip netns exec {name} ethtool -K eth0 tx off"));
            namespaces.ip(&format!("-n {name} address add 192.0.2.{own}/24 dev eth0"));
            namespaces.ip(&format!("-n {name} link set eth0 up"));
            // Nothing but the frames of the test.
            namespaces
                .run(&format!("ip netns exec {name} sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1"));
            namespaces.ip(&format!(
                "-n {name} neighbour replace 192.0.2.{other} lladdr 02:00:00:00:00:0{other} dev eth0"
            ));
        }
        let dir = Scratch::new();
        let bpf = dir.0.join("bpf");
        std::fs::create_dir(&bpf).expect("the scratch folder is ours");
        mount(Some("bpf"), &bpf, Some("bpf"), MsFlags::empty(), None::<&str>).expect("root");
        Self {
            dir,
            sender: Namespace::named(&tx).expect("it was just made"),
            receiver: Namespace::named(&rx).expect("it was just made"),
            trace: CpumapTrace::start().expect("root"),
            bpf,
            sender_name: tx,
            receiver_name: rx,
            _namespaces: namespaces,
        }
    }

    /// Where the agent pins.
    pub(crate) fn pins(&self) -> PathBuf {
        self.bpf.join("vse")
    }

    /// Starts an agent that steers what comes in.
    pub(crate) fn agent(&self, args: &[&str]) -> Agent {
        let inner = command(&self.dir, args);
        let mut outer = Command::new("nsenter");
        // ip netns exec would hide the pins.
        outer.arg(format!("--net=/run/netns/{}", self.receiver_name));
        outer.arg(inner.get_program()).args(inner.get_args());
        outer.args(["--datapath", "xdp:eth0", "--bpf-dir"]).arg(self.pins());
        outer.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
        outer.stderr(std::process::Stdio::piped());
        Agent::run(outer)
    }

    /// Sends `count` frames of layers, as `vsectl craft traffic` takes them, from a core.
    pub(crate) fn craft(&self, layers: &str, count: u32, core: u32) {
        let addressed = format!("eth src=02:00:00:00:00:01 dst=02:00:00:00:00:02 / {layers}");
        let ran = Command::new("nsenter")
            .arg(format!("--net=/run/netns/{}", self.sender_name))
            .args(["taskset", "-c", &core.to_string(), env!("CARGO_BIN_EXE_vsectl")])
            .args(["craft", "traffic", &addressed, "-i", "eth0", "--pps", "20000"])
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
