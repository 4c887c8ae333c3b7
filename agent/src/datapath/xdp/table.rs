//! From rules to the masks, buckets and rules of one half of the maps: what `vse_classify.h` searches.
//!
//! Rules of the same mask share a hash table of their own, whose buckets hold at most [`MAX_CHAIN`]
//! rules; its seed and size are chosen so that none overflows. Masks stand in the order of their
//! best rule, so that the search can end at the first that cannot do better.

use std::collections::{BTreeMap, HashMap};

use super::abi::{Bucket, CORE_NONE, MAX_CHAIN, Mask, NO_RULE, RULE_AUTO, Rule};
use crate::engine::{CoreAction, KEY_WORDS};

/// A rule for the datapath.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuleSpec {
    /// Where its entry's state and counters stand: the index of its `EntryId`.
    pub(crate) slot: u32,
    /// Bits of a key that it matches.
    pub(crate) mask: [u64; KEY_WORDS],
    /// Their values; all others are 0.
    pub(crate) value: [u64; KEY_WORDS],
    /// What it does.
    pub(crate) action: CoreAction,
}

/// One half of the maps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Half {
    pub(super) masks: Vec<Mask>,
    pub(super) buckets: Vec<Bucket>,
    pub(super) rules: Vec<Rule>,
}

/// Rules that do not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// There are more rules than the maps hold.
    #[error("{rules} rules: the maps of the datapath hold {max}; start it with a larger table")]
    Rules {
        /// The rules.
        rules: usize,
        /// What the maps hold.
        max: u32,
    },
    /// The hash tables of the masks need more buckets than there are.
    #[error("{rules} rules need more than {max} buckets; start the datapath with a larger table")]
    Buckets {
        /// The rules.
        rules: usize,
        /// What the maps hold.
        max: u32,
    },
}

impl Half {
    /// The tables of `rules`, the best first, in maps for `max_rules` and `max_buckets`.
    pub(super) fn build(
        rules: &[RuleSpec],
        max_rules: u32,
        max_buckets: u32,
    ) -> Result<Self, TableError> {
        let n_rules = rules.len();
        if u32::try_from(n_rules).is_ok_and(|n| n > max_rules) {
            return Err(TableError::Rules { rules: n_rules, max: max_rules });
        }
        let full = TableError::Buckets { rules: n_rules, max: max_buckets };
        let mut half = Self::default();
        for group in by_mask(rules) {
            let base = u32::try_from(half.buckets.len()).map_err(|_| full)?;
            let free = max_buckets.saturating_sub(base);
            let (seed, bits, buckets) = spread(&group.members, free).ok_or(full)?;
            half.masks.push(Mask { words: group.mask, best: group.best, base, bits, pad: 0, seed });
            half.buckets.extend(buckets);
        }
        half.rules = (0_u32..).zip(rules).map(|(rank, rule)| rule.to_map(rank)).collect();
        Ok(half)
    }
}

impl RuleSpec {
    fn to_map(&self, rank: u32) -> Rule {
        let (core, flags) = match self.action {
            CoreAction::Stay => (u16::MAX, 0),
            CoreAction::Core(core) => (core.0, 0),
            CoreAction::Auto => (u16::MAX, RULE_AUTO),
        };
        debug_assert_eq!(u32::from(u16::MAX), CORE_NONE);
        Rule { words: self.value, rank, slot: self.slot, core, flags, pad: 0 }
    }
}

/// The rules of one mask.
struct Group {
    mask: [u64; KEY_WORDS],
    best: u32,
    /// Sum of the value, and the index of the rule, which is its rank.
    members: Vec<(u64, u32)>,
}

/// The rules by their masks, the mask with the best rule first. A rule that a better one of the same
/// mask and value hides is left out: it can never win.
fn by_mask(rules: &[RuleSpec]) -> Vec<Group> {
    /// The best rank of a mask, and that of each value.
    type Values = (u32, BTreeMap<[u64; KEY_WORDS], u32>);
    let mut groups: HashMap<[u64; KEY_WORDS], Values> = HashMap::new();
    for (rank, rule) in (0_u32..).zip(rules) {
        let (_, values) = groups.entry(rule.mask).or_insert_with(|| (rank, BTreeMap::new()));
        values.entry(rule.value).or_insert(rank);
    }
    let mut groups: Vec<Group> = groups
        .into_iter()
        .map(|(mask, (best, values))| Group {
            mask,
            best,
            members: values.iter().map(|(value, rank)| (sum(value), *rank)).collect(),
        })
        .collect();
    groups.sort_by_key(|group| group.best);
    groups
}

/// Seeds that are tried for one size.
const TRIES: u64 = 16;

