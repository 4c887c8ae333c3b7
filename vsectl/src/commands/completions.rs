//! `vsectl completions`: what makes a shell complete the command line.

use std::io::Write;

use clap_complete::env::Shells;

use crate::exit::Outcome;

/// Print the script that makes a shell complete vsectl's commands, and live cores, VMs and fields.
///
/// For bash: `source <(vsectl completions bash)`; for zsh the same; for fish:
/// `vsectl completions fish | source`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell.
    #[arg(value_name = "SHELL", value_parser = ["bash", "zsh", "fish"])]
    shell: String,
}

/// The variable by which a shell's script asks for completions.
pub(crate) const VARIABLE: &str = "VSECTL_COMPLETE";

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let shells = Shells::builtins();
        if let Some(shell) = shells.completer(&self.shell) {
            let mut script = Vec::new();
            shell.write_registration(VARIABLE, "vsectl", "vsectl", "vsectl", &mut script)?;
            out.write_all(&script)?;
        }
        Ok(Outcome::Done)
    }
}
