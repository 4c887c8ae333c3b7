//! Counts of what agrees and what does not.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::{Frames, Said};

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Layers,
    Types,
    Xids,
}

/// How two lists are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Relation {
    Different,
    /// tshark goes on where we stop.
    NotByUs,
    /// We go on where tshark stops.
    NotByThem,
    /// tshark goes on behind a protocol that we do not have.
    NotOurs,
}

/// Where the first of a kind is, and how many there are.
#[derive(Debug)]
struct Found {
    count: u64,
    first: String,
}

/// The counts over all captures.
#[derive(Debug, Default)]
pub(super) struct Tally {
    captures: u64,
    frames: u64,
    with_messages: u64,
    agreed: BTreeMap<Subject, u64>,
    found: BTreeMap<(Subject, Relation, String), Found>,
    /// Captures on which vsectl failed.
    failures: Vec<String>,
    unread: Vec<String>,
}

impl Tally {
    /// vsectl failed on a capture.
    pub(super) fn failed(&mut self, capture: &Path, error: &anyhow::Error) {
        self.failures.push(format!("{}: {error:#}", capture.display()));
    }

    /// tshark cannot read a capture.
    pub(super) fn unread(&mut self, capture: &Path, error: &anyhow::Error) {
        self.unread.push(format!("{}: {error:#}", capture.display()));
    }

    pub(super) fn has_failures(&self) -> bool {
        !self.failures.is_empty()
    }

    /// Compares the frames of a capture.
    pub(super) fn compare(&mut self, capture: &Path, ours: &Frames, theirs: &Frames) {
        self.captures += 1;
        let nothing = Said::default();
        let numbers: std::collections::BTreeSet<u64> =
            ours.keys().chain(theirs.keys()).copied().collect();
        for number in numbers {
            self.frames += 1;
            let a = ours.get(&number).unwrap_or(&nothing);
            let b = theirs.get(&number).unwrap_or(&nothing);
            let place = || format!("{} frame {number}", capture.display());
            let carrier = |at| b.carriers.get(at).and_then(Option::as_deref);
            self.note(Subject::Layers, &a.layers, &b.layers, carrier, place);
            if !a.types.is_empty() || !b.types.is_empty() {
                self.with_messages += 1;
                self.note(Subject::Types, &a.types, &b.types, |_| None, place);
                self.note(Subject::Xids, &a.xids, &b.xids, |_| None, place);
            }
        }
    }

    /// Compares two lists. `carrier` names what is in front of an item of tshark's and no layer of ours.
    fn note<'a, T: PartialEq + fmt::Display>(
        &mut self,
        subject: Subject,
        ours: &[T],
        theirs: &[T],
        carrier: impl Fn(usize) -> Option<&'a str>,
        place: impl Fn() -> String,
    ) {
        if ours == theirs {
            *self.agreed.entry(subject).or_default() += 1;
            return;
        }
        let same = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
        let last = same.checked_sub(1).and_then(|last| ours.get(last));
        let behind = last.map_or("the start".to_owned(), ToString::to_string);
        let (relation, what) = match (ours.get(same), theirs.get(same)) {
            (None, Some(next)) => match carrier(same) {
                Some(carrier) => (Relation::NotOurs, format!("behind {carrier}: {next}")),
                None => (Relation::NotByUs, format!("behind {behind}: {next}")),
            },
            (Some(next), None) => (Relation::NotByThem, format!("behind {behind}: {next}")),
            (Some(a), Some(b)) => {
                (Relation::Different, format!("behind {behind}: {a}, tshark {b}"))
            }
            (None, None) => return,
        };
        // Every xid is another one.
        let what = if subject == Subject::Xids { String::new() } else { what };
        let found = self.found.entry((subject, relation, what));
        found.or_insert_with(|| Found { count: 0, first: place() }).count += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} captures, {} frames, {} of them with messages",
            self.captures, self.frames, self.with_messages
        )?;
        for (subject, of) in [
            (Subject::Layers, self.frames),
            (Subject::Types, self.with_messages),
            (Subject::Xids, self.with_messages),
        ] {
            let agreed = self.agreed.get(&subject).copied().unwrap_or(0);
            writeln!(f, "{subject:?}: {agreed} of {of} frames agree")?;
            let mut found: Vec<_> =
                self.found.iter().filter(|((s, ..), _)| *s == subject).collect();
            found.sort_by_key(|((_, relation, _), found)| {
                (*relation, std::cmp::Reverse(found.count))
            });
            for ((_, relation, what), Found { count, first }) in found {
                let relation = match relation {
                    Relation::Different => "different",
                    Relation::NotByUs => "not decoded by us",
                    Relation::NotByThem => "not decoded by tshark",
                    Relation::NotOurs => "no protocol of ours",
                };
                writeln!(f, "  {relation:22} {count:6}  {what}  ({first})")?;
            }
        }
        for failure in &self.failures {
            writeln!(f, "vsectl failed: {failure}")?;
        }
        for capture in &self.unread {
            writeln!(f, "tshark cannot read {capture}")?;
        }
        Ok(())
    }
}
