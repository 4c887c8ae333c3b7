//! Whether there are cores to choose between, and which of them VSE should leave alone.

use super::{Finding, Severity};
use crate::host::{Core, Isolation, list_of};

pub(super) fn findings(cores: &[Core]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if cores.len() < 2 {
        findings.push(Finding::new(
            "one-core",
            Severity::Breaks,
            "only one core is online".to_owned(),
            "there is no other core to process a flow on",
        ));
    }
    let isolations = [
        (Isolation::Isolcpus, "isolated-cores", "isolcpus= on the kernel's command line"),
        (Isolation::Cpuset, "isolated-cores", "an isolated cpuset partition"),
    ];
    for (isolation, code, by) in isolations {
        let list = list_of(cores, |core| core.isolated == Some(isolation));
        if !list.is_empty() {
            findings.push(restricted(
                code,
                &list,
                format!("isolated by {by}"),
                "flows steered there take time from what they are kept for",
            ));
        }
    }
    let list = list_of(cores, |core| !core.allowed);
    if !list.is_empty() {
        findings.push(restricted(
            "cpuset",
            &list,
            "outside of this process's cpuset or affinity".to_owned(),
            "their kernel threads would still process flows there, against what the cpuset is for",
        ));
    }
    findings
}

fn restricted(code: &'static str, list: &str, what: String, consequence: &str) -> Finding {
    Finding::new(code, Severity::Degrades, what, consequence)
        .about(format!("cores {list}"))
        .mend(format!("vsectl core set {list} --eligible no"))
}
