//! The results, as a table and as JSON.

use serde_json::{Value, json};

use super::measure::Run;
use super::plan::{Entry, MEMORY_MIB, OUTPUT_MEGABYTES, Target};

/// The columns, and whether their values are numbers.
const COLUMNS: [(&str, bool); 10] = [
    ("file", false),
    ("command", false),
    ("runs", true),
    ("median s", true),
    ("cpu s", true),
    ("ratio", true),
    ("target", true),
    ("reached", false),
    ("peak MiB", true),
    ("out MB/s", true),
];

/// A command line, and what came of it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) entry: Entry,
    pub(super) runs: Vec<Run>,
    /// Megabytes that it prints, where that counts.
    pub(super) output: Option<f64>,
    /// Why there are no runs, or no more.
    pub(super) failure: Option<String>,
}

impl Row {
    pub(super) fn new(entry: Entry) -> Self {
        Self { entry, runs: Vec::new(), output: None, failure: None }
    }

    fn wall(&self) -> Option<f64> {
        median(self.runs.iter().map(|run| run.wall))
    }

    fn peak_mib(&self) -> Option<f64> {
        self.runs.iter().map(|run| run.peak_mib).reduce(f64::max)
    }

    fn output_rate(&self) -> Option<f64> {
        Some(self.output? / self.wall()?)
    }
}

/// What is derived from a row and the loop over libpcap.
struct Judged<'a> {
    row: &'a Row,
    wall: f64,
    cpu: f64,
    ratio: Option<f64>,
    peak_mib: f64,
    /// The limits that were not kept.
    missed: Vec<&'static str>,
}

pub(super) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len().checked_sub(1)? / 2;
    let (low, high) = (values.get(middle)?, values.get(values.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}

fn judge<'a>(row: &'a Row, rows: &[Row]) -> Option<Judged<'a>> {
    let wall = row.wall()?;
    let same_input = |other: &&Row| other.entry.is_loop() && other.entry.input == row.entry.input;
    let ratio = rows.iter().find(same_input).and_then(Row::wall).map(|base| wall / base);
    let peak_mib = row.peak_mib()?;
    let mut missed = Vec::new();
    if let Some(target) = row.entry.target {
        let kept = match target {
            Target::Ratio(limit) => ratio.is_some_and(|ratio| ratio <= limit),
            Target::Seconds(limit) => wall <= limit,
        };
        let output = row.output_rate().is_none_or(|rate| rate >= OUTPUT_MEGABYTES);
        let limits = [(kept, "time"), (output, "output"), (peak_mib <= MEMORY_MIB, "memory")];
        missed = limits.iter().filter(|(kept, _)| !kept).map(|(_, what)| *what).collect();
    }
    let cpu = median(row.runs.iter().map(|run| run.cpu))?;
    Some(Judged { row, wall, cpu, ratio, peak_mib, missed })
}

impl Judged<'_> {
    fn cells(&self) -> Vec<String> {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let target = self.row.entry.target.map(|target| match target {
            Target::Ratio(limit) => format!("{limit:.1}"),
            Target::Seconds(limit) => format!("{limit:.3} s"),
        });
        let reached = match self.missed.as_slice() {
            _ if target.is_none() => "-".to_owned(),
            [] => "yes".to_owned(),
            missed => format!("no: {}", missed.join(", ")),
        };
        vec![
            self.row.runs.len().to_string(),
            format!("{:.4}", self.wall),
            format!("{:.4}", self.cpu),
            or_dash(self.ratio.map(|ratio| format!("{ratio:.2}"))),
            or_dash(target),
            reached,
            format!("{:.1}", self.peak_mib),
            or_dash(self.row.output_rate().map(|rate| format!("{rate:.0}"))),
        ]
    }
}

/// The table, a line each, in columns as wide as they need to be.
pub(super) fn table(rows: &[Row]) -> String {
    let head = COLUMNS.map(|(name, _)| name.to_owned()).to_vec();
    let lines: Vec<Vec<String>> = std::iter::once(head)
        .chain(rows.iter().map(|row| {
            let begin = vec![row.entry.input.name().to_owned(), row.entry.line.to_owned()];
            let rest = match (&row.failure, judge(row, rows)) {
                (Some(failure), _) => vec![format!("failed: {failure}")],
                (None, Some(judged)) => judged.cells(),
                (None, None) => vec!["not run".to_owned()],
            };
            [begin, rest].concat()
        }))
        .collect();
    let width = |column: usize| {
        // What went wrong has the line for itself.
        let whole = lines.iter().filter(|line| column < 2 || line.len() == COLUMNS.len());
        whole.filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..COLUMNS.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in &lines {
        let alone = line.len() < COLUMNS.len();
        let cells = line.iter().zip(&widths).zip(COLUMNS).map(|((cell, width), (_, number))| {
            if number && !alone { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// The same as JSON.
pub(super) fn document(rows: &[Row], scale: u32) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let judged = judge(row, rows);
            let judged = judged.as_ref();
            let (ratio_limit, seconds_limit) = match row.entry.target {
                Some(Target::Ratio(limit)) => (Some(limit), None),
                Some(Target::Seconds(limit)) => (None, Some(limit)),
                None => (None, None),
            };
            let has_target = row.entry.target.is_some();
            json!({
                "file": row.entry.input.name(),
                "command": row.entry.line,
                "seconds": row.runs.iter().map(|run| run.wall).collect::<Vec<f64>>(),
                "median_seconds": judged.map(|judged| judged.wall),
                "cpu_seconds": judged.map(|judged| judged.cpu),
                "ratio": judged.and_then(|judged| judged.ratio),
                "ratio_limit": ratio_limit,
                "seconds_limit": seconds_limit,
                "missed": judged.filter(|_| has_target).map(|judged| &judged.missed),
                "peak_mib": judged.map(|judged| judged.peak_mib),
                "output_megabytes": row.output,
                "output_megabytes_per_second": row.output_rate(),
                "failure": row.failure,
            })
        })
        .collect();
    json!({ "schema": "vse.bench-decode/1", "scale": scale, "rows": rows })
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn median_of_odd_even_and_none() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), Some(2.5));
        assert_eq!(median(std::iter::empty()), None);
    }
}
