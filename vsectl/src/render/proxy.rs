//! How a proxy is, for people.

use std::io::{self, Write};

use agent::proxy::{FramesStatus, LinkState, Status, SwitchStatus};

use super::table::Side::{Left, Right};
use super::table::table;

/// A table of the switches, and one of what came of frames.
pub(crate) fn status(status: &Status, out: &mut impl Write) -> io::Result<()> {
    if let Some(controller) = &status.controller {
        writeln!(out, "controller {controller}")?;
        let columns = [
            ("SWITCH", Right),
            ("FROM", Left),
            ("DATAPATH", Left),
            ("CONTROLLER", Left),
            ("VSE", Left),
            ("VMS", Right),
            ("OF SWITCH", Right),
            ("OF CONTROLLER", Right),
            ("OF VSE", Right),
            ("BARE", Right),
            ("REWRITTEN", Right),
            ("REFUSED", Right),
            ("UNSETTLED", Right),
        ];
        table(&columns, status.switches.iter().map(switch), out)?;
    }
    match &status.frames {
        Some(frames) => frames_of(frames, out),
        None => Ok(()),
    }
}

fn switch(switch: &SwitchStatus) -> Vec<String> {
    let passed = &switch.counters;
    let mut row = vec![
        switch.number.to_string(),
        switch.peer.clone(),
        switch.datapath_id.map_or("-".to_owned(), |id| format!("{:016x}", id.0)),
        match (switch.controller, switch.speaks_vse) {
            (LinkState::Up, true) => "up, speaks VSE".to_owned(),
            (state, _) => word(state).to_owned(),
        },
        word(switch.vse).to_owned(),
    ];
    let numbers = [
        passed.from_switch,
        passed.from_controller,
        passed.from_vse,
        passed.bare,
        passed.rewritten,
        passed.refused,
    ];
    row.push(switch.vms.to_string());
    row.extend(numbers.iter().map(u64::to_string));
    row.push(switch.unsettled.to_string());
    row
}

fn word(state: LinkState) -> &'static str {
    match state {
        LinkState::Down => "down",
        LinkState::Connecting => "connecting",
        LinkState::Up => "up",
    }
}

fn frames_of(frames: &FramesStatus, out: &mut impl Write) -> io::Result<()> {
    let state = if frames.is_open { "open" } else { "not open" };
    let trust = if frames.is_authenticated { "signed frames alone" } else { "every frame" };
    writeln!(out, "frames of 0x88b5 on {}: {state}, {trust}", frames.interface)?;
    let counters = &frames.counters;
    let columns = [
        ("ACCEPTED", Right),
        ("ANSWERS", Right),
        ("FOR ANOTHER", Right),
        ("MALFORMED", Right),
        ("FORGED", Right),
        ("REPLAYED", Right),
        ("REFLECTED", Right),
        ("NO ROOM", Right),
        ("TOO LONG", Right),
    ];
    let row = [
        counters.accepted,
        counters.answers,
        counters.wrong_destination,
        counters.malformed,
        counters.forged,
        counters.replayed,
        counters.reflected,
        counters.dropped,
        counters.too_long,
    ];
    table(&columns, [row.iter().map(u64::to_string).collect()], out)
}
