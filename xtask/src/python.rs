//! A Python environment under target/ with what tests and recordings need, apart from the system's.

use crate::packages::{Package, need};
use crate::run::{command, step, succeeds};

const PYTHON: Package =
    Package { program: "python3", name: "python3-venv", why: "os-ken and scapy run in it" };

/// The program of the environment.
pub(crate) const PROGRAM: &str = "target/os-ken/bin/python";

/// Makes the environment, if it is not there.
pub(crate) fn environment() -> anyhow::Result<()> {
    need(&[PYTHON])?;
    if succeeds(PROGRAM, &["-c", "import os_ken, scapy"]) {
        return Ok(());
    }
    step("environment", &mut command("python3", &["-m", "venv", "target/os-ken"]))?;
    let install = ["install", "--quiet", "-r", "xtask/pcaps/requirements.txt"];
    step("packages", &mut command("target/os-ken/bin/pip", &install))
}
