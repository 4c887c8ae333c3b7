//! Where crafted packets go: a capture, standard output, hex digits, an interface.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use codec::types::Bytes;
use dissect::Frame;
use dissect::savefile::{Format, Writer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::capture_format::CaptureFormat;
use crate::exit::{Outcome, diagnostic};
use crate::render;
use crate::send::{Frames, PaceArgs, Rewriter, SendArgs, packets};
use crate::wall_clock;

/// Bytes of the buffer in front of a file.
const BUFFER: usize = 256 * 1024;

/// Where the packets go, and when.
#[derive(Debug, clap::Args)]
pub(crate) struct OutputArgs {
    /// Write the packets to this capture; `-` for standard output [default: craft.pcapng]
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["output", "interface"])]
    write: Option<PathBuf>,

    /// The format of the capture.
    #[arg(short = 'F', long, value_enum, value_name = "FORMAT", default_value_t = CaptureFormat::Pcapng)]
    file_format: CaptureFormat,

    /// Print the packets instead.
    #[arg(short, long, value_enum, value_name = "FORMAT", conflicts_with = "interface")]
    output: Option<PrintFormat>,

    /// Send the packets to this interface instead.
    #[arg(short, long, value_name = "IF")]
    interface: Option<String>,

    /// When the first packet of the capture was sent, as in 2026-11-25T09:00:00Z; now, if it is not
    /// said.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    start: Option<u64>,

    #[command(flatten)]
    pace: PaceArgs,

    #[command(flatten)]
    sending: SendArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum PrintFormat {
    /// One line of hex digits a packet.
    Hex,
}

fn parse_time(text: &str) -> Result<u64, String> {
    let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|error| error.to_string())?;
    u64::try_from(time.unix_timestamp_nanos()).map_err(|_| "from 1970 to 2554".to_owned())
}

impl OutputArgs {
    pub(crate) fn write(
        self,
        source: &mut dyn Frames,
        out: &mut impl Write,
    ) -> anyhow::Result<Outcome> {
        if let Some(interface) = &self.interface {
            return self.sending.run(
                interface,
                self.pace.pacer(),
                Rewriter::default(),
                source,
                out,
            );
        }
        let now = wall_clock::since_1970();
        let start = match self.start {
            Some(start) => start,
            None => u64::try_from(now.as_nanos()).context("the clock is beyond the year 2554")?,
        };
        if self.output == Some(PrintFormat::Hex) {
            while let Some(next) = source.next(start)? {
                render::text::line(Bytes(next.bytes.to_vec()), out)?;
            }
            return Ok(Outcome::Done);
        }
        let default = match self.file_format {
            CaptureFormat::Pcapng => "craft.pcapng",
            CaptureFormat::Pcap => "craft.pcap",
        };
        let path = self.write.as_deref().unwrap_or(Path::new(default));
        let mut written = 0;
        self.write_capture(path, start, source, &mut written).map_err(|error| match written {
            0 => error,
            _ => error.context(format!("{} ends after {}", path.display(), packets(written))),
        })?;
        if self.write.is_none() {
            diagnostic!("{} in {default}", packets(written));
        }
        Ok(Outcome::Done)
    }

    fn write_capture(
        &self,
        path: &Path,
        start: u64,
        source: &mut dyn Frames,
        written: &mut u64,
    ) -> anyhow::Result<()> {
        let context = || format!("cannot write {}", path.display());
        // The first packet is made before the file is touched.
        let mut pacer = self.pace.pacer();
        let mut first = source
            .next(start)?
            .map(|next| (next.bytes.to_vec(), next.comment.map(ToOwned::to_owned)));
        let out: Box<dyn Write> = match path.to_str() {
            Some("-") => Box::new(io::stdout().lock()),
            _ => Box::new(File::create(path).with_context(context)?),
        };
        let format: Format = self.file_format.into();
        let mut capture = Writer::new(BufWriter::with_capacity(BUFFER, out), format);
        if let Some((bytes, comment)) = first.take() {
            put(
                &mut capture,
                (&bytes, comment.as_deref()),
                start,
                pacer.advance(None, bytes.len()),
                written,
            )
            .with_context(context)?;
            while let Some(next) = source.next(start + pacer.due())? {
                let offset = pacer.advance(None, next.bytes.len());
                put(&mut capture, (next.bytes, next.comment), start, offset, written)
                    .with_context(context)?;
            }
        }
        capture.finish().with_context(context)
    }
}

#[inline]
fn put<W: Write>(
    capture: &mut Writer<W>,
    (bytes, comment): (&[u8], Option<&str>),
    start: u64,
    offset: u64,
    written: &mut u64,
) -> anyhow::Result<()> {
    let time = start.checked_add(offset).ok_or_else(|| anyhow!("the time is beyond 2554"))?;
    let frame = Frame { number: *written + 1, time, ..Frame::ethernet(bytes) };
    capture.commented(frame, comment)?;
    *written += 1;
    Ok(())
}