/// Seed, bits and buckets for `members`: at most `free` buckets.
fn spread(members: &[(u64, u32)], free: u32) -> Option<(u64, u32, Vec<Bucket>)> {
    let twice = u32::try_from(members.len()).ok()?.checked_mul(2)?;
    let first = match members {
        [_] => 0,
        _ => twice.checked_next_power_of_two()?.trailing_zeros(),
    };
    (first..u32::BITS - 1)
        .take_while(|bits| 1_u32 << bits <= free)
        .flat_map(|bits| (0..TRIES).map(move |seed| (bits, seed)))
        .find_map(|(bits, seed)| Some((seed, bits, fill(members, bits, seed)?)))
}

/// The buckets, unless one overflows.
fn fill(members: &[(u64, u32)], bits: u32, seed: u64) -> Option<Vec<Bucket>> {
    let mut chains = vec![Vec::new(); 1_usize << bits];
    for (sum, rule) in members {
        let chain: &mut Vec<u32> = chains.get_mut(place(*sum, seed, bits))?;
        chain.push(*rule);
        if chain.len() > MAX_CHAIN {
            return None;
        }
    }
    let bucket = |mut chain: Vec<u32>| {
        chain.sort_unstable();
        chain.resize(MAX_CHAIN, NO_RULE);
        Some(Bucket { rules: chain.try_into().ok()? })
    };
    chains.into_iter().map(bucket).collect()
}

/// `vse_sum()`: a sum of products of words and odd constants.
pub(super) fn sum(words: &[u64; KEY_WORDS]) -> u64 {
    words
        .iter()
        .zip(FACTORS)
        .fold(0, |sum, (word, factor)| sum.wrapping_add(word.wrapping_mul(factor)))
}

/// `vse_spread()`: the upper `bits` of the sum, spread by `seed`.
pub(super) fn place(sum: u64, seed: u64, bits: u32) -> usize {
    let spread = ((sum ^ sum >> 32) ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(spread.checked_shr(64_u32.saturating_sub(bits)).unwrap_or(0)).unwrap_or(0)
}

/// The factors of `vse_sum()`.
const FACTORS: [u64; KEY_WORDS] = [
    0x6a09_e667_f3bc_c909,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
    0xcbbb_9d5d_c105_9ed9,
    0x629a_292a_367c_d507,
    0x9159_015a_3070_dd17,
];

#[cfg(test)]
mod tests {
    use codec::vse::Core;

    use super::*;

    fn rule(slot: u32, mask: u64, value: u64) -> RuleSpec {
        let mut spec = RuleSpec {
            slot,
            mask: [0; KEY_WORDS],
            value: [0; KEY_WORDS],
            action: CoreAction::Core(Core(1)),
        };
        (spec.mask[2], spec.value[2]) = (mask, value);
        spec
    }

    /// What the program does: the rule that wins.
    fn search(half: &Half, key: &[u64; KEY_WORDS]) -> Option<u32> {
        let mut best = u32::MAX;
        for mask in half.masks.iter().take_while(|mask| mask.best < u32::MAX) {
            if mask.best >= best {
                break;
            }
            let masked: [u64; KEY_WORDS] = std::array::from_fn(|w| key[w] & mask.words[w]);
            let at = mask.base as usize + place(sum(&masked), mask.seed, mask.bits);
            for index in half.buckets[at].rules {
                if index == NO_RULE || index >= best {
                    break;
                }
                if half.rules[index as usize].words == masked {
                    best = index;
                    break;
                }
            }
        }
        (best != u32::MAX).then_some(best)
    }

    #[test]
    fn the_best_rule_wins_whatever_its_mask() {
        let rules: Vec<RuleSpec> = (0..2000_u32)
            .map(|n| {
                let bits = n % 60;
                let mask = u64::MAX << bits;
                rule(n, mask, u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask)
            })
            .collect();
        let half = Half::build(&rules, 2000, 16_000).unwrap();
        assert_eq!(half.masks.len(), 60);
        for n in 0..4000_u64 {
            let mut key = [0; KEY_WORDS];
            key[2] = (n / 2).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (n & 1);
            let wins = |rule: &RuleSpec| key[2] & rule.mask[2] == rule.value[2];
            let expected = rules.iter().position(wins).map(|at| u32::try_from(at).unwrap());
            assert_eq!(search(&half, &key), expected, "{n}");
        }
    }

    #[test]
    fn a_hidden_rule_takes_no_place() {
        let rules: Vec<RuleSpec> = (0..10).map(|n| rule(n, u64::MAX, 7)).collect();
        let half = Half::build(&rules, 10, 1).unwrap();
        assert_eq!(half.buckets, [Bucket { rules: [0, NO_RULE, NO_RULE, NO_RULE] }]);
    }

    #[test]
    fn rules_and_buckets_have_their_limits() {
        let rules: Vec<RuleSpec> = (0..10).map(|n| rule(n, u64::MAX, n.into())).collect();
        let error = Half::build(&rules, 9, 100).unwrap_err();
        assert_eq!(error, TableError::Rules { rules: 10, max: 9 });
        let error = Half::build(&rules, 10, 7).unwrap_err();
        assert_eq!(error, TableError::Buckets { rules: 10, max: 7 });
    }
}
