//! `vsectl decode`: captures to lines, trees, columns, JSON, other captures and statistics.

mod batch;
mod files;
mod front;
mod lane;
mod list_fields;
mod live;
mod output;
mod progress;
mod relay;
mod session;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use codec::fcf::FcfLayout;
use dissect::filter::Filter;
use dissect::stats::All;
use dissect::{Assignments, Options};

use self::files::Files;
use self::lane::Lane;
use crate::capture;
use crate::capture_format::CaptureFormat;
use crate::decode_as::{self, DecodeAs};
use crate::exit::{Outcome, UsageError};
use crate::follower::{FollowOptions, Join};
use crate::render::clock::TimeFormat;
use crate::render::fields::Layout;
use crate::render::paint::{Paint, When};
use crate::signals;

/// Decode captures: a line a frame, trees, columns, JSON, other captures, statistics.
///
/// Reads pcap and pcapng files, plain or compressed by gzip or zstd. OpenFlow is found in TCP on
/// ports 6633 and 6653, and on any other port by what it looks like; a FLOW_MOD inside of a
/// PACKET_OUT is decoded to its actions.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are switches of a command line")]
pub(crate) struct Args {
    /// Captures; `-` for standard input.
    #[arg(value_name = "FILE", required_unless_present_any = ["read", "interface", "list_fields", "list_interfaces"])]
    files: Vec<PathBuf>,

    /// A capture, as tshark names it.
    #[arg(short, long, value_name = "FILE")]
    read: Vec<PathBuf>,

    #[command(flatten)]
    live: live::LiveArgs,

    /// How to print.
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,

    /// How to print, as tshark names it.
    #[arg(short = 'T', value_enum, value_name = "FORMAT", conflicts_with = "output")]
    text_format: Option<Format>,

    /// Print trees: `-o tree`.
    #[arg(short = 'V', conflicts_with_all = ["output", "text_format"])]
    tree: bool,

    /// Print trees, with the fields of these protocols alone.
    #[arg(short = 'O', value_name = "PROTO,…", value_delimiter = ',')]
    only: Vec<String>,

    /// Print the bytes of each frame too; those of the fields of `-e` are marked.
    #[arg(short = 'x')]
    hex: bool,

    /// A field to print, with `-o fields`.
    #[arg(short = 'e', value_name = "FIELD")]
    fields: Vec<String>,

    /// What stands around the fields: header=y, separator=, or /t or /s, aggregator=CHAR,
    /// occurrence=f or l or a, quote=d or s or n; as often as wanted, or with commas between.
    #[arg(short = 'E', value_name = "NAME=VALUE,…")]
    field_layout: Vec<String>,

    /// Only frames that pass this display filter.
    #[arg(short = 'Y', long, value_name = "FILTER")]
    display_filter: Option<String>,

    /// Write the frames to this capture; `-` for standard output.
    #[arg(short, long, value_name = "FILE")]
    write: Option<PathBuf>,

    /// The format of that capture.
    #[arg(short = 'F', value_enum, value_name = "FORMAT", default_value_t = CaptureFormat::Pcapng)]
    file_format: CaptureFormat,

    /// How to print times: r since the first frame, d since the one before, dd since the one shown
    /// before, e since the Unix epoch, a or ad in UTC without or with the date.
    #[arg(short, value_enum, value_name = "FORMAT", default_value_t = TimeFormat::R, hide_possible_values = true)]
    time_format: TimeFormat,

    /// Stop after this many frames.
    #[arg(short, long, value_name = "N")]
    count: Option<u64>,

    /// Print no frames.
    #[arg(short, long)]
    quiet: bool,

