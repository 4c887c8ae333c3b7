//! `vsectl decode`: captures to lines, trees and JSON.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use codec::fcf::FcfLayout;
use dissect::savefile::{Reader, Record, SavefileError};
use dissect::{Dissector, Frame, Options, Problem, ProblemKind, Summary, Tree};

use crate::exit::Outcome;
use crate::render;
use crate::render::paint::{Paint, When};
use crate::view::FrameView;

/// Decode captures: a line a frame, trees, or JSON.
///
/// Reads pcap and pcapng files. OpenFlow is looked for in TCP on ports 6633 and 6653; a FLOW_MOD
/// inside of a PACKET_OUT is decoded to its actions.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Captures; `-` for standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// How to print.
    #[arg(short, long, value_enum, default_value_t = Format::Summary)]
    output: Format,

    /// Stop after this many frames.
    #[arg(short, long, value_name = "N")]
    count: Option<u64>,

    /// Take TCP on this port for OpenFlow too, as in `tcp.port==16653,openflow`.
    #[arg(short, long, value_name = "SELECTOR==VALUE,PROTO", value_parser = decode_as)]
    decode_as: Vec<u16>,

    /// Where frames have the Flow Control Field: dscp, tos8, vlan, or
    /// custom(tos,priority=0x80,vm_id=0x3c).
    #[arg(long, value_name = "LAYOUT")]
    fcf: Option<FcfLayout>,

    /// Do not decode what messages carry.
    #[arg(long)]
    no_nested: bool,

    /// When to colour.
    #[arg(long, value_enum, default_value_t = When::Auto)]
    color: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One line a frame.
    Summary,
    /// Every layer and field.
    Tree,
    /// One JSON array of frames.
    Json,
    /// One JSON object a line.
    Ndjson,
}

/// The port of `tcp.port==N,openflow`.
fn decode_as(text: &str) -> Result<u16, String> {
    let port = text.strip_prefix("tcp.port==").and_then(|rest| rest.strip_suffix(",openflow"));
    let port = port.ok_or("want tcp.port==N,openflow")?;
    port.parse().map_err(|_| format!("{port:?} is no TCP port"))
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let mut options = Options { fcf: self.fcf, nested: !self.no_nested, ..Options::default() };
        options.openflow_ports.extend(&self.decode_as);
        let mut printer = Printer {
            format: self.output,
            paint: Paint::new(self.color),
            count: self.count.unwrap_or(u64::MAX),
            frames: 0,
            first_time: None,
            array: render::json::Array::default(),
            failed: 0,
        };
        for path in &self.files {
            let mut dissector = Dissector::new(options.clone());
            let name = path.display().to_string();
            if path.as_os_str() == "-" {
                printer.print_all("standard input", io::stdin().lock(), &mut dissector, out)?;
            } else {
                match File::open(path) {
                    Ok(file) => printer.print_all(&name, file, &mut dissector, out)?,
                    Err(error) => {
                        printer.fail(&format_args!("cannot open {name}: {error}"), out)?;
                    }
                }
            }
        }
        if self.output == Format::Json {
            printer.array.finish(out)?;
        }
        Ok(match (printer.failed, printer.frames) {
            (0, _) => Outcome::Done,
            (_, 0) => Outcome::Failed,
            _ => Outcome::Partial,
        })
    }
}

/// Prints frames as they come.
struct Printer {
    format: Format,
    paint: Paint,
    /// Frames to print at most.
    count: u64,
    frames: u64,
    /// The time of the first frame.
    first_time: Option<u64>,
    array: render::json::Array,
    /// Files and frames that could not be decoded whole.
    failed: usize,
}

impl Printer {
    fn print_all(
        &mut self,
        name: &str,
        input: impl Read,
        dissector: &mut Dissector,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        if self.frames >= self.count {
            return Ok(());
        }
        let reader = match Reader::new(input) {
            Ok(reader) => reader,
            Err(error) => return self.fail(&format_args!("{name}: {error}"), out),
        };
        let mut summary = Summary::default();
        for record in reader {
            let record: Result<Record, SavefileError> = record;
            match record {
                Ok(record) => self.print(&record, dissector, &mut summary, out)?,
                Err(error) => self.fail(&format_args!("{name}: {error}"), out)?,
            }
            if self.frames >= self.count {
                break;
            }
        }
        Ok(())
    }

    fn print(
        &mut self,
        record: &Record,
        dissector: &mut Dissector,
        summary: &mut Summary,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let Record { link_type, len, .. } = *record;
        let frame = Frame { link_type, bytes: &record.bytes, len };
        self.frames += 1;
        let first_time = *self.first_time.get_or_insert(record.time);
        if self.format == Format::Summary {
            summary.clear();
            dissector.dissect(frame, summary);
            self.note(&summary.problems);
            return Ok(render::summary::line(record, first_time, summary, self.paint, out)?);
        }
        let mut tree = Tree::default();
        dissector.dissect(frame, &mut tree);
        self.note(&tree.problems);
        let view = FrameView { record, tree: &tree };
        match self.format {
            Format::Tree => render::tree::frame(&view, self.paint, out)?,
            Format::Json => self.array.push(&view, out)?,
            Format::Summary | Format::Ndjson => render::json::line(&view, out)?,
        }
        Ok(())
    }

    /// Counts a frame of which something could not be decoded. A frame that the capture cut short
    /// is as its owner wanted it.
    fn note(&mut self, problems: &[Problem]) {
        let cut = |problem: &Problem| problem.kind == ProblemKind::Truncated;
        self.failed += usize::from(!problems.iter().all(cut));
    }

    /// Tells of a file that cannot be read on, behind what was printed of it.
    fn fail(&mut self, what: &dyn std::fmt::Display, out: &mut impl Write) -> anyhow::Result<()> {
        out.flush()?;
        eprintln!("vsectl: {what}");
        self.failed += 1;
        Ok(())
    }
}
