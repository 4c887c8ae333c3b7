//! What could not be dissected.

use std::collections::BTreeMap;

use super::Statistic;
use super::report::{Report, columns};
use crate::frame::Frame;
use crate::problem::{Problem, ProblemKind, What};
use crate::registry::{Field, Protocol};
use crate::sink::{Place, Sink, Value};

/// Different problems that are told apart; those beyond are one for each kind.
const MOST: usize = 1000;

/// Counts problems by what they say.
#[derive(Debug, Default)]
pub(super) struct Problems {
    /// How often, and the first frame.
    counts: BTreeMap<(ProblemKind, String), (u64, u64)>,
    frame: u64,
}

impl Statistic for Problems {
    fn begin(&mut self, frame: &Frame<'_>) {
        self.frame = frame.number;
    }

    fn end(&mut self, _: &Frame<'_>) {}

    fn report(&self) -> Report {
        let mut all: Vec<_> = self.counts.iter().collect();
        all.sort_by_key(|(_, (count, first))| (std::cmp::Reverse(*count), *first));
        let rows = all.into_iter().map(|((kind, text), (count, first))| {
            vec![kind.name().into(), text.as_str().into(), (*count).into(), (*first).into()]
        });
        Report {
            name: "problems",
            title: "Problems".to_owned(),
            columns: columns![
                "kind" "Kind", "text" "Problem", "count" "Count", "first_frame" "First frame",
            ],
            rows: rows.collect(),
        }
    }
}

impl Sink for Problems {
    fn wants(&self, _: &'static Protocol) -> bool {
        false
    }

    fn enter(&mut self, _: &'static Protocol, _: Place) {}

    fn leave(&mut self) {}

    fn field(&mut self, _: &'static Field, _: Place, _: Value<'_>) {}

    fn problem(&mut self, problem: Problem) {
        let text = match problem.what {
            // Each frame has other lengths.
            What::NotCaptured { .. } => "the end of the frame was not captured".to_owned(),
            what if self.counts.len() < MOST => what.to_string(),
            _ => "others".to_owned(),
        };
        let counts = self.counts.entry((problem.kind, text)).or_insert((0, self.frame));
        counts.0 += 1;
    }
}
