//! The XDP datapath, for people.

use std::io::{self, Write};

use codec::vse::Core;

use super::table::Side::{Left, Right};
use super::table::table;
use crate::view::DatapathView;

/// What is attached, what it did, by core, and what waits.
pub(crate) fn text(view: &DatapathView, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}: layout {}, table {}", view.folder, view.layout, view.generation)?;
    writeln!(
        out,
        "entries: {} of {}, masks: {}; cpumap {}, queues of {} frames",
        view.flows,
        view.max_flows,
        view.masks,
        or_dash(view.cpumap),
        view.queue_size
    )?;
    let counters: Vec<String> =
        view.counters.iter().map(|(name, count)| format!("{count} {name}")).collect();
    writeln!(out, "{}", counters.join(", "))?;
    if view.interfaces.is_empty() {
        writeln!(out, "attached to no interface")?;
    } else {
        let columns = [("INTERFACE", Left), ("MODE", Left), ("PROGRAM", Right), ("TAG", Left)];
        let rows = view.interfaces.iter().map(|interface| {
            let tag = interface.tag.clone().unwrap_or_else(|| "-".to_owned());
            vec![interface.name.clone(), interface.mode.to_owned(), or_dash(interface.program), tag]
        });
        table(&columns, rows, out)?;
    }
    let columns = [
        ("CORE", Right),
        ("PACKETS", Right),
        ("DROPS", Right),
        ("SOFTIRQ S", Right),
        ("CPUMAP THREAD S", Right),
    ];
    let rows = view.cores.iter().map(|row| {
        let core = &row.core;
        let times = [row.softirq_seconds, row.thread_seconds].map(|time| format!("{time:.2}"));
        let counts = [core.core.to_string(), core.packets.to_string(), core.drops.to_string()];
        counts.into_iter().chain(times).collect()
    });
    table(&columns, rows, out)?;
    for waiting in &view.waiting_moves {
        let to = match waiting.to {
            Core::NONE => "another core".to_owned(),
            core => format!("core {core}"),
        };
        writeln!(
            out,
            "waits: {} to {to} ({}): its old core has frames of it still; {} frames kept it",
            waiting.flow.matched(),
            waiting.reason,
            waiting.frames
        )?;
    }
    Ok(())
}

fn or_dash(number: Option<u32>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| number.to_string())
}
