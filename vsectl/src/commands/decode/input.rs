//! Where frames come from, and where copies of them go.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use dissect::savefile::{Format, Writer, decompressed};

/// How often a file that may grow is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// A capture that is written.
pub(super) type Copy = Writer<Box<dyn Write>>;

/// A capture that is read, and its length where it is known.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) reader: Box<dyn Read>,
    pub(super) len: Option<u64>,
}

/// Opens a capture; `-` is standard input.
pub(super) fn open(path: &Path, follow: bool) -> io::Result<Input> {
    if path.as_os_str() == "-" {
        let reader = decompressed(io::stdin())?;
        return Ok(Input { name: "standard input".to_owned(), reader, len: None });
    }
    let name = path.display().to_string();
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let len = metadata.is_file().then_some(metadata.len());
    if follow && len.is_some() {
        return Ok(Input { name, reader: decompressed(Growing(file))?, len: None });
    }
    Ok(Input { name, reader: decompressed(file)?, len })
}

/// A file that may grow: its end is waited for.
struct Growing(File);

impl Read for Growing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer)? {
                0 if !buffer.is_empty() => thread::sleep(LOOK),
                read => return Ok(read),
            }
        }
    }
}

/// Creates a capture; `-` is standard output.
pub(super) fn create(path: &Path, format: Format) -> io::Result<Copy> {
    let out: Box<dyn Write> = if path.as_os_str() == "-" {
        Box::new(BufWriter::new(io::stdout()))
    } else {
        let file = File::create(path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        Box::new(BufWriter::with_capacity(256 * 1024, file))
    };
    Ok(Writer::new(out, format))
}
