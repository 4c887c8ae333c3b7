//! Reports: tables of what was counted.

use std::io::{self, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table, TableComponent};
use dissect::stats::{Cell, Report};
use serde_json::{Map, Value, json};

/// A table for people.
pub(crate) fn table(report: &Report, out: &mut impl Write) -> io::Result<()> {
    if report.rows.is_empty() {
        return writeln!(out, "{}: none\n", report.title);
    }
    writeln!(out, "{}", report.title)?;
    let mut table = Table::new();
    table.load_preset(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    // A line under the titles, none between rows, which are many.
    table.set_style(TableComponent::HeaderLines, '─');
    table.set_style(TableComponent::MiddleHeaderIntersections, '─');
    table.set_header(report.columns.iter().map(|column| column.title));
    for row in &report.rows {
        table.add_row(row.iter().map(|cell| {
            let text = text(cell);
            match cell {
                Cell::Text(_) | Cell::Nothing => comfy_table::Cell::new(text),
                _ => comfy_table::Cell::new(text).set_alignment(CellAlignment::Right),
            }
        }));
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out)
}

/// The JSON of a report: `vsectl.stats/1`.
pub(crate) fn json(report: &Report) -> Value {
    let rows: Vec<Value> = report
        .rows
        .iter()
        .map(|row| {
            let cells = report.columns.iter().zip(row);
            let object: Map<String, Value> =
                cells.map(|(column, cell)| (column.key.to_owned(), value(cell))).collect();
            Value::Object(object)
        })
        .collect();
    json!({"schema": "vsectl.stats/1", "statistics": report.name, "rows": rows})
}

#[allow(clippy::cast_precision_loss, reason = "seconds of JSON are floating-point numbers")]
fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Nothing => Value::Null,
        Cell::Text(text) => json!(text.trim_start()),
        Cell::Number(number) => json!(number),
        Cell::Seconds(time) => json!(*time as f64 / 1e9),
        Cell::Fraction(fraction) => json!(fraction),
        Cell::Flag(flag) => json!(flag),
    }
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Nothing => "-".to_owned(),
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Seconds(time) => {
            format!("{}.{:06}", time / 1_000_000_000, time % 1_000_000_000 / 1000)
        }
        Cell::Fraction(fraction) => format!("{fraction:.1}"),
        Cell::Flag(true) => "yes".to_owned(),
        Cell::Flag(false) => "no".to_owned(),
    }
}
