//! Where frames are sent to: a pair of interfaces that nobody else uses.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::run::{command, run, top};

/// The end that is sent to; what is sent arrives at the other.
pub(super) const INTERFACE: &str = "va";

/// A network namespace with a pair of interfaces; gone when this is.
#[derive(Debug)]
pub(super) struct Lab {
    name: String,
}

impl Lab {
    pub(super) fn new() -> anyhow::Result<Self> {
        let name = format!("vse-bench-{}", std::process::id());
        run(&mut command("ip", &["netns", "add", &name]))?;
        let lab = Self { name };
        // No address, no IPv6, no ARP: nothing but what is sent to it moves here.
        for line in [
            "ip link add va type veth peer name vb",
            "sysctl -qw net.ipv6.conf.va.disable_ipv6=1",
            "sysctl -qw net.ipv6.conf.vb.disable_ipv6=1",
            "ip link set va arp off up",
            "ip link set vb arp off up",
        ] {
            run(&mut lab.command(line))?;
        }
        Ok(lab)
    }

    /// A command line, in the namespace.
    pub(super) fn command(&self, line: &str) -> Command {
        let mut enter = command("ip", &["netns", "exec", &self.name]);
        enter.args(super::plan::words(line));
        enter
    }

    /// Packets that have arrived.
    pub(super) fn received(&self) -> anyhow::Result<u64> {
        let output = self.command("cat /sys/class/net/vb/statistics/rx_packets").output()?;
        String::from_utf8_lossy(&output.stdout).trim().parse().context("rx_packets of vb")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(command("ip", &["netns", "del", &self.name]).status());
    }
}

/// A path below the folder of the benchmarks.
pub(super) fn path(name: &str) -> PathBuf {
    top().join(super::FOLDER).join(name)
}

/// Writes a file there.
pub(super) fn write(name: &str, text: &str) -> anyhow::Result<()> {
    fs::write(path(name), text).with_context(|| format!("cannot write {name}"))
}
