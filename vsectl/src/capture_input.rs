//! Where frames come from.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use dissect::savefile::decompressed;

use crate::exit::diagnostic;
use crate::{capture_ring, signals};

/// How often a file that may grow is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// A capture that is read, and its length where it is known.
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) reader: Box<dyn Read + Send>,
    pub(crate) len: Option<u64>,
    /// Told at the end of a file that is followed: what goes on where it ended.
    pub(crate) next: Receiver<PathBuf>,
}

impl Input {
    fn new(name: String, reader: impl Read + Send + 'static) -> io::Result<Self> {
        let (_, next) = channel();
        Ok(Self { name, reader: decompressed(reader)?, len: None, next })
    }
}

/// Opens a capture; `-` is standard input. What is followed may also be the name that a ring was given:
/// then it is the oldest of its files.
pub(crate) fn open(path: &Path, follow: bool) -> io::Result<Input> {
    if path.as_os_str() == "-" {
        return Input::new("standard input".to_owned(), io::stdin());
    }
    let (path, file) = match File::open(path) {
        Err(error) if follow && error.kind() == ErrorKind::NotFound => {
            let oldest = capture_ring::oldest(path).ok().flatten().ok_or(error)?;
            let file = File::open(&oldest)?;
            (oldest, file)
        }
        opened => (path.to_owned(), opened?),
    };
    let name = path.display().to_string();
    let metadata = file.metadata()?;
    let len = metadata.is_file().then_some(metadata.len());
    if follow && len.is_some() {
        let (ended, next) = channel();
        let growing = Growing { path, file, read: 0, next: ended };
        return Ok(Input { next, ..Input::new(name, growing)? });
    }
    Ok(Input { len, ..Input::new(name, file)? })
}

/// A file that may grow: its end is waited for, until another file has its name, it is cut to begin
/// anew, the next file of its ring is there, or a signal asks for an end.
struct Growing {
    path: PathBuf,
    file: File,
    /// Bytes that were read of it.
    read: u64,
    next: Sender<PathBuf>,
}

impl Read for Growing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            // Looked at before the file is read: what its writer wrote until then comes first.
            let over = signals::asked();
            let replaced = self.is_replaced()?;
            let read = self.read_more(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            if replaced {
                self.go_on_with(self.path.clone());
                return Ok(0);
            }
            // A writer begins the next file of a ring when it has closed this one.
            if let Some(next) = capture_ring::after(&self.path)? {
                let read = self.read_more(buffer)?;
                if read == 0 {
                    self.go_on_behind(next);
                }
                return Ok(read);
            }
            if over {
                return Ok(0);
            }
            thread::sleep(LOOK);
        }
    }
}

impl Growing {
    fn read_more(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read += u64::try_from(read).unwrap_or(0);
        Ok(read)
    }

    fn go_on_behind(&self, next: capture_ring::Next) {
        let capture_ring::Next { path, missed } = next;
        if missed > 0 {
            let (from, to) = (self.path.display(), path.display());
            diagnostic!(
                "{missed} files between {from} and {to} were removed before they were read"
            );
        }
        self.go_on_with(path);
    }

    /// Tells what is to be read next, unless nobody asks.
    fn go_on_with(&self, path: PathBuf) {
        drop(self.next.send(path));
    }

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
