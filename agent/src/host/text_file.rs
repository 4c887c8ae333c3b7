//! Small files of sysfs and procfs.

use std::fs;
use std::io;
use std::path::Path;

/// A file that every Linux has; the error names it.
pub(super) fn required(path: impl AsRef<Path>) -> io::Result<String> {
    let path = path.as_ref();
    fs::read_to_string(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// A file that some kernels or interfaces lack, or that may not be read; without the line's end.
pub(super) fn optional(path: impl AsRef<Path>) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

/// A file that holds one number.
pub(super) fn number(path: impl AsRef<Path>) -> Option<u64> {
    optional(path)?.parse().ok()
}
