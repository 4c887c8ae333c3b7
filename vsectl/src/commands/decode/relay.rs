//! Threads that take turns: each reads the next frames and follows their streams, which only their
//! order allows, and walks over them while the next thread reads.
//!
//! So what a thread reads stays in the cache of its core, and how much is kept in memory does not
//! depend on the capture.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::panic::resume_unwind;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use codec::types::Line;
use dissect::Dissector;

use super::batch::Batch;
use super::front::{Front, Streams};
use super::lane::Lane;
use super::output::Output;

/// More threads would wait for their turn to read.
const MOST_THREADS: usize = 4;
/// Batches that are kept for each thread until those before them are printed.
const KEPT: u64 = 2;

/// How many threads are of use on this machine.
pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS)
}

/// One of those that take turns.
pub(super) struct Runner {
    pub(super) lane: Lane,
    pub(super) dissector: Dissector,
}

/// What threads take turns at.
struct Turns<'a, 'b, R, W> {
    front: Mutex<&'a mut Front<'b, R>>,
    streams: Mutex<&'a mut Streams<'b>>,
    printer: Printer<'a, W>,
}

/// Takes all frames, prints them in their order, and returns what the runners have counted.
pub(super) fn run<'b, R: Read + Send, W: Write + Send>(
    front: &mut Front<'b, R>,
    streams: &mut Streams<'b>,
    mut runners: Vec<Runner>,
    output: &mut Output,
    out: &mut W,
) -> io::Result<Vec<Lane>> {
    let mut batch = Batch::default();
    if !front.fill(&mut batch) {
        return Ok(Vec::new());
    }
    streams.follow(&mut batch);
    if front.is_over() {
        runners.truncate(1);
    }
    let most = KEPT * u64::try_from(runners.len()).unwrap_or(1);
    let printer = Printer::new(output, out, most);
    let turns = Turns { front: Mutex::new(front), streams: Mutex::new(streams), printer };
    let first = runners.pop();
    thread::scope(|scope| {
        let turns = &turns;
        let others: Vec<_> = runners
            .into_iter()
            .map(|runner| scope.spawn(move || turns.run(runner, None)))
            .collect();
        let first = first.map(|runner| turns.run(runner, Some(batch)));
        let ended = others.into_iter().map(|it| it.join().unwrap_or_else(|it| resume_unwind(it)));
        first.into_iter().chain(ended).collect()
    })
}

impl<R: Read, W: Write> Turns<'_, '_, R, W> {
    /// Takes the frames of `batch`, and of others as long as there are any.
    fn run(&self, runner: Runner, batch: Option<Batch>) -> io::Result<Lane> {
        let Runner { mut lane, mut dissector } = runner;
        let mut whole = Whole { printer: &self.printer, done: false };
        let mut filled = batch.is_some();
        let mut batch = batch.unwrap_or_default();
        while filled || self.next(&mut batch) {
            filled = false;
            batch.run(&mut lane, &mut dissector)?;
            if !self.printer.put(&mut batch)? {
                break;
            }
        }
        whole.done = true;
        Ok(lane)
    }

    /// Reads the next batch, and follows its streams while the one behind it is read. Returns
    /// whether there was any.
    fn next(&self, batch: &mut Batch) -> bool {
        // Whoever panicked has left a frame half read, or its stream half followed.
        let Ok(mut front) = self.front.lock() else { return false };
        if !front.fill(batch) {
            return false;
        }
        // Asked for before the next one reads, so that the batches stay in their order.
        let Ok(mut streams) = self.streams.lock() else { return false };
        drop(front);
        streams.follow(batch);
        true
    }
}

/// Sees to it that nobody waits for a batch of a thread that ended by an error or a panic.
struct Whole<'a, 'b, W> {
    printer: &'a Printer<'b, W>,
    done: bool,
}

impl<W> Drop for Whole<'_, '_, W> {
    fn drop(&mut self) {
        if !self.done {
            self.printer.close();
        }
    }
}

/// Prints what threads have printed of their batches, in the order of the capture.
struct Printer<'a, W> {
    state: Mutex<Printed<'a, W>>,
    /// Told when a batch is printed.
    changed: Condvar,
    /// Batches that are kept at most.
    most: u64,
}

struct Printed<'a, W> {
    output: &'a mut Output,
    out: &'a mut W,
    /// The number of the batch to print next.
    next: u64,
    /// The texts of batches behind it.
    kept: BTreeMap<u64, Line>,
    spare: Vec<Line>,
    closed: bool,
}

impl<'a, W> Printer<'a, W> {
    fn new(output: &'a mut Output, out: &'a mut W, most: u64) -> Self {
        let (kept, spare) = (BTreeMap::new(), Vec::new());
        let state = Mutex::new(Printed { output, out, next: 0, kept, spare, closed: false });
        Self { state, changed: Condvar::new(), most }
    }

