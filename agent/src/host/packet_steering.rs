//! Receive packet steering and receive flow steering by queue: what else on this host moves received packets to
//! other cores. Source: the kernel's Documentation/networking/scaling.rst.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::cpu_list::{format_list, parse_mask};
use super::text_file::{number, optional};

/// A receive queue on which packet steering or flow steering is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SteeredQueue {
    /// Its number.
    pub queue: u32,
    /// The cores of receive packet steering, as a list; empty: off.
    pub rps_cores: String,
    /// Flows of receive flow steering; 0: off.
    pub rfs_flows: u64,
}

impl SteeredQueue {
    /// The queue by the texts of its `rps_cpus` and `rps_flow_cnt`; `None` where neither is set.
    pub fn parse(queue: u32, rps_cpus: &str, flows: u64) -> io::Result<Option<Self>> {
        let cores = parse_mask(rps_cpus)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        let steered = Self { queue, rps_cores: format_list(&cores), rfs_flows: flows };
        Ok((!cores.is_empty() || flows > 0).then_some(steered))
    }
}

/// The steered queues of an interface; `None` where sysfs shows another namespace than the current one.
pub(super) fn steered_queues(name: &str, index: u32) -> io::Result<Option<Vec<SteeredQueue>>> {
    let dir = Path::new("/sys/class/net").join(name);
    if number(dir.join("ifindex")) != Some(u64::from(index)) {
        return Ok(None);
    }
    let mut queues = Vec::new();
    for entry in fs::read_dir(dir.join("queues")).into_iter().flatten().flatten() {
        let file_name = entry.file_name();
        let Some(queue) = file_name.to_str().and_then(|name| name.strip_prefix("rx-")) else {
            continue;
        };
        let Ok(queue) = queue.parse() else { continue };
        let mask = optional(entry.path().join("rps_cpus")).unwrap_or_else(|| "0".to_owned());
        let flows = number(entry.path().join("rps_flow_cnt")).unwrap_or(0);
        queues.extend(SteeredQueue::parse(queue, &mask, flows)?);
    }
    queues.sort_by_key(|queue| queue.queue);
    Ok(Some(queues))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues() {
        let queue = SteeredQueue::parse(1, "00000000,00000006", 0).expect("a mask");
        let expected = SteeredQueue { queue: 1, rps_cores: "1-2".to_owned(), rfs_flows: 0 };
        assert_eq!(queue, Some(expected));
        assert_eq!(SteeredQueue::parse(0, "0", 0).expect("a mask"), None);
        assert!(SteeredQueue::parse(0, "0", 128).expect("a mask").is_some());
        assert!(SteeredQueue::parse(0, "no", 0).is_err());
    }
}
