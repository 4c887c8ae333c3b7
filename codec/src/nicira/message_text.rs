//! Messages and statistics of Nicira in one line, as ovs-ofctl writes them where it needs one line.

use std::fmt;

use super::code::{
    FlowMonitorFlags, FlowUpdateEvent, NiciraPacketInReason, NiciraRole, NiciraStatsType,
    NiciraSubtype,
};
use super::match_text;
use super::message::{NiciraMessage, NiciraStatsReply, NiciraStatsRequest};
use super::record::{Record, Value};
use super::shape::{Shape, Style};
use super::value_text::{dotted, hex};
use crate::of10::action::write_actions;
use crate::of10::{BufferId, FlowMod, PortNo};
use crate::types::{Line, flags};

impl NiciraMessage {
    /// The name of the message as ovs-ofctl has it: `NXT_FLOW_MOD`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("NXT_{}", self.subtype.to_string().to_ascii_uppercase())
    }
}

impl fmt::Display for NiciraMessage {
    /// What follows the name and the transaction id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = &self.body;
        let matched = || match_text::words(body.entries());
        match self.subtype {
            NiciraSubtype::RoleRequest | NiciraSubtype::RoleReply => {
                match NiciraRole::from(body.number32("role")) {
                    NiciraRole::Other => f.write_str("role=equal"),
                    role => write!(f, "role={role}"),
                }
            }
            NiciraSubtype::FlowModTableId => {
                f.write_str(if body.number("set") == 0 { "disable" } else { "enable" })
            }
            NiciraSubtype::SetControllerId => write!(f, "id={}", body.number("controller_id")),
            NiciraSubtype::FlowMonitorCancel => write!(f, "id={}", body.number("id")),
            NiciraSubtype::CtFlushZone => write!(f, "zone_id={}", body.number("zone")),
            NiciraSubtype::FlowMod => match self.flow_mod() {
                Some(flow) => {
                    let (matched, actions) = (matched(), flow.actions.as_slice());
                    Line::show(f, |out| flow.put_with(&matched.as_str(), &actions, out))
                }
                None => Ok(()),
            },
            NiciraSubtype::FlowRemoved => write_removed(f, body, &matched()),
            NiciraSubtype::PacketIn => PacketInText {
                table: body.number("table_id"),
                cookie: Some(body.number("cookie")),
                total_len: Some(body.number("total_len")),
                matched: matched(),
                reason: body.number("reason"),
                data_len: body.bytes("data").len(),
                buffer: Some(body.number32("buffer_id")),
                more: String::new(),
            }
            .fmt(f),
            NiciraSubtype::PacketIn2 | NiciraSubtype::Resume => PacketInText::of(body).fmt(f),
            _ => plain(f, body),
        }
    }
}

