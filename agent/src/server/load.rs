//! What the host does: the load of each core from /proc/stat, and where the threads of a VM run from
//! /proc/PID/task. Source: proc(5).

use std::collections::BTreeMap;
use std::{fs, io};

use codec::vse::Core;

/// Ticks of a core since the host started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ticks {
    busy: u64,
    all: u64,
}

/// Measures the load of cores between two samples.
#[derive(Debug, Default)]
pub(crate) struct LoadSampler {
    before: BTreeMap<Core, Ticks>,
}

impl LoadSampler {
    /// The load of each core since the sample before, per mille; nothing for a core that is new.
    pub(crate) fn sample(&mut self) -> io::Result<Vec<(Core, u16)>> {
        Ok(self.loads(&fs::read_to_string("/proc/stat")?))
    }

    fn loads(&mut self, text: &str) -> Vec<(Core, u16)> {
        let now: BTreeMap<Core, Ticks> = text.lines().filter_map(ticks).collect();
        let load = |(core, after): (&Core, &Ticks)| {
            let before = self.before.get(core)?;
            let all = after.all.checked_sub(before.all).filter(|all| *all > 0)?;
            let busy = after.busy.saturating_sub(before.busy).min(all);
            Some((*core, u16::try_from(busy.saturating_mul(1000) / all).ok()?))
        };
        let loads = now.iter().filter_map(load).collect();
        self.before = now;
        loads
    }
}

/// A line of a core in /proc/stat: user nice system idle iowait irq softirq steal. What waits for
/// I/O is idle, what another guest takes is not there to be used.
fn ticks(line: &str) -> Option<(Core, Ticks)> {
    let mut words = line.strip_prefix("cpu")?.split_ascii_whitespace();
    let core = Core(words.next()?.parse().ok()?);
    let counts: Vec<u64> = words.take(8).map_while(|word| word.parse().ok()).collect();
    let all = counts.iter().sum();
    let idle: u64 = counts.iter().skip(3).take(2).sum();
    // "cpu" alone is the sum, whose first word is a count that is parsed as a core: it begins with
    // two blanks.
    (!line.starts_with("cpu ")).then_some((core, Ticks { busy: all - idle, all }))
}

/// Finds out where processes run.
#[derive(Debug, Default)]
pub(crate) struct ThreadFollower {
    /// Ticks that each thread has used, by process and thread.
    before: BTreeMap<(u32, u32), u64>,
}

impl ThreadFollower {
    /// The core where the threads of `pid` have used the most time since it was asked before; where
    /// they used none, the core of the first. Nothing where there is no such process.
    pub(crate) fn core_of(&mut self, pid: u32) -> Option<Core> {
        let mut by_core: BTreeMap<Core, u64> = BTreeMap::new();
        for entry in fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
            let thread: u32 = entry.file_name().to_str()?.parse().ok()?;
            // A thread may end while it is looked at.
            let Ok(text) = fs::read_to_string(entry.path().join("stat")) else { continue };
            let Some((core, used)) = thread_stat(&text) else { continue };
            let before = self.before.insert((pid, thread), used).unwrap_or(used);
            *by_core.entry(core).or_default() += used.saturating_sub(before);
        }
        let most = by_core.iter().max_by_key(|(core, used)| (**used, std::cmp::Reverse(**core)));
        most.map(|(core, _)| *core)
    }

    /// Forgets processes that are not followed any more.
    pub(crate) fn keep(&mut self, is_followed: impl Fn(u32) -> bool) {
        self.before.retain(|(pid, _), _| is_followed(*pid));
    }
}

/// The core where a thread ran last, field 39, and the ticks that it used, fields 14 and 15. The
/// name, field 2, may hold blanks and parentheses.
fn thread_stat(text: &str) -> Option<(Core, u64)> {
    let (_, after) = text.rsplit_once(')')?;
    let words: Vec<&str> = after.split_ascii_whitespace().collect();
    let number = |field: usize| words.get(field.checked_sub(3)?)?.parse::<u64>().ok();
    let core = Core(u16::try_from(number(39)?).ok()?);
    Some((core, number(14)?.saturating_add(number(15)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_between_two_samples() {
        let mut sampler = LoadSampler::default();
        let first =
            "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 100 0 100 800 0 0 0 0 0 0\ncpu3 0 0 0 10 0 0 0 0 0 0\n";
        assert_eq!(sampler.loads(first), []);
        // 20 of 100 ticks busy on core 0, some of them softirq; core 3 was away.
        let second = "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 105 0 105 870 10 0 10 0 0 0\nintr 5\n";
        assert_eq!(sampler.loads(second), [(Core(0), 200)]);
        // No tick has passed.
        assert_eq!(sampler.loads(second), []);
    }

    #[test]
    fn a_thread_whose_name_is_odd() {
        let text = "7 (a ) (b) S 1 7 7 0 -1 4194304 1 0 0 0 30 12 0 0 20 0 1 0 5 0 0 0 0 0 0 0 0 0 \
                    0 0 0 0 0 0 17 3 0 0";
        assert_eq!(thread_stat(text), Some((Core(3), 42)));
        assert_eq!(thread_stat("7 (x"), None);
    }

    #[test]
    fn this_process_runs_somewhere() {
        let mut follower = ThreadFollower::default();
        assert!(follower.core_of(std::process::id()).is_some());
        // Above the highest number that Linux gives.
        assert_eq!(follower.core_of(1 << 23), None);
    }
}
