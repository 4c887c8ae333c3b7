//! Time as the engine sees it.

use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment, in nanoseconds of any clock that never goes back; what its zero means is the caller's
/// business. Moments before it are there too: an entry may be older than the clock.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Time(i64);

impl Time {
    /// The clock's zero.
    pub const ZERO: Self = Self(0);
    /// Later than any other.
    pub const MAX: Self = Self(i64::MAX);

    /// This many nanoseconds after the clock's zero; at most 292 years.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        match nanos.cast_signed() {
            ..0 => Self::MAX,
            nanos => Self(nanos),
        }
    }

    /// This many whole seconds after the clock's zero.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self::from_nanos(secs.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds after the clock's zero; negative before it.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The time from `earlier` to this moment; none where `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }
}

impl Sub<Duration> for Time {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(duration)))
    }
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
