//! How an agent is configured: one table of keys, which are keys of a TOML file, flags and
//! environment variables alike. A flag counts most, then the environment, then the file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use codec::fcf::FcfLayout;
use codec::vse::{ConfigFlags, Policy};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::access::Access;
use crate::client::Target;
use crate::datapath::Pace;
use crate::engine::Settings;

/// The file that is read where none is named, if it is there.
pub const DEFAULT_FILE: &str = "/etc/vse/agent.toml";

/// How an agent works.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentConfig {
    /// Where it listens.
    pub listen: Vec<Target>,
    /// What moves the frames: `none`, `replay:FILE` or `xdp:INTERFACE,…`.
    pub datapath: String,
    /// How fast a capture is replayed.
    pub pace: Pace,
    /// Where the state is kept; nowhere where there is none.
    pub state_dir: Option<PathBuf>,
    /// Whether an acknowledged change must outlive the host's power.
    pub sync: bool,
    /// The longest time between a change and the next snapshot.
    pub snapshot_interval: Duration,
    /// The group whose members may read.
    pub group: Option<String>,
    /// Whether clients over TCP may change something.
    pub tcp_change: bool,
    /// Time between two samples of the load of the cores.
    pub sample_interval: Duration,
    /// What clients may take.
    pub limits: Limits,
    /// What the engine begins with.
    pub engine: Settings,
    /// What is logged: a level.
    pub log: String,
    /// Whether the log is JSON.
    pub log_json: bool,
}

/// What clients may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// Messages a second of one client; the rest has to wait.
    pub message_rate: u32,
    /// Bytes that may wait for one client.
    pub output: usize,
    /// Time until a client must have said HELLO.
    pub handshake_timeout: Duration,
    /// Silence after which a client is asked whether it lives; after as much again it is cut off.
    pub echo_interval: Duration,
}

impl Default for AgentConfig {
    fn default() -> Self {
        let engine = Settings { max_flows: 131_072, ..Settings::default() };
        Self {
            listen: vec![Target::default()],
            datapath: "none".to_owned(),
            pace: Pace::AsRecorded,
            state_dir: Some("/var/lib/vse".into()),
            sync: false,
            snapshot_interval: Duration::from_secs(60),
            group: None,
            tcp_change: false,
            sample_interval: Duration::from_secs(1),
            limits: Limits {
                connections: 256,
                message_rate: 1_000_000,
                output: 1 << 20,
                handshake_timeout: Duration::from_secs(5),
                echo_interval: Duration::from_secs(15),
            },
            engine,
            log: "info".to_owned(),
            log_json: false,
        }
    }
}

impl AgentConfig {
    /// What a client over TCP may do.
    pub(crate) fn tcp_access(&self) -> Access {
        if self.tcp_change { Access::Change } else { Access::Read }
    }
}

/// A key of the configuration.
pub struct Key {
    /// Its name in the file; the flag has hyphens for underscores, the environment variable is in
    /// capitals behind `VSE_`.
    pub name: &'static str,
    /// What its value is, for people.
    pub value: &'static str,
    /// Its value where it is not set.
    pub default: &'static str,
    /// What it does, in a line.
    pub doc: &'static str,
    set: fn(&mut AgentConfig, &str) -> Result<(), String>,
}

impl Key {
    /// The environment variable.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("VSE_{}", self.name.to_ascii_uppercase())
    }

    /// The key with its default, as a line of the file.
    #[must_use]
    pub fn toml_default(&self) -> String {
        let is_bare = self.default.parse::<u64>().is_ok() || self.default.parse::<bool>().is_ok();
        match self.default {
            default if is_bare => format!("{} = {default}", self.name),
            default => format!("{} = {default:?}", self.name),
        }
    }

    /// The flag, without its hyphens in front.
    #[must_use]
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }
}

macro_rules! key {
    ($name:literal, $value:literal, $default:literal, $doc:literal, |$config:ident, $text:ident| $set:expr) => {
        Key {
            name: $name,
            value: $value,
            default: $default,
            doc: $doc,
            set: |$config, $text| {
                $set;
                Ok(())
            },
        }
    };
}

