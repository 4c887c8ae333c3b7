//! Sends frames when they are due, many at a time where many are.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::frames::Frames;
use super::pacing::Pacer;
use super::progress::Progress;
use super::report::Report;
use super::rewrite::Rewriter;
use crate::wall_clock;

/// Frames that are handed over at a time.
const BATCH: usize = 256;
/// How long a full queue is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a queue that was full is given to drain.
const PAUSE: Duration = Duration::from_micros(50);

/// The longest sleep: who interrupts a wait for the next frame is heard.
const NAP: Duration = Duration::from_millis(100);

/// Where frames go.
pub(crate) trait Wire {
    /// Sends frames, at least one; how many went before one that did not.
    fn send(&mut self, frames: &[&[u8]]) -> io::Result<usize>;
}

/// What time it is.
pub(crate) trait Clock {
    /// Since the start.
    fn now(&self) -> Duration;
    fn sleep(&mut self, time: Duration);
    /// The start, in nanoseconds since the Unix epoch.
    fn begun(&self) -> u64;
}

/// The clock of the system.
#[derive(Debug)]
pub(crate) struct SystemClock {
    begun: Instant,
    epoch: u64,
}

impl SystemClock {
    pub(crate) fn new() -> Self {
        // Linux adds 50 microseconds to what a thread sleeps, unless it is told otherwise.
        _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
        Self { begun: Instant::now(), epoch: wall_clock::nanoseconds() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn sleep(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn begun(&self) -> u64 {
        self.epoch
    }
}

/// How frames are sent.
pub(crate) struct Transmission<'a> {
    pub(crate) pacer: Pacer,
    pub(crate) rewriter: Rewriter,
    /// How often the frames are sent; 0 for ever.
    pub(crate) rounds: u64,
    pub(crate) duration: Option<Duration>,
    pub(crate) progress: &'a mut Progress,
}

/// Frames that wait to be sent, back to back.
#[derive(Debug, Default)]
struct Batch {
    bytes: Vec<u8>,
    /// Where each frame ends, and when it is due.
    frames: Vec<(usize, u64)>,
}

impl Batch {
    fn push(&mut self, frame: &[u8], due: u64) {
        self.bytes.extend_from_slice(frame);
        self.frames.push((self.bytes.len(), due));
    }

    /// The frames that are due by `now`: they are in order.
    fn due(&self, now: u64) -> Vec<&[u8]> {
        let mut from = 0;
        let mut frames = Vec::with_capacity(self.frames.len());
        for (to, _) in self.frames.iter().take_while(|(_, due)| *due <= now) {
            frames.push(self.bytes.get(from..*to).unwrap_or_default());
            from = *to;
        }
        frames
    }

    /// Forgets the first frames.
    fn drain(&mut self, count: usize) {
        let gone = count.checked_sub(1).and_then(|last| self.frames.get(last));
        let gone = gone.map_or(0, |(end, _)| *end);
        self.frames.drain(..count.min(self.frames.len()));
        self.bytes.drain(..gone);
        for (end, _) in &mut self.frames {
            *end -= gone;
        }
    }
}

impl Transmission<'_> {
    /// Sends all frames; the report says what became of them, and why it ended early, if it did.
    pub(crate) fn run(
        mut self,
        source: &mut dyn Frames,
        wire: &mut dyn Wire,
        clock: &mut dyn Clock,
    ) -> Report {
        let mut report = Report { asked: self.pacer.rate(), ..Report::default() };
        let mut batch = Batch::default();
        let mut ended = false;
        let mut rounds = 1;
        while report.stopped.is_none() && !(ended && batch.frames.is_empty()) {
            let now = nanoseconds(clock.now());
            while !ended && batch.frames.len() < BATCH {
                match batch.frames.last() {
                    Some((_, due)) if *due > now => break,
                    _ => {}
                }
                match self.fetch(source, &mut batch, &mut report, clock, now) {
                    Ok(Fetched::Frame) => {}
                    Ok(Fetched::TooLate) => ended = true,
                    // A source of nothing has no other round.
                    Ok(Fetched::End)
                        if self.is_last(rounds)
                            || (report.tried() == 0 && batch.frames.is_empty()) =>
                    {
                        ended = true;
                    }
                    Ok(Fetched::End) => {
                        rounds += 1;
                        self.pacer.rewind();
                        if let Err(error) = source.rewind() {
                            report.stopped = Some(format!("{error:#}"));
                            ended = true;
                        }
                    }
                    Err(error) => {
                        report.stopped = Some(format!("{error:#}"));
                        ended = true;
                    }
                }
            }
            let now = nanoseconds(clock.now());
            let Some((_, first)) = batch.frames.first() else { continue };
            if crate::signals::asked() {
                report.stopped = Some("interrupted".to_owned());
                break;
            }
            if *first > now {
                clock.sleep(Duration::from_nanos(first - now).min(NAP));
                continue;
            }
            let due = batch.due(now);
            let done = send(&due, wire, clock, &mut report);
            batch.drain(done);
            self.progress.at(report.packets, clock.now());
        }
        report.elapsed = clock.now();
        report
    }

    /// Whether this was the last round; that the time is over, the next frame tells.
    fn is_last(&self, round: u64) -> bool {
        self.rounds != 0 && round >= self.rounds
    }

    /// Takes the next frame into the batch.
    #[inline]
    fn fetch(
        &mut self,
        source: &mut dyn Frames,
        batch: &mut Batch,
        report: &mut Report,
        clock: &dyn Clock,
        now: u64,
    ) -> anyhow::Result<Fetched> {
        let expected = if self.pacer.is_top() { now } else { self.pacer.due() };
        let Some(next) = source.next(clock.begun() + expected)? else { return Ok(Fetched::End) };
        let due = self.pacer.advance(next.time, next.bytes.len());
        let late = if self.pacer.is_top() { now } else { due };
        if self.duration.is_some_and(|duration| late >= nanoseconds(duration)) {
            return Ok(Fetched::TooLate);
        }
        if let Some(why) = next.refusal {
            report.fail(why);
            return Ok(Fetched::Frame);
        }
        match self.rewriter.apply(next.bytes, clock.begun() + late.max(expected)) {
            Ok(frame) => batch.push(frame, due),
            Err(error) => report.fail(&error.to_string()),
        }
        Ok(Fetched::Frame)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Fetched {
    Frame,
    End,
    /// The time is over.
    TooLate,
}

/// Sends as many of `frames` as go now, and counts them; how many are done with, one way or another.
fn send(
    frames: &[&[u8]],
    wire: &mut dyn Wire,
    clock: &mut dyn Clock,
    report: &mut Report,
) -> usize {
    let begun = clock.now();
    loop {
        let error = match wire.send(frames) {
            Ok(sent) => {
                let bytes = frames.iter().take(sent).map(|frame| frame.len()).sum::<usize>();
                report.packets += u64::try_from(sent).unwrap_or(0);
                report.bytes += u64::try_from(bytes).unwrap_or(0);
                return sent;
            }
            Err(error) => error,
        };
        match Errno::from_io_error(&error) {
            // The queue of the interface is full.
            Some(Errno::NOBUFS | Errno::AGAIN) if clock.now() < begun + PATIENCE => {
                report.waits += 1;
                clock.sleep(PAUSE);
            }
            Some(Errno::MSGSIZE) => {
                report.fail("longer than the interface's MTU");
                return 1;
            }
            Some(Errno::INVAL) => {
                report.fail("no frame that the interface takes");
                return 1;
            }
            Some(Errno::NXIO | Errno::NODEV) => {
                report.stopped = Some("the interface is gone".to_owned());
                return 0;
            }
            Some(Errno::NETDOWN) => {
                report.stopped = Some("the interface is down".to_owned());
                return 0;
            }
            _ => {
                report.stopped = Some(error.to_string());
                return 0;
            }
        }
    }
}

/// Nanoseconds, as far as they go: 584 years.
pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Failures by their cause.
pub(super) type Causes = BTreeMap<String, u64>;

#[cfg(test)]
mod tests {
    use super::super::frames::SpecFrames;
    use super::super::pacing::PaceArgs;
    use super::*;
    use crate::craft::{Spec, parse};

    /// Time passes only where somebody sleeps, and a little longer than asked for.
    struct Sleeper(Duration);

    impl Clock for Sleeper {
        fn now(&self) -> Duration {
            self.0
        }
        fn sleep(&mut self, time: Duration) {
            self.0 += time + Duration::from_micros(70);
        }
        fn begun(&self) -> u64 {
            1_000
        }
    }

    /// Takes so many frames, then fails.
    struct Taker {
        room: usize,
        then: Errno,
        /// How many with each call.
        calls: Vec<usize>,
    }

    impl Wire for Taker {
        fn send(&mut self, frames: &[&[u8]]) -> io::Result<usize> {
            let sent = frames.len().min(self.room);
            if sent == 0 {
                return Err(self.then.into());
            }
            self.room -= sent;
            self.calls.push(sent);
            Ok(sent)
        }
    }

    fn run(pace: &PaceArgs, rounds: u64, duration: Option<Duration>, wire: &mut Taker) -> Report {
        let spec = Spec { count: Some(1_000), ..Spec::of(parse("ip / udp").unwrap()) };
        let mut source = SpecFrames::new(spec).unwrap();
        let mut progress = Progress::none();
        let transmission = Transmission {
            pacer: pace.pacer(),
            rewriter: Rewriter::default(),
            rounds,
            duration,
            progress: &mut progress,
        };
        transmission.run(&mut source, wire, &mut Sleeper(Duration::ZERO))
    }

    fn taker(room: usize, then: Errno) -> Taker {
        Taker { room, then, calls: Vec::new() }
    }

    #[test]
    fn a_rate_is_held_though_sleep_is_late() {
        for (pps, rounds) in [(1_000_u32, 1_u32), (10_000, 10), (100_000, 100)] {
            let pps = f64::from(pps);
            let pace = PaceArgs { pps: Some(pps), ..PaceArgs::default() };
            let mut wire = taker(usize::MAX, Errno::NXIO);
            let report = run(&pace, rounds.into(), None, &mut wire);
            assert_eq!((report.packets, report.is_complete()), (1_000 * u64::from(rounds), true));
            let rate = 1_000.0 * f64::from(rounds) / report.elapsed.as_secs_f64();
            assert!((rate / pps - 1.0).abs() < 0.01, "{rate} of {pps}");
        }
    }

    #[test]
    fn top_speed_hands_over_whole_batches() {
        let pace = PaceArgs { topspeed: true, ..PaceArgs::default() };
        let mut wire = taker(usize::MAX, Errno::NXIO);
        assert_eq!(run(&pace, 1, None, &mut wire).packets, 1_000);
        assert_eq!(wire.calls, [256, 256, 256, 232]);
    }

    #[test]
    fn an_interface_that_goes_leaves_the_count() {
        let pace = PaceArgs { topspeed: true, ..PaceArgs::default() };
        let report = run(&pace, 1, None, &mut taker(700, Errno::NXIO));
        assert_eq!(report.packets, 700);
        assert_eq!(report.stopped.as_deref(), Some("the interface is gone"));
        assert!(!report.is_complete());
    }

    #[test]
    fn a_frame_that_is_too_long_is_counted_and_left_out() {
        let pace = PaceArgs { topspeed: true, ..PaceArgs::default() };
        let report = run(&pace, 1, None, &mut taker(999, Errno::MSGSIZE));
        assert_eq!((report.packets, report.failed()), (999, 1));
        assert!(report.stopped.is_none() && !report.is_complete());
    }

    #[test]
    fn a_full_queue_is_waited_for_but_not_for_ever() {
        let pace = PaceArgs { topspeed: true, ..PaceArgs::default() };
        let report = run(&pace, 1, None, &mut taker(300, Errno::NOBUFS));
        assert_eq!(report.packets, 300);
        assert!(report.waits > 1_000 && report.stopped.is_some());
    }

    #[test]
    fn a_duration_ends_it() {
        let pace = PaceArgs { pps: Some(1_000.0), ..PaceArgs::default() };
        let mut wire = taker(usize::MAX, Errno::NXIO);
        let report = run(&pace, 0, Some(Duration::from_millis(2_500)), &mut wire);
        assert_eq!((report.packets, report.is_complete()), (2_500, true));
    }
}