    /// Statistics, behind the frames: phs, conv,TYPE, endpoints,TYPE, io,SECONDS, openflow,
    /// latency, vse-hops, flow-mods, fcf, assignments, problems, fcf-lint. As JSON with `-o json`.
    ///
    /// vse-hops tells how long requests to VSE take: from request to answer on the controller's leg (controller and
    /// proxy) and on the agent's (proxy and agent), and in the proxy on the way in and out, where the captures have both
    /// legs. The controller's is in what `controller run -w` or tcpdump writes. The agent's is a unix socket: it is in a
    /// capture where that socket is one that hands on to an agent which listens at tcp:, by socat for one, and tcpdump
    /// writes that. What `snoop` writes has the answers alone. All clocks must agree, and each leg must be there from
    /// its start, when its role shows. Several files can be given, in any order. A change that VSE does not answer counts
    /// as answered when a later request is. Requests on an agent's leg that no controller in the captures asked, such as
    /// the proxy's own, are `other`.
    #[arg(short = 'z', value_name = "STATISTICS")]
    statistics: Vec<String>,

    /// Plot `-z io,SECONDS` into this file.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// What a port or an EtherType carries: tcp.port==16653,openflow; udp.port==4788,vxlan;
    /// ethertype==0x88b6,vse; none for nothing.
    #[arg(short, long, value_name = "SELECTOR==VALUE,PROTO", value_parser = decode_as::parse)]
    decode_as: Vec<DecodeAs>,

    /// Where frames have the Flow Control Field: dscp, tos8, vlan, or
    /// custom(tos,priority=0x80,vm_id=0x3c).
    #[arg(long, value_name = "LAYOUT")]
    fcf: Option<FcfLayout>,

    /// Join each frame to the FLOW_MOD of the capture that governs it: the fields vse.set_by,
    /// vse.set_by.xid and vse.entry.flow. Naming one of them in `-e`, `-Y` or `-O` does it too.
    #[arg(long)]
    set_by: bool,

    /// Do not look for OpenFlow on ports that are not said to carry it.
    #[arg(long)]
    no_heuristics: bool,

    /// Do not decode what messages carry.
    #[arg(long)]
    no_nested: bool,

    /// Wait for more at the end of the last file, until interrupted, and go on with the file that takes
    /// its name, or with the next one of its ring: NAME_00002_TIME.pcapng, as `-b`, tshark and dumpcap
    /// make them. FILE may also be what `-w` was given: the oldest file of that ring is the first.
    #[arg(long)]
    follow: bool,

    /// Hand on each line as it is printed.
    #[arg(short)]
    line_buffered: bool,

    /// Resolve no names: none are resolved anyway.
    #[arg(short = 'n', hide = true)]
    numeric: bool,

    /// List the fields that filters and `-e` know.
    #[arg(long)]
    list_fields: bool,

    /// When to colour.
    #[arg(long, value_enum, default_value_t = When::Auto)]
    color: When,
}

/// Names that ask for frames to be joined to FLOW_MODs.
const JOINED: [&str; 2] = ["vse.set_by", "vse.entry"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One line a frame.
    #[value(alias = "text")]
    Summary,
    /// Every layer and field.
    Tree,
    /// One JSON array of frames.
    Json,
    /// One JSON object a line.
    #[value(alias = "ek")]
    Ndjson,
    /// The fields of `-e`, in columns.
    Fields,
}

impl Args {
    fn options(&self) -> Options {
        let mut assignments =
            Assignments { heuristics: !self.no_heuristics, ..Assignments::default() };
        self.decode_as.iter().for_each(|decode_as| decode_as.apply(&mut assignments));
        let (fcf, nested) = (self.layout(), !self.no_nested);
        Options {
            fcf,
            nested,
            assignments,
            numbers_streams: self.numbers_streams(),
            ..Options::default()
        }
    }

    /// Where frames have the Flow Control Field: what is counted of it is where VSE puts it unless
    /// it is told otherwise.
    fn layout(&self) -> Option<FcfLayout> {
        let counted = self.statistics.iter().any(|name| name.starts_with("fcf"));
        self.fcf.or(counted.then_some(FcfLayout::DSCP))
    }

    /// Whether frames are to be joined to the FLOW_MODs that govern them.
    fn joins(&self) -> bool {
        let names = self.fields.iter().chain(&self.display_filter).chain(&self.only);
        self.set_by || names.into_iter().any(|name| JOINED.iter().any(|field| name.contains(field)))
    }

