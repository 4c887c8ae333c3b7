//! Frames through filter, statistics, copy and output.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::rc::Rc;

use anyhow::Context;
use dissect::filter::Filter;
use dissect::savefile::{Reader, Record, SavefileError};
use dissect::stats::{All, Walker};
use dissect::{Collector, Dissector, Frame, Options, Place, Sink, Summary};

use super::files::Files;
use super::output::{Noter, Output, Pass};
use super::progress::Progress;
use crate::capture;
use crate::capture_input::{self, Input};
use crate::exit::{Outcome, diagnostic};
use crate::follower::Join;
use crate::{render, signals};

/// What is done with frames.
pub(super) struct Settings {
    pub(super) options: Options,
    pub(super) filter: Option<Filter>,
    pub(super) statistics: All,
    pub(super) writer: Option<Files>,
    /// Frames that are read at most, of those that pass the filter.
    pub(super) count: u64,
    pub(super) follow: bool,
    /// Tells which FLOW_MOD governs a frame, where that is asked for. It sees frame after frame.
    pub(super) join: Option<Join>,
}

impl Settings {
    /// A dissector that has seen nothing.
    fn dissector(&self) -> Dissector {
        let mut dissector = Dissector::new(self.options.clone());
        if let Some(join) = &self.join {
            dissector.annotate_by(Box::new(join.clone()));
        }
        dissector
    }
}

