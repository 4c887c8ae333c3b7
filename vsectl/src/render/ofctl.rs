//! Flows as ovs-ofctl dumps them; the lines paste back into `ovs-ofctl` and into `vsectl flow add`.

use std::io::{self, Write};

use crate::view::FlowView;

/// One entry. The words in front of the flow are read over when the line is pasted.
pub(crate) fn line(flow: &FlowView, out: &mut impl Write) -> io::Result<()> {
    if let Some(done) = &flow.stats {
        write!(out, "duration={:.3}s, table={}, ", done.duration, flow.table_id)?;
        write!(out, "n_packets={}, n_bytes={}, ", done.packets, done.bytes)?;
    }
    writeln!(out, "{}", flow.flow)
}
