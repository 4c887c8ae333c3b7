//! When to try again: after a second, then twice as long each time, up to eight; from the start
//! again after a connection that held for as long. As Open vSwitch does. No clock.

use std::time::{Duration, Instant};

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(8);

/// When to try again.
#[derive(Debug)]
pub(super) struct Backoff {
    wait: Duration,
    /// When the next try is due; nothing while one is under way or stands.
    due: Option<Instant>,
    /// When the connection that stands was made.
    up: Option<Instant>,
}

impl Backoff {
    /// The first try is due.
    pub(super) fn new(now: Instant) -> Self {
        Self { wait: FIRST, due: Some(now), up: None }
    }

    /// When the next try is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Takes that a try is under way.
    pub(super) fn trying(&mut self) {
        self.due = None;
    }

    /// Takes that a connection stands.
    pub(super) fn connected(&mut self, now: Instant) {
        self.up = Some(now);
        self.due = None;
    }

    /// Takes that a try failed, or a connection ended.
    pub(super) fn lost(&mut self, now: Instant) {
        if self.up.take().is_some_and(|up| now.duration_since(up) >= LONGEST) {
            self.wait = FIRST;
        }
        self.due = now.checked_add(self.wait);
        self.wait = LONGEST.min(self.wait * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_eight_seconds() {
        let start = Instant::now();
        let mut backoff = Backoff::new(start);
        assert_eq!(backoff.due(), Some(start));
        let mut waits = Vec::new();
        for _ in 0..5 {
            backoff.trying();
            backoff.lost(start);
            waits.push(backoff.due().unwrap().duration_since(start).as_secs());
        }
        assert_eq!(waits, [1, 2, 4, 8, 8]);
        // One that held.
        backoff.connected(start);
        let later = start + LONGEST;
        backoff.lost(later);
        assert_eq!(backoff.due(), Some(later + FIRST));
        // One that did not.
        backoff.connected(later);
        backoff.lost(later);
        assert_eq!(backoff.due(), Some(later + FIRST * 2));
    }
}
