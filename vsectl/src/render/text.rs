//! Plain text: a line for each thing shown.

use std::fmt::Display;
use std::io::{self, Write};

/// One line.
pub(crate) fn line(shown: impl Display, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{shown}")
}
