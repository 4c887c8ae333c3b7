//! Waiting for a time, or for an interruption.

use std::sync::mpsc;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Watches for SIGINT, SIGTERM and SIGHUP from when it is made.
#[derive(Debug)]
pub(crate) struct Waiting {
    time: Duration,
    came: mpsc::Receiver<()>,
}

impl Waiting {
    /// Begins to watch. The signals do not end the program any more.
    pub(crate) fn new(time: Duration) -> std::io::Result<Self> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let (tell, came) = mpsc::channel();
        std::thread::spawn(move || {
            // Nobody listens any more once the wait is over.
            for _ in signals.forever() {
                if tell.send(()).is_err() {
                    return;
                }
            }
        });
        Ok(Self { time, came })
    }

    /// Waits until the time has passed or a signal has come.
    pub(crate) fn wait(self) {
        // Either way the wait is over.
        _ = self.came.recv_timeout(self.time);
    }
}
