//! SIGINT and SIGTERM as a wish to end, for what waits in a loop of its own.

use std::io;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Calls `stop` at the first signal; a second one ends the program at once.
pub(crate) fn on_stop(stop: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut stop = Some(stop);
        for signal in signals.forever() {
            match stop.take() {
                Some(stop) => stop(),
                // What the signal does by itself: it ends the program.
                None => drop(signal_hook::low_level::emulate_default_handler(signal)),
            }
        }
    })?;
    Ok(())
}
