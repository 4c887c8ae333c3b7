//! The kernel, and what this process may do: version, BPF's just-in-time compiler, type information,
//! capabilities, and whether irqbalance runs. Source: capabilities(7), the kernel's
//! Documentation/admin-guide/sysctl/net.rst.

use std::fmt;
use std::fs;
use std::path::Path;

use rustix::thread::{CapabilitySet, capabilities};
use serde::{Deserialize, Serialize};

use super::text_file::{number, optional};

/// The kernel and this process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kernel {
    /// `uname -r`
    pub release: String,
    /// Whether BPF programs are compiled; `None` where it cannot be read, as without privilege.
    pub bpf_jit: Option<bool>,
    /// Whether the kernel has type information (BTF), which tracing needs.
    pub btf: bool,
    /// Whether a BPF file system is mounted where pins go.
    pub bpf_fs: bool,
    /// Those of the capabilities that steering needs which this process lacks.
    pub missing_capabilities: Vec<String>,
    /// The process of irqbalance, if it runs.
    pub irqbalance: Option<u32>,
    /// Entries of the table of receive flow steering (`net.core.rps_sock_flow_entries`); 0: off.
    pub rps_sock_flow_entries: u64,
}

impl Kernel {
    /// Looks at this machine.
    #[must_use]
    pub fn read() -> Self {
        Self {
            release: rustix::system::uname().release().to_string_lossy().into_owned(),
            bpf_jit: number("/proc/sys/net/core/bpf_jit_enable").map(|mode| mode != 0),
            btf: Path::new("/sys/kernel/btf/vmlinux").exists(),
            bpf_fs: has_mount(&optional("/proc/mounts").unwrap_or_default(), "/sys/fs/bpf", "bpf"),
            missing_capabilities: missing(effective()),
            irqbalance: process_named("irqbalance"),
            rps_sock_flow_entries: number("/proc/sys/net/core/rps_sock_flow_entries").unwrap_or(0),
        }
    }

    /// The release as numbers; `None` where it has none.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        Version::parse(&self.release)
    }
}

/// A kernel's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second.
    pub minor: u32,
}

impl Version {
    /// The version that a release such as `6.18.44-1-amd64` begins with.
    #[must_use]
    pub fn parse(release: &str) -> Option<Self> {
        let mut numbers = release.split(|c: char| !c.is_ascii_digit());
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next()?.parse().ok()?;
        Some(Self { major, minor })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

fn effective() -> CapabilitySet {
    capabilities(None).map_or(CapabilitySet::empty(), |sets| sets.effective)
}

/// Attaching needs NET_ADMIN; loading needs BPF; entering the namespace of a veth's peer, and tracing, need
/// SYS_ADMIN and PERFMON.
fn missing(have: CapabilitySet) -> Vec<String> {
    let needed = [
        ("CAP_NET_ADMIN", CapabilitySet::NET_ADMIN),
        ("CAP_BPF", CapabilitySet::BPF),
        ("CAP_PERFMON", CapabilitySet::PERFMON),
    ];
    // Before CAP_BPF there was CAP_SYS_ADMIN, and it still suffices.
    let all = have.contains(CapabilitySet::SYS_ADMIN);
    let lacks = |(name, flag): (&str, CapabilitySet)| {
        let covered = all && flag != CapabilitySet::NET_ADMIN;
        (!have.contains(flag) && !covered).then(|| name.to_owned())
    };
    needed.into_iter().filter_map(lacks).collect()
}

/// Whether the text of `/proc/mounts` has a file system of that kind there.
fn has_mount(mounts: &str, place: &str, kind: &str) -> bool {
    mounts.lines().any(|line| {
        let mut words = line.split(' ').skip(1);
        words.next() == Some(place) && words.next() == Some(kind)
    })
}

fn process_named(name: &str) -> Option<u32> {
    let entries = fs::read_dir("/proc").ok()?.flatten();
    let mut processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    processes.find(|id| optional(format!("/proc/{id}/comm")).as_deref() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let version = |release| Version::parse(release).map(|v| v.to_string());
        assert_eq!(version("6.18.44-1-amd64").as_deref(), Some("6.18"));
        assert_eq!(version("5.10+").as_deref(), Some("5.10"));
        assert_eq!(version("linux"), None);
        assert!(Version::parse("5.18") < Version::parse("6.1"));
    }

    #[test]
    fn sys_admin_stands_for_bpf_but_not_for_the_network() {
        assert_eq!(missing(CapabilitySet::SYS_ADMIN), ["CAP_NET_ADMIN"]);
        let some = CapabilitySet::NET_ADMIN | CapabilitySet::BPF;
        assert_eq!(missing(some), ["CAP_PERFMON"]);
        assert_eq!(missing(CapabilitySet::empty()).len(), 3);
    }

    #[test]
    fn mounts() {
        let mounts = "proc /proc proc rw 0 0\nnone /sys/fs/bpf bpf rw,mode=700 0 0\n";
        assert!(has_mount(mounts, "/sys/fs/bpf", "bpf"));
        assert!(!has_mount(mounts, "/proc", "bpf"));
        assert!(!has_mount("", "/sys/fs/bpf", "bpf"));
    }
}