/// The items of a structure by name, blanks between.
fn plain(f: &mut fmt::Formatter<'_>, body: &Record) -> fmt::Result {
    for (index, shown) in body.shown().enumerate() {
        let blank = if index > 0 { " " } else { "" };
        write!(f, "{blank}{}=", shown.item.key)?;
        match (shown.item.shape, shown.value) {
            (Shape::Number(_, style @ Style::Coded(_)), Value::Number(number)) => {
                match style.to_json(*number) {
                    serde_json::Value::String(word) => f.write_str(&word)?,
                    other => write!(f, "{other}")?,
                }
            }
            (Shape::Number(_, Style::Hex), Value::Number(number)) => write!(f, "{number:#x}")?,
            (_, Value::Number(number)) => write!(f, "{number}")?,
            (_, Value::Bytes(bytes)) => write!(f, "{bytes}")?,
            (_, Value::Records(records)) => {
                f.write_str("(")?;
                for (index, record) in records.iter().enumerate() {
                    f.write_str(if index > 0 { "; " } else { "" })?;
                    plain(f, record)?;
                }
                f.write_str(")")?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn write_removed(f: &mut fmt::Formatter<'_>, body: &Record, matched: &str) -> fmt::Result {
    let number = |key: &str| body.number(key);
    write!(f, "{}", with_priority(body.number16("priority"), matched))?;
    write!(f, " reason={}", removed_reason(number("reason")))?;
    // The table's number is one more on the wire; 0 says nothing.
    if let Some(table) = number("table_id").checked_sub(1) {
        write!(f, " table_id={table}")?;
    }
    if number("cookie") != 0 {
        write!(f, " cookie:{:#x}", number("cookie"))?;
    }
    write!(f, " duration{}", duration(body))?;
    write!(f, " idle{} pkts{}", number("idle_timeout"), number("packet_count"))?;
    write!(f, " bytes{}", number("byte_count"))
}

/// Why an entry is gone, as Open vSwitch says it; it knows reasons of later versions.
fn removed_reason(reason: u64) -> String {
    let known = ["idle", "hard", "delete", "group_delete", "meter_delete", "eviction"];
    let name = usize::try_from(reason).ok().and_then(|index| known.get(index));
    name.map_or_else(|| reason.to_string(), |name| (*name).to_owned())
}

/// Seconds, with three decimals or nine, as many as there must be.
fn duration(body: &Record) -> String {
    let (seconds, nanoseconds) = (body.number("duration_sec"), body.number("duration_nsec"));
    match nanoseconds {
        0 => format!("{seconds}s"),
        n if n % 1_000_000 == 0 => format!("{seconds}.{:03}s", n / 1_000_000),
        n => format!("{seconds}.{n:09}s"),
    }
}

/// The priority, where it is not that of a flow which names none, and the match.
fn with_priority(priority: u16, matched: &str) -> String {
    match priority {
        FlowMod::DEFAULT_PRIORITY => matched.to_owned(),
        priority if matched.is_empty() => format!("priority={priority}"),
        priority => format!("priority={priority},{matched}"),
    }
}

/// What PACKET_IN says, in both forms.
struct PacketInText {
    table: u64,
    cookie: Option<u64>,
    total_len: Option<u64>,
    matched: String,
    reason: u64,
    data_len: usize,
    buffer: Option<u32>,
    more: String,
}

impl PacketInText {
    fn of(body: &Record) -> Self {
        let mut text = Self {
            table: 0,
            cookie: None,
            total_len: None,
            matched: String::new(),
            reason: 0,
            data_len: 0,
            buffer: None,
            more: String::new(),
        };
        for property in body.records("properties") {
            let number = |key: &str| property.number_at(key);
            text.table = number("table_id").unwrap_or(text.table);
            text.cookie = number("cookie").or(text.cookie);
            text.total_len = number("full_len").or(text.total_len);
            text.reason = number("reason").unwrap_or(text.reason);
            let buffer = number("buffer_id").and_then(|id| u32::try_from(id).ok());
            text.buffer = buffer.or(text.buffer);
            if !property.entries().is_empty() {
                text.matched = match_text::words(property.entries());
            }
            text.data_len = text.data_len.max(property.bytes("data").len());
            if !property.bytes("userdata").is_empty() {
                text.more.push_str(" userdata=");
                text.more.push_str(&dotted(property.bytes("userdata")));
            }
            if !property.bytes("continuation").is_empty() {
                let len = property.bytes("continuation").len();
                text.more.push_str(" continuation_len=");
                text.more.push_str(&len.to_string());
            }
        }
        text
    }
}

impl fmt::Display for PacketInText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.table != 0 {
            write!(f, "table_id={} ", self.table)?;
        }
        if let Some(cookie) = self.cookie.filter(|cookie| *cookie != u64::MAX) {
            write!(f, "cookie={cookie:#x} ")?;
        }
        let total = self.total_len.unwrap_or_else(|| u64::try_from(self.data_len).unwrap_or(0));
        write!(f, "total_len={total} ")?;
        if !self.matched.is_empty() {
            write!(f, "{} ", self.matched)?;
        }
        let reason = NiciraPacketInReason::from(u8::try_from(self.reason).unwrap_or(u8::MAX));
        write!(f, "(via {reason}) data_len={}", self.data_len)?;
        match self.buffer.map(BufferId) {
            None | Some(BufferId::NONE) => f.write_str(" (unbuffered)")?,
            Some(id) => write!(f, " buffer={id}")?,
        }
        f.write_str(&self.more)
    }
}

/// The name of statistics: `NXST_FLOW`.
fn stats_name(r#type: NiciraStatsType) -> String {
    format!("NXST_{}", r#type.to_string().to_ascii_uppercase())
}

impl NiciraStatsRequest {
    /// The name as ovs-ofctl has it: `NXST_FLOW request`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} request", stats_name(self.r#type))
    }
}

impl fmt::Display for NiciraStatsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = &self.body;
        match self.r#type {
            NiciraStatsType::Flow | NiciraStatsType::Aggregate => {
                let mut words = Vec::new();
                if body.number("table_id") != 0xff {
                    words.push(format!("table={}", body.number("table_id")));
                }
                match PortNo(body.number16("out_port")) {
                    PortNo::NONE => {}
                    port => words.push(format!("out_port={port}")),
                }
                words.push(match_text::words(body.entries()));
                words.retain(|word| !word.is_empty());
                f.write_str(&words.join(" "))
            }
            NiciraStatsType::FlowMonitor => each(f, body.records("entries"), |f, entry| {
                let bits = FlowMonitorFlags::from_bits_retain(entry.number16("flags"));
                let bits = flags::Words(&bits).to_string().replace(' ', ",");
                write!(f, "id={} flags={bits}", entry.number("id"))?;
                match PortNo(entry.number16("out_port")) {
                    PortNo::NONE => {}
                    port => write!(f, " out_port={port}")?,
                }
                if entry.number("table_id") != 0xff {
                    write!(f, " table={}", entry.number("table_id"))?;
                }
                match match_text::words(entry.entries()) {
                    matched if matched.is_empty() => Ok(()),
                    matched => write!(f, " {matched}"),
                }
            }),
            NiciraStatsType::Unknown(_) => plain(f, body),
        }
    }
}

