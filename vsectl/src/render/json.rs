//! JSON: one document, or a line for each view.

use std::io::{self, Write};

use serde::Serialize;

/// One document that people can read: the view itself, or an array where there are several.
pub(crate) fn document<V: Serialize>(views: &[V], out: &mut impl Write) -> io::Result<()> {
    match views {
        [single] => serde_json::to_writer_pretty(&mut *out, single)?,
        several => serde_json::to_writer_pretty(&mut *out, several)?,
    }
    writeln!(out)
}

/// One line.
pub(crate) fn line(view: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, view)?;
    writeln!(out)
}
