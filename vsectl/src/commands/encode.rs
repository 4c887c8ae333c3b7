//! `vsectl encode`: text or JSON to OpenFlow bytes.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use codec::of10::Message;
use codec::types::Bytes;
use dissect::Frame;
use dissect::savefile::Writer;

use crate::capture_format::CaptureFormat;
use crate::craft;
use crate::exit::Outcome;
use crate::message_text;
use crate::openflow_session::Session;
use crate::render;
use crate::wall_clock;

/// Encode OpenFlow messages given as flow commands or JSON.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A flow command of ovs-ofctl, as in `add-flow priority=5,ip,actions=output:2`, or messages
    /// in JSON as print writes them; `-`, or nothing, reads either from standard input, flow
    /// commands one a line. What OpenFlow 1.0 cannot match becomes an NXT_FLOW_MOD of Open vSwitch, and so
    /// does `add-flow --flow-format=nxm …`.
    #[arg(value_name = "TEXT|JSON")]
    input: Vec<String>,

    /// The transaction id of the first flow command; the next ones count up.
    #[arg(long, value_name = "N", default_value_t = 1)]
    xid: u32,

    /// How to write the bytes.
    #[arg(short, long, value_enum, default_value_t = Format::Hex)]
    output: Format,

    /// Write a capture instead: the messages as a TCP session on port 6653.
    #[arg(short, long, value_name = "FILE", conflicts_with = "output")]
    write: Option<PathBuf>,

    /// The format of the capture.
    #[arg(short = 'F', long, value_enum, default_value_t = CaptureFormat::Pcapng, requires = "write")]
    file_format: CaptureFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One line of hex digits a message.
    Hex,
    /// The bytes themselves, message after message.
    Binary,
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let messages = message_text::read(&message_text::text_of(&self.input)?, self.xid, None)?;
        if let Some(path) = &self.write {
            write_capture(path, self.file_format, &messages)
                .with_context(|| format!("cannot write {}", path.display()))?;
            return Ok(Outcome::Done);
        }
        for message in &messages {
            let mut bytes = Vec::new();
            message.encode(&mut bytes)?;
            match self.output {
                Format::Hex => render::text::line(Bytes(bytes), out)?,
                Format::Binary => out.write_all(&bytes)?,
            }
        }
        Ok(Outcome::Done)
    }
}

/// Writes a session whose messages are a millisecond apart, from now on.
fn write_capture(path: &Path, format: CaptureFormat, messages: &[Message]) -> anyhow::Result<()> {
    // Everything is encoded before the file is touched.
    let mut session = Session::new();
    let mut frames = Vec::new();
    let mut bytes = Vec::new();
    for message in messages {
        bytes.clear();
        message.encode(&mut bytes)?;
        frames.extend(session.frames(craft::is_from_switch(&message.body), &bytes));
    }
    let out: Box<dyn Write> = match path.to_str() {
        Some("-") => Box::new(io::stdout().lock()),
        _ => Box::new(File::create(path)?),
    };
    let mut capture = Writer::new(BufWriter::new(out), format.into());
    let now = wall_clock::since_1970();
    let start = u64::try_from(now.as_nanos()).context("the clock is beyond the year 2500")?;
    for (bytes, number) in frames.iter().zip(1..) {
        let time = start + (number - 1) * 1_000_000;
        capture.frame(Frame { number, time, ..Frame::ethernet(bytes) })?;
    }
    Ok(capture.finish()?)
}
