//! `cargo xtask bench`: the benchmarks of all crates, or of those named; `decode`, which compares
//! programs that read captures; and `engine`, the look-ups of VSE's engine.

mod decode;
mod inputs;
mod measure;
mod of10;
mod openflow;
mod packet;
mod plan;
mod random;
mod report;
mod savefile;
mod vxlan;

use crate::run::{cargo, step};

pub(crate) fn run(names: &[String]) -> anyhow::Result<()> {
    match names {
        [] => step("bench", &mut cargo(&["bench", "--workspace", "--benches"])),
        [name, options @ ..] if name == "decode" => decode::run(options),
        [name] if name == "engine" => {
            step("bench engine", &mut cargo(&["bench", "--package", "agent", "--bench", "engine"]))
        }
        crates => crates.iter().try_for_each(|name| {
            step(&format!("bench {name}"), &mut cargo(&["bench", "--package", name, "--benches"]))
        }),
    }
}
