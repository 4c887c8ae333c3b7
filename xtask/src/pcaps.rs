//! `cargo xtask pcaps`: records the golden captures from real programs.

use crate::packages::{IPROUTE2, OPEN_VSWITCH, Package, TCPDUMP, need};
use crate::run::{command, step};

const PYTHON: Package =
    Package { program: "python3", name: "python3-venv", why: "the controller is written in it" };

pub(crate) fn run() -> anyhow::Result<()> {
    need(&[IPROUTE2, OPEN_VSWITCH, TCPDUMP, PYTHON])?;
    if !crate::run::top().join("target/os-ken/bin/python").is_file() {
        step("environment", &mut command("python3", &["-m", "venv", "target/os-ken"]))?;
        let install = ["install", "--quiet", "-r", "xtask/pcaps/requirements.txt"];
        step("os-ken", &mut command("target/os-ken/bin/pip", &install))?;
    }
    step("record", &mut command("target/os-ken/bin/python", &["xtask/pcaps/record.py"]))
}
