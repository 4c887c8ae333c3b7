//! The load that traffic like that of a capture would make, in `vsectl.flow-check/1`.

use codec::vse::{Core, Reason};
use serde::Serialize;

/// The forecast.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ForecastView {
    /// Frames of the sample.
    pub(crate) frames: u64,
    /// Those that no entry matches.
    pub(crate) unmatched: u64,
    /// From the first frame to the last.
    pub(crate) seconds: f64,
    /// The core that receives the frames.
    pub(crate) received_on: Core,
    /// By number.
    pub(crate) cores: Vec<CoreForecast>,
    /// The one that wins first.
    pub(crate) entries: Vec<EntryForecast>,
}

/// What would go to a core.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CoreForecast {
    pub(crate) core: Core,
    /// Its load without this traffic, per mille.
    pub(crate) load: u16,
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
    /// Its part of all frames, 0 to 1.
    pub(crate) share: f64,
    /// Nothing where the sample has no length in time.
    pub(crate) frames_per_second: Option<f64>,
    pub(crate) bits_per_second: Option<f64>,
    /// Frames that come from another core.
    pub(crate) redirected: u64,
    /// Entries that have it in the end.
    pub(crate) entries: u32,
}

/// What an entry would see.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EntryForecast {
    /// The entry, as a flow's text.
    pub(crate) flow: String,
    /// The core that it has in the end.
    pub(crate) core: Core,
    /// Why.
    pub(crate) reason: Reason,
    pub(crate) frames: u64,
    /// Its part of all frames, 0 to 1.
    pub(crate) share: f64,
}