    fn state(&self) -> MutexGuard<'_, Printed<'a, W>> {
        // A panic while it is locked closes it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing more is printed.
    fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }
}

impl<W: Write> Printer<'_, W> {
    /// Prints what a batch has printed, once those before it are printed. Returns whether others
    /// are wanted.
    fn put(&self, batch: &mut Batch) -> io::Result<bool> {
        let mut state = self.state();
        while batch.number > state.next + self.most && !state.closed {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return Ok(false);
        }
        if batch.number == state.next {
            state.print(batch.text.as_bytes())?;
            state.print_kept()?;
            self.changed.notify_all();
        } else {
            let spare = state.spare.pop().unwrap_or_default();
            state.kept.insert(batch.number, std::mem::replace(&mut batch.text, spare));
        }
        Ok(true)
    }
}

impl<W: Write> Printed<'_, W> {
    fn print(&mut self, text: &[u8]) -> io::Result<()> {
        self.next += 1;
        self.output.behind(text, self.out)
    }

    fn print_kept(&mut self) -> io::Result<()> {
        while let Some(text) = self.kept.remove(&self.next) {
            self.print(text.as_bytes())?;
            self.spare.push(text);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use dissect::savefile::{Format, Reader, Writer};
    use dissect::stats::All;
    use dissect::{Frame, Options};

    use super::super::Format as Shown;
    use super::super::output::Style;
    use super::super::progress::Progress;
    use super::*;
    use crate::render::clock::TimeFormat;
    use crate::render::fields::Layout;
    use crate::render::paint::{Paint, When};

    /// A writer that fails, or panics, when it has taken so many bytes.
    struct Ends {
        room: usize,
        panics: bool,
    }

    impl Write for Ends {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = self.room.checked_sub(bytes.len());
            assert!(room.is_some() || !self.panics, "enough");
            self.room = room.ok_or_else(|| io::Error::other("enough"))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn output() -> Output {
        let style = Style {
            format: Some(Shown::Summary),
            only: Vec::new(),
            hex: false,
            fields: Vec::new(),
            layout: Layout::default(),
            time_format: TimeFormat::R,
            paint: Paint::new(When::Never),
            line_buffered: false,
        };
        Output::new(style).unwrap()
    }

    /// The frames of many batches, of which each names its number.
    fn capture() -> Vec<u8> {
        let mut file = Vec::new();
        let mut writer = Writer::new(&mut file, Format::Pcap);
        for number in 1..=40_000_u64 {
            let bytes = [&[2; 12][..], &[0x88, 0xb5], &number.to_be_bytes(), &[7; 50]].concat();
            let frame = Frame::ethernet(&bytes);
            writer.frame(Frame { number, time: number, len: bytes.len(), ..frame }).unwrap();
        }
        writer.finish().unwrap();
        file
    }

    /// What so many threads print, and how many frames they have seen.
    fn printed(capture: &[u8], threads: usize, out: &mut (impl Write + Send)) -> io::Result<u64> {
        let mut output = output();
        let lane = Lane::new(None, All::default(), self::output());
        let mut dissector = Dissector::new(Options::default());
        let followers = dissector.followers();
        let runner = |_| Runner { lane: lane.split().unwrap(), dissector: followers.dissector() };
        let runners = (0..threads).map(runner).collect();
        let (mut reader, mut progress) = (Reader::new(capture).unwrap(), Progress::new(None));
        let mut front = Front::new(&mut reader, &mut progress, u64::MAX, false);
        let times = *output.times();
        let mut streams = Streams { dissector: &mut dissector, times, frames: 0 };
        let lanes = run(&mut front, &mut streams, runners, &mut output, out)?;
        Ok(lanes.iter().map(|lane| lane.passed).sum())
    }

    #[test]
    fn threads_print_in_the_order_of_the_capture() {
        let capture = capture();
        let mut alone = Vec::new();
        assert_eq!(printed(&capture, 1, &mut alone).unwrap(), 40_000);
        for threads in 2..=MOST_THREADS {
            let mut together = Vec::new();
            assert_eq!(printed(&capture, threads, &mut together).unwrap(), 40_000);
            assert!(together == alone, "{threads} threads print something else");
        }
    }

    #[test]
    fn all_end_when_nothing_more_can_be_printed() {
        let capture = capture();
        for threads in 1..=MOST_THREADS {
            let mut out = Ends { room: 1_000_000, panics: false };
            assert_eq!(printed(&capture, threads, &mut out).unwrap_err().to_string(), "enough");
        }
    }

    #[test]
    fn all_end_with_the_one_that_panics() {
        let capture = capture();
        for threads in 1..=MOST_THREADS {
            let mut out = Ends { room: 1_000_000, panics: true };
            let printed = AssertUnwindSafe(|| printed(&capture, threads, &mut out));
            assert!(catch_unwind(printed).is_err());
        }
    }
}
