//! The packets of a specification, one after the other.

use std::collections::VecDeque;

use super::build::{self, BuildError};
use super::spec::{Combine, Spec};
use super::template::Template;
use super::values::{Counter, Run, Values};

/// More combinations than that are a mistake, unless a number of packets is given.
const MANY: u128 = 100_000_000;

/// The packets of a specification; each is a frame or several.
#[derive(Debug)]
pub(crate) struct Family {
    spec: Spec,
    /// The values of all settings, for the packet that comes next.
    values: Vec<u128>,
    cursors: Vec<Cursor>,
    /// Whether any of them is no list.
    draws: bool,
    random: fastrand::Rng,
    template: Option<Template>,
    /// The frames of a packet of several, or of one that is built anew.
    frames: VecDeque<Vec<u8>>,
    /// The frame that was lent last.
    lent: Vec<u8>,
    combinations: u128,
    /// Packets that were begun, and that there are.
    packet: u64,
    packets: u64,
    /// Of the packet that comes next: its combination, and how often that was there.
    flow: u128,
    sequence: u64,
}

/// A setting that varies.
#[derive(Debug)]
struct Cursor {
    /// Which of the values it is.
    value: usize,
    source: Source,
}

#[derive(Debug)]
enum Source {
    List { runs: Vec<Run>, run: usize },
    Random { low: u128, high: u128 },
    Counter(Counter),
}

/// Packets that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum FamilyError {
    /// There are too many.
    #[error("there are {0} combinations of values; say how many packets with --count")]
    TooMany(u128),
    /// One cannot be built.
    #[error("packet {number}: {error}")]
    Build {
        /// Its number, from 1.
        number: u64,
        /// Why.
        error: BuildError,
    },
}

impl Family {
    pub(crate) fn new(spec: Spec) -> Result<Self, FamilyError> {
        let combinations = spec.combinations();
        let packets = match spec.count {
            Some(count) => count,
            None if combinations > MANY => return Err(FamilyError::TooMany(combinations)),
            None => u64::try_from(combinations).unwrap_or(u64::MAX),
        };
        let settings = spec.layers.iter().flat_map(|layer| &layer.settings);
        let mut values = Vec::new();
        let mut cursors = Vec::new();
        for (value, setting) in settings.enumerate() {
            values.push(setting.values.lowest());
            if setting.values.varies() {
                let source = match &setting.values {
                    Values::List(runs) => Source::List { runs: runs.clone(), run: 0 },
                    Values::Random { low, high } => Source::Random { low: *low, high: *high },
                    Values::Counter(counter) => Source::Counter(*counter),
                    Values::Choice { random: true, .. } => {
                        Source::Random { low: 0, high: setting.values.highest() }
                    }
                    Values::Choice { random: false, .. } => {
                        let run = Run { first: 0, last: setting.values.highest(), step: 1 };
                        Source::List { runs: vec![run], run: 0 }
                    }
                    Values::Noise(_) => Source::Random { low: 0, high: u64::MAX.into() },
                };
                cursors.push(Cursor { value, source });
            }
        }
        let varying: Vec<usize> = cursors.iter().map(|cursor| cursor.value).collect();
        let template = Template::new(&spec, &values, &varying);
        let random = fastrand::Rng::with_seed(spec.seed);
        let mut family = Self {
            spec,
            values,
            draws: cursors.iter().any(|cursor| !matches!(cursor.source, Source::List { .. })),
            cursors,
            random,
            template,
            frames: VecDeque::new(),
            lent: Vec::new(),
            combinations,
            packet: 0,
            packets,
            flow: 0,
            sequence: 0,
        };
        family.begin();
        Ok(family)
    }

    /// The same packets, each built anew.
    #[cfg(test)]
    pub(super) fn without_template(mut self) -> (Self, bool) {
        let had = self.template.take().is_some();
        (self, had)
    }

    /// How many packets there are.
    pub(crate) fn packets(&self) -> u64 {
        self.packets
    }

    /// The next frame, which is sent at `time`, nanoseconds since the Unix epoch; nothing at the
    /// end.
    // It lends, which an iterator cannot.
    pub(crate) fn next(&mut self, time: u64) -> Result<Option<&[u8]>, FamilyError> {
        if let Some(frame) = self.frames.pop_front() {
            self.lent = frame;
            return Ok(Some(&self.lent));
        }
        if self.packet >= self.packets {
            return Ok(None);
        }
        if self.packet > 0 {
            self.step();
        }
        if self.draws {
            self.draw(time);
        }
        self.packet += 1;
        // A template that was taken along here would be borrowed on every path.
        if self.template.is_some() {
            return Ok(self.template.as_mut().map(|template| template.patch(&self.values)));
        }
        let number = self.packet;
        let parts = build::frames(&self.spec, &self.values, number - 1)
            .map_err(|error| FamilyError::Build { number, error })?;
        self.frames.extend(parts.into_iter().map(|part| part.bytes));
        self.lent = self.frames.pop_front().unwrap_or_default();
        Ok(Some(&self.lent))
    }

    /// Sets all lists to their first values.
    fn begin(&mut self) {
        for cursor in &self.cursors {
            if let (Source::List { runs, .. }, Some(value)) =
                (&cursor.source, self.values.get_mut(cursor.value))
            {
                *value = runs.first().map_or(0, |run| run.first);
            }
        }
    }

    /// Goes on to the next combination of values.
    #[inline]
    fn step(&mut self) {
        for cursor in self.cursors.iter_mut().rev() {
            let Some(value) = self.values.get_mut(cursor.value) else { continue };
            let Source::List { runs, run } = &mut cursor.source else { continue };
            let wrapped = advance(runs, run, value);
            if !wrapped && self.spec.combine == Combine::Product {
                break;
            }
        }
        self.flow += 1;
        if self.flow >= self.combinations {
            self.flow = 0;
            self.sequence += 1;
        }
    }

    /// Sets what is random and what counts.
    #[inline]
    fn draw(&mut self, time: u64) {
        for cursor in &self.cursors {
            let Some(value) = self.values.get_mut(cursor.value) else { continue };
            match cursor.source {
                Source::List { .. } => {}
                Source::Random { low, high } => *value = between(&mut self.random, low, high),
                Source::Counter(Counter::Flow) => *value = self.flow & 0xffff_ffff,
                Source::Counter(Counter::Sequence) => *value = self.sequence.into(),
                Source::Counter(Counter::Time) => *value = time.into(),
            }
        }
    }
}

/// Goes on to the next value of a list; true where it starts over.
fn advance(runs: &[Run], run: &mut usize, value: &mut u128) -> bool {
    let Some(current) = runs.get(*run) else { return true };
    if current.last - *value >= current.step {
        *value += current.step;
        return false;
    }
    *run += 1;
    let wrapped = *run >= runs.len();
    if wrapped {
        *run = 0;
    }
    *value = runs.get(*run).map_or(0, |run| run.first);
    wrapped
}

fn between(random: &mut fastrand::Rng, low: u128, high: u128) -> u128 {
    match (u64::try_from(low), u64::try_from(high)) {
        (Ok(low), Ok(high)) => random.u64(low..=high).into(),
        _ => random.u128(low..=high),
    }
}
