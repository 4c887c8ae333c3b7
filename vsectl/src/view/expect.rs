//! `vsectl.expect/1`: whether packets took the entry and the core that they should, and how they
//! arrived.

use serde::Serialize;

use crate::send::Judged;

/// What became of packets of which something was expected.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ExpectView {
    pub(crate) schema: &'static str,
    /// Whether everything is as expected.
    pub(crate) ok: bool,
    /// The entries that took packets or were to take some; nothing where that was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entries: Option<Vec<Judged>>,
    /// The flows of the probes; nothing where none were received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) flows: Option<Vec<ProbeFlowView>>,
}

/// The probes of a flow.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProbeFlowView {
    pub(crate) flow: u32,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) lost: u64,
    /// Behind one that was sent later.
    pub(crate) late: u64,
    pub(crate) duplicates: u64,
    /// Microseconds from sending to arrival; nothing where none arrived.
    pub(crate) delay: Option<DelayView>,
}

/// Delays in microseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct DelayView {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl ExpectView {
    pub(crate) const SCHEMA: &'static str = "vsectl.expect/1";
}

impl ProbeFlowView {
    /// Whether all arrived, once each and in order.
    pub(crate) fn is_ok(&self) -> bool {
        self.lost == 0 && self.late == 0 && self.duplicates == 0
    }
}
