//! OpenFlow messages from the text that people and programs write: JSON, and the flow commands
//! of ovs-ofctl.

use anyhow::{Context, anyhow, bail};
use codec::of10::Message;
use serde_json::value::RawValue;

/// Reads all messages of `text`. Flow commands, which have no transaction id, get those from
/// `xid` on.
pub(crate) fn read(text: &str, xid: u32) -> anyhow::Result<Vec<Message>> {
    match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => read_json(text),
        Some(_) => bail!("flow text"),
        None => bail!("nothing to encode: give a flow command or a message in JSON"),
    }
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
fn read_message(number: usize, json: &str) -> anyhow::Result<Message> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        match error.path().to_string().as_str() {
            "." => anyhow!("message {number}: {}", error.inner()),
            path => anyhow!("message {number}, {path}: {}", error.inner()),
        }
    })
}
