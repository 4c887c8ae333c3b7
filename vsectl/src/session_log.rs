//! OpenFlow sessions as they go on: each message is put into frames, as a capture of the session would
//! have it, printed as `decode` prints it, and written to a capture where one is wanted.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::SocketAddrV4;
use std::path::PathBuf;

use anyhow::Context;
use codec::types::Line;
use dissect::savefile::{Record, Writer};
use dissect::{Dissector, Frame, Options, Summary};

use crate::capture_format::CaptureFormat;
use crate::craft::{Conversation, Segment};
use crate::openflow_session::{CONTROLLER, Link, SWITCH};
use crate::render::clock::{Clock, TimeFormat};
use crate::render::paint::{Paint, When};
use crate::render::summary::Lines;
use crate::wall_clock;

/// How a session is shown and kept, as commands take it.
#[derive(Debug, clap::Args)]
pub(crate) struct LogArgs {
    /// Write the session to a capture.
    #[arg(short, long, value_name = "FILE")]
    write: Option<PathBuf>,

    /// The format of the capture.
    #[arg(short = 'F', long, value_enum, default_value_t = CaptureFormat::Pcapng, requires = "write")]
    file_format: CaptureFormat,

    /// When to use colours.
    #[arg(long, value_enum, default_value_t = When::Auto)]
    color: When,
}

/// Prints sessions, and keeps them.
pub(crate) struct SessionLog {
    sessions: BTreeMap<usize, (Link, Conversation)>,
    dissector: Dissector,
    summary: Summary,
    clock: Clock,
    lines: Lines,
    line: Line,
    frames: u64,
    writer: Option<Writer<BufWriter<File>>>,
}

impl SessionLog {
    /// A log; what is printed also goes to the capture, if there is to be one.
    pub(crate) fn new(args: &LogArgs) -> anyhow::Result<Self> {
        let create = |path: &PathBuf| -> anyhow::Result<_> {
            let file =
                File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            Ok(Writer::new(BufWriter::new(file), args.file_format.into()))
        };
        Ok(Self {
            sessions: BTreeMap::new(),
            dissector: Dissector::new(Options::default()),
            summary: Summary::default(),
            clock: Clock::new(TimeFormat::default()),
            lines: Lines::new(Paint::new(args.color)),
            line: Line::default(),
            frames: 0,
            writer: args.write.as_ref().map(create).transpose()?,
        })
    }

    /// Takes a message of the session with that number.
    pub(crate) fn message(
        &mut self,
        session: usize,
        from_switch: bool,
        bytes: &[u8],
        out: &mut impl Write,
    ) -> io::Result<()> {
        let time = wall_clock::nanoseconds();
        let (link, conversation) = self.sessions.entry(session).or_insert_with(|| {
            // Each session has a port of its own.
            let port = SWITCH.port() + u16::try_from(session % 16_384).unwrap_or(0);
            let switch = SocketAddrV4::new(*SWITCH.ip(), port);
            (Link::new(CONTROLLER, switch), Conversation::new(1, 1))
        });
        for segment in conversation.send(!from_switch, bytes, Segment::MSS) {
            let bytes = link.frame(&segment);
            self.frames += 1;
            let frame = Frame { number: self.frames, time, ..Frame::ethernet(&bytes) };
            if let Some(writer) = &mut self.writer {
                writer.frame(frame).map_err(io::Error::other)?;
                writer.flush()?;
            }
            self.summary.clear();
            self.dissector.dissect(&frame, &mut self.summary);
            self.clock.times.advance(time);
            let record = Record::of(frame);
            self.line.clear();
            self.lines.put(&record, &self.summary, &mut self.clock, &mut self.line);
            out.write_all(self.line.as_bytes())?;
        }
        out.flush()
    }

    /// Ends the capture.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.writer.map_or(Ok(()), Writer::finish)
    }
}
