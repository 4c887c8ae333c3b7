//! The difference of two flow tables, as `ovs-ofctl diff-flows` has it: `-` in front of what the
//! first has, `+` in front of what the second has.

use std::io::{self, Write};

use crate::view::FlowDiffView;

/// A line for each entry that differs.
pub(crate) fn text(diff: &FlowDiffView, out: &mut impl Write) -> io::Result<()> {
    diff.removed.iter().try_for_each(|flow| writeln!(out, "-{flow}"))?;
    for changed in &diff.changed {
        writeln!(out, "-{}\n+{}", changed.from, changed.to)?;
    }
    diff.added.iter().try_for_each(|flow| writeln!(out, "+{flow}"))
}
