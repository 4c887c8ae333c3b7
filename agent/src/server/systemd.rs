//! What the agent says to systemd, and gets from it: sd_notify(3), sd_listen_fds(3).

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::time::Duration;

use sd_notify::NotifyState;

/// Sockets that systemd has opened for this process. To be called once.
#[allow(unsafe_code)]
pub(super) fn sockets() -> io::Result<Vec<OwnedFd>> {
    let numbers = sd_notify::listen_fds()?;
    // SAFETY: LISTEN_PID is this process, so systemd has left these descriptors open for it, and
    // nothing else here owns them: this is the only place that asks for them, and it is called once.
    Ok(numbers.map(|number| unsafe { OwnedFd::from_raw_fd(number) }).collect())
}

/// How often systemd wants to hear that the agent lives.
pub(super) fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|limit| limit / 2)
}

/// Clients can come.
pub(super) fn ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The configuration is read anew; [`ready`] says when that is done.
pub(super) fn reloading() {
    let mut states = vec![NotifyState::Reloading];
    states.extend(NotifyState::monotonic_usec_now().ok());
    notify(&states);
}

/// The agent lives.
pub(super) fn alive() {
    notify(&[NotifyState::Watchdog]);
}

/// The agent ends.
pub(super) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd was not told");
    }
}
