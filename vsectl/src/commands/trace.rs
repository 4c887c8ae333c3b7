//! `vsectl trace`: what becomes of a frame, and why.

use std::io::{self, Write};

use agent::client::Client;
use agent::engine::{Engine, PacketKey, Time};
use anyhow::{Context, bail};
use codec::fcf::FcfLayout;
use codec::of10::PortNo;
use codec::text::{Flow, Options, Requirement};
use codec::types::Pad;
use codec::vse::{Core, TraceReply, TraceRequest};

use crate::agent_option::AgentOption;
use crate::completion;
use crate::ethernet_frames::EthernetFrames;
use crate::exit::{Outcome, UsageError};
use crate::frame_of_flow;
use crate::hex_input;
use crate::render;
use crate::saved::Saved;
use crate::view::TraceView;
use crate::{flow_source, saved_engine};

/// Tell what becomes of a frame: the entry that wins, why each other one does not, the core and
/// the rule that chooses it.
///
/// Nothing changes by it: no counter, no timeout, no assignment.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A flow's match, as in `ip,nw_dst=10.0.0.1,vm_id=5`, of which the shortest frame is made; or
    /// the hex digits of a frame.
    #[arg(value_name = "MATCH|HEX", required_unless_present = "read", conflicts_with = "read",
        add = completion::fields())]
    frame: Vec<String>,

    /// Trace the Ethernet frames of a capture; `-` for standard input.
    #[arg(short, long, value_name = "FILE")]
    read: Option<String>,

    /// Trace the frames alone that a display filter lets through, as `decode -Y` takes it.
    #[arg(short = 'Y', long, value_name = "FILTER")]
    display_filter: Option<String>,

    /// Stop after this many frames.
    #[arg(short, long, value_name = "N")]
    count: Option<u64>,

    /// The core that receives the frame.
    #[arg(long, value_name = "CORE", default_value_t = 0, add = completion::cores())]
    core: u16,

    /// The OpenFlow port that it comes in on; that of the match where it has one.
    #[arg(long, value_name = "PORT")]
    in_port: Option<u16>,

    /// Ask no agent but tables that were saved: what `flow list`, `core list`, and where it
    /// matters `vm list` and `config get`, have printed as JSON, one behind the other in a file.
    #[arg(long, value_name = "FILE")]
    tables: Option<String>,

    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document: the trace, or an array of several.
    Json,
    /// One JSON object a line.
    Ndjson,
}

/// Who is asked.
enum Asked {
    Agent(Box<Client>),
    Tables(Box<Engine>),
}

impl Asked {
    fn layout(&mut self) -> anyhow::Result<FcfLayout> {
        Ok(match self {
            Self::Agent(client) => client.config()?.fcf_layout,
            Self::Tables(engine) => engine.config().fcf_layout,
        })
    }

    fn trace(&mut self, request: &TraceRequest) -> anyhow::Result<TraceReply> {
        Ok(match self {
            Self::Agent(client) => client.trace(request)?,
            Self::Tables(engine) => {
                let layout = engine.config().fcf_layout;
                let key = PacketKey::extract(&request.frame, request.in_port, &layout);
                engine.trace(&key, request.core, Time::ZERO).to_message()
            }
        })
    }
}

impl Args {
    pub(crate) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        if self.display_filter.is_some() && self.read.is_none() {
            bail!(UsageError("-Y chooses frames of a capture: give one with -r".to_owned()));
        }
        let mut asked = match &self.tables {
            Some(path) => {
                let saved = Saved::parse(&flow_source::read(path)?)
                    .with_context(|| format!("cannot read {path}"))?;
                let engine =
                    saved_engine::engine(&saved).with_context(|| format!("cannot use {path}"))?;
                Asked::Tables(Box::new(engine))
            }
            None => Asked::Agent(Box::new(agent.connect()?)),
        };
        let mut kept = Vec::new();
        let mut show = |view: TraceView| -> io::Result<()> {
            match self.output {
                Format::Text => render::trace::text(&view, out),
                Format::Json => {
                    kept.push(view);
                    Ok(())
                }
                Format::Ndjson => render::json::line(&view, out),
            }
        };
        let mut skipped = 0;
        if let Some(path) = &self.read {
            skipped = self.trace_capture(path, &mut asked, &mut show)?;
        } else {
            let (frame, in_port) = self.frame(asked.layout()?)?;
            let reply = asked.trace(&self.request(&frame, in_port))?;
            show(TraceView::new(None, frame, reply))?;
        }
        if self.output == Format::Json {
            render::json::document(&kept, out)?;
        }
        Ok(if skipped == 0 { Outcome::Done } else { Outcome::Partial })
    }

    /// Traces the frames of a capture; returns how many were none of Ethernet.
    fn trace_capture(
        &self,
        path: &str,
        asked: &mut Asked,
        show: &mut impl FnMut(TraceView) -> io::Result<()>,
    ) -> anyhow::Result<u64> {
        let mut frames = EthernetFrames::open(path, self.display_filter.as_deref())?;
        let mut seen = 0;
        while self.count.is_none_or(|count| seen < count) {
            let Some(frame) = frames.next()? else { break };
            seen += 1;
            let reply = asked.trace(&self.request(&frame.bytes, self.port(PortNo::NONE)))?;
            show(TraceView::new(Some(frame.number), frame.bytes, reply))?;
        }
        Ok(frames.skipped)
    }

    /// The frame of the command line, and the port that it comes in on.
    fn frame(&self, layout: FcfLayout) -> anyhow::Result<(Vec<u8>, PortNo)> {
        let text = self.frame.join(" ");
        let is_hex = text.chars().all(|c| c.is_ascii_hexdigit() || ": -".contains(c));
        if is_hex {
            let mut bytes = Vec::new();
            for run in hex_input::from_arguments(&self.frame) {
                bytes.extend(run?.bytes);
            }
            if bytes.len() < 14 {
                let len = bytes.len();
                bail!(UsageError(format!("{len} bytes are no Ethernet frame: it has 14 at least")));
            }
            return Ok((bytes, self.port(PortNo::NONE)));
        }
        let options = Options { actions: Requirement::Optional, ..Options::default() };
        let (flow, _) = Flow::parse(&text, options)?;
        let m = &flow.flow_mod.r#match;
        let matched = m.matches(codec::of10::Wildcards::IN_PORT);
        let in_port = self.port(if matched { m.in_port } else { PortNo::NONE });
        Ok((frame_of_flow::frame(&flow, layout)?, in_port))
    }

    fn port(&self, matched: PortNo) -> PortNo {
        self.in_port.map_or(matched, PortNo)
    }

    fn request(&self, frame: &[u8], in_port: PortNo) -> TraceRequest {
        TraceRequest { in_port, core: Core(self.core), pad: Pad::default(), frame: frame.into() }
    }
}
