//! Frames from interfaces, through libpcap: as a pcapng file that grows while it is read, so that
//! everything behind it is as with files. Without the feature `live`, nothing is captured, and the
//! user is told why.

#[cfg(feature = "live")]
mod interfaces;
#[cfg(feature = "live")]
mod live;
#[cfg(not(feature = "live"))]
mod without;

use std::time::Duration;

use dissect::savefile::blocks::Counts;

#[cfg(feature = "live")]
pub(crate) use interfaces::list;
#[cfg(feature = "live")]
pub(crate) use live::open;
#[cfg(not(feature = "live"))]
pub(crate) use without::{list, open};

/// What to capture.
#[cfg_attr(not(feature = "live"), allow(dead_code, reason = "nothing is captured"))]
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The names of the interfaces.
    pub(crate) interfaces: Vec<String>,
    /// A filter in libpcap's language; nothing for all frames.
    pub(crate) filter: Option<String>,
    /// Bytes to keep of a frame at most.
    pub(crate) snap_len: u32,
    /// Whether to take frames for others too.
    pub(crate) promiscuous: bool,
    /// The size of the system's buffer for each interface, in MiB.
    pub(crate) buffer: u16,
    /// When to stop.
    pub(crate) stop: Stop,
}

/// When a capture ends by itself.
#[cfg_attr(not(feature = "live"), allow(dead_code, reason = "nothing is captured"))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stop {
    /// After this time.
    pub(crate) duration: Option<Duration>,
    /// After so many frames.
    pub(crate) packets: Option<u64>,
}

/// What became of an interface.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ended {
    /// Its name.
    pub(crate) name: String,
    /// Frames that were captured.
    pub(crate) frames: u64,
    /// Its frames, as the system counts them: up to the end, whether they were captured or not.
    pub(crate) counts: Counts,
    /// Why it cannot be captured on any more.
    pub(crate) failure: Option<String>,
}
