//! The time of day, as captures and probes have it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Since 1970; none where the clock is before it.
pub(crate) fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The same in nanoseconds, at most those of the year 2554.
pub(crate) fn nanoseconds() -> u64 {
    u64::try_from(since_1970().as_nanos()).unwrap_or(u64::MAX)
}
