//! What was expected of packets and what became of them, for people.

use std::io::{self, Write};

use super::table::Side::{Left, Right};
use super::table::table;
use crate::view::ExpectView;

/// A table of entries, and one of the flows of probes.
pub(crate) fn text(view: &ExpectView, out: &mut impl Write) -> io::Result<()> {
    let verdict = |ok: bool| if ok { "ok" } else { "NOT OK" }.to_owned();
    if let Some(entries) = &view.entries {
        let columns = [
            ("ENTRY", Left),
            ("CORE", Right),
            ("PACKETS", Right),
            ("EXPECTED", Right),
            ("VERDICT", Left),
        ];
        let rows = entries.iter().map(|row| {
            let core = row.core.map_or("-".to_owned(), |core| core.to_string());
            let (packets, expected) = (row.packets.to_string(), row.expected.to_string());
            vec![row.rule.clone(), core, packets, expected, verdict(row.ok)]
        });
        table(&columns, rows, out)?;
    }
    if let Some(flows) = &view.flows {
        let columns = [
            ("FLOW", Right),
            ("SENT", Right),
            ("RECEIVED", Right),
            ("LOST", Right),
            ("LATE", Right),
            ("TWICE", Right),
            ("P50 us", Right),
            ("P90 us", Right),
            ("P99 us", Right),
            ("MAX us", Right),
            ("VERDICT", Left),
        ];
        let rows = flows.iter().map(|row| {
            let counts = [row.sent, row.received, row.lost, row.late, row.duplicates];
            let mut cells = vec![row.flow.to_string()];
            cells.extend(counts.iter().map(u64::to_string));
            match row.delay {
                Some(delay) => {
                    let delays = [delay.p50, delay.p90, delay.p99, delay.max];
                    cells.extend(delays.iter().map(|delay| format!("{delay:.1}")));
                }
                None => cells.extend(std::iter::repeat_n("-".to_owned(), 4)),
            }
            cells.push(verdict(row.is_ok()));
            cells
        });
        table(&columns, rows, out)?;
    }
    Ok(())
}
