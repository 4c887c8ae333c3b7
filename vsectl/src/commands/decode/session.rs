//! Frames through filter, statistics, copy and output.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::Context;
use codec::types::Line;
use dissect::savefile::{Reader, Record, SavefileError};
use dissect::{Dissector, Options, Place, Sink, Summary};

use super::files::Files;
use super::front::{Front, Streams};
use super::lane::{Lane, Pass};
use super::progress::Progress;
use super::relay::{self, Runner};
use crate::capture;
use crate::capture_input::{self, Input};
use crate::exit::{Outcome, diagnostic};
use crate::follower::Join;
use crate::{render, signals};

/// What is done with frames.
pub(super) struct Settings {
    pub(super) options: Options,
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

/// Takes frames from captures.
pub(super) struct Session {
    settings: Settings,
    dissector: Dissector,
    lane: Lane,
    /// Files that could not be read to their end.
    failed: u64,
    frames: u64,
    /// Whether a capture begins with the next one.
    begins: bool,
    /// The capture that is read.
    name: String,
    /// What is printed of a frame.
    text: Line,
}

impl Session {
    pub(super) fn new(settings: Settings, lane: Lane) -> Self {
        let dissector = settings.dissector();
        Self {
            settings,
            dissector,
            lane,
            failed: 0,
            frames: 0,
            begins: false,
            name: String::new(),
            text: Line::default(),
        }
    }

    /// Takes the frames of a file; where it is followed, also of those that take its place, and of the
    /// next ones of its ring.
    pub(super) fn read(
        &mut self,
        path: &Path,
        follow: bool,
        out: &mut (impl Write + Send),
    ) -> anyhow::Result<()> {
        let mut path = path.to_owned();
        while !self.over() {
            let input = match capture_input::open(&path, follow) {
                Ok(input) => input,
                Err(error) => {
                    return self
                        .fail(&format_args!("cannot open {}: {error}", path.display()), out);
                }
            };
            let Input { name, reader, len, next } = input;
            self.take(&name, reader, len, out)?;
            let Ok(next) = next.try_recv() else { break };
            path = next;
        }
        Ok(())
    }

