//! What on a host would keep VSE from steering, or make it worse: facts in, findings out. Nothing here reads the
//! host, so that the facts of another host, or of a test, can be judged too.

mod cores;
mod interface;
mod kernel;
mod pins;

use serde::Serialize;

use crate::host::HostFacts;

/// What is known about the datapath that shall steer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan<'a> {
    /// Whether the XDP program takes frames of several buffers (`xdp.frags`).
    pub frag_aware: bool,
    /// Whether the Flow Control Field is carried in the VLAN tag.
    pub fcf_in_vlan: bool,
    /// What is pinned already.
    pub pins: Pins<'a>,
}

/// Maps that an agent has pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pins<'a> {
    /// The folder.
    pub dir: &'a str,
    /// The version of the layout that stands there; `None` where nothing is pinned.
    pub layout: Option<u32>,
    /// The version of the layout that this program writes and reads.
    pub expected_layout: u32,
    /// Cores that the cpumap has room for.
    pub cpumap_cores: Option<u32>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Frames are lost, or are not processed on the core that VSE chose.
    Breaks,
    /// Steering works, at a price.
    Degrades,
    /// Worth knowing.
    Note,
}

/// Something that is not as VSE would have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A name for programs, which stays the same in later versions.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The interface, the cores or the file; `None`: the host.
    pub subject: Option<String>,
    /// What is so.
    pub what: String,
    /// What comes of it.
    pub consequence: String,
    /// The command that mends it, where a command does.
    pub mend: Option<String>,
}

/// Judges the facts; the worst findings come first.
#[must_use]
pub fn diagnose(facts: &HostFacts, plan: Plan<'_>) -> Vec<Finding> {
    let mut findings = kernel::findings(&facts.kernel, plan);
    findings.extend(cores::findings(&facts.cores));
    findings.extend(pins::findings(plan.pins, &facts.cores));
    for interface in &facts.interfaces {
        findings.extend(interface::findings(interface, facts, plan));
    }
    findings.sort_by_key(|finding| finding.severity);
    findings
}

impl Finding {
    fn new(code: &'static str, severity: Severity, what: String, consequence: &str) -> Self {
        let consequence = consequence.to_owned();
        Self { code, severity, subject: None, what, consequence, mend: None }
    }

    fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    fn mend(mut self, command: impl Into<String>) -> Self {
        self.mend = Some(command.into());
        self
    }
}
