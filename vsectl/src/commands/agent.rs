//! `vsectl agent run`: VSE as a service.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use agent::server::{AgentConfig, DEFAULT_FILE, KEYS};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, FromArgMatches};

use crate::exit::{Outcome, UsageError};

/// VSE as a service.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Sub,
}

#[derive(Debug, clap::Subcommand)]
enum Sub {
    /// Runs VSE: flow table, core table and a datapath, managed through sockets.
    ///
    /// Each option is also a key of the configuration file, vse-agent.toml(5), and an environment
    /// variable. An option counts most, then the environment, then the file.
    Run(Run),
}

#[derive(Debug, clap::Args)]
struct Run {
    /// The configuration file; /etc/vse/agent.toml if there is one
    #[arg(long, value_name = "FILE", env = "VSE_CONFIG")]
    config: Option<PathBuf>,
    /// Read the configuration, say what is wrong with it, and end
    #[arg(long)]
    check: bool,
    /// Print every key, its value where nothing sets it, and what it does, as a file, and end
    #[arg(long)]
    print_config: bool,
    #[command(flatten)]
    keys: Keys,
}

/// The keys that were set, with their values and where they come from.
#[derive(Debug, Default)]
struct Keys(BTreeMap<&'static str, (String, String)>);

impl Args {
    /// Runs the agent until it is told to end.
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let Sub::Run(args) = self.command;
        if args.print_config {
            for key in KEYS {
                writeln!(out, "# {}: {}\n{}", key.doc, key.value, key.toml_default())?;
            }
            return Ok(Outcome::Done);
        }
        let config = AgentConfig::load(args.config.as_deref(), &args.keys.0);
        let config = config.map_err(|error| UsageError(error.to_string()))?;
        if args.check {
            let file = args.config.unwrap_or_else(|| DEFAULT_FILE.into());
            writeln!(out, "{}: all well", file.display())?;
            return Ok(Outcome::Done);
        }
        let set_level = start_log(&config);
        let reload = move || {
            let config = AgentConfig::load(args.config.as_deref(), &args.keys.0)?;
            set_level(&config);
            Ok(config)
        };
        agent::server::run(config, Box::new(reload))?;
        Ok(Outcome::Done)
    }
}

/// The log goes to standard error. Returns what changes its level.
fn start_log(config: &AgentConfig) -> impl Fn(&AgentConfig) + use<> {
    use tracing_subscriber::filter::LevelFilter;
    use tracing_subscriber::fmt::layer;
    use tracing_subscriber::prelude::*;

    let level = |config: &AgentConfig| config.log.parse().unwrap_or(LevelFilter::INFO);
    let (filter, handle) = tracing_subscriber::reload::Layer::new(level(config));
    let log = layer().with_writer(std::io::stderr);
    let log = if config.log_json {
        log.json().boxed()
    } else {
        log.with_ansi(false).with_target(false).boxed()
    };
    tracing_subscriber::registry().with(filter).with(log).init();
    move |config| {
        if let Err(error) = handle.reload(level(config)) {
            tracing::error!(%error, "the level of the log is as it was");
        }
    }
}

impl clap::Args for Keys {
    fn augment_args(command: Command) -> Command {
        KEYS.iter().fold(command, |command, key| {
            let help = match key.default {
                "" => key.doc.to_owned(),
                default => format!("{} [default: {default}]", key.doc),
            };
            command.arg(
                Arg::new(key.name)
                    .long(key.flag())
                    .value_name(key.value)
                    .env(key.variable())
                    .action(if key.name == "listen" {
                        clap::ArgAction::Append
                    } else {
                        clap::ArgAction::Set
                    })
                    .help(help),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Keys {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut keys = Self::default();
        keys.update_from_arg_matches(matches)?;
        Ok(keys)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for key in KEYS {
            let Some(values) = matches.get_many::<String>(key.name) else { continue };
            let place = match matches.value_source(key.name) {
                Some(ValueSource::EnvVariable) => key.variable(),
                _ => format!("--{}", key.flag()),
            };
            let values: Vec<&str> = values.map(String::as_str).collect();
            self.0.insert(key.name, (values.join(","), place));
        }
        Ok(())
    }
}
