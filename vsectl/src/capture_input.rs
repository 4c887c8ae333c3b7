//! Where frames come from.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use dissect::savefile::decompressed;

use crate::signals;

/// How often a file that may grow is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// A capture that is read, and its length where it is known.
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) reader: Box<dyn Read>,
    pub(crate) len: Option<u64>,
    /// Set at the end of a file that is followed, when another one has its name.
    pub(crate) replaced: Rc<Cell<bool>>,
}

impl Input {
    pub(crate) fn new(name: String, reader: impl Read + 'static) -> io::Result<Self> {
        let reader = decompressed(reader)?;
        Ok(Self { name, reader, len: None, replaced: Rc::default() })
    }
}

/// Opens a capture; `-` is standard input.
pub(crate) fn open(path: &Path, follow: bool) -> io::Result<Input> {
    if path.as_os_str() == "-" {
        return Input::new("standard input".to_owned(), io::stdin());
    }
    let name = path.display().to_string();
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let len = metadata.is_file().then_some(metadata.len());
    if follow && len.is_some() {
        let replaced: Rc<Cell<bool>> = Rc::default();
        let growing =
            Growing { path: path.to_owned(), file, read: 0, replaced: Rc::clone(&replaced) };
        return Ok(Input { replaced, ..Input::new(name, growing)? });
    }
    Ok(Input { len, ..Input::new(name, file)? })
}

/// A file that may grow: its end is waited for, until another file has its name, it is cut to begin
/// anew, or a signal asks for an end.
struct Growing {
    path: PathBuf,
    file: File,
    /// Bytes that were read of it.
    read: u64,
    replaced: Rc<Cell<bool>>,
}

impl Read for Growing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            // Looked at before the file is read: what its writer wrote until then comes first.
            let over = signals::asked();
            let replaced = self.is_replaced()?;
            let read = self.file.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                self.read += u64::try_from(read).unwrap_or(0);
                return Ok(read);
            }
            if over || replaced {
                self.replaced.set(replaced);
                return Ok(0);
            }
            thread::sleep(LOOK);
        }
    }
}

impl Growing {
    fn is_replaced(&self) -> io::Result<bool> {
        let held = self.file.metadata()?;
        if held.len() < self.read {
            return Ok(true);
        }
        // Between its renaming and the next file, there is none of that name.
        Ok(fs::metadata(&self.path)
            .is_ok_and(|named| (named.dev(), named.ino()) != (held.dev(), held.ino())))
    }
}
