//! The results, as a table and as JSON.

use serde_json::{Value, json};

use super::super::measure::Run;
use super::super::report::median;
use super::plan::{Entry, Part, Target};

/// How far a rate may be from what was asked for.
const TOLERANCE: f64 = 0.01;

/// A command line, and what came of it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) entry: Entry,
    pub(super) runs: Vec<Run>,
    /// Why there are no runs, or no more.
    pub(super) failure: Option<String>,
}

impl Row {
    pub(super) fn new(entry: Entry) -> Self {
        Self { entry, runs: Vec::new(), failure: None }
    }

    fn seconds(&self) -> Option<f64> {
        median(self.runs.iter().map(|run| run.wall))
    }

    /// Packets a second, from start to exit.
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53 packets")]
    fn rate(&self) -> Option<f64> {
        Some(self.entry.packets as f64 / self.seconds()?)
    }

    /// The rate, as a multiple of that of another row of the same part.
    fn times(&self, rows: &[Self], of: &str) -> Option<f64> {
        let same =
            |row: &&Self| row.entry.part == self.entry.part && row.entry.line.starts_with(of);
        Some(self.rate()? / rows.iter().find(same)?.rate()?)
    }

    /// What it reached of each target, and whether that is enough.
    fn judged(&self, rows: &[Self]) -> Vec<(String, bool)> {
        let own = self.entry.line.starts_with("vsectl");
        let pace = self.entry.pace.filter(|_| own).and_then(|pace| {
            let off = self.rate()? / pace - 1.0;
            Some((
                format!("{:+.2} % of {:.0} %", 100.0 * off, 100.0 * TOLERANCE),
                off.abs() <= TOLERANCE,
            ))
        });
        let targets = self.entry.targets.iter().filter_map(|Target { factor, of }| {
            let times = self.times(rows, of)?;
            Some((format!("{times:.2} of {factor} x {of}"), times >= *factor))
        });
        pace.into_iter().chain(targets).collect()
    }
}

const HEAD: [&str; 6] = ["part", "packets", "median s", "packets/s", "x C", "command"];

/// The table; what was to be reached is below it.
pub(super) fn table(rows: &[Row]) -> String {
    let mut lines = vec![HEAD.map(str::to_owned)];
    let mut verdicts = String::new();
    for row in rows {
        let Entry { part, packets, line, .. } = &row.entry;
        let number = |value: Option<f64>, digits| match value {
            Some(value) => format!("{value:.digits$}"),
            None => "-".to_owned(),
        };
        let base = if *part == Part::Make { "dump_loop" } else { "send_loop" };
        let times = (*part != Part::Pace).then(|| row.times(rows, base)).flatten();
        let (seconds, rate) = (number(row.seconds(), 4), number(row.rate(), 0));
        let packets = packets.to_string();
        lines.push([part.to_string(), packets, seconds, rate, number(times, 3), line.clone()]);
        if let Some(failure) = &row.failure {
            verdicts.extend([format!("failed: {line}: {failure}\n")]);
        }
        // One short run says nothing.
        let judged =
            if row.runs.len() > 1 || *part == Part::Pace { row.judged(rows) } else { Vec::new() };
        for (text, reached) in judged {
            let verdict = if reached { "reached" } else { "MISSED" };
            verdicts.extend([format!("{verdict:<8} {text}: {line}\n")]);
        }
    }
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(String::len).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEAD.len() - 1).map(width).collect();
    let mut text = String::new();
    for [part, numbers @ .., command] in &lines {
        let (first, rest) = widths.split_first().unwrap_or((&0, &[]));
        let cells = numbers.iter().zip(rest).map(|(cell, width)| format!("{cell:>width$}  "));
        let cells = cells.collect::<String>();
        text.extend([format!("{part:<first$}  {cells}{command}\n")]);
    }
    text + &verdicts
}

/// The same as JSON.
pub(super) fn document(rows: &[Row]) -> Value {
    let list: Vec<Value> = rows
        .iter()
        .map(|row| {
            let judged = row.judged(rows);
            let missed: Vec<&String> =
                judged.iter().filter(|(_, reached)| !reached).map(|(text, _)| text).collect();
            json!({
                "part": row.entry.part.to_string(),
                "command": row.entry.line,
                "packets": row.entry.packets,
                "seconds": row.runs.iter().map(|run| run.wall).collect::<Vec<f64>>(),
                "packets_per_second": row.rate(),
                "asked_packets_per_second": row.entry.pace,
                "missed": (!judged.is_empty()).then_some(missed),
                "failure": row.failure,
            })
        })
        .collect();
    json!({ "schema": "vse.bench-craft/1", "rows": list })
}
