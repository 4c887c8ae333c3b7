//! `cargo xtask agree DIR…`: every capture below the folders, frame by frame, by vsectl and by
//! tshark: which layers there are, and which OpenFlow messages, with their types and xids. What differs
//! is counted by kind, with the first place of each. The captures are those of others, and stay
//! where they are.

mod ours;
mod tally;
mod theirs;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, bail};

use self::tally::Tally;
use crate::packages;
use crate::run::{cargo, step, top};

/// How captures begin: pcap in both byte orders and resolutions, pcapng, gzip, zstd.
const MAGIC: [[u8; 4]; 7] = [
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0x0a, 0x0d, 0x0d, 0x0a],
    [0x1f, 0x8b, 0x08, 0x00],
    [0x28, 0xb5, 0x2f, 0xfd],
];

/// What one program says of a frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Said {
    /// The layers, outermost first, by their names.
    layers: Vec<String>,
    /// For each layer, the one in front of it that the other program does not know.
    carriers: Vec<Option<String>>,
    /// The protocol behind them that the other program does not know.
    end: Option<String>,
    /// The types of all OpenFlow messages that stand in no other.
    types: Vec<u64>,
    /// Their xids.
    xids: Vec<u64>,
    /// How the segment stands in its stream, where the programs may go by that.
    segment: Segment,
}

/// How a TCP segment stands in its stream, as tshark sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Segment {
    #[default]
    InOrder,
    /// Bytes before it are not in the capture: tshark does not look for the next message.
    BehindGap,
    /// It was sent before: tshark reads it again where it did not put the stream together.
    Repeated,
}

impl Said {
    /// Adds a layer. How many messages there are, their types say, and of labels tshark does not say
    /// it; layers of VSE's own are no matter of comparison.
    fn layer(&mut self, name: &str, carrier: Option<String>) {
        let one = matches!(name, "openflow" | "mpls");
        let again = one && self.layers.last().is_some_and(|last| last == name);
        if !again && !name.starts_with("vse") {
            self.layers.push(name.to_owned());
            self.carriers.push(carrier);
        }
    }
}

/// The frames of a capture, by their numbers.
type Frames = BTreeMap<u64, Said>;

pub(crate) fn run(folders: &[String]) -> anyhow::Result<()> {
    if folders.is_empty() {
        bail!("name the folders, or the captures, to compare");
    }
    packages::need(&[packages::TSHARK])?;
    let program = vsectl()?;
    let known = ours::protocols(&program)?;
    let tally = Mutex::<Tally>::default();
    in_parallel(&captures(folders)?, |capture| {
        let said = ours::read(&program, capture).map(|ours| (ours, theirs::read(capture, &known)));
        let Ok(mut tally) = tally.lock() else { return };
        match said {
            Ok((ours, Ok(theirs))) => tally.compare(capture, &ours, &theirs),
            Ok((_, Err(error))) => tally.unread(capture, &error),
            Err(error) => tally.failed(capture, &error),
        }
    });
    let Ok(tally) = tally.into_inner() else { bail!("a worker panicked") };
    println!("{tally}");
    if tally.has_failures() {
        bail!("vsectl failed on a capture");
    }
    Ok(())
}

/// The program, built with its checks.
pub(crate) fn vsectl() -> anyhow::Result<PathBuf> {
    step("vsectl", &mut cargo(&["build", "--package", "vsectl"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(top().join("target"), PathBuf::from);
    Ok(target.join("debug/vsectl"))
}

/// Does the same with every capture, with as many at once as there are cores.
pub(crate) fn in_parallel(captures: &[PathBuf], each: impl Fn(&Path) + Sync) {
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(capture) = captures.get(next.fetch_add(1, Ordering::Relaxed)) {
                    each(capture);
                }
            });
        }
    });
}

/// The captures below folders.
pub(crate) fn captures(folders: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    let mut captures = Vec::new();
    for folder in folders {
        find(Path::new(folder), &mut captures)?;
    }
    captures.sort();
    Ok(captures)
}

/// Captures below a folder, by how they begin.
fn find(path: &Path, captures: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let name = || path.display().to_string();
    if path.is_dir() {
        for entry in fs::read_dir(path).with_context(name)? {
            find(&entry?.path(), captures)?;
        }
    } else if path.is_file() {
        let mut begin = [0; 4];
        let mut file = File::open(path).with_context(name)?;
        if file.read(&mut begin)? == 4 && MAGIC.contains(&begin) {
            captures.push(path.to_owned());
        }
    }
    Ok(())
}
