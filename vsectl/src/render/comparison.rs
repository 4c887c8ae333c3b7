//! Differences for people: `-` for what is in the first alone, `+` for what is in the second, `~` for
//! what has changed, with its fields.

use std::io::{self, Write};

use serde_json::Value;

use super::flow_diff;
use crate::view::{
    CaptureDiffView, CaptureSide, ConversationDiff, FieldChange, RowsDiff, TableDiffView,
};

/// Each conversation that differs: a line for a message, with its frame in A and in B.
pub(crate) fn captures(diff: &CaptureDiffView, out: &mut impl Write) -> io::Result<()> {
    for conversation in diff.conversations.iter().filter(|diff| !diff.is_empty()) {
        let ConversationDiff { same, added, removed, changed, .. } = conversation;
        let (plus, minus) = (added.len(), removed.len());
        title(conversation, out)?;
        writeln!(out, "{same} the same, {} changed, {minus} removed, {plus} added", changed.len())?;
        let mut rows: Vec<(u64, u64, Vec<String>)> = Vec::new();
        for message in removed {
            let row = ["-", &message.frame.to_string(), "", &message.message];
            rows.push((message.frame, 0, row.map(str::to_owned).to_vec()));
        }
        for change in changed {
            let (from, to) = (&change.from, &change.to);
            let frames = (from.frame.to_string(), to.frame.to_string());
            let row = ["~", &frames.0, &frames.1, &from.message];
            rows.push((from.frame, to.frame, row.map(str::to_owned).to_vec()));
            for field in &change.fields {
                let row = ["", "", "", &format!("  {}", self::field(field))];
                rows.push((from.frame, to.frame, row.map(str::to_owned).to_vec()));
            }
        }
        // What was added stands behind what the first has up to there.
        for message in added {
            let row = ["+", "", &message.frame.to_string(), &message.message];
            let before = changed.iter().filter(|change| change.to.frame <= message.frame);
            let place = before.map(|change| change.from.frame).max().unwrap_or(u64::MAX);
            rows.push((place, message.frame, row.map(str::to_owned).to_vec()));
        }
        rows.sort_by_key(|(from, to, _)| (*from, *to));
        for (_, _, row) in &rows {
            if let [mark, a, b, message] = row.as_slice() {
                writeln!(out, "{}", format!("{mark:1} {a:>6} {b:>6}  {message}").trim_end())?;
            }
        }
        writeln!(out)?;
    }
    for side in [&diff.a, &diff.b] {
        let CaptureSide { file, frames, messages, frames_without, messages_cut, .. } = side;
        write!(out, "{file}: {frames} frames, {messages} messages compared")?;
        if *frames_without > 0 {
            write!(out, ", {frames_without} frames without messages")?;
        }
        if *messages_cut > 0 {
            write!(out, ", {messages_cut} messages cut short")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn title(diff: &ConversationDiff, out: &mut impl Write) -> io::Result<()> {
    match (&diff.a, &diff.b) {
        (Some(a), Some(b)) if a == b => writeln!(out, "{a}"),
        (Some(a), Some(b)) => writeln!(out, "{a} in A, {b} in B"),
        (Some(a), None) => writeln!(out, "{a} in A alone"),
        (None, Some(b)) => writeln!(out, "{b} in B alone"),
        (None, None) => Ok(()),
    }
}

/// Flows as `flow diff` has them, then the rows of the other tables.
pub(crate) fn tables(diff: &TableDiffView, out: &mut impl Write) -> io::Result<()> {
    if let Some(flows) = &diff.flows {
        flow_diff::text(flows, out)?;
    }
    rows("core", diff.cores.as_ref(), out)?;
    rows("vm", diff.vms.as_ref(), out)?;
    rows("", diff.config.as_ref(), out)
}

fn rows(name: &str, diff: Option<&RowsDiff>, out: &mut impl Write) -> io::Result<()> {
    let Some(diff) = diff else { return Ok(()) };
    let named = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name} {key}") };
    diff.removed.iter().try_for_each(|key| writeln!(out, "-{}", named(key)))?;
    for row in &diff.changed {
        let fields: Vec<String> = row.fields.iter().map(field).collect();
        writeln!(out, "~{}: {}", named(&row.key), fields.join(", "))?;
    }
    diff.added.iter().try_for_each(|key| writeln!(out, "+{}", named(key)))
}

fn field(change: &FieldChange) -> String {
    let FieldChange { field, from, to } = change;
    format!("{field}: {} → {}", value(from), value(to))
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
