//! The entry point: arguments in, exit code out. What a command does is in `commands/`.

mod agent_option;
mod capture;
mod capture_format;
mod capture_input;
mod capture_ring;
mod captures;
mod cli;
mod commands;
mod comparison;
mod completion;
mod coverage;
mod craft;
mod decode_as;
mod duration;
mod ethernet_frames;
mod exit;
mod flow_check;
mod flow_set;
mod flow_simulation;
mod flow_source;
mod follower;
mod frame_of_flow;
mod hex_input;
mod injection;
mod load_forecast;
mod message_text;
mod messages;
mod moment;
mod openflow_session;
mod openflow_stream;
mod render;
mod saved;
mod saved_engine;
mod send;
mod session_log;
mod signals;
mod top;
mod view;
mod vse_frames;
mod wall_clock;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::cli::Cli;
use crate::commands::completions::VARIABLE;
use crate::exit::{Outcome, Trouble, UsageError, diagnostic, is_broken_pipe};

fn main() -> ExitCode {
    clap_complete::CompleteEnv::with_factory(Cli::command).var(VARIABLE).complete();
    let cli = Cli::parse();
    let mut out = io::BufWriter::new(io::stdout());
    let done = cli.run(&mut out).and_then(|outcome| Ok(out.flush().map(|()| outcome)?));
    match done {
        Ok(outcome) => outcome.into(),
        // Whoever read the output has seen enough.
        Err(error) if is_broken_pipe(&error) => Outcome::Done.into(),
        Err(error) => {
            // What was decoded before the error is worth having.
            drop(out.flush());
            diagnostic!("{error:#}");
            let usage = error.is::<UsageError>() || error.is::<Trouble>();
            if usage { Outcome::Usage } else { Outcome::Failed }.into()
        }
    }
}
