//! Old frames sent again: the sliding window of IPsec (RFC 4303 section 3.4.3), 64 wide.

/// Which sequences of a stream were seen. A frame is accepted once, in any order within the last
/// 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReplayWindow {
    /// One above the highest sequence seen; 0 where none was.
    next: u64,
    /// Bit `n`: the sequence `n + 1` below `next` was seen.
    seen: u64,
}

impl ReplayWindow {
    /// Sequences that the window holds.
    pub const WIDTH: u64 = 64;

    /// A window that has seen `highest` and all below it: what is known of a stream after a restart.
    #[must_use]
    pub fn above(highest: u64) -> Self {
        Self { next: highest.saturating_add(1), seen: u64::MAX }
    }

    /// Notes `sequence`, of a frame whose code was right; false where it was seen before, or is
    /// too old to tell. The highest sequence of all is never accepted.
    #[must_use]
    pub fn accept(&mut self, sequence: u64) -> bool {
        let Some(above) = sequence.checked_add(1) else { return false };
        if above > self.next {
            let shift = above - self.next;
            self.seen = if shift < Self::WIDTH { self.seen << shift | 1 } else { 1 };
            self.next = above;
            return true;
        }
        let age = self.next - above;
        let fresh = age < Self::WIDTH && self.seen >> age & 1 == 0;
        if fresh {
            self.seen |= 1 << age;
        }
        fresh
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_a_set_of_all_that_was_seen(sequences in prop::collection::vec(0_u64..200, 0..300)) {
            let (mut window, mut seen) = (ReplayWindow::default(), BTreeSet::new());
            for sequence in sequences {
                let highest = seen.last().copied().unwrap_or(0);
                let recent = seen.is_empty() || sequence + ReplayWindow::WIDTH > highest;
                prop_assert_eq!(window.accept(sequence), recent && !seen.contains(&sequence));
                if recent {
                    seen.insert(sequence);
                }
            }
        }
    }

    #[test]
    fn what_was_seen_before_a_restart() {
        let mut window = ReplayWindow::above(100);
        assert!(!window.accept(100) && !window.accept(99) && !window.accept(0));
        assert!(window.accept(102) && window.accept(101) && !window.accept(100));
        assert!(!ReplayWindow::above(u64::MAX).accept(u64::MAX - 1));
    }

    #[test]
    fn the_end_of_all_sequences() {
        let mut window = ReplayWindow::default();
        assert!(!window.accept(u64::MAX));
        assert!(window.accept(u64::MAX - 1) && !window.accept(u64::MAX - 1));
    }
}
