//! `vsectl.doctor/1`: what `vsectl doctor` found, and the facts that it judged.

use agent::doctor::Finding;
use agent::host::HostFacts;
use serde::{Deserialize, Serialize};

/// The findings, the worst first.
#[derive(Debug, Serialize)]
pub(crate) struct DoctorView {
    schema: &'static str,
    /// Whether something breaks steering.
    pub(crate) breaks: bool,
    pub(crate) findings: Vec<Finding>,
    pub(crate) facts: HostFacts,
}

/// What is read back: the facts alone, since findings are made anew.
#[derive(Debug, Deserialize)]
pub(crate) struct DoctorInput {
    pub(crate) facts: HostFacts,
}

impl DoctorView {
    pub(crate) fn new(breaks: bool, findings: Vec<Finding>, facts: HostFacts) -> Self {
        Self { schema: "vsectl.doctor/1", breaks, findings, facts }
    }
}