/// Every key.
pub const KEYS: &[Key] = &[
    key!(
        "listen",
        "TARGET,…",
        "unix:/run/vse/agent.sock",
        "Where to listen: unix:PATH, netlink[:PORT], tcp:HOST[:PORT]",
        |config, text| config.listen = each(text)?
    ),
    key!(
        "datapath",
        "DATAPATH",
        "none",
        "What moves the frames: none, replay:FILE or xdp:INTERFACE,…",
        |config, text| config.datapath = datapath(text)?
    ),
    key!(
        "replay_pace",
        "recorded|fastest",
        "recorded",
        "How fast a capture is replayed",
        |config, text| config.pace =
            word(text, &[("recorded", Pace::AsRecorded), ("fastest", Pace::Fastest)])?
    ),
    key!(
        "state_dir",
        "DIR",
        "/var/lib/vse",
        "Where the tables are kept; empty for nowhere",
        |config, text| config.state_dir = (!text.is_empty()).then(|| text.into())
    ),
    key!(
        "sync",
        "BOOL",
        "false",
        "Whether a change is on the disk itself before it is acknowledged",
        |config, text| config.sync = boolean(text)?
    ),
    key!(
        "snapshot_interval",
        "SECONDS",
        "60",
        "Longest time from a change to the next snapshot",
        |config, text| config.snapshot_interval = seconds(text, 1, 86_400)?
    ),
    key!(
        "group",
        "GROUP",
        "",
        "The group whose members may read; empty for none",
        |config, text| config.group = (!text.is_empty()).then(|| text.to_owned())
    ),
    key!(
        "tcp_change",
        "BOOL",
        "false",
        "Whether clients over TCP may change something",
        |config, text| config.tcp_change = boolean(text)?
    ),
    key!(
        "sample_interval",
        "MILLISECONDS",
        "1000",
        "Time between two samples of the cores' load",
        |config, text| config.sample_interval = Duration::from_millis(number(text, 10, 60_000)?)
    ),
    key!("max_connections", "NUMBER", "256", "Clients at a time", |config, text| config
        .limits
        .connections =
        number(text, 1, 65_536)?),
    key!(
        "max_message_rate",
        "NUMBER",
        "1000000",
        "Messages a second of one client",
        |config, text| config.limits.message_rate = number(text, 1, 100_000_000)?
    ),
    key!("max_output", "BYTES", "1048576", "Bytes that may wait for one client", |config, text| {
        config.limits.output = number(text, 65_536, 1 << 30)?;
    }),
    key!(
        "handshake_timeout",
        "SECONDS",
        "5",
        "Time until a client must have said HELLO",
        |config, text| config.limits.handshake_timeout = seconds(text, 1, 3600)?
    ),
    key!(
        "echo_interval",
        "SECONDS",
        "15",
        "Silence after which a client is asked whether it lives",
        |config, text| config.limits.echo_interval = seconds(text, 1, 3600)?
    ),
    key!("max_flows", "NUMBER", "131072", "Entries of the flow table", |config, text| config
        .engine
        .max_flows =
        number(text, 1, 16_777_216)?),
    key!("max_vms", "NUMBER", "4094", "VMs of the core table", |config, text| config
        .engine
        .max_vms =
        number(text, 1, 4094)?),
    key!("enabled", "BOOL", "true", "Whether VSE chooses cores", |config, text| config
        .engine
        .config
        .flags
        .set(ConfigFlags::ENABLED, boolean(text)?)),
    key!("policy", "adaptive|hash|current", "adaptive", "How a core is chosen", |config, text| {
        config.engine.config.policy =
            Policy::from_name(text).ok_or("want adaptive, hash or current")?;
    }),
    key!(
        "high_load",
        "PER-MILLE",
        "900",
        "Load from which on a core is highly loaded",
        |config, text| config.engine.config.high_load = number(text, 0, 1000)?
    ),
    key!(
        "flow_idle_timeout",
        "SECONDS",
        "60",
        "Time without a frame after which an entry gives its core back; 0 for never",
        |config, text| config.engine.config.idle_timeout = number(text, 0, 65_535)?
    ),
    key!(
        "fcf_layout",
        "LAYOUT",
        "dscp",
        "Where the Flow Control Field stands: dscp, tos8, vlan or custom(…)",
        |config, text| config.engine.config.fcf_layout =
            text.parse::<FcfLayout>().map_err(|error| error.to_string())?
    ),
    key!(
        "rebalance",
        "BOOL",
        "false",
        "Whether entries move away from cores that stay highly loaded",
        |config, text| config.engine.config.flags.set(ConfigFlags::REBALANCE, boolean(text)?)
    ),
    key!(
        "rebalance_interval",
        "SECONDS",
        "60",
        "Least time between two moves of an entry",
        |config, text| config.engine.config.rebalance_interval = number(text, 0, 65_535)?
    ),
    key!(
        "rebalance_improvement",
        "PER-MILLE",
        "250",
        "Least gain of load that is worth a move",
        |config, text| config.engine.config.rebalance_improvement = number(text, 0, 1000)?
    ),
    key!(
        "log",
        "LEVEL",
        "info",
        "What is logged: error, warn, info, debug or trace",
        |config, text| config.log = word(
            text,
            &["error", "warn", "info", "debug", "trace"].map(|level| (level, level.to_owned()))
        )?
    ),
    key!("log_format", "text|json", "text", "How it is logged", |config, text| config.log_json =
        word(text, &[("text", false), ("json", true)])?),
];

