//! Frames through filter, statistics, copy and output.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::rc::Rc;
use std::thread;

use anyhow::Context;
use codec::types::Line;
use dissect::savefile::{Reader, Record, SavefileError};
use dissect::{Dissector, Options, Place, Sink, Summary};

use super::batch::Batch;
use super::crew::{self, Crew, Queue};
use super::files::Files;
use super::lane::{Lane, Pass};
use super::progress::Progress;
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
    /// The time of the last frame, and whether another capture begins behind it.
    last: u64,
    begins: bool,
    /// The capture that is read.
    name: String,
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
            last: 0,
            begins: false,
            name: String::new(),
        }
    }

    /// Takes the frames of a file; where it is followed, also of those that take its place, and of the
    /// next ones of its ring.
    pub(super) fn read(
        &mut self,
        path: &Path,
        follow: bool,
        out: &mut impl Write,
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
            let next = Rc::clone(&input.next);
            self.take(input, out)?;
            let Some(next) = next.take() else { break };
            path = next;
        }
        Ok(())
    }

    /// Takes the frames of interfaces.
    pub(super) fn capture(
        &mut self,
        settings: &capture::Settings,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let (live, ended) = capture::open(settings)?;
        let names = settings.interfaces.join(", ");
        diagnostic!("capturing on {names}");
        let input = Input::new(names, live)?;
        self.take(input, out)?;
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
        self.lane.passed >= self.settings.count
            || self.settings.writer.as_ref().is_some_and(Files::over)
    }

    fn take(&mut self, input: Input, out: &mut impl Write) -> anyhow::Result<()> {
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
            && crew::threads() > 1
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

    /// Takes frames in batches; where there is one only, in this thread.
    fn batches<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        progress: &mut Progress,
        out: &mut impl Write,
    ) -> anyhow::Result<Result<(), SavefileError>> {
        let lanes: Option<Vec<Lane>> = (0..crew::threads()).map(|_| self.lane.split()).collect();
        let Some((mut lane, others)) = lanes.and_then(|mut lanes| Some((lanes.pop()?, lanes)))
        else {
            return self.one_by_one(reader, progress, out);
        };
        let mut left = self.settings.count - self.lane.passed;
        let mut batch = Batch::default();
        let mut more = self.fill(&mut batch, reader, left, out)?;
        if !matches!(more, Ok(true)) {
            batch.run(&mut lane, &mut self.dissector.followers().dissector())?;
            self.lane.output.behind(&batch.text, out)?;
            self.lane.join(&lane);
            return Ok(more.map(|_| ()));
        }
        let queue = Queue::default();
        thread::scope(|scope| {
            let mut crew = Crew::new(scope, &queue, &self.dissector, lane, others);
            let mut filled = Some(batch);
            loop {
                while let Some(batch) = crew.done()? {
                    self.lane.output.behind(&batch.text, out)?;
                    crew.give_back(batch);
                }
                if filled.is_none()
                    && matches!(more, Ok(true))
                    && let Some(mut batch) = crew.spare()
                {
                    more = self.fill(&mut batch, reader, left, out)?;
                    filled = Some(batch);
                }
                if let Some(batch) = filled.take() {
                    left -= batch.len();
                    progress.at(reader.offset());
                    crew.put(batch);
                } else if !crew.help()? {
                    break;
                }
            }
            crew.end(&mut self.lane);
            Ok(more.map(|_| ()))
        })
    }

    /// Fills a batch with the next frames, at most so many, and follows their streams.
    fn fill<R: Read>(
        &mut self,
        batch: &mut Batch,
        reader: &mut Reader<R>,
        most: u64,
        out: &mut impl Write,
    ) -> anyhow::Result<Result<bool, SavefileError>> {
        let (wordy, times) = (self.lane.output.is_wordy(), *self.lane.output.times());
        let more = batch.fill(reader, (most, wordy, times), |frame, tracked| {
            if self.begins {
                self.begin(frame.time, out)?;
            }
            self.last = frame.time;
            self.dissector.track(frame, tracked);
            let times = self.lane.output.times();
            times.advance(frame.time);
            times.shown();
            Ok(())
        })?;
        self.frames += batch.len();
        Ok(more)
    }

    /// Sees to the streams where a capture begins: it continues the one before, as the files of a
    /// ring do, unless its frames are older than what was seen.
    #[cold]
    fn begin(&mut self, time: u64, out: &mut impl Write) -> anyhow::Result<()> {
        self.begins = false;
        if time < self.last {
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
        self.last = frame.time;
        let writer = &mut self.settings.writer;
        if let Some(writer) = writer {
            writer.blocks(record.blocks_before)?;
        }
        let dissector = &mut self.dissector;
        let mut pass = Pass { dissector, begun: false, tracked: false };
        if let Some(join) = &self.settings.join {
            join.look(frame, |tap| pass.run(frame, tap));
        }
        let passes = self.lane.frame(record, &mut pass, out)?;
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
