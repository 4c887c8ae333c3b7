//! How long things take: percentiles in little memory.

use std::collections::BTreeMap;

use super::Cell;

/// Times, in buckets of a sixteenth of a power of two.
#[derive(Debug, Default)]
pub(super) struct Times {
    buckets: BTreeMap<u32, u64>,
    pub(super) count: u64,
    pub(super) least: u64,
    pub(super) most: u64,
}

/// The bucket of a time.
fn bucket(time: u64) -> u32 {
    if time < 16 {
        return u32::try_from(time).unwrap_or(0);
    }
    let power = time.ilog2();
    let part = u32::try_from(time >> (power - 4) & 15).unwrap_or(0);
    power * 16 + part
}

/// The middle of a bucket.
fn middle(bucket: u32) -> u64 {
    if bucket < 16 {
        return bucket.into();
    }
    let (power, part) = (bucket / 16, u64::from(bucket % 16));
    // The sum has six bits, of which the highest is the power itself.
    let sum = 32 + 2 * part + 1;
    if power < 5 { (sum << power) >> 5 } else { sum << (power - 5) }
}

impl Times {
    pub(super) fn add(&mut self, time: u64) {
        self.least = if self.count == 0 { time } else { self.least.min(time) };
        self.most = self.most.max(time);
        self.count += 1;
        *self.buckets.entry(bucket(time)).or_default() += 1;
    }

    /// The time that so many of a hundred do not exceed, to a thirty-second of itself.
    pub(super) fn percentile(&self, percent: u64) -> u64 {
        let wanted = (self.count * percent).div_ceil(100).max(1);
        let mut seen = 0;
        for (bucket, count) in &self.buckets {
            seen += count;
            if seen >= wanted {
                return middle(*bucket).clamp(self.least, self.most);
            }
        }
        self.most
    }

    /// One of the times, which are none where nothing was counted.
    pub(super) fn cell(&self, time: u64) -> Cell {
        if self.count > 0 { Cell::Seconds(time) } else { Cell::Nothing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_narrow() {
        for time in (0..60).flat_map(|power| [1_u64 << power, (1 << power) + (1 << power) / 3]) {
            let middle = middle(bucket(time));
            assert!(middle.abs_diff(time) <= time / 16, "{time} {middle}");
        }
    }

    #[test]
    fn percentiles() {
        let mut times = Times::default();
        (1..=100).for_each(|time| times.add(time * 1000));
        assert_eq!((times.least, times.most), (1000, 100_000));
        for percent in [50, 90, 99] {
            assert!(times.percentile(percent).abs_diff(percent * 1000) <= percent * 1000 / 16);
        }
    }
}
