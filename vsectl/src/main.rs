//! The entry point: arguments in, exit code out. What a command does is in `commands/`.

mod capture;
mod capture_format;
mod cli;
mod commands;
mod exit;
mod hex_input;
mod interrupt;
mod message_text;
mod messages;
mod openflow_session;
mod render;
mod view;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::exit::{Outcome, UsageError, diagnostic, is_broken_pipe};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let done = cli.run(&mut out).and_then(|outcome| Ok(out.flush().map(|()| outcome)?));
    match done {
        Ok(outcome) => outcome.into(),
        // Whoever read the output has seen enough.
        Err(error) if is_broken_pipe(&error) => Outcome::Done.into(),
        Err(error) => {
            // What was decoded before the error is worth having.
            drop(out.flush());
            diagnostic!("{error:#}");
            let usage = error.is::<UsageError>();
            if usage { Outcome::Usage } else { Outcome::Failed }.into()
        }
    }
}
