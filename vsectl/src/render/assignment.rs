//! A decision, in a line.

use std::io::{self, Write};

use codec::vse::AssignmentEvent;

use super::agent_tables::{core, percent};
use crate::view::AssignmentView;

/// One decision.
pub(crate) fn line(told: &AssignmentView, out: &mut impl Write) -> io::Result<()> {
    write!(out, "{} {:<8} ", told.time, told.event.to_string())?;
    write!(out, "core {} -> {} ({})", core(told.old_core), core(told.new_core), told.reason)?;
    if told.event != AssignmentEvent::Released {
        write!(out, " load {}", percent(told.load))?;
    }
    if let Some(vm) = told.vm_id {
        write!(out, " vm {vm}")?;
    }
    let matched = if told.matched.is_empty() { "any" } else { &told.matched };
    writeln!(out, " priority={} {matched}", told.priority)
}
