//! Sets of cores as the kernel writes them: lists (`0-3,8`) in sysfs and procfs, and hexadecimal masks
//! (`00000000,0000000f`) for receive packet steering. Source: the kernel's
//! Documentation/admin-guide/cputopology.rst and Documentation/networking/scaling.rst.

use std::collections::BTreeSet;

/// Cores that a list may name; more than any kernel supports, so that a wrong list stays small.
const MAX_CORES: u32 = 65_536;

/// A text that is no set of cores.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` in `{text}` is no {expected}")]
pub struct CpuListError {
    /// The part that cannot be read.
    pub word: String,
    /// All of the text.
    pub text: String,
    /// What stands there in a text that is right.
    pub expected: &'static str,
}

/// The cores of a list such as `0-3,8,10-11`. An empty text is the empty set.
pub fn parse_list(text: &str) -> Result<BTreeSet<u32>, CpuListError> {
    let text = text.trim();
    let mut cores = BTreeSet::new();
    for word in text.split(',').filter(|word| !word.is_empty()) {
        let wrong = || CpuListError {
            word: word.to_owned(),
            text: text.to_owned(),
            expected: "core or range of cores",
        };
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let first: u32 = first.parse().map_err(|_| wrong())?;
        let last: u32 = last.parse().map_err(|_| wrong())?;
        if first > last || last >= MAX_CORES {
            return Err(wrong());
        }
        cores.extend(first..=last);
    }
    Ok(cores)
}

/// The cores of a mask such as `00000000,0000000f`: groups of 32 bits, the highest first.
pub fn parse_mask(text: &str) -> Result<BTreeSet<u32>, CpuListError> {
    let text = text.trim();
    let mut cores = BTreeSet::new();
    let mut base = 0;
    for word in text.rsplit(',') {
        let group = u32::from_str_radix(word, 16).map_err(|_| CpuListError {
            word: word.to_owned(),
            text: text.to_owned(),
            expected: "group of hexadecimal digits",
        })?;
        cores.extend((0..32).filter(|bit| group >> bit & 1 == 1).map(|bit| base + bit));
        base += 32;
    }
    Ok(cores)
}

/// The shortest list of the set, as the kernel writes it.
#[must_use]
pub fn format_list(cores: &BTreeSet<u32>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &core in cores {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == core => *last = core,
            _ => ranges.push((core, core)),
        }
    }
    let words = ranges.iter().map(|(first, last)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    });
    words.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        assert_eq!(parse_list("0-2,5\n"), Ok(BTreeSet::from([0, 1, 2, 5])));
        assert_eq!(parse_list("\n"), Ok(BTreeSet::new()));
        for wrong in ["a", "3-1", "0-", "-1", "0-4294967295"] {
            assert!(parse_list(wrong).is_err(), "{wrong}");
        }
        for text in ["", "0", "0-1", "0-3,8,10-11"] {
            assert_eq!(parse_list(text).map(|cores| format_list(&cores)), Ok(text.to_owned()));
        }
    }

    #[test]
    fn masks() {
        assert_eq!(parse_mask("0\n"), Ok(BTreeSet::new()));
        assert_eq!(parse_mask("5"), Ok(BTreeSet::from([0, 2])));
        assert_eq!(parse_mask("00000001,00000002"), Ok(BTreeSet::from([1, 32])));
        assert!(parse_mask("").is_err() && parse_mask("x").is_err());
    }
}