impl NiciraStatsReply {
    /// The name as ovs-ofctl has it: `NXST_FLOW reply`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} reply", stats_name(self.r#type))
    }
}

impl fmt::Display for NiciraStatsReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = &self.body;
        match self.r#type {
            NiciraStatsType::Flow => each(f, body.records("entries"), write_entry),
            NiciraStatsType::Aggregate => {
                let number = |key: &str| body.number(key);
                write!(f, "packet_count={} ", number("packet_count"))?;
                write!(f, "byte_count={} ", number("byte_count"))?;
                write!(f, "flow_count={}", number("flow_count"))
            }
            NiciraStatsType::FlowMonitor => each(f, body.records("entries"), write_update),
            NiciraStatsType::Unknown(_) => plain(f, body),
        }
    }
}

/// Structures with semicolons between.
fn each(
    f: &mut fmt::Formatter<'_>,
    entries: &[Record],
    write: impl Fn(&mut fmt::Formatter<'_>, &Record) -> fmt::Result,
) -> fmt::Result {
    for (index, entry) in entries.iter().enumerate() {
        f.write_str(if index > 0 { "; " } else { "" })?;
        write(f, entry)?;
    }
    Ok(())
}

fn write_entry(f: &mut fmt::Formatter<'_>, entry: &Record) -> fmt::Result {
    let number = |key: &str| entry.number(key);
    write!(f, "cookie={:#x}", number("cookie"))?;
    write!(f, ", duration={}", duration(entry))?;
    write!(f, ", table={}, n_packets={}", number("table_id"), number("packet_count"))?;
    write!(f, ", n_bytes={}", number("byte_count"))?;
    for key in ["idle_timeout", "hard_timeout"] {
        if number(key) != 0 {
            write!(f, ", {key}={}", number(key))?;
        }
    }
    // The ages are one more on the wire; 0 says nothing.
    for key in ["idle_age", "hard_age"] {
        let age = number(key).checked_sub(1);
        // Open vSwitch leaves out a hard age that is the duration.
        let told = age.filter(|age| key == "idle_age" || *age != number("duration_sec"));
        if let Some(age) = told {
            write!(f, ", {key}={age}")?;
        }
    }
    f.write_str(",")?;
    let matched = match_text::words(entry.entries());
    match with_priority(entry.number16("priority"), &matched) {
        words if words.is_empty() => {}
        words => write!(f, " {words}")?,
    }
    f.write_str(" actions=")?;
    write_actions(f, entry.actions())
}

fn write_update(f: &mut fmt::Formatter<'_>, entry: &Record) -> fmt::Result {
    let event = FlowUpdateEvent::from(entry.number16("event"));
    write!(f, "event={}", event.to_string().to_ascii_uppercase())?;
    match event {
        FlowUpdateEvent::Abbrev => return write!(f, " xid={:#x}", entry.number("xid")),
        FlowUpdateEvent::Unknown(_) => return Ok(()),
        FlowUpdateEvent::Deleted => {
            write!(f, " reason={}", removed_reason(entry.number("reason")))?;
        }
        FlowUpdateEvent::Added | FlowUpdateEvent::Modified => {}
    }
    write!(f, " table={}", entry.number("table_id"))?;
    for (name, key) in [("idle", "idle_timeout"), ("hard", "hard_timeout")] {
        if entry.number(key) != 0 {
            write!(f, " {name}_timeout={}", entry.number(key))?;
        }
    }
    write!(f, " cookie={}", hex(entry.number("cookie")))?;
    let matched = match_text::words(entry.entries());
    match with_priority(entry.number16("priority"), &matched) {
        words if words.is_empty() => {}
        words => write!(f, " {words}")?,
    }
    if entry.actions().is_empty() {
        return Ok(());
    }
    f.write_str(" actions=")?;
    write_actions(f, entry.actions())
}