    /// Whether TCP connections are to be numbered: where somebody looks.
    fn numbers_streams(&self) -> bool {
        let mut names = self.fields.iter().chain(&self.display_filter);
        self.only.iter().any(|name| name == "tcp") || names.any(|name| name.contains("tcp.stream"))
    }

    /// Whether frames are counted over time.
    fn counts_over_time(&self) -> bool {
        self.statistics.iter().any(|name| name.starts_with("io,") && name != "io,phs")
    }

    /// The format that is asked for in one way or another.
    fn format(&self) -> Format {
        let chosen = self.output.or(self.text_format);
        match chosen {
            Some(format) => format,
            None if self.tree || !self.only.is_empty() => Format::Tree,
            None if !self.fields.is_empty() && !self.hex => Format::Fields,
            None => Format::Summary,
        }
    }

    pub(crate) fn run(self, out: &mut (impl Write + Send)) -> anyhow::Result<Outcome> {
        if self.list_fields {
            list_fields::print(self.format() == Format::Json, out)?;
            return Ok(Outcome::Done);
        }
        if self.live.list_interfaces {
            capture::list(self.format() == Format::Json, out)?;
            return Ok(Outcome::Done);
        }
        let usage = |text: String| anyhow::Error::new(UsageError(text));
        let filter = self.display_filter.as_deref().map(Filter::parse).transpose();
        let filter = filter.map_err(|error| usage(error.to_string()))?;
        let mut layout = Layout::default();
        for setting in &self.field_layout {
            layout.set(setting).map_err(usage)?;
        }
        let statistics = All::by_names(&self.statistics, self.layout()).map_err(usage)?;
        for name in &self.only {
            if dissect::registry::protocol_named(name).is_none() {
                return Err(usage(format!("-O {name}: no such protocol; see --list-fields")));
            }
        }
        let format = self.format();
        if format == Format::Fields && self.fields.is_empty() {
            return Err(usage("-o fields wants fields: -e FIELD".to_owned()));
        }
        let limits = self.live.limits().map_err(usage)?;
        let live = self.live.settings().map_err(usage)?;
        if self.svg.is_some() && !self.counts_over_time() {
            return Err(usage("--svg plots -z io,SECONDS, which is not asked for".to_owned()));
        }
        if self.follow || live.is_some() {
            signals::catch().context("cannot take signals")?;
        }
        let prints = !self.quiet
            && (self.write.is_none()
                || self.output.is_some()
                || self.text_format.is_some()
                || self.tree);
        if prints && self.write.as_ref().is_some_and(|path| path.as_os_str() == "-") {
            return Err(usage("-w - and what is printed would both be standard output".to_owned()));
        }
        // Nobody knows when the next frame comes.
        let at_once = self.line_buffered || self.follow || live.is_some();
        let style = output::Style {
            format: prints.then_some(format),
            only: self.only.clone(),
            hex: self.hex,
            fields: self.fields.clone(),
            layout,
            time_format: self.time_format,
            paint: Paint::new(self.color),
            line_buffered: at_once,
        };
        let mut output = output::Output::new(style).map_err(|error| usage(error.to_string()))?;
        let create = |path| Files::create(path, self.file_format.into(), limits, at_once);
        let writer = self.write.as_deref().map(create);
        let writer = writer.transpose().context("cannot write the capture")?;
        output.begin(out)?;
        let lane = Lane::new(filter, statistics, output);
        let settings = session::Settings {
            options: self.options(),
            writer,
            count: self.count.unwrap_or(u64::MAX),
            follow: self.follow,
            join: self
                .joins()
                .then(|| Join::new(FollowOptions { fcf: self.fcf, ..Default::default() })),
        };
        let mut session = session::Session::new(settings, lane);
        if let Some(settings) = &live {
            session.capture(settings, out)?;
        }
        let mut paths = self.read.iter().chain(&self.files).peekable();
        while let Some(path) = paths.next() {
            let follow = self.follow && paths.peek().is_none();
            session.read(path, follow, out)?;
        }
        let json = matches!(format, Format::Json | Format::Ndjson);
        session.finish(json, self.svg.as_deref(), out)
    }
}