    /// Takes the frames of interfaces.
    pub(super) fn capture(
        &mut self,
        settings: &capture::Settings,
        out: &mut (impl Write + Send),
    ) -> anyhow::Result<()> {
        let (live, ended) = capture::open(settings)?;
        let names = settings.interfaces.join(", ");
        diagnostic!("capturing on {names}");
        self.take(&names, Box::new(live), None, out)?;
        out.flush()?;
        for capture::Ended { name, frames, counts, failure } in ended.try_iter() {
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
        self.lane.passed >= self.settings.count
            || self.settings.writer.as_ref().is_some_and(Files::over)
    }

    /// Takes the frames of one capture.
    fn take(
        &mut self,
        name: &str,
        reader: Box<dyn Read + Send>,
        len: Option<u64>,
        out: &mut (impl Write + Send),
    ) -> anyhow::Result<()> {
        name.clone_into(&mut self.name);
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
        let ended = if self.takes_batches() {
            self.batches(&mut reader, &mut progress, out)
        } else {
            self.one_by_one(&mut reader, &mut progress, out)
        }?;
        progress.end();
        match ended {
            Err(error) if !cut_short(&error) => {
                self.fail(&format_args!("{name}: {error}"), out)?;
            }
            _ => {}
        }
        if let Some(writer) = &mut self.settings.writer {
            writer.blocks(reader.blocks_behind())?;
        }
        Ok(())
    }

    /// Whether frames can be taken together, in several threads. A frame that is waited for, or that
    /// may be the last, is taken by itself; so are those that are copied.
    fn takes_batches(&self) -> bool {
        let Settings { writer, count, follow, join, .. } = &self.settings;
        writer.is_none()
            && join.is_none()
            && !follow
            && !self.lane.output.is_hasty()
            && (!self.lane.filters() || *count == u64::MAX)
            && relay::threads() > 1
    }

    /// Takes frame by frame.
    fn one_by_one<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        progress: &mut Progress,
        out: &mut impl Write,
    ) -> anyhow::Result<Result<(), SavefileError>> {
        while !self.over() {
            progress.at(reader.offset());
            match reader.next() {
                Ok(Some(record)) => self.frame(&record, out)?,
                Ok(None) => break,
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(()))
    }

    /// Takes frames in batches, in several threads. The first one tells what the capture continues.
    fn batches<R: Read + Send>(
        &mut self,
        reader: &mut Reader<R>,
        progress: &mut Progress,
        out: &mut (impl Write + Send),
    ) -> anyhow::Result<Result<(), SavefileError>> {
        let lanes: Option<Vec<Lane>> = (0..relay::threads()).map(|_| self.lane.split()).collect();
        let Some(lanes) = lanes else { return self.one_by_one(reader, progress, out) };
        match reader.next() {
            Ok(Some(record)) => self.frame(&record, out)?,
            Ok(None) => return Ok(Ok(())),
            Err(error) => return Ok(Err(error)),
        }
        if self.over() {
            return Ok(Ok(()));
        }
        let followers = self.dissector.followers();
        let runner = |lane| Runner { lane, dissector: followers.dissector() };
        let most = self.settings.count - self.lane.passed;
        let mut front = Front::new(reader, progress, most, self.lane.output.is_wordy());
        let times = *self.lane.output.times();
        let mut streams = Streams { dissector: &mut self.dissector, times, frames: 0 };
        let runners = lanes.into_iter().map(runner).collect();
        let output = &mut self.lane.output;
        let lanes = relay::run(&mut front, &mut streams, runners, output, out)?;
        for lane in &lanes {
            self.lane.join(lane);
        }
        *self.lane.output.times() = streams.times;
        self.frames += streams.frames;
        Ok(front.ended())
    }

    /// Sees to the streams where a capture begins: it continues the one before, as the files of a
    /// ring do, unless its frames are older than what was seen.
    #[cold]
    fn begin(&mut self, time: u64, out: &mut impl Write) -> anyhow::Result<()> {
        self.begins = false;
        if time < self.lane.output.times().last() {
            held_back(&self.name, &mut self.dissector, &mut self.lane, out)?;
            self.dissector = self.settings.dissector();
        }
        Ok(())
    }

    #[inline]
    fn frame(&mut self, record: &Record<'_>, out: &mut impl Write) -> anyhow::Result<()> {
        self.frames += 1;
        let frame = &record.frame;
        if self.begins {
            self.begin(frame.time, out)?;
        }
        let writer = &mut self.settings.writer;
        if let Some(writer) = writer {
            writer.blocks(record.blocks_before)?;
        }
        let dissector = &mut self.dissector;
        let mut pass = Pass { dissector, begun: false, tracked: false };
        if let Some(join) = &self.settings.join {
            join.look(frame, |tap| pass.run(frame, tap));
        }
        self.text.clear();
        let passes = self.lane.frame(record, &mut pass, &mut self.text)?;
        if !self.text.is_empty() {
            out.write_all(self.text.as_bytes())?;
            if self.lane.output.is_hasty() {
                out.flush()?;
            }
        }
        if let Some(writer) = writer.as_mut().filter(|_| passes) {
            writer.record(record)?;
        }
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
        json: bool,
        svg: Option<&Path>,
        out: &mut impl Write,
    ) -> anyhow::Result<Outcome> {
        if self.lane.passed < self.settings.count {
            held_back(&self.name, &mut self.dissector, &mut self.lane, out)?;
        }
        self.lane.output.end(out)?;
        if let Some(writer) = self.settings.writer {
            writer.finish()?;
        }
        for report in self.lane.statistics.reports() {
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
        Ok(match (self.failed + self.lane.output.broken, self.frames) {
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
    lane: &mut Lane,
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
        let mut text = Line::default();
        summary.put_info(&mut text);
        let gap = summary.problems.first().map(ToString::to_string).unwrap_or_default();
        out.flush()?;
        diagnostic!("{name}: held back since frame {number}: {}; {gap}", text.as_str());
        lane.output.broken += 1;
    }
}
