//! The control conversations of a capture, as they are compared.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use codec::netlink::{Command, NetlinkMessage, NetlinkType};
use codec::of10::{Body, Message};
use codec::proxy::Carried;
use dissect::Options;
use dissect::stats::Connection;
use serde_json::{Value, json};

use super::Ignored;
use crate::captures::{self, ReadOut};
use crate::follower::{Line, Tap, Tapped};

/// Who speaks with whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Parties {
    Tcp(Connection),
    Frames(u32),
    Netlink,
}

/// A conversation.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) parties: Parties,
    pub(super) items: Vec<Item>,
}

/// A message.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) frame: u64,
    /// Whether the client of a connection sent it.
    pub(super) by_client: bool,
    /// In one line.
    pub(super) text: String,
    /// What it is, whatever it says: its type, and which way it goes.
    pub(super) kind: String,
    /// Its fields, without those that do not count.
    pub(super) value: Value,
}

/// What a capture has of conversations.
#[derive(Debug, Default)]
pub(super) struct Recording {
    pub(super) conversations: Vec<Conversation>,
    pub(super) read: ReadOut,
    /// Frames without a message.
    pub(super) others: u64,
    /// Messages of which only a part is there.
    pub(super) cut: u64,
}

/// The one who connected, and the one who serves: it has the lower port.
fn client_and_server(connection: &Connection) -> [SocketAddr; 2] {
    let [a, b] = connection.ends();
    if a.port() < b.port() { [b, a] } else { [a, b] }
}

impl Parties {
    /// What is the same when it is done again from another port.
    pub(super) fn service(&self) -> Option<(IpAddr, SocketAddr)> {
        let Self::Tcp(connection) = self else { return None };
        let [client, server] = client_and_server(connection);
        Some((client.ip(), server))
    }
}

impl std::fmt::Display for Parties {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(connection) => {
                let [client, server] = client_and_server(connection);
                write!(f, "{client} ↔ {server}")
            }
            Self::Frames(stream) => write!(f, "frames of messages, stream {stream:#x}"),
            Self::Netlink => f.write_str("netlink"),
        }
    }
}

impl Recording {
    pub(super) fn read(path: &str, options: &Options, ignored: &Ignored) -> anyhow::Result<Self> {
        let mut recording = Self::default();
        let mut known: HashMap<Parties, usize> = HashMap::new();
        let mut tap = Tap::default();
        let read = captures::read(&[PathBuf::from(path)], options, |dissector, frame| {
            tap.clear();
            dissector.dissect(frame, &mut tap);
            recording.others += u64::from(!tap.is_control());
            recording.cut += tap.cut;
            for message in tap.messages.drain(..) {
                let Some((parties, item)) = item(frame.number, &message, ignored) else { continue };
                let next = recording.conversations.len();
                let index = *known.entry(parties).or_insert(next);
                if index == next {
                    recording.conversations.push(Conversation { parties, items: Vec::new() });
                }
                if let Some(conversation) = recording.conversations.get_mut(index) {
                    conversation.items.push(item);
                }
            }
            Ok(true)
        })?;
        recording.read = read;
        Ok(recording)
    }
}

fn item(frame: u64, message: &Tapped, ignored: &Ignored) -> Option<(Parties, Item)> {
    let (parties, from, mut value, text) = match message {
        Tapped::OpenFlow(line, bytes) => {
            let (parties, from) = match line {
                Line::Tcp { connection, turned } => {
                    let [first, _] = connection.ends();
                    let [client, _] = client_and_server(connection);
                    let by_client = (first == client) != *turned;
                    (Parties::Tcp(*connection), if by_client { "→" } else { "←" })
                }
                Line::Frames(stream) => (Parties::Frames(*stream), ""),
                Line::Netlink(_) => (Parties::Netlink, ""),
            };
            match Message::decode(bytes) {
                Ok((message, _)) => {
                    let text = message.to_string();
                    (parties, from, openflow(&message), text)
                }
                Err(error) => {
                    let value =
                        json!({"type": "malformed", "error": error.to_string(), "bytes": bytes});
                    (parties, from, value, error.to_string())
                }
            }
        }
        Tapped::Netlink(bytes) => {
            let (message, _) = NetlinkMessage::decode(bytes).ok()?;
            let value = netlink(&message);
            let name = value.get("type").and_then(Value::as_str).unwrap_or_default();
            let text = format!("netlink {name} (seq={})", message.seq);
            (Parties::Netlink, "", value, text)
        }
    };
    let r#type = value.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    if ignored.has_type(&r#type) {
        return None;
    }
    ignored.strip(&mut value);
    let body = value.get("body");
    let subtype = body.and_then(|body| body.get("subtype").or_else(|| body.get("stats_type")));
    let kind = format!("{from} {type} {}", subtype.and_then(Value::as_str).unwrap_or_default());
    let text = if from.is_empty() { text } else { format!("{from} {text}") };
    Some((parties, Item { frame, by_client: from == "→", text, kind, value }))
}

/// The fields of a message, with those of the messages that it carries in place of their bytes.
fn openflow(message: &Message) -> Value {
    let mut value = serde_json::to_value(message).unwrap_or_default();
    let carried: Vec<Value> = match &message.body {
        Body::PacketOut(packet) => inner(&Carried::by_packet_out(packet)),
        Body::PacketIn(packet) => inner(&Carried::by_packet_in(packet)),
        Body::Error(error) => Message::decode(&error.data)
            .map(|(inner, _)| vec![openflow(&inner)])
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    if let Value::Object(fields) = &mut value {
        // It follows from the rest.
        fields.remove("length");
    }
    if let (Some(Value::Object(body)), false) = (value.get_mut("body"), carried.is_empty()) {
        body.remove("data");
        body.insert("carries".to_owned(), carried.into());
    }
    value
}

fn inner(carried: &Carried<'_>) -> Vec<Value> {
    carried.messages().filter_map(|(_, message)| message.ok()).map(|m| openflow(&m)).collect()
}

fn netlink(message: &NetlinkMessage) -> Value {
    let command = Command::parse(&message.payload).ok();
    let name = match (&command, message.r#type) {
        (Some(command), NetlinkType::Unknown(_)) => command.command.to_string(),
        (_, r#type) => r#type.to_string(),
    };
    let object = command.and_then(|command| serde_json::to_value(&command.object).ok());
    json!({
        "type": name,
        "flags": message.flags.bits(),
        "xid": message.seq,
        "pid": message.pid,
        "body": object.unwrap_or_else(|| json!(message.payload)),
    })
}
