//! `cargo xtask man`: the manual pages of the commands, from the definitions of `--help`.

use std::fs;

use crate::run::{cargo, step, top};

pub(crate) fn run() -> anyhow::Result<()> {
    for entry in fs::read_dir(top().join("man"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|section| section == "1") {
            // A command that has gone takes its page along.
            fs::remove_file(path)?;
        }
    }
    step("man", &mut cargo(&["run", "--quiet", "--package", "vsectl", "--", "man", "man"]))
}
