//! `-o` of the commands that list something.

use std::io::Write;

use serde::Serialize;

use crate::render;
use crate::view::{EntryView, ListView, Listed};

/// How to print a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum ListFormat {
    /// A table for people.
    #[default]
    Table,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Ndjson,
}

/// Writes a list; `table` makes the table.
pub(crate) fn write<T: Listed + Serialize, W: Write>(
    format: ListFormat,
    entries: Vec<T>,
    table: impl Fn(&[T], &mut W) -> std::io::Result<()>,
    out: &mut W,
) -> std::io::Result<()> {
    match format {
        ListFormat::Table => table(&entries, out),
        ListFormat::Json => render::json::document(&[ListView::new(entries)], out),
        ListFormat::Ndjson => {
            entries.iter().try_for_each(|entry| render::json::line(&EntryView::from(entry), out))
        }
    }
}
