//! Frames through filter, statistics, copy and output.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use dissect::filter::Filter;
use dissect::savefile::{Reader, Record};
use dissect::stats::{All, Walker};
use dissect::{Collector, Dissector, Frame, Options, Place, Sink, Summary};

use super::input::{self, Copy, Input};
use super::output::{Noter, Output, Pass};
use super::progress::Progress;
use crate::exit::{Outcome, diagnostic};
use crate::render;

/// What is done with frames.
pub(super) struct Settings {
    pub(super) options: Options,
    pub(super) filter: Option<Filter>,
    pub(super) statistics: All,
    pub(super) writer: Option<Copy>,
    /// Frames that are read at most, of those that pass the filter.
    pub(super) count: u64,
    pub(super) follow: bool,
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
    collector: Collector,
    passed: u64,
    /// Files that could not be read to their end.
    failed: u64,
    frames: u64,
}

impl Session {
    pub(super) fn new(settings: Settings) -> Self {
        let collector = settings.filter.as_ref().map(Filter::collector).unwrap_or_default();
        Self { settings, collector, passed: 0, failed: 0, frames: 0 }
    }

    /// Takes the frames of a capture.
    pub(super) fn read(
        &mut self,
        path: &Path,
        output: &mut Output,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        if self.passed >= self.settings.count {
            return Ok(());
        }
        let Input { name, reader, len } = match input::open(path, self.settings.follow) {
            Ok(input) => input,
            Err(error) => {
                return self.fail(&format_args!("cannot open {}: {error}", path.display()), out);
            }
        };
        let mut reader = match Reader::new(reader) {
            Ok(reader) => reader,
            Err(error) => return self.fail(&format_args!("{name}: {error}"), out),
        };
        if self.settings.writer.is_some() {
            reader.keep_blocks();
        }
        let mut progress = Progress::new(len);
        let mut dissector = Dissector::new(self.settings.options.clone());
        loop {
            progress.at(reader.offset());
            match reader.next() {
                Ok(Some(record)) => self.frame(&record, &mut dissector, output, out)?,
                Ok(None) => break,
                Err(error) => {
                    self.fail(&format_args!("{name}: {error}"), out)?;
                    break;
                }
            }
            if self.passed >= self.settings.count {
                break;
            }
        }
        progress.end();
        if let Some(writer) = &mut self.settings.writer {
            writer.blocks(reader.blocks_behind())?;
        }
        if self.passed < self.settings.count {
            held_back(&name, &mut dissector, output, out)?;
        }
        Ok(())
    }

    #[inline]
    fn frame(
        &mut self,
        record: &Record<'_>,
        dissector: &mut Dissector,
        output: &mut Output,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        self.frames += 1;
        let frame = record.frame;
        output.advance(frame.time);
        let settings = &mut self.settings;
        if let Some(writer) = &mut settings.writer {
            writer.blocks(record.blocks_before)?;
        }
        let mut pass = Pass { dissector, begun: false };
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
        self,
        output: &mut Output,
        json: bool,
        svg: Option<&Path>,
        out: &mut impl Write,
    ) -> anyhow::Result<Outcome> {
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
