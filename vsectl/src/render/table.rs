//! Tables for people: columns with lines above and below.

use std::io::{self, Write};

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};

/// The side of its column on which a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Writes a table.
pub(crate) fn table(
    columns: &[(&str, Side)],
    rows: impl IntoIterator<Item = Vec<String>>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|(title, side)| cell((*title).to_owned(), *side)));
    for row in rows {
        table.add_row(row.into_iter().zip(columns).map(|(text, (_, side))| cell(text, *side)));
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn cell(text: String, side: Side) -> Cell {
    let cell = Cell::new(text);
    match side {
        Side::Left => cell,
        Side::Right => cell.set_alignment(CellAlignment::Right),
    }
}
