//! The smoke test of the fuzz targets. They are built as cargo-fuzz builds them, but without it:
//! a nightly compiler is all that it takes.

use std::fs;

use crate::packages::{CXX, need};
use crate::run::{command, is_program, step, succeeds, top};

/// Seconds that each target runs for.
const SECONDS: u32 = 20;
/// Coverage that libFuzzer is led by, and the address sanitizer.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Zsanitizer=address -Ccodegen-units=1";
const TARGET: &str = "x86_64-unknown-linux-gnu";

pub(crate) fn run() -> anyhow::Result<()> {
    let nightly = ["run", "nightly", "rustc", "--version"];
    if !cfg!(target_arch = "x86_64") || !is_program("rustup") || !succeeds("rustup", &nightly) {
        println!("--- fuzz: not run, since there is no nightly compiler for {TARGET}");
        return Ok(());
    }
    need(&[CXX])?;
    let manifest = "fuzz/Cargo.toml";
    let build = ["run", "nightly", "cargo", "build", "--release", "--manifest-path", manifest];
    let build = [&build[..], &["--target", TARGET]].concat();
    step("fuzz targets", command("rustup", &build).env("RUSTFLAGS", FLAGS))?;
    seed()?;
    let mut targets: Vec<String> = fs::read_dir(top().join("fuzz/fuzz_targets"))?
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_string_lossy().into_owned()))
        .collect();
    targets.sort();
    for target in targets {
        let program = format!("fuzz/target/{TARGET}/release/{target}");
        let corpus = format!("fuzz/corpus/{target}");
        fs::create_dir_all(top().join(&corpus))?;
        let seconds = format!("-max_total_time={SECONDS}");
        let args =
            [corpus.as_str(), &seconds, "-verbosity=0", "-print_funcs=0", "-rss_limit_mb=1024"];
        step(&format!("fuzz {target}"), &mut command(&program, &args))?;
    }
    Ok(())
}

/// Real captures to begin with.
fn seed() -> anyhow::Result<()> {
    let corpus = top().join("fuzz/corpus/capture");
    fs::create_dir_all(&corpus)?;
    for entry in fs::read_dir(top().join("pcaps"))? {
        let path = entry?.path();
        if let Some(name) = path.file_name().filter(|name| *name != "README.md") {
            fs::copy(&path, corpus.join(name))?;
        }
    }
    Ok(())
}
