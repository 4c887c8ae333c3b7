//! OpenFlow messages from the text that people and programs write: JSON, and the flow commands
//! of ovs-ofctl.

use std::io::{self, Read};

use anyhow::{Context, anyhow, bail};
use codec::nicira::FlowFormat;
use codec::of10::{FlowModCommand, Message};
use codec::text::{FlowMessage, Options};
use serde_json::value::RawValue;

/// The commands of ovs-ofctl that change the flow table, without and with `--strict`.
const COMMANDS: [(&str, FlowModCommand, FlowModCommand); 3] = [
    ("add-flow", FlowModCommand::Add, FlowModCommand::Add),
    ("mod-flows", FlowModCommand::Modify, FlowModCommand::ModifyStrict),
    ("del-flows", FlowModCommand::Delete, FlowModCommand::DeleteStrict),
];

/// The text that words of a command line are; without any, or by `-`, that of standard input.
pub(crate) fn text_of(words: &[String]) -> anyhow::Result<String> {
    if words.is_empty() || words == ["-"] {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).context("standard input")?;
        return Ok(text);
    }
    Ok(words.join(" "))
}

/// Whether a text of messages is in JSON.
pub(crate) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// Reads all messages of `text`. Flow commands, which have no transaction id, get those from
/// `xid` on; they are written as `format` says, or as their words do.
pub(crate) fn read(
    text: &str,
    xid: u32,
    format: Option<FlowFormat>,
) -> anyhow::Result<Vec<Message>> {
    if is_json(text) {
        return read_json(text);
    }
    if text.trim().is_empty() {
        bail!("nothing to encode: give a flow command or a message in JSON");
    }
    read_commands(text, xid, format)
}

/// Reads a flow command a line.
fn read_commands(text: &str, xid: u32, format: Option<FlowFormat>) -> anyhow::Result<Vec<Message>> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let mut messages = Vec::new();
    for ((number, line), xid) in lines.zip(xid..) {
        let flow = read_command(line, format).with_context(|| format!("line {number}"))?;
        messages.push(Message::new(xid, flow.to_body()));
    }
    Ok(messages)
}

/// Reads one flow command: its name, `--strict` if that is meant, `--flow-format` where the words do not
/// say which message is meant, and the flow.
pub(crate) fn read_command(
    line: &str,
    mut format: Option<FlowFormat>,
) -> anyhow::Result<FlowMessage> {
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let Some((_, loose, strict)) = COMMANDS.iter().find(|(known, ..)| *known == name) else {
        let known: Vec<&str> = COMMANDS.iter().map(|(known, ..)| *known).collect();
        bail!("{name:?} is no flow command; want {}, or JSON", known.join(", "));
    };
    let (mut command, mut flow) = (*loose, rest.trim_start());
    while let Some(option) = flow.strip_prefix("--") {
        let (option, rest) = option.split_once(char::is_whitespace).unwrap_or((option, ""));
        match (option, option.strip_prefix("flow-format=")) {
            ("strict", _) => command = *strict,
            (_, Some(name)) => format = Some(flow_format(name)?),
            _ => bail!("--{option} is no option of {name}; want --strict or --flow-format=nxm"),
        }
        flow = rest.trim_start();
    }
    let options = Options { command: Some(command), ..Options::default() };
    Ok(FlowMessage::parse(flow, options, format)?.0)
}

/// How a flow is to be written, by the name that ovs-ofctl has for it.
pub(crate) fn flow_format(name: &str) -> anyhow::Result<FlowFormat> {
    FlowFormat::from_name(&name.to_ascii_lowercase())
        .with_context(|| format!("{name:?} is no flow format; want openflow10 or nxm"))
}

/// Reads messages, arrays of messages, or any sequence of both.
fn read_json(text: &str) -> anyhow::Result<Vec<Message>> {
    let mut messages = Vec::new();
    for document in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let document = document.context("not JSON")?.get();
        if document.starts_with('[') {
            for message in serde_json::from_str::<Vec<&RawValue>>(document)? {
                messages.push(read_message(messages.len() + 1, message.get())?);
            }
        } else {
            messages.push(read_message(messages.len() + 1, document)?);
        }
    }
    Ok(messages)
}

/// Reads the message `number`; an error names the path to what is wrong.
pub(crate) fn read_message(number: usize, json: &str) -> anyhow::Result<Message> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        match error.path().to_string().as_str() {
            "." => anyhow!("message {number}: {}", error.inner()),
            path => anyhow!("message {number}, {path}: {}", error.inner()),
        }
    })
}
