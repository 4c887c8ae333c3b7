//! Two namespaces that stand for two physical servers, joined by a veth, with a VXLAN for each pair of VMs.

use std::fs;
use std::io;
use std::process::Command;

use crate::host::Namespace;

/// The receiving end of the veth, which is steered.
pub(super) const INTERFACE: &str = "eth0";
/// Bytes of the inner packets: larger than the veth's, so that the outer ones are fragmented, as in the paper.
const INNER_MTU: u32 = 9000;

/// What the receiver does with fragments: it forgets datagrams that stay incomplete after a second, and has room for
/// those of a second, so that what one trial lost is no trial's loss after it.
const FRAGMENT_SETTINGS: [(&str, &str); 2] =
    [("ipfrag_time", "1"), ("ipfrag_high_thresh", "268435456")];

/// Removed when dropped.
#[derive(Debug)]
pub(super) struct Lab {
    pub(super) sender: Namespace,
    pub(super) receiver: Namespace,
    _names: Names,
}

/// Why namespaces could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A program is missing.
    #[error("cannot run `{line}`; install iproute2 and ethtool")]
    Start {
        /// The command.
        line: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A program failed.
    #[error("`{line}` failed: {output} (root is needed)")]
    Failed {
        /// The command.
        line: String,
        /// What it said.
        output: String,
    },
    /// A namespace that was made cannot be opened.
    #[error("cannot open a namespace that was just made")]
    Open(#[source] io::Error),
    /// A setting of the receiver's namespace cannot be written.
    #[error("cannot write /proc/sys/net/ipv4/{0}")]
    Setting(&'static str, #[source] io::Error),
}

impl Lab {
    pub(super) fn new(pairs: u8) -> Result<Self, LabError> {
        let id = std::process::id();
        let (tx, rx) = (format!("vse-exp-{id}-tx"), format!("vse-exp-{id}-rx"));
        let names = Names(vec![tx.clone(), rx.clone()]);
        run(&format!("ip netns add {tx}"))?;
        run(&format!("ip netns add {rx}"))?;
        run(&format!(
            "ip -n {tx} link add {INTERFACE} address 02:00:00:00:00:01 type veth peer name {INTERFACE} \
             netns {rx} address 02:00:00:00:00:02"
        ))?;
        for (own, other, ns) in [(1, 2, &tx), (2, 1, &rx)] {
            run(&format!("ip netns exec {ns} ethtool -K {INTERFACE} tx off"))?;
            run(&format!("ip -n {ns} address add 192.0.2.{own}/24 dev {INTERFACE}"))?;
            run(&format!("ip -n {ns} link set {INTERFACE} up"))?;
            run(&format!(
                "ip -n {ns} neighbour replace 192.0.2.{other} lladdr 02:00:00:00:00:0{other} dev {INTERFACE}"
            ))?;
            for vm in 1..=pairs {
                run(&format!(
                    "ip -n {ns} link add vx{vm} address 02:00:00:00:{vm:02x}:0{own} mtu {INNER_MTU} type vxlan \
                     id {vm} local 192.0.2.{own} remote 192.0.2.{other} dstport 4789 tos inherit"
                ))?;
                run(&format!("ip -n {ns} address add 10.77.{vm}.{own}/24 dev vx{vm}"))?;
                run(&format!("ip -n {ns} link set vx{vm} up"))?;
                run(&format!(
                    "ip -n {ns} neighbour replace 10.77.{vm}.{other} lladdr 02:00:00:00:{vm:02x}:0{other} dev vx{vm}"
                ))?;
            }
        }
        let open = |name: &str| Namespace::named(name).map_err(LabError::Open);
        let lab = Self { sender: open(&tx)?, receiver: open(&rx)?, _names: names };
        for (name, value) in FRAGMENT_SETTINGS {
            let write = || fs::write(format!("/proc/sys/net/ipv4/{name}"), value);
            let written = lab.receiver.run(write).and_then(|written| written);
            written.map_err(|error| LabError::Setting(name, error))?;
        }
        Ok(lab)
    }

    /// Datagrams of which the receiver has some fragments.
    pub(super) fn incomplete(&self) -> io::Result<u32> {
        let text = self.receiver.run(|| fs::read_to_string("/proc/thread-self/net/sockstat"))??;
        let line = text.lines().find_map(|line| line.strip_prefix("FRAG: inuse "));
        let number = line.and_then(|line| line.split(' ').next()?.parse().ok());
        number.ok_or_else(|| io::Error::other("/proc/net/sockstat has no line FRAG"))
    }
}

/// Names of namespaces; those that were made are removed.
#[derive(Debug)]
struct Names(Vec<String>);

impl Drop for Names {
    fn drop(&mut self) {
        for name in &self.0 {
            drop(Command::new("ip").args(["netns", "del", name]).output());
        }
    }
}

fn run(line: &str) -> Result<(), LabError> {
    let mut words = line.split_ascii_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    let ran = command
        .args(words)
        .output()
        .map_err(|source| LabError::Start { line: line.to_owned(), source })?;
    if ran.status.success() {
        return Ok(());
    }
    let output = String::from_utf8_lossy(&ran.stderr).trim().to_owned();
    Err(LabError::Failed { line: line.to_owned(), output })
}
