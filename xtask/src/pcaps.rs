//! `cargo xtask pcaps`: records the golden captures from real programs.

use crate::packages::{IPROUTE2, OPEN_VSWITCH, Package, TCPDUMP, need};
use crate::run::{command, step, succeeds};

const PYTHON: Package =
    Package { program: "python3", name: "python3-venv", why: "the scripts are written in it" };
const ETHTOOL: Package =
    Package { program: "ethtool", name: "ethtool", why: "it makes Linux compute checksums" };
const PING: Package =
    Package { program: "ping", name: "iputils-ping", why: "captures are recorded of it" };
const ZSTD: Package =
    Package { program: "zstd", name: "zstd", why: "a golden capture is compressed with it" };

const ENVIRONMENT_PYTHON: &str = "target/os-ken/bin/python";

pub(crate) fn run() -> anyhow::Result<()> {
    need(&[IPROUTE2, OPEN_VSWITCH, TCPDUMP, PYTHON, ETHTOOL, PING, ZSTD])?;
    if !succeeds(ENVIRONMENT_PYTHON, &["-c", "import os_ken, scapy"]) {
        step("environment", &mut command("python3", &["-m", "venv", "target/os-ken"]))?;
        let install = ["install", "--quiet", "-r", "xtask/pcaps/requirements.txt"];
        step("packages", &mut command("target/os-ken/bin/pip", &install))?;
    }
    step("record", &mut command(ENVIRONMENT_PYTHON, &["xtask/pcaps/record.py"]))
}
