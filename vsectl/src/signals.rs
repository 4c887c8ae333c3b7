//! Signals as a wish to end. What is interrupted once ends in good order; a second signal ends the
//! program at once, as it would without this.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;

/// What ends a program that has a terminal.
pub(crate) const WITH_HANGUP: &[i32] = &[SIGINT, SIGTERM, SIGHUP];
/// What ends a program that may outlive its terminal (nohup(1)).
pub(crate) const WITHOUT_HANGUP: &[i32] = &[SIGINT, SIGTERM];

/// Calls `stop` at the first of `signals`.
pub(crate) fn on_stop(signals: &[i32], stop: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new(signals)?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut stop = Some(stop);
        for signal in signals.forever() {
            match stop.take() {
                Some(stop) => stop(),
                None => drop(signal_hook::low_level::emulate_default_handler(signal)),
            }
        }
    })?;
    Ok(())
}

/// Set by the first signal.
static ASKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Takes SIGINT and SIGTERM from now on, for what looks at [`asked`] in between. The flag is set
/// before an interrupted system call returns, so that who looks then does not wait once more.
pub(crate) fn catch() -> io::Result<()> {
    let asked = ASKED.get_or_init(Arc::default);
    for signal in WITHOUT_HANGUP {
        // In this order: the first signal finds the flag not yet set.
        flag::register_conditional_default(*signal, Arc::clone(asked))?;
        flag::register(*signal, Arc::clone(asked))?;
    }
    Ok(())
}

/// Whether a signal asked to end.
pub(crate) fn asked() -> bool {
    ASKED.get().is_some_and(|asked| asked.load(Ordering::Relaxed))
}

/// A wait that a signal ends early; it is watched for from when the value is made.
#[derive(Debug)]
pub(crate) struct Waiting {
    time: Duration,
    came: mpsc::Receiver<()>,
}

impl Waiting {
    /// Begins to watch. A hangup ends the wait too: what waits has something to do behind it.
    pub(crate) fn new(time: Duration) -> io::Result<Self> {
        let (tell, came) = mpsc::channel();
        // Nobody listens any more once the wait is over.
        on_stop(WITH_HANGUP, move || _ = tell.send(()))?;
        Ok(Self { time, came })
    }

    /// Waits until the time has passed or a signal has come, and does `meanwhile` every `step`.
    pub(crate) fn wait(&self, step: Duration, mut meanwhile: impl FnMut()) {
        let end = Instant::now() + self.time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.came.recv_timeout(left.min(step)) {
                Err(mpsc::RecvTimeoutError::Timeout) if left > step => meanwhile(),
                _ => return,
            }
        }
    }
}
