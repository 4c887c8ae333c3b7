//! The kernel's version and settings, and the privileges of this process.

use super::{Finding, Plan, Severity};
use crate::host::{Kernel, Version};

/// XDP through links that can be pinned, and programs of cpumap entries.
const XDP_LINKS: Version = Version { major: 5, minor: 9 };
/// Frames of several buffers in XDP.
const FRAGS: Version = Version { major: 5, minor: 18 };
/// Generic receive offload behind a cpumap.
const CPUMAP_GRO: Version = Version { major: 6, minor: 15 };

pub(super) fn findings(kernel: &Kernel, plan: Plan<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = version(kernel, plan).into_iter().collect();
    let missing = kernel.missing_capabilities.join(", ");
    if !missing.is_empty() {
        findings.push(
            Finding::new(
                "capabilities",
                Severity::Breaks,
                format!("this process lacks {missing}"),
                "the XDP program cannot be loaded, attached or traced",
            )
            .mend("run as root, or give the service AmbientCapabilities=CAP_NET_ADMIN CAP_BPF CAP_PERFMON"),
        );
    }
    if !kernel.bpf_fs {
        findings.push(
            Finding::new(
                "bpf-fs",
                Severity::Breaks,
                "no BPF file system is mounted on /sys/fs/bpf".to_owned(),
                "nothing can be pinned, so steering would end with the agent (`ip netns exec` hides the mount; \
                 `nsenter --net=` does not)",
            )
            .mend("mount -t bpf bpf /sys/fs/bpf"),
        );
    }
    if kernel.bpf_jit == Some(false) {
        findings.push(
            Finding::new(
                "bpf-jit",
                Severity::Degrades,
                "BPF programs are interpreted, not compiled".to_owned(),
                "each frame costs several times as much in the XDP program",
            )
            .mend("sysctl -w net.core.bpf_jit_enable=1"),
        );
    }
    if !kernel.btf {
        findings.push(Finding::new(
            "btf",
            Severity::Degrades,
            "the kernel has no type information (/sys/kernel/btf/vmlinux)".to_owned(),
            "packets and drops behind the cpumap cannot be counted by core; a kernel with \
             CONFIG_DEBUG_INFO_BTF=y has it",
        ));
    }
    if let Some(process) = kernel.irqbalance {
        findings.push(
            Finding::new(
                "irqbalance",
                Severity::Degrades,
                format!("irqbalance runs (process {process})"),
                "it moves the NIC's interrupts between cores, also onto those that VSE keeps free or gives \
                 to a flow",
            )
            .mend("systemctl disable --now irqbalance"),
        );
    }
    findings
}

fn version(kernel: &Kernel, plan: Plan<'_>) -> Option<Finding> {
    let finding = |severity, consequence: &str| {
        let what = format!("the kernel is {}", kernel.release);
        Some(Finding::new("kernel-version", severity, what, consequence))
    };
    match kernel.version() {
        None => finding(Severity::Note, "its version cannot be judged"),
        Some(version) if version < XDP_LINKS => finding(
            Severity::Breaks,
            "before 5.9 an XDP program cannot be attached by a link that is pinned; use a newer kernel",
        ),
        Some(version) if version < FRAGS && plan.frag_aware => finding(
            Severity::Breaks,
            "before 5.18 programs that take jumbo frames cannot be loaded; use a newer kernel",
        ),
        Some(version) if version < CPUMAP_GRO => finding(
            Severity::Note,
            "before 6.15 steered TCP segments are not put together by GRO, so each costs more",
        ),
        Some(_) => None,
    }
}
