//! `cargo xtask test`: every check there is, the quick ones first.

use crate::bpf;
use crate::fuzz;
use crate::packages::{CC, ETHTOOL, IPROUTE2, LIBPCAP, MANDOC, OPEN_VSWITCH, TSHARK, need};
use crate::python;
use crate::run::{cargo, is_root, step, succeeds};

pub(crate) fn run() -> anyhow::Result<()> {
    need(&[CC, LIBPCAP, TSHARK, OPEN_VSWITCH, MANDOC, IPROUTE2, ETHTOOL])?;
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
    let nextest = succeeds("cargo", &["nextest", "--version"]);
    if nextest {
        let tests = ["nextest", "run", "--workspace", "--locked", "--no-fail-fast"];
        step("tests", &mut cargo(&tests))?;
        step("examples", &mut cargo(&["test", "--workspace", "--doc", "--locked"]))?;
    } else {
        step("tests", &mut cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]))?;
    }
    if is_root() {
        // One after the other: they share the CPUs of the machine with what they measure.
        let mut ignored: Vec<&str> = if nextest {
            vec!["nextest", "run", "--workspace", "--locked", "--run-ignored", "only", "-j", "1"]
        } else {
            let words = "test --workspace --tests --locked -- --ignored --test-threads=1";
            words.split(' ').collect()
        };
        if let Err(error) = python::environment() {
            println!("--- the whole loop with os-ken: not run, since there is none: {error:#}");
            let without: &[&str] =
                if nextest { &["-E", "not test(with_os_ken)"] } else { &["--skip", "with_os_ken"] };
            ignored.extend(without);
        }
        step("tests that need root", &mut cargo(&ignored))?;
    } else {
        println!("--- tests that need root: not run, since this is not root");
    }
    fuzz::run()
}
