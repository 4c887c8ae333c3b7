//! `vsectl flow parse`: the text of flows.

use std::io::{self, Read, Write};

use anyhow::Context;
use codec::nicira::FlowFormat;
use codec::of10::Message;
use codec::text::{FlowMessage, Options, Requirement, Warning};
use codec::types::Bytes;

use crate::exit::{Outcome, diagnostic};
use crate::message_text::flow_format;
use crate::render;
use crate::view::MessageView;

/// Check the text of flows and write it in its normal form.
///
/// The syntax is that of ovs-ofctl, with words for what VSE adds: vse-flows(7). Without a command
/// in front, a flow is an addition.
#[derive(Debug, clap::Args)]
pub(super) struct ParseArgs {
    /// A flow, as in `priority=5,ip,nw_dst=10.0.0.1,actions=output:2`; `-`, or nothing, reads a
    /// flow a line from standard input, a pasted dump included.
    #[arg(value_name = "FLOW")]
    flow: Vec<String>,

    /// How to write the flow.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,

    /// Change what would be ignored, as ovs-ofctl does, with a warning, in place of refusing it.
    #[arg(long)]
    lenient: bool,

    /// Which message the flow is for where its words do not say it: openflow10 (VSE's own words
    /// included), or nxm, an NXT_FLOW_MOD of Open vSwitch.
    #[arg(long, value_name = "FORMAT", value_parser = format_of)]
    flow_format: Option<FlowFormat>,
}

fn format_of(name: &str) -> Result<FlowFormat, String> {
    flow_format(name).map_err(|error| error.to_string())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// The normal form of the text.
    Text,
    /// The text that keeps every bit, those that the match ignores included.
    Exact,
    /// The hex digits of the message.
    Hex,
    /// The message as JSON, one object a line.
    Json,
}

impl ParseArgs {
    pub(super) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let options =
            Options { lenient: self.lenient, actions: Requirement::ByCommand, command: None };
        let flows = match self.flow.as_slice() {
            [] => read_lines(options, self.flow_format)?,
            [dash] if dash == "-" => read_lines(options, self.flow_format)?,
            words => {
                vec![FlowMessage::parse(&words.join(" "), options, self.flow_format)?]
            }
        };
        for ((flow, warnings), xid) in flows.into_iter().zip(1..) {
            for warning in warnings {
                diagnostic!("warning: {warning}");
            }
            let message = Message::new(xid, flow.to_body());
            match self.output {
                Format::Text => render::text::line(&flow, out)?,
                Format::Exact => render::text::line(flow.to_exact_string(), out)?,
                Format::Hex => {
                    let mut bytes = Vec::new();
                    message.encode(&mut bytes)?;
                    render::text::line(Bytes(bytes), out)?;
                }
                Format::Json => render::json::line(&MessageView::from(message), out)?,
            }
        }
        Ok(Outcome::Done)
    }
}

fn read_lines(
    options: Options,
    format: Option<FlowFormat>,
) -> anyhow::Result<Vec<(FlowMessage, Vec<Warning>)>> {
    let mut text = String::new();
    io::stdin().lock().read_to_string(&mut text).context("standard input")?;
    FlowMessage::parse_lines(&text, options, format).context("standard input")
}
