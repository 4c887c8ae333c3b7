//! Counts of what agrees and what does not.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::{Frames, Said, Segment};

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
    /// tshark gives up on a stream with a gap, and we go on.
    BehindGap,
    /// tshark reads a segment again that was sent again.
    Repeated,
}

impl Relation {
    /// What it is called.
    fn name(self) -> &'static str {
        match self {
            Self::Different => "different",
            Self::NotByUs => "not decoded by us",
            Self::NotByThem => "not decoded by tshark",
            Self::NotOurs => "no protocol of ours",
            Self::BehindGap => "by us behind a gap",
            Self::Repeated => "sent again",
        }
    }
}

/// What there is to know of tshark's list.
#[derive(Clone, Copy)]
struct Theirs<'a> {
    segment: Segment,
    /// What is in front of an item and no layer of ours: what we make of that is our guess at what
    /// carries it.
    carrier: &'a dyn Fn(usize) -> Option<&'a str>,
    /// What is behind the last item and no layer of ours: what we make of that is something else.
    end: Option<&'a str>,
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
            let segment = b.segment;
            let theirs = Theirs { segment, carrier: &carrier, end: b.end.as_deref() };
            self.note(Subject::Layers, &a.layers, &b.layers, theirs, place);
            if !a.types.is_empty() || !b.types.is_empty() {
                self.with_messages += 1;
                let theirs = Theirs { segment, carrier: &|_| None, end: None };
                self.note(Subject::Types, &a.types, &b.types, theirs, place);
                self.note(Subject::Xids, &a.xids, &b.xids, theirs, place);
            }
        }
    }

    /// Compares two lists.
    fn note<T: PartialEq + fmt::Display>(
        &mut self,
        subject: Subject,
        ours: &[T],
        theirs: &[T],
        Theirs { segment, carrier, end }: Theirs<'_>,
        place: impl Fn() -> String,
    ) {
        if ours == theirs {
            *self.agreed.entry(subject).or_default() += 1;
            return;
        }
        let same = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
        let last = same.checked_sub(1).and_then(|last| ours.get(last));
        let behind = last.map_or("the start".to_owned(), ToString::to_string);
        let (mine, next) = (ours.get(same), theirs.get(same));
        let relation = match (mine, next, segment) {
            (_, Some(_), _) if carrier(same).is_some() => Relation::NotOurs,
            (None, Some(_), Segment::Repeated) => Relation::Repeated,
            (None, Some(_), _) => Relation::NotByUs,
            (Some(_), None, _) if end.is_some() => Relation::Different,
            (Some(_), None, Segment::BehindGap) => Relation::BehindGap,
            (Some(_), None, _) => Relation::NotByThem,
            (Some(_), Some(_), _) => Relation::Different,
            (None, None, _) => return,
        };
        let behind = carrier(same).map_or(behind, ToString::to_string);
        let what = match (mine, next) {
            (Some(a), Some(b)) => format!("behind {behind}: {a}, tshark {b}"),
            (Some(a), None) if end.is_some() => {
                format!("behind {behind}: {a}, tshark {}", end.unwrap_or_default())
            }
            (Some(one), None) | (None, Some(one)) => format!("behind {behind}: {one}"),
            (None, None) => return,
        };
        // Every xid is another one.
        let what = if subject == Subject::Xids { String::new() } else { what };
        let place = place();
        let found = self.found.entry((subject, relation, what));
        let found = found.or_insert_with(|| Found { count: 0, first: place.clone() });
        found.count += 1;
        // Captures come in any order.
        if place < found.first {
            found.first = place;
        }
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
            let mut found: Vec<_> =
                self.found.iter().filter(|((s, ..), _)| *s == subject).collect();
            let of_kind = |kind| {
                let found = found.iter().filter(|((_, relation, _), _)| *relation == kind);
                found.map(|(_, found)| found.count).sum::<u64>()
            };
            let both = of - of_kind(Relation::Different);
            writeln!(
                f,
                "{subject:?}: {both} of {of} frames agree where both decode: {agreed} in full"
            )?;
            found.sort_by_key(|((_, relation, _), found)| {
                (*relation, std::cmp::Reverse(found.count))
            });
            for ((_, relation, what), Found { count, first }) in found {
                let relation = relation.name();
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
