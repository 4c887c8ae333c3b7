//! `vsectl man`: writes the manual pages from the definitions of the command line. Hidden: the
//! pages are made when the project is built, not by its users.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::CommandFactory;

use crate::cli::Cli;
use crate::exit::Outcome;

/// Write a manual page for every command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The directory to write to.
    dir: PathBuf,
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<Outcome> {
        let mut top = Cli::command();
        top.build();
        write_pages(&top, &self.dir)?;
        Ok(Outcome::Done)
    }
}

/// Writes the page of `command` and those of the commands below it.
fn write_pages(command: &clap::Command, dir: &Path) -> anyhow::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let path = dir.join(format!("{name}.1"));
    let page = clap_mangen::Man::new(command.clone().disable_help_subcommand(true))
        .title(name.to_ascii_uppercase())
        .source("VSE toolkit")
        .manual("VSE toolkit manual");
    let mut text = Vec::new();
    page.render(&mut text)?;
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    let visible = |child: &&clap::Command| !child.is_hide_set() && child.get_name() != "help";
    command.get_subcommands().filter(visible).try_for_each(|child| write_pages(child, dir))
}
