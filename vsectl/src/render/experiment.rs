//! The results of `experiment`: a table, and a figure in the manner of the paper's Fig. 7.

use std::io::{self, Write};

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{ContentArrangement, Table};

use super::svg;
use crate::view::{CaseView, ExperimentView, Spread};

/// One table for each case.
pub(crate) fn table(view: &ExperimentView, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "Steering: {}.", view.steering)?;
    for case in &view.cases {
        writeln!(out, "\n{} ({})", case.case.name, case.case.paper)?;
        if let Some(remark) = &case.case.remark {
            writeln!(
                out,
                "{}: {remark}",
                if case.results.is_empty() { "not run" } else { "smaller" }
            )?;
        }
        if case.results.is_empty() {
            continue;
        }
        let mut table = Table::new();
        table
            .load_preset(UTF8_HORIZONTAL_ONLY)
            .set_content_arrangement(ContentArrangement::Disabled);
        table.set_header([
            "bytes",
            "model",
            "Mbit/s",
            "by VM",
            "loss % by VM",
            "frames by core",
            "paper Mbit/s",
        ]);
        for row in &case.results {
            let cores = row.cores.iter().filter(|(_, counts)| counts.processed > 0);
            let cores = cores.map(|(core, counts)| format!("{core}: {}", counts.processed));
            table.add_row([
                row.payload.to_string(),
                row.variant.to_owned(),
                spread(&row.goodput_mbps),
                list(&row.vm_goodput_mbps),
                list(&row.vm_loss_percent),
                cores.collect::<Vec<_>>().join(", "),
                row.paper_mbps.map_or("-".to_owned(), |mbps| mbps.to_string()),
            ]);
        }
        for line in table.lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    Ok(())
}

fn spread(spread: &Spread) -> String {
    format!("{:.1} ({:.1} to {:.1})", spread.median, spread.min, spread.max)
}

fn list(spreads: &[Spread]) -> String {
    spreads.iter().map(|spread| format!("{:.1}", spread.median)).collect::<Vec<_>>().join(", ")
}

/// Total goodput of a case at one size, trial by trial, a line for each model.
pub(crate) fn figure(case: &CaseView, payload: usize, out: &mut impl Write) -> io::Result<()> {
    let rows = case.results.iter().filter(|row| row.payload == payload);
    let lines: Vec<svg::Line<'_>> =
        rows.map(|row| (row.variant, row.trials_mbps.as_slice())).collect();
    let title = format!("{}, {payload} bytes", case.case.name);
    svg::lines(&title, "Mbit/s of all VMs", &lines, out)
}
