//! IP datagrams in fragments: RFC 791 section 3.2, RFC 8200 section 4.5.

use std::collections::HashMap;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::Limits;
use crate::problem::Problem;

/// The longest payload of a datagram.
const LONGEST: usize = 65_535;

/// Which datagram a fragment is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct DatagramKey {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    /// The protocol that it carries, where that tells datagrams apart: not in IPv6.
    pub(crate) protocol: Option<u8>,
    pub(crate) id: u32,
    pub(crate) network: u64,
}

/// A fragment of a datagram's payload.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fragment<'a> {
    /// Where it belongs.
    pub(crate) offset: usize,
    /// Whether others follow.
    pub(crate) more: bool,
    /// What the datagram carries, as this fragment has it.
    pub(crate) protocol: u8,
    pub(crate) bytes: &'a [u8],
}

/// The payload of a datagram, put together.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    /// What it is, as the first fragment has it: in IPv6 the others need not say the same.
    pub(crate) protocol: u8,
    pub(crate) bytes: Vec<u8>,
}

/// A datagram of which something is missing.
#[derive(Debug)]
struct Datagram {
    bytes: Vec<u8>,
    /// What has come: begin and end, in order, none touching.
    have: Vec<(usize, usize)>,
    /// Bytes of the whole, once the last fragment has come.
    len: Option<usize>,
    protocol: u8,
    since: u64,
}

#[derive(Debug)]
pub(crate) struct Datagrams {
    limits: Limits,
    waiting: HashMap<DatagramKey, Datagram, RandomState>,
    held: usize,
}

impl Datagrams {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, waiting: HashMap::default(), held: 0 }
    }

    /// The payload of the datagram that the fragment completes, and what is wrong with it.
    pub(crate) fn fragment(
        &mut self,
        key: DatagramKey,
        fragment: Fragment<'_>,
        now: u64,
    ) -> (Option<Whole>, Option<Problem>) {
        let end = fragment.offset + fragment.bytes.len();
        if end > LONGEST {
            let text = format!("a fragment that ends at byte {end} of its datagram");
            return (None, Some(Problem::malformed(None, text)));
        }
        self.make_room(now);
        let datagram = self.waiting.entry(key).or_insert_with(|| Datagram {
            bytes: Vec::new(),
            have: Vec::new(),
            len: None,
            protocol: fragment.protocol,
            since: now,
        });
        if fragment.offset == 0 {
            datagram.protocol = fragment.protocol;
        }
        self.held -= datagram.bytes.len();
        let problem = datagram.add(fragment);
        self.held += datagram.bytes.len();
        if datagram.len.is_some_and(|len| datagram.have.first() == Some(&(0, len))) {
            let whole = self.waiting.remove(&key);
            let whole = whole.map(|Datagram { protocol, bytes, .. }| Whole { protocol, bytes });
            self.held -= whole.as_ref().map_or(0, |whole| whole.bytes.len());
            return (whole, problem);
        }
        (None, problem)
    }

    /// Forgets what has waited too long; the oldest half where too much waits.
    fn make_room(&mut self, now: u64) {
        if self.held <= self.limits.datagram_bytes {
            return;
        }
        let limit = self.limits.datagram_time;
        self.waiting.retain(|_, datagram| now.saturating_sub(datagram.since) <= limit);
        if self.waiting.values().map(|d| d.bytes.len()).sum::<usize>() > limit_half(&self.limits) {
            let mut times: Vec<u64> = self.waiting.values().map(|d| d.since).collect();
            let middle = times.len() / 2;
            let (_, oldest, _) = times.select_nth_unstable(middle);
            let oldest = *oldest;
            let mut keep = self.waiting.len() / 2;
            self.waiting.retain(|_, datagram| {
                let stays = datagram.since > oldest || (datagram.since == oldest && keep > 0);
                keep = keep.saturating_sub(usize::from(stays));
                stays
            });
        }
        self.held = self.waiting.values().map(|datagram| datagram.bytes.len()).sum();
    }
}

/// Bytes that may stay when room is made.
fn limit_half(limits: &Limits) -> usize {
    limits.datagram_bytes / 2
}

