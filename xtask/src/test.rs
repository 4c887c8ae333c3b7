//! `cargo xtask test`: every check there is, the quick ones first.

use crate::packages::{CC, MANDOC, OPEN_VSWITCH, TSHARK, need};
use crate::run::{cargo, command, is_program, step, succeeds, top};

/// Seconds that each fuzz target runs for.
const FUZZ_SECONDS: &str = "20";

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
    fuzz()
}

/// Runs each fuzz target for a short time, where the toolchain can build one.
fn fuzz() -> anyhow::Result<()> {
    if !top().join("fuzz").is_dir() {
        return Ok(());
    }
    if !is_program("rustup") || !succeeds("cargo", &["+nightly", "fuzz", "--version"]) {
        println!("--- fuzz: not run, since there is no nightly toolchain with cargo-fuzz");
        return Ok(());
    }
    let listed = command("cargo", &["+nightly", "fuzz", "list"]).output()?;
    for target in String::from_utf8_lossy(&listed.stdout).lines() {
        let seconds = format!("-max_total_time={FUZZ_SECONDS}");
        let args = ["+nightly", "fuzz", "run", target, "--", &seconds, "-verbosity=0"];
        step(&format!("fuzz {target}"), &mut command("cargo", &args))?;
    }
    Ok(())
}
