//! A frame as a tree: its layers, their fields, what they carry.

use std::io::{self, Write};

use codec::types::Line;
use dissect::savefile::Record;
use dissect::{Kind, Layer, OwnedValue, Tree, TreeField};

use super::clock::Clock;
use super::paint::Paint;
use super::value;

/// What one level is indented by.
const INDENT: usize = 4;

/// A frame; of its layers, those of the protocols in `only` with their fields, where there are any
/// in it.
pub(crate) fn frame(
    record: &Record<'_>,
    tree: &Tree,
    only: &[String],
    clock: &mut Clock,
    paint: Paint,
    out: &mut impl Write,
) -> io::Result<()> {
    let frame = record.frame;
    let mut time = Line::default();
    clock.put_rfc3339(frame.time, &mut time);
    let time = time.as_str();
    let (number, len, caplen) = (frame.number, frame.len, frame.bytes.len());
    paint.layer(&format_args!("Frame {number}: {len} bytes, {caplen} captured, {time}"), out)?;
    writeln!(out)?;
    if let Some(comment) = record.comment {
        writeln!(out, "{:INDENT$}Comment: {}", "", comment.escape_debug())?;
    }
    some_layers(&tree.layers, INDENT, only, paint, out)?;
    for problem in &tree.problems {
        write!(out, "{:INDENT$}", "")?;
        paint.problem(&format_args!("[{problem}]"), out)?;
        writeln!(out)?;
    }
    writeln!(out)
}

/// Layers, one after the other.
pub(crate) fn layers(
    all: &[Layer],
    indent: usize,
    paint: Paint,
    out: &mut impl Write,
) -> io::Result<()> {
    some_layers(all, indent, &[], paint, out)
}

fn some_layers(
    all: &[Layer],
    indent: usize,
    only: &[String],
    paint: Paint,
    out: &mut impl Write,
) -> io::Result<()> {
    for layer in all {
        let place = match layer.place.offset {
            Some(offset) => format!("{} bytes at {offset}", layer.place.len),
            None => format!("{} bytes from several frames", layer.place.len),
        };
        let info = layer.info.as_deref().map(|info| format!(": {info}")).unwrap_or_default();
        write!(out, "{:indent$}", "")?;
        paint.layer(&format_args!("{}, {place}{info}", layer.protocol.title), out)?;
        writeln!(out)?;
        if only.is_empty() || only.iter().any(|name| name == layer.protocol.name) {
            fields(&layer.fields, indent + INDENT, out)?;
        }
        some_layers(&layer.layers, indent + INDENT, only, paint, out)?;
    }
    Ok(())
}

fn fields(all: &[TreeField], indent: usize, out: &mut impl Write) -> io::Result<()> {
    for field in all {
        // What follows the colon says more than a label should.
        let doc = field.field.doc.split([':', ',']).next().unwrap_or_default();
        match (&field.value, field.field.kind) {
            (OwnedValue::Nested(items), Kind::List) => list(doc, items, indent, out)?,
            (OwnedValue::Nested(inner), _) if inner.is_empty() => {
                let nothing = if field.field.key == "match" { "any" } else { "nothing" };
                writeln!(out, "{:indent$}{doc}: {nothing}", "")?;
            }
            (OwnedValue::Nested(inner), _) => {
                writeln!(out, "{:indent$}{doc}:", "")?;
                fields(inner, indent + INDENT, out)?;
            }
            (scalar, _) => {
                write!(out, "{:indent$}{doc}: ", "")?;
                if let Some(scalar) = scalar.scalar() {
                    value::named(field.field, field.place.len, scalar, out)?;
                }
                writeln!(out)?;
            }
        }
    }
    Ok(())
}

fn list(doc: &str, items: &[TreeField], indent: usize, out: &mut impl Write) -> io::Result<()> {
    if items.is_empty() {
        return writeln!(out, "{:indent$}{doc}: none", "");
    }
    if items.iter().all(|item| item.value.scalar().is_some()) {
        write!(out, "{:indent$}{doc}: ", "")?;
        for (index, item) in items.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(out, "{comma}")?;
            if let Some(scalar) = item.value.scalar() {
                value::named(item.field, item.place.len, scalar, out)?;
            }
        }
        return writeln!(out);
    }
    for (index, item) in items.iter().enumerate() {
        writeln!(out, "{:indent$}{doc} [{index}]:", "")?;
        if let OwnedValue::Nested(inner) = &item.value {
            fields(inner, indent + INDENT, out)?;
        }
    }
    Ok(())
}