/// A configuration that makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{path}: {source}")]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where, and why.
        source: toml::de::Error,
    },
    /// A key is not known.
    #[error("{place}: there is no key {name}{}", .near.map_or(String::new(), |near| format!("; do you mean {near}?")))]
    NoKey {
        /// Where it stands.
        place: String,
        /// The key.
        name: String,
        /// A key of nearly that name.
        near: Option<&'static str>,
    },
    /// A value is wrong.
    #[error("{place}: {name} = {value:?}: {why}")]
    Value {
        /// Where it stands.
        place: String,
        /// The key.
        name: &'static str,
        /// Its value.
        value: String,
        /// Why, and what would be right.
        why: String,
    },
}

impl AgentConfig {
    /// The configuration of `file`, or of [`DEFAULT_FILE`] if that is there; then what `set` says
    /// by key: values and where they come from.
    pub fn load(
        file: Option<&Path>,
        set: &BTreeMap<&'static str, (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        let default = Path::new(DEFAULT_FILE);
        let path = file.or_else(|| default.exists().then_some(default));
        if let Some(path) = path {
            let text = fs::read_to_string(path)
                .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
            config.read(&text, path)?;
        }
        for key in KEYS {
            if let Some((value, place)) = set.get(key.name) {
                config.set(key, value, || place.clone())?;
            }
        }
        Ok(config)
    }

    fn read(&mut self, text: &str, path: &Path) -> Result<(), ConfigError> {
        let table = DeTable::parse(text)
            .map_err(|source| ConfigError::Toml { path: path.to_owned(), source })?;
        for (name, value) in table.get_ref() {
            let line = |at: usize| {
                let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
                format!("{}:{line}", path.display())
            };
            let Some(key) = KEYS.iter().find(|key| key.name == name.get_ref().as_ref()) else {
                let name_text = name.get_ref().to_string();
                let near = KEYS.iter().map(|key| key.name);
                let near = near.max_by(|a, b| {
                    let like = |known| strsim::jaro_winkler(known, &name_text);
                    like(a).total_cmp(&like(b))
                });
                let near = near.filter(|near| strsim::jaro_winkler(near, &name_text) > 0.8);
                let place = line(name.span().start);
                return Err(ConfigError::NoKey { place, name: name_text, near });
            };
            let place = || line(value.span().start);
            let Some(text) = value_text(value) else {
                let (value, why) = (String::new(), format!("want {}", key.value));
                return Err(ConfigError::Value { place: place(), name: key.name, value, why });
            };
            self.set(key, &text, place)?;
        }
        Ok(())
    }

