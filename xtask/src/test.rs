//! `cargo xtask test`: every check there is, the quick ones first.

use crate::fuzz;
use crate::packages::{CC, MANDOC, OPEN_VSWITCH, TSHARK, need};
use crate::run::{cargo, step, succeeds};

pub(crate) fn run() -> anyhow::Result<()> {
    need(&[CC, TSHARK, OPEN_VSWITCH, MANDOC])?;
    step("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    step(
        "lints",
        &mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]),
    )?;
    step(
        "documents",
        cargo(&["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    if succeeds("cargo", &["deny", "--version"]) {
        // Advisories need the network, and change without a change here: they are checked by hand.
        step("dependencies", &mut cargo(&["deny", "check", "bans", "licenses", "sources"]))?;
    } else {
        println!("--- dependencies: not checked, since cargo-deny is not installed");
    }
    if succeeds("cargo", &["nextest", "--version"]) {
        let tests = ["nextest", "run", "--workspace", "--locked", "--no-fail-fast"];
        step("tests", &mut cargo(&tests))?;
        step("examples", &mut cargo(&["test", "--workspace", "--doc", "--locked"]))?;
    } else {
        step("tests", &mut cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]))?;
    }
    fuzz::run()
}
