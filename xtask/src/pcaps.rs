//! `cargo xtask pcaps`: records the golden captures from real programs.

use crate::packages::{ETHTOOL, IPROUTE2, OPEN_VSWITCH, Package, TCPDUMP, need};
use crate::python;
use crate::run::{cargo, command, step};

const PING: Package =
    Package { program: "ping", name: "iputils-ping", why: "captures are recorded of it" };
const ZSTD: Package =
    Package { program: "zstd", name: "zstd", why: "a golden capture is compressed with it" };

pub(crate) fn run() -> anyhow::Result<()> {
    need(&[IPROUTE2, OPEN_VSWITCH, TCPDUMP, ETHTOOL, PING, ZSTD])?;
    python::environment()?;
    // The whole loop is recorded of it.
    step("build", &mut cargo(&["build", "--package", "vsectl"]))?;
    step("record", &mut command(python::PROGRAM, &["xtask/pcaps/record.py"]))
}
