//! `cargo xtask bench`: the benchmarks of all crates, or of those named.

use crate::run::{cargo, step};

pub(crate) fn run(crates: &[String]) -> anyhow::Result<()> {
    if crates.is_empty() {
        return step("bench", &mut cargo(&["bench", "--workspace", "--benches"]));
    }
    crates.iter().try_for_each(|name| {
        step(&format!("bench {name}"), &mut cargo(&["bench", "--package", name, "--benches"]))
    })
}
