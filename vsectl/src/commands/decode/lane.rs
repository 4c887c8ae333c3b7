//! What is done with a frame: filter, statistics, output. It is the same whether one thread does
//! it frame by frame or several do it for batches of frames.

use std::io;
use std::sync::Arc;

use codec::types::Line;
use dissect::filter::Filter;
use dissect::savefile::Record;
use dissect::stats::{All, Walker};
use dissect::{Collector, Dissector, Frame, Sink};

use super::output::{Noter, Output};

/// The field that depends on which frames were shown.
pub(super) const SINCE_SHOWN: &str = "frame.time_delta_displayed";

/// The filter, the statistics and the output of one thread.
pub(super) struct Lane {
    filter: Option<Arc<Filter>>,
    collector: Collector,
    pub(super) statistics: All,
    pub(super) output: Output,
    /// Frames that passed the filter.
    pub(super) passed: u64,
}

impl Lane {
    pub(super) fn new(filter: Option<Filter>, statistics: All, output: Output) -> Self {
        let collector = filter.as_ref().map(Filter::collector).unwrap_or_default();
        Self { filter: filter.map(Arc::new), collector, statistics, output, passed: 0 }
    }

    /// A lane for another thread; nothing where the frames must be taken in their order.
    pub(super) fn split(&self) -> Option<Self> {
        // With a filter, which frame was shown last is known only when all before have been seen.
        let minds_shown = self.collector.collects(SINCE_SHOWN) || self.output.minds_shown();
        if self.filter.is_some() && minds_shown {
            return None;
        }
        Some(Self {
            filter: self.filter.clone(),
            collector: self.collector.clone(),
            statistics: self.statistics.split()?,
            output: self.output.split(),
            passed: 0,
        })
    }

    /// Adds what became of the frames of a lane that was [split](Self::split) off.
    pub(super) fn join(&mut self, other: &Self) {
        self.statistics.join(&other.statistics);
        self.output.join(&other.output);
        self.passed += other.passed;
    }

    /// Whether it depends on the frames how many pass.
    pub(super) fn filters(&self) -> bool {
        self.filter.is_some()
    }

    /// Takes a frame, which `pass` walks over. Returns whether it passes the filter.
    #[inline]
    pub(super) fn frame(
        &mut self,
        record: &Record<'_>,
        pass: &mut Pass<'_>,
        out: &mut Line,
    ) -> io::Result<bool> {
        let frame = &record.frame;
        self.output.advance(frame.time);
        if let Some(filter) = &self.filter {
            self.collector.clear();
            pass.run(frame, &mut self.collector);
            if !filter.matches(&self.collector, frame.bytes) {
                return Ok(false);
            }
        }
        self.passed += 1;
        if !self.statistics.is_empty() {
            let mut noter = Noter::default();
            self.statistics.frame(frame, &mut Walk(pass, frame), &mut noter);
            if !self.output.prints() {
                self.output.broken += u64::from(noter.0);
            }
        } else if !self.output.prints() && !pass.begun {
            let mut noter = Noter::default();
            pass.run(frame, &mut noter);
            self.output.broken += u64::from(noter.0);
        }
        self.output.frame(record, pass, out)?;
        pass.dissector.shown(frame);
        Ok(true)
    }
}

/// The walks over one frame: the first one counts, the others see the same.
pub(super) struct Pass<'a> {
    pub(super) dissector: &'a mut Dissector,
    /// Whether the first one is done.
    pub(super) begun: bool,
    /// Whether another dissector has kept what the frame brings to its streams.
    pub(super) tracked: bool,
}

impl Pass<'_> {
    #[inline]
    pub(super) fn run(&mut self, frame: &Frame<'_>, sink: &mut impl Sink) {
        if std::mem::replace(&mut self.begun, true) || self.tracked {
            self.dissector.again(frame, sink);
        } else {
            self.dissector.dissect(frame, sink);
        }
    }
}

/// The walks over one frame, for statistics.
struct Walk<'a, 'b>(&'a mut Pass<'b>, &'a Frame<'a>);

impl Walker for Walk<'_, '_> {
    #[inline]
    fn walk(&mut self, sink: &mut impl Sink) {
        self.0.run(self.1, sink);
    }
}
