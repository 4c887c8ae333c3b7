//! A trace, for people.

use std::io::{self, Write};

use super::agent_tables::core;
use crate::view::TraceView;

/// The core and the rule, then an entry a line.
pub(crate) fn text(trace: &TraceView, out: &mut impl Write) -> io::Result<()> {
    if let Some(number) = trace.number {
        write!(out, "frame {number}, ")?;
    }
    writeln!(out, "{} bytes: core {}", trace.frame.len(), core(trace.core))?;
    writeln!(out, "  rule: {} ({})", trace.rule, trace.reason)?;
    for candidate in &trace.candidates {
        let matched = if candidate.matched.is_empty() { "any" } else { &candidate.matched };
        write!(out, "  {:<8}  ", candidate.outcome.to_string())?;
        write!(out, "priority={} {matched}", candidate.priority)?;
        match candidate.field {
            Some(field) => writeln!(out, ": {field} differs")?,
            None => writeln!(out, ": core {}", core(candidate.core))?,
        }
    }
    Ok(())
}