/// The walks over one frame, for statistics.
struct Walk<'a, 'b>(&'a mut Pass<'b>, Frame<'a>);

impl Walker for Walk<'_, '_> {
    #[inline]
    fn walk(&mut self, sink: &mut impl Sink) {
        self.0.run(self.1, sink);
    }
}

/// Takes frames from captures.
pub(super) struct Session {
    settings: Settings,
    dissector: Dissector,
    collector: Collector,
    passed: u64,
    /// Files that could not be read to their end.
    failed: u64,
    frames: u64,
    /// The time of the last frame, and whether another capture begins behind it.
    last: u64,
    begins: bool,
    /// The capture that is read.
    name: String,
}

impl Session {
    pub(super) fn new(settings: Settings) -> Self {
        let collector = settings.filter.as_ref().map(Filter::collector).unwrap_or_default();
        let dissector = settings.dissector();
        Self {
            settings,
            dissector,
            collector,
            passed: 0,
            failed: 0,
            frames: 0,
            last: 0,
            begins: false,
            name: String::new(),
        }
    }

    /// Takes the frames of a file; where it is followed, also of those that take its place.
    pub(super) fn read(
        &mut self,
        path: &Path,
        output: &mut Output,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        while !self.over() {
            let input = match capture_input::open(path, self.settings.follow) {
                Ok(input) => input,
                Err(error) => {
                    return self
                        .fail(&format_args!("cannot open {}: {error}", path.display()), out);
                }
            };
            let replaced = Rc::clone(&input.replaced);
            self.take(input, output, out)?;
            if !replaced.get() {
                break;
            }
        }
        Ok(())
    }

    /// Takes the frames of interfaces.
    pub(super) fn capture(
        &mut self,
        settings: &capture::Settings,
        output: &mut Output,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let (live, ended) = capture::open(settings)?;
        let names = settings.interfaces.join(", ");
        diagnostic!("capturing on {names}");
        let input = Input::new(names, live)?;
        self.take(input, output, out)?;
        out.flush()?;
        for capture::Ended { name, frames, counts, failure } in ended.borrow().iter() {
            if let Some(failure) = failure {
                self.fail(&format_args!("{name}: {failure}"), out)?;
            }
            diagnostic!(
                "{name}: {frames} frames captured, {} received, {} dropped for want of room, {} \
                 dropped by the interface",
                counts.received,
                counts.dropped,
                counts.dropped_by_interface
            );
        }
        Ok(())
    }

    /// Whether no more frames are wanted.
    fn over(&self) -> bool {
        self.passed >= self.settings.count || self.settings.writer.as_ref().is_some_and(Files::over)
    }

    fn take(
        &mut self,
        input: Input,
        output: &mut Output,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let Input { name, reader, len, .. } = input;
        self.name.clone_from(&name);
        // Whoever asked for an end knows that a file that is still written has none.
        let follow = self.settings.follow;
        let cut_short = |error: &SavefileError| {
            follow && signals::asked() && matches!(error, SavefileError::Cut { .. })
        };
        let mut reader = match Reader::new(reader) {
            Ok(reader) => reader,
            Err(error) if cut_short(&error) => return Ok(()),
            Err(error) => return self.fail(&format_args!("{name}: {error}"), out),
        };
        if self.settings.writer.is_some() {
            reader.keep_blocks();
        }
        reader.count_from(self.frames);
        self.begins = true;
        let mut progress = Progress::new(len);
        while !self.over() {
            progress.at(reader.offset());
            match reader.next() {
                Ok(Some(record)) => self.frame(&record, output, out)?,
                Ok(None) => break,
                Err(error) if cut_short(&error) => break,
                Err(error) => {
                    self.fail(&format_args!("{name}: {error}"), out)?;
                    break;
                }
            }
        }
        progress.end();
        if let Some(writer) = &mut self.settings.writer {
            writer.blocks(reader.blocks_behind())?;
        }
        Ok(())
    }

    /// Sees to the streams where a capture begins: it continues the one before, as the files of a
    /// ring do, unless its frames are older than what was seen.
    #[cold]
    fn begin(
        &mut self,
        time: u64,
        output: &mut Output,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        self.begins = false;
        if time < self.last {
            held_back(&self.name, &mut self.dissector, output, out)?;
            self.dissector = self.settings.dissector();
        }
        Ok(())
    }

    #[inline]
    fn frame(
        &mut self,
        record: &Record<'_>,
        output: &mut Output,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        self.frames += 1;
        let frame = record.frame;
        if self.begins {
            self.begin(frame.time, output, out)?;
        }
        self.last = frame.time;
        output.advance(frame.time);
        let settings = &mut self.settings;
        if let Some(writer) = &mut settings.writer {
            writer.blocks(record.blocks_before)?;
        }
        let mut pass = Pass { dissector: &mut self.dissector, begun: false };
        if let Some(join) = &settings.join {
            join.look(&frame, |tap| pass.run(frame, tap));
        }
        if let Some(filter) = &settings.filter {
            self.collector.clear();
            pass.run(frame, &mut self.collector);
            if !filter.matches(&self.collector, frame.bytes) {
                return Ok(());
            }
        }
        self.passed += 1;
        if !settings.statistics.is_empty() {
            let mut noter = Noter::default();
            settings.statistics.frame(&frame, &mut Walk(&mut pass, frame), &mut noter);
            if !output.prints() {
                output.broken += u64::from(noter.0);
            }
        } else if !output.prints() && !pass.begun {
            let mut noter = Noter::default();
            pass.run(frame, &mut noter);
            output.broken += u64::from(noter.0);
        }
        if let Some(writer) = &mut settings.writer {
            writer.record(record)?;
        }
        output.frame(record, &mut pass, out)?;
        pass.dissector.shown(frame);
        Ok(())
    }

    /// Tells of a file that cannot be read on, behind what was printed of it.
    fn fail(&mut self, what: &dyn std::fmt::Display, out: &mut impl Write) -> anyhow::Result<()> {
        out.flush()?;
        diagnostic!("{what}");
        self.failed += 1;
        Ok(())
    }

    /// Prints the statistics, and ends the copy.
    pub(super) fn finish(
        mut self,
        output: &mut Output,
        json: bool,
        svg: Option<&Path>,
        out: &mut impl Write,
    ) -> anyhow::Result<Outcome> {
        if self.passed < self.settings.count {
            held_back(&self.name, &mut self.dissector, output, out)?;
        }
        output.end(out)?;
        if let Some(writer) = self.settings.writer {
            writer.finish()?;
        }
        for report in self.settings.statistics.reports() {
            if json {
                serde_json::to_writer(&mut *out, &render::report::json(&report))?;
                writeln!(out)?;
            } else {
                render::report::table(&report, out)?;
            }
            if let (Some(path), "io") = (svg, report.name) {
                let file = File::create(path).with_context(|| path.display().to_string())?;
                render::svg::bars(&report, &mut std::io::BufWriter::new(file))?;
            }
        }
        Ok(match (self.failed + output.broken, self.frames) {
            (0, _) => Outcome::Done,
            (_, 0) => Outcome::Failed,
            _ => Outcome::Partial,
        })
    }
}

/// Tells of what still waits at the end of a capture behind bytes that never came, and shows it.
fn held_back(
    name: &str,
    dissector: &mut Dissector,
    output: &mut Output,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let mut summary = Summary::default();
    loop {
        summary.clear();
        let place = Place { offset: None, len: 0 };
        // The messages have no layer around them that would count as the first.
        summary.enter(dissect::PROTOCOLS.first().copied().context("no protocols")?, place);
        summary.leave();
        let Some(number) = dissector.finish(&mut summary) else { return Ok(()) };
        let mut text = Vec::new();
        summary.write_info(&mut text)?;
        let gap = summary.problems.first().map(ToString::to_string).unwrap_or_default();
        out.flush()?;
        diagnostic!(
            "{name}: held back since frame {number}: {}; {gap}",
            String::from_utf8_lossy(&text)
        );
        output.broken += 1;
    }
}
