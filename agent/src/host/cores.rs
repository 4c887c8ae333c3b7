//! Cores: which are online, which are kept from ordinary work and by what, and their NUMA nodes.
//! Source: the kernel's Documentation/admin-guide/cputopology.rst and cgroup-v2.rst (cpuset).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::cpu_list::{format_list, parse_list};
use super::text_file::{optional, required};

/// A core that is online.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Core {
    /// Its number.
    pub id: u32,
    /// Its NUMA node; 0 where the kernel knows of none.
    pub node: u32,
    /// What keeps the scheduler from putting ordinary threads there.
    pub isolated: Option<Isolation>,
    /// Whether this process may run there: its affinity, and the cpuset of its control group.
    pub allowed: bool,
}

/// What isolates a core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// The kernel's command line: `isolcpus=`.
    Isolcpus,
    /// An isolated partition of a cpuset.
    Cpuset,
}

/// The texts that tell about cores.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoreTexts {
    /// `/sys/devices/system/cpu/online`
    pub online: String,
    /// `/sys/devices/system/cpu/isolated`
    pub isolated: String,
    /// `cpuset.cpus.isolated` of the root control group.
    pub cpuset_isolated: String,
    /// `Cpus_allowed_list` of this process.
    pub allowed: String,
    /// `/sys/devices/system/node/nodeN/cpulist` by N.
    pub nodes: BTreeMap<u32, String>,
}

impl CoreTexts {
    /// Reads the texts of this machine.
    pub fn read() -> io::Result<Self> {
        let status = required("/proc/thread-self/status")?;
        let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let cgroups = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
        let cpuset = cgroups.map(|dir| optional(format!("{dir}/cpuset.cpus.isolated")));
        Ok(Self {
            online: required("/sys/devices/system/cpu/online")?,
            isolated: optional("/sys/devices/system/cpu/isolated").unwrap_or_default(),
            cpuset_isolated: cpuset.into_iter().flatten().next().unwrap_or_default(),
            allowed: allowed.unwrap_or_default().trim().to_owned(),
            nodes: nodes(Path::new("/sys/devices/system/node")),
        })
    }

    /// The cores that the texts tell of, by number.
    pub fn cores(&self) -> io::Result<Vec<Core>> {
        let set = |text: &str| -> io::Result<BTreeSet<u32>> {
            parse_list(text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
        };
        let (isolated, cpuset) = (set(&self.isolated)?, set(&self.cpuset_isolated)?);
        let allowed = set(&self.allowed)?;
        let mut node_of = BTreeMap::new();
        for (node, list) in &self.nodes {
            node_of.extend(set(list)?.into_iter().map(|core| (core, *node)));
        }
        let core = |id| Core {
            id,
            node: node_of.get(&id).copied().unwrap_or(0),
            isolated: match (isolated.contains(&id), cpuset.contains(&id)) {
                (_, true) => Some(Isolation::Cpuset),
                (true, false) => Some(Isolation::Isolcpus),
                (false, false) => None,
            },
            allowed: allowed.contains(&id),
        };
        Ok(set(&self.online)?.into_iter().map(core).collect())
    }
}

/// The online cores of this machine.
pub fn cores() -> io::Result<Vec<Core>> {
    CoreTexts::read()?.cores()
}

/// The numbers of those cores for which `wanted` holds, as a list.
#[must_use]
pub fn list_of(cores: &[Core], wanted: impl Fn(&Core) -> bool) -> String {
    format_list(&cores.iter().filter(|core| wanted(core)).map(|core| core.id).collect())
}

fn nodes(dir: &Path) -> BTreeMap<u32, String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let node = |entry: fs::DirEntry| {
        let number = entry.file_name().to_str()?.strip_prefix("node")?.parse().ok()?;
        Some((number, optional(entry.path().join("cpulist"))?))
    };
    entries.filter_map(node).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_cores_of_two_nodes() {
        let texts = CoreTexts {
            online: "0-5,7".to_owned(),
            isolated: "4-5".to_owned(),
            cpuset_isolated: "5".to_owned(),
            allowed: "0-3".to_owned(),
            nodes: BTreeMap::from([(0, "0-3".to_owned()), (1, "4-7".to_owned())]),
        };
        let cores = texts.cores().expect("the lists are right");
        assert_eq!(list_of(&cores, |_| true), "0-5,7");
        assert_eq!(list_of(&cores, |core| core.node == 1), "4-5,7");
        assert_eq!(list_of(&cores, |core| !core.allowed), "4-5,7");
        assert_eq!(list_of(&cores, |core| core.isolated == Some(Isolation::Isolcpus)), "4");
        assert_eq!(list_of(&cores, |core| core.isolated == Some(Isolation::Cpuset)), "5");
    }

    #[test]
    fn a_wrong_list_is_an_error() {
        let texts = CoreTexts { online: "0-x".to_owned(), ..CoreTexts::default() };
        let error = texts.cores().expect_err("x is no number");
        assert_eq!(error.to_string(), "`0-x` in `0-x` is no core or range of cores");
    }

    #[test]
    fn this_machine_has_a_core_where_the_test_runs() {
        let cores = cores().expect("sysfs and procfs are mounted");
        let here = u32::try_from(rustix::thread::sched_getcpu()).expect("a core's number");
        assert!(cores.iter().any(|core| core.id == here && core.allowed), "{here}: {cores:?}");
    }
}
