//! `vsectl config`: how VSE chooses.

use std::io::Write;

use anyhow::{Context, anyhow};
use codec::vse::Config;
use serde_json::Value;

use crate::agent_option::AgentOption;
use crate::exit::{Outcome, UsageError};
use crate::flow_source;
use crate::render;
use crate::render::agent_tables;
use crate::saved::{Saved, value};
use crate::view::ConfigView;

/// Look at the configuration of an agent, and change it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Get(GetArgs),
    Set(SetArgs),
}

/// Print the configuration, a setting a line.
#[derive(Debug, clap::Args)]
struct GetArgs {
    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// As `config set` takes it.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// Change settings; the others stay.
///
/// enabled, rebalance: yes or no. policy: adaptive, hash or current. high_load,
/// rebalance_improvement: per mille. idle_timeout, rebalance_interval: seconds. fcf_layout: dscp,
/// tos8, vlan or custom(tos,priority=0x80,vm_id=0x3c).
#[derive(Debug, clap::Args)]
struct SetArgs {
    /// Settings, as in `high_load=900`.
    #[arg(value_name = "NAME=VALUE", required_unless_present = "file")]
    settings: Vec<String>,

    /// Begin with the configuration that `config get -o json` has printed; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
}

impl Args {
    pub(crate) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let mut client = agent.connect()?;
        match self.command {
            Command::Get(args) => {
                let config = client.config()?;
                match args.output {
                    Format::Text => agent_tables::config(&config, out)?,
                    Format::Json => render::json::document(&[ConfigView::from(config)], out)?,
                }
            }
            Command::Set(args) => {
                let mut config = match &args.file {
                    Some(path) => Saved::parse(&flow_source::read(path)?)?
                        .config
                        .with_context(|| format!("{path}: no configuration in it"))?,
                    None => client.config()?,
                };
                for setting in &args.settings {
                    config = changed(&config, setting)?;
                }
                client.set_config(&config)?;
            }
        }
        Ok(Outcome::Done)
    }
}

/// The configuration with one setting changed.
fn changed(config: &Config, setting: &str) -> anyhow::Result<Config> {
    let usage = |text: String| anyhow!(UsageError(text));
    let (name, text) = setting
        .split_once('=')
        .ok_or_else(|| usage(format!("{setting:?} is no setting: want NAME=VALUE")))?;
    let mut json = serde_json::to_value(config)?;
    let fields = json.as_object_mut().context("a configuration is an object")?;
    if let "enabled" | "rebalance" = name {
        let on = match text {
            "yes" | "true" | "on" | "1" => true,
            "no" | "false" | "off" | "0" => false,
            _ => return Err(usage(format!("{name}={text}: want yes or no"))),
        };
        let flags = fields.get_mut("flags").and_then(Value::as_array_mut);
        let flags = flags.context("the flags are a list")?;
        flags.retain(|flag| flag != name);
        if on {
            flags.push(name.into());
        }
    } else {
        let known = fields.keys().filter(|known| *known != "flags");
        let mut known: Vec<&str> = known.map(String::as_str).collect();
        known.extend(["enabled", "rebalance"]);
        if !known.contains(&name) || name == "flags" {
            known.sort_unstable();
            let known = known.join(", ");
            return Err(usage(format!("{name:?} is no setting: want one of {known}")));
        }
        let number = text.parse::<u64>().map(Value::from);
        fields.insert(name.to_owned(), number.unwrap_or_else(|_| text.into()));
    }
    value(&json.to_string()).map_err(|error| usage(format!("{setting}: {error}")))
}

#[cfg(test)]
mod tests {
    use agent::engine::Settings;

    use super::*;

    #[test]
    fn settings() {
        let config = Settings::default().config;
        let with =
            |setting: &str| changed(&config, setting).map(|config| ConfigView::from(config).config);
        assert_eq!(with("high_load=800").unwrap().high_load, 800);
        assert!(with("enabled=no").unwrap().flags.is_empty());
        assert_eq!(with("policy=hash").unwrap().policy, codec::vse::Policy::Hash);
        assert_eq!(with("fcf_layout=vlan").unwrap().fcf_layout, codec::fcf::FcfLayout::VLAN);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let config = Settings::default().config;
        for (setting, words) in [
            ("high_load", "want NAME=VALUE"),
            ("hihg_load=3", "is no setting: want one of enabled, fcf_layout"),
            ("enabled=maybe", "want yes or no"),
            ("policy=best", "policy"),
            ("high_load=70000", "high_load"),
        ] {
            let error = changed(&config, setting).unwrap_err().to_string();
            assert!(error.contains(words), "{setting}: {error}");
        }
    }
}
