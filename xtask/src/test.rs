//! `cargo xtask test`: every check there is, the quick ones first.

use crate::fuzz;
use crate::packages::{CC, IPROUTE2, LIBPCAP, MANDOC, OPEN_VSWITCH, TSHARK, need};
use crate::run::{cargo, is_root, step, succeeds};

pub(crate) fn run() -> anyhow::Result<()> {
    need(&[CC, LIBPCAP, TSHARK, OPEN_VSWITCH, MANDOC, IPROUTE2])?;
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
    // Tests that need root are ignored; root runs them too.
    if succeeds("cargo", &["nextest", "--version"]) {
        let ignored: &[&str] = if is_root() { &["--run-ignored", "all"] } else { &[] };
        let tests = ["nextest", "run", "--workspace", "--locked", "--no-fail-fast"];
        step("tests", &mut cargo(&[&tests, ignored].concat()))?;
        step("examples", &mut cargo(&["test", "--workspace", "--doc", "--locked"]))?;
    } else {
        let ignored: &[&str] = if is_root() { &["--", "--include-ignored"] } else { &[] };
        let tests = ["test", "--workspace", "--locked", "--no-fail-fast"];
        step("tests", &mut cargo(&[&tests, ignored].concat()))?;
    }
    fuzz::run()
}
