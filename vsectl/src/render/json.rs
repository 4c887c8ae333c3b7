//! JSON: one document, or a line for each view.

use std::io::{self, Write};

use serde::Serialize;

/// An array that is written as its views come, one a line.
#[derive(Debug, Default)]
pub(crate) struct Array {
    begun: bool,
}

impl Array {
    /// One more view.
    pub(crate) fn push(&mut self, view: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
        out.write_all(if self.begun { b",\n" } else { b"[\n" })?;
        self.begun = true;
        Ok(serde_json::to_writer(out, view)?)
    }

    /// The end of the array.
    pub(crate) fn finish(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(if self.begun { b"\n]\n" } else { b"[]\n" })
    }
}

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
