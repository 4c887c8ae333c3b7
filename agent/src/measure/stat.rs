//! Time of cores by kind from `/proc/stat`, and receive softirqs from `/proc/softirqs`. Source: proc_stat(5),
//! proc_softirqs(5).

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Time of a core by kind, in steps of 10 ms (USER_HZ).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CoreTime {
    /// Programs, also those of low priority.
    pub user: Duration,
    /// The kernel on behalf of programs, and its own threads: also those of a cpumap.
    pub system: Duration,
    /// Nothing to do, or waiting for a disk.
    pub idle: Duration,
    /// Interrupts.
    pub irq: Duration,
    /// Softirqs: also receiving that stayed on the core.
    pub softirq: Duration,
    /// Taken by the hypervisor.
    pub steal: Duration,
}

impl CoreTime {
    /// All but idle time. Softirq time alone would leave out the cpumap's threads, which count as system time.
    #[must_use]
    pub fn busy(&self) -> Duration {
        self.user + self.system + self.irq + self.softirq + self.steal
    }

    pub(super) fn since(&self, earlier: &Self) -> Self {
        Self {
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
            // The kernel lets idle time go back at times.
            idle: self.idle.saturating_sub(earlier.idle),
            irq: self.irq.saturating_sub(earlier.irq),
            softirq: self.softirq.saturating_sub(earlier.softirq),
            steal: self.steal.saturating_sub(earlier.steal),
        }
    }
}

pub(super) fn read_stat() -> io::Result<BTreeMap<u32, CoreTime>> {
    Ok(parse_stat(&fs::read_to_string("/proc/stat")?))
}

pub(super) fn read_net_rx() -> io::Result<BTreeMap<u32, u64>> {
    Ok(parse_net_rx(&fs::read_to_string("/proc/softirqs")?))
}

/// The text of `/proc/stat`, by core.
#[must_use]
pub fn parse_stat(text: &str) -> BTreeMap<u32, CoreTime> {
    text.lines().filter_map(core_line).collect()
}

fn core_line(line: &str) -> Option<(u32, CoreTime)> {
    // The line of all cores has no number behind the word.
    let rest = line.strip_prefix("cpu").filter(|rest| !rest.starts_with(' '))?;
    let mut words = rest.split_ascii_whitespace();
    let core = words.next()?.parse().ok()?;
    let mut ticks = words.map_while(|word| word.parse::<u64>().ok());
    let mut next =
        || ticks.next().map(|ticks| Duration::from_millis(ticks.saturating_mul(TICK_MS)));
    let (user, nice, system, idle, iowait) = (next()?, next()?, next()?, next()?, next()?);
    let (irq, softirq, steal) = (next()?, next()?, next().unwrap_or_default());
    let time = CoreTime { user: user + nice, system, idle: idle + iowait, irq, softirq, steal };
    Some((core, time))
}

/// USER_HZ is 100 on every architecture with XDP.
const TICK_MS: u64 = 10;

/// The NET_RX line of the text of `/proc/softirqs`, by core.
#[must_use]
pub fn parse_net_rx(text: &str) -> BTreeMap<u32, u64> {
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    let cores =
        header.split_ascii_whitespace().filter_map(|word| word.strip_prefix("CPU")?.parse().ok());
    let line = lines.find_map(|line| line.trim_start().strip_prefix("NET_RX:"));
    let counts = line.unwrap_or_default().split_ascii_whitespace();
    cores.zip(counts.filter_map(|word| word.parse().ok())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "cpu  30 1 9 400 5 2 6 7 0 0\ncpu0 20 1 4 200 3 1 2 3 0 0\n\
                        cpu3 10 0 5 200 2 1 4 4 0 0\nintr 12 0 1\nctxt 55\n";

    #[test]
    fn time_by_core() {
        let cores = parse_stat(STAT);
        assert_eq!(cores.keys().collect::<Vec<_>>(), [&0, &3]);
        let first = cores.get(&0).expect("core 0");
        let ms = |time: Duration| time.as_millis();
        assert_eq!((ms(first.user), ms(first.system), ms(first.idle)), (210, 40, 2030));
        assert_eq!((ms(first.irq), ms(first.softirq), ms(first.steal)), (10, 20, 30));
        assert_eq!(ms(first.busy()), 310);
    }

    #[test]
    fn softirqs_by_core() {
        let text = "                    CPU0       CPU2\n          HI:          1          0\n      \
                    NET_RX:      32971     200467\n";
        assert_eq!(parse_net_rx(text), BTreeMap::from([(0, 32_971), (2, 200_467)]));
        assert_eq!(parse_net_rx(""), BTreeMap::new());
    }

    #[test]
    fn a_short_line_is_left_out() {
        assert_eq!(parse_stat("cpu0 1 2 3\ncpux 1 2 3 4 5 6 7 8\n"), BTreeMap::new());
    }
}
