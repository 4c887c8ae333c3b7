//! The threads of cpumaps, and how long each has run: `/proc/PID/comm` and `/proc/PID/schedstat`. Their work is in no
//! softirq counter. Source: the kernel's Documentation/scheduler/sched-stats.rst, kernel/bpf/cpumap.c.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::time::Duration;

/// The core and the cpumap's id, of a thread's name: `cpumap/1/map:12`.
#[must_use]
pub fn cpumap_thread(name: &str) -> Option<(u32, u32)> {
    let (core, map) = name.trim_end().strip_prefix("cpumap/")?.split_once("/map:")?;
    Some((core.parse().ok()?, map.parse().ok()?))
}

/// How long a thread has run, of the text of its schedstat: nanoseconds, then two other numbers.
#[must_use]
pub fn parse_schedstat(text: &str) -> Option<Duration> {
    let nanoseconds = text.split_ascii_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// How long the process or thread with that id has run; `None` where it is gone.
#[must_use]
pub fn thread_time(id: u32) -> Option<Duration> {
    parse_schedstat(&fs::read_to_string(format!("/proc/{id}/schedstat")).ok()?)
}

/// The time of the threads of all cpumaps, or of the one with that id, by core.
pub(super) fn read(map: Option<u32>) -> io::Result<BTreeMap<u32, Duration>> {
    let mut cores: BTreeMap<u32, Duration> = BTreeMap::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // Processes end while one looks.
        let Ok(comm) = fs::read_to_string(format!("/proc/{id}/comm")) else { continue };
        let Some((core, of)) = cpumap_thread(&comm) else { continue };
        if map.is_none_or(|map| map == of) {
            *cores.entry(core).or_default() += thread_time(id).unwrap_or_default();
        }
    }
    Ok(cores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(cpumap_thread("cpumap/1/map:12\n"), Some((1, 12)));
        assert_eq!(cpumap_thread("cpumap/1"), None);
        assert_eq!(cpumap_thread("kworker/1:0"), None);
    }

    #[test]
    fn times() {
        assert_eq!(parse_schedstat("1500 20 3\n"), Some(Duration::from_nanos(1500)));
        assert_eq!(parse_schedstat(""), None);
        assert!(thread_time(std::process::id()).is_some_and(|time| time > Duration::ZERO));
    }
}
