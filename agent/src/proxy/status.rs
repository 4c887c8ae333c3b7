//! How a proxy is, as its control socket tells: one JSON document, then the end.

use codec::types::Hex;
use serde::{Deserialize, Serialize};

use super::frames::FrameCounters;
use super::session::Counters;

/// The schema of the document.
pub const STATUS_SCHEMA: &str = "vsectl.proxy/1";

/// How a proxy is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// [`STATUS_SCHEMA`].
    pub schema: String,
    /// Where the controller is.
    pub controller: Option<String>,
    /// The switches that are connected.
    pub switches: Vec<SwitchStatus>,
    /// Frames of EtherType 0x88B5, if they are served.
    pub frames: Option<FramesStatus>,
    /// What passed in sessions that ended.
    pub ended: Counters,
}

/// How the session of a switch is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchStatus {
    /// Counts the switches of this proxy.
    pub number: usize,
    /// Where it came from, or is.
    pub peer: String,
    /// The datapath that it said to be.
    pub datapath_id: Option<Hex<u64>>,
    /// The stream to the controller.
    pub controller: LinkState,
    /// The stream to VSE.
    pub vse: LinkState,
    /// Whether the controller has spoken VSE, or is known to understand it.
    pub speaks_vse: bool,
    /// VMs that are up.
    pub vms: usize,
    /// Requests that VSE has not settled.
    pub unsettled: usize,
    /// What passed.
    #[serde(flatten)]
    pub counters: Counters,
}

/// How a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Not there.
    Down,
    /// Being made.
    Connecting,
    /// There.
    Up,
}

/// How the interface is on which frames come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FramesStatus {
    /// Its name.
    pub interface: String,
    /// Whether it is open.
    pub is_open: bool,
    /// Whether frames must be signed.
    pub is_authenticated: bool,
    /// What came of the frames.
    #[serde(flatten)]
    pub counters: FrameCounters,
}
