//! `vsectl send --expect --receive` with an agent that steers a real interface: what the counters
//! and the probes tell is what was sent.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::commands::done;
use crate::world::{Agent, Scratch, command};

const README: &str = include_str!("../../README.md");

/// A namespace with a pair of interfaces, `veth0` and `veth1`, and a BPF file system; gone when dropped.
struct Lab {
    name: String,
    pins: PathBuf,
}

impl Lab {
    fn new(dir: &Path) -> Self {
        let pins = dir.join("bpf");
        fs::create_dir(&pins).expect("the scratch folder is ours");
        mount(Some("bpf"), &pins, Some("bpf"), MsFlags::empty(), None::<&str>).expect("root");
        let lab = Self { name: format!("vse-expect-{}", std::process::id()), pins };
        for line in [
            format!("netns add {}", lab.name),
            format!("-n {} link add veth0 type veth peer name veth1", lab.name),
            format!("-n {} link set veth0 arp off up", lab.name),
            format!("-n {} link set veth1 arp off up", lab.name),
        ] {
            let ran = Command::new("ip").args(line.split(' ')).status().expect("ip starts");
            assert!(ran.success(), "ip {line}");
        }
        lab
    }

    /// The command in the namespace, where /sys stays as it is.
    fn enter(&self, inner: &Command) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/run/netns/{}", self.name));
        command.arg(inner.get_program()).args(inner.get_args());
        command
    }

    fn send(&self, target: &str, args: &[&str]) -> Output {
        let mut inner = Command::new(env!("CARGO_BIN_EXE_vsectl"));
        inner.args(["--agent", target, "send", "-i", "veth0"]).args(args);
        self.enter(&inner).output().expect("nsenter starts")
    }

    /// Runs the line of the README that begins so, with the agent at `target`.
    fn readme(&self, dir: &Path, target: &str, begin: &str) -> Output {
        let mut lines = README.lines().filter_map(|line| line.strip_prefix("$ "));
        let line = lines.find(|line| line.starts_with(begin)).expect("the README has it");
        let program = Path::new(env!("CARGO_BIN_EXE_vsectl"));
        let folder = program.parent().expect("a file is in a folder").display();
        let mut inner = Command::new("sh");
        inner.args(["-c", &line.replace("unix:/run/vse/agent.sock", target)]);
        let path = std::env::var("PATH").expect("there is a PATH");
        let mut command = self.enter(&inner);
        command.env("PATH", format!("{folder}:{path}")).env("VSECTL_AGENT", target);
        command.current_dir(dir).output().expect("nsenter starts")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(Command::new("ip").args(["netns", "del", &self.name]).status());
        _ = umount2(&self.pins, MntFlags::MNT_DETACH);
    }
}

#[test]
#[ignore = "needs root: steers an interface of a network namespace of its own"]
fn what_is_sent_takes_the_entries_that_are_expected() {
    let dir = Scratch::new();
    let lab = Lab::new(&dir.0);
    let pins = lab.pins.to_str().expect("a path").to_owned();
    let inner = command(&dir, &["--datapath", "xdp:veth1@native", "--bpf-dir", &pins]);
    let mut entered = lab.enter(&inner);
    entered.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
    let _agent = Agent::run(entered);
    let target = dir.target();
    let file = |name: &str| dir.0.join(name).to_str().expect("a path").to_owned();
    let (flows, probes) = (file("flows"), file("probes.pcapng"));
    let table = "priority=9,cookie=0x12,ip,nw_dst=10.0.0.1,actions=set_irq_core:1\n\
                 priority=8,udp,tp_dst=53,vm_id=5,actions=set_irq_core:0\n\
                 priority=5,ip,actions=set_irq_core:auto\n";
    fs::write(&flows, table).expect("the scratch folder is ours");
    done(&target, &["flow", "add", "-f", &flows]);
    let told = |ran: &Output| {
        String::from_utf8_lossy(&[&ran.stdout[..], &ran.stderr].concat()).into_owned()
    };
    for begin in ["vsectl craft coverage", "vsectl send coverage.pcapng"] {
        let ran = lab.readme(&dir.0, &target, begin);
        assert_eq!(ran.status.code(), Some(0), "{}", told(&ran));
    }

    let layers = "ip dst=10.0.0.1 / udp dport=7,9 / payload probe";
    done(&target, &["craft", "traffic", layers, "-c", "2000", "-w", &probes]);
    let expect = |what| {
        let args = [&probes, "--pps", "5000", "--expect", what, "--receive", "veth1", "--json"];
        lab.send(&target, &args)
    };
    let ran = expect("core=1,rule=0x12");
    assert_eq!(ran.status.code(), Some(0), "{}", told(&ran));
    let said = told(&ran);
    let view: serde_json::Value =
        serde_json::from_str(said.lines().nth(1).expect("two lines")).expect("JSON");
    assert_eq!(view["ok"], true);
    assert_eq!(view["entries"][0]["packets"], 2000);
    for flow in view["flows"].as_array().expect("flows") {
        assert_eq!(
            (&flow["sent"], &flow["received"], &flow["lost"]),
            (&1000.into(), &1000.into(), &0.into())
        );
        assert!(flow["delay"]["p50"].as_f64() <= flow["delay"]["max"].as_f64());
    }
    // Another core is not what happened.
    assert_eq!(expect("core=0").status.code(), Some(1));
    // An entry that is not there is told before anything is sent.
    let ran = expect("core=1,rule=0x99");
    assert_eq!((ran.status.code(), ran.stdout.as_slice()), (Some(1), &b""[..]));
    assert!(told(&ran).contains("no entry is 0x99, so nothing was sent"), "{}", told(&ran));
}
