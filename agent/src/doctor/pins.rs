//! What an earlier agent left under /sys/fs/bpf.

use super::{Finding, Pins, Severity};
use crate::host::Core;

pub(super) fn findings(pins: Pins<'_>, cores: &[Core]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(layout) = pins.layout.filter(|layout| *layout != pins.expected_layout) {
        findings.push(
            Finding::new(
                "stale-pins",
                Severity::Breaks,
                format!(
                    "maps of layout {layout} are pinned; this version has layout {}",
                    pins.expected_layout
                ),
                "the agent cannot take them over, and what they steer cannot be changed",
            )
            .about(pins.dir)
            .mend("restart the agent with --xdp-rebuild true"),
        );
    }
    let highest = cores.iter().map(|core| core.id).max().unwrap_or(0);
    if let Some(room) = pins.cpumap_cores.filter(|room| *room <= highest) {
        findings.push(
            Finding::new(
                "cpumap-size",
                Severity::Breaks,
                format!("the cpumap has room for cores below {room}, and core {highest} is online"),
                "flows cannot be steered to the cores above",
            )
            .about(pins.dir)
            .mend("restart the agent after `vsectl datapath detach`"),
        );
    }
    findings
}