    fn set(
        &mut self,
        key: &Key,
        value: &str,
        place: impl Fn() -> String,
    ) -> Result<(), ConfigError> {
        (key.set)(self, value).map_err(|why| ConfigError::Value {
            place: place(),
            name: key.name,
            value: value.to_owned(),
            why,
        })
    }
}

/// The text of a value; a list of texts has commas between.
fn value_text(value: &Spanned<DeValue<'_>>) -> Option<String> {
    Some(match value.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(value_text).collect();
            items?.join(",")
        }
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => return None,
    })
}

fn each<T: FromStr<Err: ToString>>(text: &str) -> Result<Vec<T>, String> {
    let words = text.split(',').filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(|error: T::Err| error.to_string())).collect()
}

fn number<T: TryFrom<u64>>(text: &str, least: u64, most: u64) -> Result<T, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    let number = number.and_then(|number: u64| T::try_from(number).ok());
    number.ok_or_else(|| format!("want a number from {least} to {most}"))
}

fn seconds(text: &str, least: u64, most: u64) -> Result<Duration, String> {
    number(text, least, most).map(Duration::from_secs)
}

fn boolean(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "want true or false".to_owned())
}

fn word<T: Clone>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| value.clone()).ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        format!("want {}", words.join(", "))
    })
}

fn datapath(text: &str) -> Result<String, String> {
    match text.split_once(':') {
        Some(("replay" | "xdp", rest)) if !rest.is_empty() => Ok(text.to_owned()),
        None if text == "none" => Ok(text.to_owned()),
        _ => Err("want none, replay:FILE or xdp:INTERFACE,…".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<AgentConfig, String> {
        let mut config = AgentConfig::default();
        config.read(text, Path::new("agent.toml")).map_err(|error| error.to_string())?;
        Ok(config)
    }

    #[test]
    fn defaults_are_those_of_the_table() {
        let mut config = AgentConfig::default();
        for key in KEYS {
            (key.set)(&mut config, key.default).unwrap_or_else(|why| panic!("{}: {why}", key.name));
        }
        assert_eq!(config, AgentConfig::default());
    }

    #[test]
    fn a_file() {
        let config =
            read("listen = [\"unix:/a\", \"netlink\"]\nmax_flows = 10\nrebalance = true\n");
        let config = config.unwrap();
        assert_eq!(config.listen, ["unix:/a".parse().unwrap(), Target::Netlink(0x0056_5345)]);
        assert_eq!(config.engine.max_flows, 10);
        assert!(config.engine.config.flags.contains(ConfigFlags::REBALANCE));
    }

    #[test]
    fn an_error_has_key_and_line() {
        for (text, expected) in [
            ("\nmax_flow = 1", "agent.toml:2: there is no key max_flow; do you mean max_flows?"),
            (
                "log = \"info\"\nhigh_load = 1001",
                "agent.toml:2: high_load = \"1001\": want a number from 0 to 1000",
            ),
            ("listen = [\"unix:\"]", "the path is missing"),
            ("sync = 1.5", "agent.toml:1: sync = \"\": want BOOL"),
            ("policy = \"fast\"", "want adaptive, hash or current"),
            ("datapath = \"xdp\"", "want none, replay:FILE or xdp:INTERFACE"),
            ("log = ", "line 1"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn flags_count_more_than_the_file() {
        let set = BTreeMap::from([("max_flows", ("7".to_owned(), "--max-flows".to_owned()))]);
        assert_eq!(AgentConfig::load(None, &set).unwrap().engine.max_flows, 7);
        let set = BTreeMap::from([("max_flows", ("0".to_owned(), "--max-flows".to_owned()))]);
        let error = AgentConfig::load(None, &set).unwrap_err().to_string();
        assert!(error.starts_with("--max-flows: max_flows = \"0\": want a number"), "{error}");
    }
}
