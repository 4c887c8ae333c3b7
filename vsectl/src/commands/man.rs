//! `vsectl man`: writes the manual pages from the definitions of the command line. Hidden: the
//! pages are made when the project is built, not by its users.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::CommandFactory;

use crate::cli::Cli;
use crate::exit::Outcome;

/// When this version was made; the pages bear it, and are the same whenever they are written.
const VERSION_DATE: &str = "2026-11-24";

/// Columns of a page's source line.
const LINE_LEN: usize = 80;

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
        .date(VERSION_DATE)
        .source("VSE toolkit")
        .manual("VSE toolkit manual");
    let mut text = Vec::new();
    page.render(&mut text)?;
    std::fs::write(&path, tidy(&String::from_utf8(text)?))
        .with_context(|| format!("cannot write {}", path.display()))?;
    let visible = |child: &&clap::Command| !child.is_hide_set() && child.get_name() != "help";
    command.get_subcommands().filter(visible).try_for_each(|child| write_pages(child, dir))
}

/// The page as people would have written it, and as mandoc asks for: one macro for a paragraph's
/// space, no space at the end of a line, no long lines.
fn tidy(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    for line in page.replace(".br\n\n.br\n", ".sp\n").lines() {
        if line.starts_with('.') {
            text.push_str(line);
        } else {
            wrap(line.trim_end(), &mut text);
        }
        text.push('\n');
    }
    text
}

/// Appends `line`, broken between words; never before a word that roff would take for a macro.
fn wrap(line: &str, text: &mut String) {
    let mut column = 0;
    for word in line.split(' ') {
        let fits = column + 1 + word.len() <= LINE_LEN;
        if column > 0 && (fits || word.starts_with(['.', '\''])) {
            text.push(' ');
            column += 1;
        } else if column > 0 {
            text.push('\n');
            column = 0;
        }
        text.push_str(word);
        column += word.len();
    }
}
