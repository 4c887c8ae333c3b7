//! The time that the engine is given.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::engine::Time;

/// Nanoseconds since 1970, as the host's clock had it when the agent started, and from then on by a
/// clock that never goes back. So times mean the same in a later run, and those on the wire need no
/// conversion.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    started: Instant,
    base: Time,
}

impl Clock {
    /// The clock, as of now.
    pub(crate) fn start() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let base = Time::ZERO + since_1970;
        Self { started: Instant::now(), base }
    }

    /// Now.
    pub(crate) fn now(&self) -> Time {
        self.base + self.started.elapsed()
    }
}
