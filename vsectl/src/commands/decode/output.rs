//! Frames as they are printed.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use codec::types::Line;
use dissect::filter::{Column, ColumnError};
use dissect::savefile::Record;
use dissect::{
    Collector, Field, Place, Problem, ProblemKind, Protocol, Sink, Summary, Tree, Value,
};

use super::Format;
use super::lane::{Pass, SINCE_SHOWN};
use crate::render;
use crate::render::clock::{Clock, TimeFormat, Times};
use crate::render::fields::Layout;
use crate::render::frame_json::FrameJson;
use crate::render::paint::Paint;
use crate::render::summary::Lines;

/// What stands before the first frame of a JSON array, and before each other one.
const BEFORE_FIRST: &[u8] = b"[\n";
const BEFORE_NEXT: &[u8] = b",\n";

/// What the user wants to see.
pub(super) struct Style {
    /// Nothing for no frames at all.
    pub(super) format: Option<Format>,
    pub(super) only: Vec<String>,
    pub(super) hex: bool,
    pub(super) fields: Vec<String>,
    pub(super) layout: Layout,
    pub(super) time_format: TimeFormat,
    pub(super) paint: Paint,
    pub(super) line_buffered: bool,
}

/// Prints frames, and keeps what is used for one after the other.
pub(super) struct Output {
    style: Arc<Style>,
    clock: Clock,
    summary: Summary,
    lines: Lines,
    json: FrameJson,
    columns: Vec<Column>,
    collector: Collector,
    scratch: Vec<u8>,
    printed: u64,
    /// Frames of which something could not be decoded.
    pub(super) broken: u64,
}

/// Notes whether a frame has a problem. One that the capture cut short is as its owner wanted it.
#[derive(Debug, Default)]
pub(super) struct Noter(pub(super) bool);

impl Sink for Noter {
    fn wants(&self, _: &'static Protocol) -> bool {
        false
    }
    fn enter(&mut self, _: &'static Protocol, _: Place) {}
    fn leave(&mut self) {}
    fn field(&mut self, _: &'static Field, _: Place, _: Value<'_>) {}
    fn problem(&mut self, problem: Problem) {
        self.0 |= problem.kind != ProblemKind::Truncated;
    }
}

impl Output {
    pub(super) fn new(style: Style) -> Result<Self, ColumnError> {
        let mut collector = Collector::default();
        let columns = style.fields.iter().map(|name| Column::new(name, &mut collector));
        let columns = columns.collect::<Result<_, _>>()?;
        Ok(Self {
            clock: Clock::new(style.time_format),
            lines: Lines::new(style.paint),
            style: Arc::new(style),
            summary: Summary::default(),
            json: FrameJson::default(),
            columns,
            collector,
            scratch: Vec::new(),
            printed: 0,
            broken: 0,
        })
    }

    /// An output for another thread. What it prints goes [behind](Self::behind) what is printed
    /// already.
    pub(super) fn split(&self) -> Self {
        Self {
            style: Arc::clone(&self.style),
            clock: Clock::new(self.style.time_format),
            summary: Summary::default(),
            lines: Lines::new(self.style.paint),
            json: FrameJson::default(),
            columns: self.columns.clone(),
            collector: self.collector.clone(),
            scratch: Vec::new(),
            printed: 1,
            broken: 0,
        }
    }

    /// Adds the counts of an output that was [split](Self::split) off.
    pub(super) fn join(&mut self, other: &Self) {
        self.broken += other.broken;
    }

    /// Prints what an output that was split off has printed.
    pub(super) fn behind(&mut self, text: &[u8], out: &mut impl Write) -> io::Result<()> {
        let mut text = text;
        if text.is_empty() {
            return Ok(());
        }
        if self.style.format == Some(Format::Json) && self.printed == 0 {
            out.write_all(BEFORE_FIRST)?;
            text = text.get(BEFORE_NEXT.len()..).unwrap_or_default();
        }
        self.printed += 1;
        out.write_all(text)
    }

    /// Whether what is printed depends on which frames were printed before.
    pub(super) fn minds_shown(&self) -> bool {
        self.style.time_format == TimeFormat::Dd || self.collector.collects(SINCE_SHOWN)
    }

