//! A plot of a report over time, as SVG.

use std::io::{self, Write};

use dissect::stats::{Cell, Report};

/// Size of the picture, and of the space around the plot.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 360.0;
const MARGIN: f64 = 60.0;
/// Bars that can be told apart; more intervals are put together.
const BARS: usize = 400;

/// Plots the second column, over the time in the first.
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
    let most = top(bars.iter().map(|(_, count)| *count).max().unwrap_or(0));
    let interval = match points.as_slice() {
        [(a, _), (b, _), ..] => (b - a) * group as f64,
        _ => 1.0,
    };
    let last = bars.last().map_or(interval, |(time, _)| time + interval);
    let (width, height) = (WIDTH - 2.0 * MARGIN, HEIGHT - 2.0 * MARGIN);
    writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">"#
    )?;
    writeln!(out, r##"<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>"##)?;
    writeln!(
        out,
        r#"<text x="{}" y="24" text-anchor="middle" font-size="15">Frames over time</text>"#,
        WIDTH / 2.0
    )?;
    for step in 0..=4 {
        let share = f64::from(step) / 4.0;
        let y = MARGIN + height * (1.0 - share);
        let right = WIDTH - MARGIN;
        writeln!(out, r##"<path d="M{MARGIN} {y}H{right}" stroke="#dddddd"/>"##)?;
        let label = most as f64 * share;
        let (x, below) = (MARGIN - 8.0, y + 4.0);
        writeln!(out, r#"<text x="{x}" y="{below}" text-anchor="end">{label:.0}</text>"#)?;
        let (x, y) = (MARGIN + width * share, HEIGHT - MARGIN + 20.0);
        let label = last * share;
        writeln!(out, r#"<text x="{x}" y="{y}" text-anchor="middle">{label:.3} s</text>"#)?;
    }
    let bar = (width * interval / last - 0.5).max(0.5);
    for (time, count) in &bars {
        let (x, tall) = (MARGIN + width * time / last, height * *count as f64 / most as f64);
        let y = MARGIN + height - tall;
        writeln!(
            out,
            r##"<rect x="{x:.2}" y="{y:.2}" width="{bar:.2}" height="{tall:.2}" fill="#3366aa"/>"##
        )?;
    }
    writeln!(
        out,
        r#"<text x="{}" y="{}" text-anchor="middle">frames in {interval} s, over seconds since the first</text>"#,
        WIDTH / 2.0,
        HEIGHT - 14.0
    )?;
    writeln!(out, "</svg>")
}

/// The top of an axis for values up to `most`: a round number whose quarters are whole.
fn top(most: u64) -> u64 {
    let mut ten = 1_u64;
    loop {
        for step in [4, 8, 12, 20, 40] {
            let top = step * ten;
            if top >= most {
                return top;
            }
        }
        let Some(next) = ten.checked_mul(10) else { return most };
        ten = next;
    }
}