impl Datagram {
    fn add(&mut self, fragment: Fragment<'_>) -> Option<Problem> {
        let Fragment { offset, more, bytes, .. } = fragment;
        let end = offset + bytes.len();
        let mut problem = None;
        if !more {
            match self.len {
                Some(len) if len != end => {
                    let text = format!("two last fragments, ending at bytes {len} and {end}");
                    return Some(Problem::malformed(None, text));
                }
                _ => self.len = Some(end),
            }
        }
        if self.len.is_some_and(|len| end > len || self.bytes.len() > len) {
            let text = format!("a fragment that ends at byte {end}, behind the last one");
            return Some(Problem::malformed(None, text));
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        // What came first stays, as in Linux and Wireshark.
        let mut at = offset;
        for (from, to) in &self.have {
            let (from, to) = ((*from).clamp(offset, end), (*to).clamp(offset, end));
            if from < to {
                let kept = self.bytes.get(from..to);
                if kept != bytes.get(from - offset..to - offset) && problem.is_none() {
                    let text = format!("fragments that differ at bytes {from} to {to}");
                    problem = Some(Problem::malformed(None, text));
                }
            }
            copy(&mut self.bytes, bytes, offset, at, from.max(at));
            at = at.max(to);
        }
        copy(&mut self.bytes, bytes, offset, at, end);
        self.have.push((offset, end));
        self.have.sort_unstable();
        self.have.dedup_by(|next, kept| {
            let touches = next.0 <= kept.1;
            if touches {
                kept.1 = kept.1.max(next.1);
            }
            touches
        });
        problem
    }
}

/// Copies what belongs between `from` and `to` out of a fragment that begins at `offset`.
fn copy(whole: &mut [u8], fragment: &[u8], offset: usize, from: usize, to: usize) {
    if from < to {
        let part = fragment.get(from - offset..to - offset);
        if let (Some(target), Some(part)) = (whole.get_mut(from..to), part) {
            target.copy_from_slice(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    fn key(id: u32) -> DatagramKey {
        let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
        DatagramKey { source, destination: source, protocol: None, id, network: 0 }
    }

    fn part(offset: usize, more: bool, bytes: &[u8]) -> Fragment<'_> {
        Fragment { offset, more, protocol: 17, bytes }
    }

    proptest! {
        /// Fragments in any order, overlapping or twice, give the datagram back once it is whole.
        #[test]
        fn any_order(pieces in prop::collection::vec((0_usize..8, 1_usize..8), 1..30)) {
            let text: Vec<u8> = (0..64).collect();
            let mut datagrams = Datagrams::new(Limits::default());
            let mut have = [false; 64];
            for (from, len) in pieces {
                let (offset, end) = (from * 8, (from + len).min(8) * 8);
                let fragment = part(offset, end < 64, &text[offset..end]);
                let (whole, problem) = datagrams.fragment(key(1), fragment, 0);
                prop_assert_eq!(problem, None);
                have[offset..end].fill(true);
                prop_assert_eq!(whole.is_some(), have.iter().all(|byte| *byte));
                if let Some(whole) = whole {
                    prop_assert_eq!(&whole.bytes, &text);
                    have.fill(false);
                    prop_assert_eq!(datagrams.held, 0);
                }
            }
        }
    }

    #[test]
    fn memory_is_bounded() {
        let limits = Limits { datagram_bytes: 10_000, ..Limits::default() };
        let mut datagrams = Datagrams::new(limits);
        for id in 0..1000 {
            datagrams.fragment(key(id), part(0, true, &[0; 1000]), 7);
            assert!(datagrams.held <= 11_000);
        }
    }

    #[test]
    fn what_differs_is_told_and_the_first_stays() {
        let mut datagrams = Datagrams::new(Limits::default());
        datagrams.fragment(key(1), part(0, true, &[1; 8]), 0);
        assert!(datagrams.fragment(key(1), part(0, true, &[2; 8]), 0).1.is_some());
        let (whole, _) = datagrams.fragment(key(1), part(8, false, &[3; 8]), 0);
        assert_eq!(whole.map(|whole| whole.bytes), Some([[1; 8], [3; 8]].concat()));
    }

    #[test]
    fn the_first_fragment_says_what_it_carries() {
        for order in [[0, 1], [1, 0]] {
            let fragments = [
                Fragment { protocol: 6, ..part(0, true, &[1; 8]) },
                Fragment { protocol: 17, ..part(8, false, &[2; 8]) },
            ];
            let mut datagrams = Datagrams::new(Limits::default());
            let whole = order.map(|at| datagrams.fragment(key(1), fragments[at], 0).0);
            let [None, Some(whole)] = whole else { panic!("not put together") };
            assert_eq!((whole.protocol, whole.bytes.len()), (6, 16));
        }
    }
}
