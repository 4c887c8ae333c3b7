//! `cargo xtask test`: every check there is, the quick ones first.

use crate::bpf;
use crate::fuzz;
use crate::packages::{CC, MANDOC, OPEN_VSWITCH, TSHARK, need};
use crate::run::{cargo, is_root, step, succeeds};

pub(crate) fn run() -> anyhow::Result<()> {
    need(&[CC, TSHARK, OPEN_VSWITCH, MANDOC])?;
    step("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    println!("==> bpf: the committed object against its source");
    bpf::check()?;
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
        step(
            "tests",
            &mut cargo(&["test", "--workspace", "--tests", "--locked", "--no-fail-fast"]),
        )?;
    }
    let ignored = ["test", "--workspace", "--locked", "--", "--ignored"];
    if is_root() {
        // One after the other: they share the CPUs of the machine with what they measure.
        step("tests that need root", cargo(&ignored).env("RUST_TEST_THREADS", "1"))?;
    } else {
        println!("--- tests that need root: not run, since this is not root");
    }
    fuzz::run()
}
