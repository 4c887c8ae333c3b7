//! The results of `experiment`: a table, and a figure in the manner of the paper's Fig. 7.

use std::fmt::Write as _;
use std::io::{self, Write};

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{ContentArrangement, Table};

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

/// Width and height of the figure, and the space around the plot.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 360.0;
const MARGIN: f64 = 60.0;
const COLOURS: [&str; 3] = ["#bb4444", "#cc8800", "#226699"];

/// Total goodput of a case at one size, trial by trial, a line for each model.
#[allow(clippy::cast_precision_loss, reason = "a picture has a few hundred points")]
pub(crate) fn figure(case: &CaseView, payload: usize) -> String {
    let rows: Vec<_> = case.results.iter().filter(|row| row.payload == payload).collect();
    let values = rows.iter().flat_map(|row| &row.trials_mbps);
    let most = values.fold(1.0_f64, |most, value| most.max(*value)) * 1.1;
    let count = rows.iter().map(|row| row.trials_mbps.len()).max().unwrap_or(0);
    let (width, height) = (WIDTH - 2.0 * MARGIN, HEIGHT - 2.0 * MARGIN);
    let mut svg = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>
<text x="{}" y="24" text-anchor="middle" font-size="15">{}, {payload} bytes</text>
"##,
        WIDTH / 2.0,
        case.case.name
    );
    for step in 0..=4 {
        let share = f64::from(step) / 4.0;
        let (y, right, label) = (MARGIN + height * (1.0 - share), WIDTH - MARGIN, most * share);
        let _ = writeln!(svg, r##"<path d="M{MARGIN} {y}H{right}" stroke="#dddddd"/>"##);
        let _ = writeln!(
            svg,
            r#"<text x="{}" y="{}" text-anchor="end">{label:.0}</text>"#,
            MARGIN - 8.0,
            y + 4.0
        );
    }
    for ((row, colour), place) in rows.iter().zip(COLOURS.iter().cycle()).zip(0..) {
        let points = row.trials_mbps.iter().zip(0..).map(|(value, index)| {
            let x = MARGIN + width * f64::from(index) / (count.saturating_sub(1).max(1) as f64);
            format!("{x:.1},{:.1}", MARGIN + height * (1.0 - value / most))
        });
        let points = points.collect::<Vec<_>>().join(" ");
        let _ = writeln!(
            svg,
            r#"<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>"#
        );
        let x = MARGIN + f64::from(place) * 110.0;
        let _ = writeln!(svg, r#"<text x="{x}" y="46" fill="{colour}">{}</text>"#, row.variant);
    }
    let _ = write!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">Mbit/s of all VMs, trial by trial</text>\n</svg>\n",
        WIDTH / 2.0,
        HEIGHT - 20.0
    );
    svg
}
