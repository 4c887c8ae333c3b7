//! A frame as a tree: its layers, their fields, what they carry.

use std::io::{self, Write};

use dissect::{Layer, OwnedValue};

use crate::render::paint::Paint;
use crate::view::FrameView;

/// What one level is indented by.
const INDENT: usize = 4;

/// A frame.
pub(crate) fn frame(view: &FrameView<'_>, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let record = view.record;
    let (number, len, caplen) = (record.number, record.len, record.bytes.len());
    let time = view.time();
    let head = format!("Frame {number}: {len} bytes, {caplen} captured, {time}");
    paint.layer(&head, out)?;
    writeln!(out)?;
    layers(&view.tree.layers, INDENT, paint, out)?;
    for problem in &view.tree.problems {
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
    for layer in all {
        let place = match layer.place.offset {
            Some(offset) => format!("{} bytes at {offset}", layer.place.len),
            None => format!("{} bytes from several frames", layer.place.len),
        };
        let info = layer.info.as_deref().map(|info| format!(": {info}")).unwrap_or_default();
        write!(out, "{:indent$}", "")?;
        paint.layer(&format_args!("{}, {place}{info}", layer.protocol.title), out)?;
        writeln!(out)?;
        for field in &layer.fields {
            let inner = indent + INDENT;
            match &field.value {
                OwnedValue::Structure(value) => structure(value, inner, out)?,
                OwnedValue::Number(value) => line(inner, field.field.doc, value, out)?,
                OwnedValue::Flag(value) => line(inner, field.field.doc, value, out)?,
                OwnedValue::Mac(value) => line(inner, field.field.doc, value, out)?,
                OwnedValue::Ipv4(value) => line(inner, field.field.doc, value, out)?,
                OwnedValue::Text(value) => line(inner, field.field.doc, value, out)?,
            }
        }
        layers(&layer.layers, indent + INDENT, paint, out)?;
    }
    Ok(())
}

fn line(
    indent: usize,
    name: &str,
    value: &dyn std::fmt::Display,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{:indent$}{name}: {value}", "")
}

/// The fields of a structure, each on a line; structures within are indented.
fn structure(value: &serde_json::Value, indent: usize, out: &mut impl Write) -> io::Result<()> {
    use serde_json::Value;
    let Value::Object(fields) = value else {
        return writeln!(out, "{:indent$}{}", "", scalar(value));
    };
    for (name, value) in fields {
        match value {
            Value::Object(inner) if inner.is_empty() => line(indent, name, &"any", out)?,
            Value::Object(_) => {
                writeln!(out, "{:indent$}{name}:", "")?;
                structure(value, indent + INDENT, out)?;
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                for (index, item) in items.iter().enumerate() {
                    writeln!(out, "{:indent$}{name}[{index}]:", "")?;
                    structure(item, indent + INDENT, out)?;
                }
            }
            Value::Array(items) if items.is_empty() => line(indent, name, &"none", out)?,
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(scalar).collect();
                line(indent, name, &items.join(", "), out)?;
            }
            other => line(indent, name, &scalar(other), out)?,
        }
    }
    Ok(())
}

/// A value that is no structure; text without its quotes.
fn scalar(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