    /// The times of the frames before.
    pub(super) fn times(&mut self) -> &mut Times {
        &mut self.clock.times
    }

    /// Whether much more is printed of a frame than it has bytes.
    pub(super) fn is_wordy(&self) -> bool {
        use Format::{Json, Ndjson, Tree};
        self.style.hex || matches!(self.style.format, Some(Tree | Json | Ndjson))
    }

    /// Whether each frame is to be handed on at once.
    pub(super) fn is_hasty(&self) -> bool {
        self.style.line_buffered
    }

    /// Whether frames are printed.
    pub(super) fn prints(&self) -> bool {
        self.style.format.is_some()
    }

    /// What stands before the frames.
    pub(super) fn begin(&mut self, out: &mut impl Write) -> io::Result<()> {
        match self.style.format {
            Some(Format::Fields) => self.style.layout.write_header(&self.style.fields, out),
            _ => Ok(()),
        }
    }

    /// Notes the next frame, printed or not.
    pub(super) fn advance(&mut self, time: u64) {
        self.clock.times.advance(time);
    }

    /// Prints a frame, dissected by `pass`.
    pub(super) fn frame(
        &mut self,
        record: &Record<'_>,
        pass: &mut Pass<'_>,
        out: &mut Line,
    ) -> io::Result<()> {
        let Some(format) = self.style.format else { return Ok(()) };
        let frame = &record.frame;
        match format {
            Format::Summary => {
                self.summary.clear();
                pass.run(frame, &mut self.summary);
                self.note_all_problems(|output| &output.summary.problems);
                self.lines.put(record, &self.summary, &mut self.clock, out);
            }
            Format::Tree => {
                let mut tree = Tree::default();
                pass.run(frame, &mut tree);
                self.broken += u64::from(is_broken(&tree.problems));
                let Style { only, paint, .. } = &*self.style;
                render::tree::frame(record, &tree, only, &mut self.clock, *paint, out)?;
            }
            Format::Json | Format::Ndjson => {
                self.json.clear();
                pass.run(frame, &mut self.json);
                self.note_all_problems(|output| &output.json.problems);
                let before: &[u8] = match (format, self.printed) {
                    (Format::Json, 0) => BEFORE_FIRST,
                    (Format::Json, _) => BEFORE_NEXT,
                    _ => b"",
                };
                out.write_all(before)?;
                self.json.write(record, out)?;
                if format == Format::Ndjson {
                    out.write_all(b"\n")?;
                }
            }
            Format::Fields => {
                self.collector.clear();
                let mut noter = Noter::default();
                pass.run(frame, &mut (&mut self.collector, &mut noter));
                self.broken += u64::from(noter.0);
                let layout = &self.style.layout;
                layout.line(&self.columns, &self.collector, &mut self.scratch, out)?;
            }
        }
        self.printed += 1;
        if self.style.hex && !matches!(format, Format::Json | Format::Ndjson) {
            let marked = self.marked(record, pass);
            render::hex_dump::write(frame.bytes, &marked, self.style.paint, out)?;
        }
        Ok(())
    }

    /// Where the bytes of the chosen fields are.
    fn marked(&mut self, record: &Record<'_>, pass: &mut Pass<'_>) -> Vec<Range<usize>> {
        if self.columns.is_empty() {
            return Vec::new();
        }
        self.collector.clear();
        pass.run(&record.frame, &mut self.collector);
        let mut marked = Vec::new();
        for column in &self.columns {
            column.each(&self.collector, |found| {
                if let Some(offset) = found.place.offset {
                    marked.push(offset..offset + found.place.len);
                }
            });
        }
        marked
    }

    fn note_all_problems(&mut self, problems: impl Fn(&Self) -> &[Problem]) {
        self.broken += u64::from(is_broken(problems(self)));
    }

    /// What stands behind the frames.
    pub(super) fn end(&mut self, out: &mut impl Write) -> io::Result<()> {
        match (self.style.format, self.printed) {
            (Some(Format::Json), 0) => out.write_all(b"[]\n"),
            (Some(Format::Json), _) => out.write_all(b"\n]\n"),
            _ => Ok(()),
        }
    }
}

/// A frame that the capture cut short is as its owner wanted it.
fn is_broken(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.kind != ProblemKind::Truncated)
}
