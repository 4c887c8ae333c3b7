//! Plots as SVG: bars over time, and lines from trial to trial.

use std::io::{self, Write};

use dissect::stats::{Cell, Report};

/// Size of the picture, and of the space around the plot.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 360.0;
const MARGIN: f64 = 60.0;
/// Size of the plot.
const ACROSS: f64 = WIDTH - 2.0 * MARGIN;
const UP: f64 = HEIGHT - 2.0 * MARGIN;
/// Bars that can be told apart; more intervals are put together.
const BARS: usize = 400;
/// Trials that have room for their numbers; of more, only some are numbered.
const NUMBERS: usize = 20;
/// One for each model of an experiment.
const COLOURS: [&str; 3] = ["#bb4444", "#cc8800", "#226699"];

/// What stands around a plot.
struct Axes<'a> {
    title: &'a str,
    /// What the axes count.
    below: &'a str,
    /// The value at the top; at the bottom it is 0.
    top: f64,
    /// Places on the lower axis, from 0 to 1, and what is written there.
    ticks: Vec<(f64, String)>,
}

impl Axes<'_> {
    fn draw(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">"#
        )?;
        writeln!(out, r##"<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>"##)?;
        let centre = WIDTH / 2.0;
        writeln!(
            out,
            r#"<text x="{centre}" y="24" text-anchor="middle" font-size="15">{}</text>"#,
            self.title
        )?;
        for step in 0..=4 {
            let share = f64::from(step) / 4.0;
            let (y, right) = (MARGIN + UP * (1.0 - share), WIDTH - MARGIN);
            writeln!(out, r##"<path d="M{MARGIN} {y}H{right}" stroke="#dddddd"/>"##)?;
            let (x, below, label) = (MARGIN - 8.0, y + 4.0, self.top * share);
            writeln!(out, r#"<text x="{x}" y="{below}" text-anchor="end">{label}</text>"#)?;
        }
        for (share, label) in &self.ticks {
            let (x, y) = (MARGIN + ACROSS * share, HEIGHT - MARGIN + 20.0);
            writeln!(out, r#"<text x="{x:.1}" y="{y}" text-anchor="middle">{label}</text>"#)?;
        }
        let (x, y) = (centre, HEIGHT - 14.0);
        writeln!(out, r#"<text x="{x}" y="{y}" text-anchor="middle">{}</text>"#, self.below)
    }
}

/// Plots the second column of a report, over the time in the first.
#[allow(clippy::cast_precision_loss, reason = "a picture has a few hundred points")]
pub(crate) fn bars(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let points: Vec<(f64, u64)> = report
        .rows
        .iter()
        .filter_map(|row| match row.as_slice() {
            [Cell::Seconds(time), Cell::Number(count), ..] => Some((*time as f64 / 1e9, *count)),
            _ => None,
        })
        .collect();
    let group = points.len().div_ceil(BARS).max(1);
    let bars: Vec<(f64, u64)> = points
        .chunks(group)
        .filter_map(|chunk| Some((chunk.first()?.0, chunk.iter().map(|(_, count)| count).sum())))
        .collect();
    let top = top(bars.iter().map(|(_, count)| *count as f64).fold(0.0, f64::max));
    let interval = match points.as_slice() {
        [(a, _), (b, _), ..] => (b - a) * group as f64,
        _ => 1.0,
    };
    let last = bars.last().map_or(interval, |(time, _)| time + interval);
    let ticks = (0..=4).map(|step| f64::from(step) / 4.0);
    let axes = Axes {
        title: "Frames over time",
        below: &format!("frames in {interval} s, over seconds since the first"),
        top,
        ticks: ticks.map(|share| (share, format!("{:.3} s", last * share))).collect(),
    };
    axes.draw(out)?;
    let bar = (ACROSS * interval / last - 0.5).max(0.5);
    for (time, count) in &bars {
        let (x, tall) = (MARGIN + ACROSS * time / last, UP * *count as f64 / top);
        let y = MARGIN + UP - tall;
        writeln!(
            out,
            r##"<rect x="{x:.2}" y="{y:.2}" width="{bar:.2}" height="{tall:.2}" fill="#3366aa"/>"##
        )?;
    }
    writeln!(out, "</svg>")
}

/// A line: its name, and a value for each trial.
pub(crate) type Line<'a> = (&'a str, &'a [f64]);

/// Plots lines of values from trial to trial, in the manner of Fig. 7 of the paper.
#[allow(clippy::cast_precision_loss, reason = "a picture has a few hundred points")]
pub(crate) fn lines(
    title: &str,
    values: &str,
    lines: &[Line<'_>],
    out: &mut impl Write,
) -> io::Result<()> {
    let top = top(lines.iter().flat_map(|(_, values)| *values).copied().fold(0.0, f64::max));
    let trials = lines.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    // Half a place is left at both ends.
    let place = |trial: usize| (trial as f64 + 0.5) / trials.max(1) as f64;
    let numbered = (0..trials).step_by(trials.div_ceil(NUMBERS).max(1));
    let axes = Axes {
        title,
        below: &format!("{values}, by trial"),
        top,
        ticks: numbered.map(|trial| (place(trial), (trial + 1).to_string())).collect(),
    };
    axes.draw(out)?;
    for (((name, values), colour), number) in lines.iter().zip(COLOURS.iter().cycle()).zip(0..) {
        let points: Vec<(f64, f64)> = values
            .iter()
            .enumerate()
            .map(|(trial, value)| {
                (MARGIN + ACROSS * place(trial), MARGIN + UP * (1.0 - value / top))
            })
            .collect();
        let path: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let path = path.join(" ");
        writeln!(
            out,
            r#"<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>"#
        )?;
        for (x, y) in &points {
            writeln!(out, r#"<circle cx="{x:.1}" cy="{y:.1}" r="4" fill="{colour}"/>"#)?;
        }
        let x = MARGIN + f64::from(number) * 110.0;
        writeln!(out, r#"<text x="{x}" y="46" fill="{colour}">{name}</text>"#)?;
    }
    writeln!(out, "</svg>")
}

/// The top of an axis for values up to `most`: a round number whose quarters are whole.
fn top(most: f64) -> f64 {
    let mut ten = 1.0;
    loop {
        for step in [4.0, 8.0, 12.0, 20.0, 40.0] {
            let top = step * ten;
            // What has no number above it has no picture either.
            if top >= most || !top.is_finite() {
                return top;
            }
        }
        ten *= 10.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tops_are_round() {
        let tops = [0.0, 3.2, 4.0, 9.0, 73.6, 491.2].map(|most| top(most).to_string());
        assert_eq!(tops, ["4", "4", "4", "12", "80", "800"]);
        assert!(top(f64::INFINITY).is_infinite());
    }

    #[test]
    fn every_trial_is_a_point() {
        let mut svg = Vec::new();
        lines("collision", "Mbit/s", &[("rss", &[1.0, 2.0]), ("vse", &[3.0])], &mut svg)
            .expect("memory takes it");
        let svg = String::from_utf8(svg).expect("it is text");
        assert_eq!(svg.matches("<circle").count(), 3);
        assert!(svg.contains(">Mbit/s, by trial</text>"), "{svg}");
        // Two places, a half of one left at both ends; 4 is at the top.
        assert!(svg.contains(r#"<polyline points="270.0,240.0 690.0,180.0""#), "{svg}");
    }
}
