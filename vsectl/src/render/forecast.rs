//! A load forecast, for people.

use std::io::{self, Write};

use codec::vse::Core;

use super::agent_tables::{bar, core, percent};
use super::table::Side::{Left, Right};
use super::table::table;
use crate::view::ForecastView;

/// Characters of the bar of a share.
const BAR: usize = 10;

/// A line on the sample, then the cores, then the entries that it meets.
pub(crate) fn tables(forecast: &ForecastView, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{} frames in {:.3} s, received on core {}; {} match no entry",
        forecast.frames, forecast.seconds, forecast.received_on, forecast.unmatched
    )?;
    let columns = [
        ("CORE", Right),
        ("LOAD NOW", Right),
        ("FRAMES", Right),
        ("SHARE", Right),
        ("", Left),
        ("FRAMES/S", Right),
        ("MBIT/S", Right),
        ("REDIRECTED", Right),
        ("ENTRIES", Right),
    ];
    let rate = |rate: Option<f64>, unit: f64, digits: usize| {
        rate.map_or("-".to_owned(), |rate| format!("{:.*}", digits, rate / unit))
    };
    let rows = forecast.cores.iter().map(|row| {
        vec![
            core(row.core),
            percent(row.load),
            row.frames.to_string(),
            percent(per_mille(row.share)),
            bar(per_mille(row.share), BAR),
            rate(row.frames_per_second, 1.0, 0),
            rate(row.bits_per_second, 1e6, 3),
            row.redirected.to_string(),
            row.entries.to_string(),
        ]
    });
    table(&columns, rows, out)?;
    let columns =
        [("FRAMES", Right), ("SHARE", Right), ("CORE", Right), ("WHY", Left), ("ENTRY", Left)];
    let rows = forecast.entries.iter().map(|row| {
        let has_core = row.core != Core::NONE;
        vec![
            row.frames.to_string(),
            percent(per_mille(row.share)),
            core(row.core),
            if has_core { row.reason.to_string() } else { "-".to_owned() },
            row.flow.clone(),
        ]
    });
    table(&columns, rows, out)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share is from 0 to 1"
)]
fn per_mille(share: f64) -> u16 {
    (share * 1000.0).round() as u16
}
