//! System packages: what a task lacks is installed with apt-get, and the user is told why.

use std::path::Path;

use anyhow::{bail, ensure};

use crate::run::{command, is_program, is_root, line, run, succeeds};

/// A program that comes with a system package.
#[derive(Debug)]
pub(crate) struct Package {
    /// The program that tells whether it is there.
    pub(crate) program: &'static str,
    /// The package of Debian and Ubuntu.
    pub(crate) name: &'static str,
    /// What it is for, as a clause.
    pub(crate) why: &'static str,
}

/// Judges what we write into captures, and what we read out of them.
pub(crate) const TSHARK: Package =
    Package { program: "tshark", name: "tshark", why: "tests and benchmarks compare with it" };
/// Judges the flow syntax and OpenFlow messages.
pub(crate) const OPEN_VSWITCH: Package = Package {
    program: "ovs-ofctl",
    name: "openvswitch-switch",
    why: "tests and benchmarks compare with ovs-ofctl; golden captures are recorded from it",
};
/// Checks the manual pages.
pub(crate) const MANDOC: Package =
    Package { program: "mandoc", name: "mandoc", why: "the tests check the manual pages with it" };
/// Records captures, and prints them.
pub(crate) const TCPDUMP: Package = Package {
    program: "tcpdump",
    name: "tcpdump",
    why: "it records the golden captures, and benchmarks compare with it",
};
/// Makes namespaces and interfaces.
pub(crate) const IPROUTE2: Package =
    Package { program: "ip", name: "iproute2", why: "captures are recorded in namespaces" };
/// Sets what interfaces do.
pub(crate) const ETHTOOL: Package =
    Package { program: "ethtool", name: "ethtool", why: "it makes Linux compute checksums" };
/// Sends captures.
pub(crate) const TCPREPLAY: Package = Package {
    program: "tcpreplay",
    name: "tcpreplay",
    why: "the benchmark of craft compares with it",
};
/// Makes and sends packets.
pub(crate) const TRAFGEN: Package = Package {
    program: "trafgen",
    name: "netsniff-ng",
    why: "the benchmark of craft compares with it",
};
/// Makes and sends packets, and judges ours.
pub(crate) const SCAPY: Package = Package {
    program: "scapy",
    name: "python3-scapy",
    why: "tests and the benchmark of craft compare with it",
};
/// Links programs.
pub(crate) const CC: Package =
    Package { program: "cc", name: "gcc", why: "Rust links programs with it" };

/// Captures on interfaces.
pub(crate) const LIBPCAP: Package = Package {
    program: "pcap-config",
    name: "libpcap-dev",
    why: "vsectl captures on interfaces with it, and the benchmark of decode compares with it",
};

/// Builds libFuzzer.
pub(crate) const CXX: Package =
    Package { program: "c++", name: "g++", why: "the fuzz targets are linked with libFuzzer" };

/// Compiles the XDP program: one version, so that its output can be compared.
pub(crate) const CLANG: Package =
    Package { program: "clang-14", name: "clang-14", why: "it compiles the XDP program" };
/// Strips the XDP program.
pub(crate) const LLVM: Package = Package {
    program: "llvm-strip-14",
    name: "llvm-14",
    why: "it takes what only a debugger needs from the XDP program",
};

/// Redirects frames by programs of its own.
pub(crate) const XDP_TOOLS: Package = Package {
    program: "xdp-bench",
    name: "xdp-tools",
    why: "the benchmark of the datapath compares with its program l4-hash",
};

/// A header that comes with a system package.
#[derive(Debug)]
pub(crate) struct Header {
    /// Where it is.
    pub(crate) path: &'static str,
    /// The package of Debian and Ubuntu.
    pub(crate) name: &'static str,
    /// What it is for, as a clause.
    pub(crate) why: &'static str,
}

/// The helpers of BPF programs.
pub(crate) const LIBBPF: Header = Header {
    path: "/usr/include/bpf/bpf_helpers.h",
    name: "libbpf-dev",
    why: "the XDP program calls the kernel's helpers by it",
};
/// The kernel's interface.
pub(crate) const LINUX_HEADERS: Header = Header {
    path: "/usr/include/linux/bpf.h",
    name: "linux-libc-dev",
    why: "the XDP program has the kernel's types from it",
};

/// Installs the packages of those of `headers` that are not there.
pub(crate) fn need_files(headers: &[Header]) -> anyhow::Result<()> {
    let is_there = |header: &&Header| Path::new(header.path).is_file();
    let missing: Vec<&Header> = headers.iter().filter(|header| !is_there(header)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for header in &missing {
        println!("xtask: {} is not installed; {}", header.name, header.why);
    }
    let names: Vec<&str> = missing.iter().map(|header| header.name).collect();
    install(&names)?;
    for header in missing {
        ensure!(
            is_there(&header),
            "{} was installed, but there is no {}",
            header.name,
            header.path
        );
    }
    Ok(())
}

/// Installs those of `packages` that are not there.
pub(crate) fn need(packages: &[Package]) -> anyhow::Result<()> {
    let missing: Vec<&Package> = packages.iter().filter(|p| !is_program(p.program)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for package in &missing {
        println!("xtask: {} is not installed; {}", package.name, package.why);
    }
    let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
    install(&names)?;
    for package in missing {
        ensure!(
            is_program(package.program),
            "{} was installed, but there is no program {}",
            package.name,
            package.program
        );
    }
    Ok(())
}

/// Installs packages with apt-get, through sudo where that is needed and can be.
fn install(names: &[&str]) -> anyhow::Result<()> {
    let by_hand = format!("apt-get update && apt-get install -y {}", names.join(" "));
    if !is_program("apt-get") {
        bail!(
            "there is no apt-get here to install {} with; on Debian or Ubuntu, as root, run: \
             {by_hand}",
            names.join(" ")
        );
    }
    let sudo: &[&str] = match is_root() {
        true => &[],
        false if succeeds("sudo", &["-n", "true"]) => &["sudo", "-n"],
        false => {
            bail!("cannot become root to install {}; as root, run: {by_hand}", names.join(" "))
        }
    };
    let lists: &[&str] = &["apt-get", "update", "-qq"];
    let packages =
        [&["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq"], names]
            .concat();
    for words in [lists, &packages] {
        let words = [sudo, words].concat();
        let Some((program, args)) = words.split_first() else { continue };
        let mut apt = command(program, args);
        println!("xtask: {}", line(&apt));
        run(&mut apt).map_err(|error| error.context(format!("as root, run: {by_hand}")))?;
    }
    Ok(())
}
