//! The file of the configuration, and what counts more than it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{AgentConfig, DEFAULT_FILE, KEYS, Key};

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
        })?;
        self.texts.insert(key.name, value.to_owned());
        Ok(())
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

#[cfg(test)]
mod tests {
    use codec::vse::ConfigFlags;

    use super::*;
    use crate::client::Target;

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
            ("metrics = \"0.0.0.0:9653\"", "0.0.0.0 is no loopback address: anybody could read"),
            ("metrics = \"9653\"", "want ADDRESS:PORT"),
            ("datapath = \"xdp:a@skb\"", "the mode \"skb\" is unknown: want native"),
            ("datapath = \"xdp:a,b@generic,a@either\"", "a is named twice"),
            ("log = ", "line 1"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn what_has_changed() {
        let before = read("max_flows = 10\nhigh_load = 800\n").unwrap();
        let after = read("high_load = 700\nlog = \"info\"\nmax_flows = 10").unwrap();
        let changed: Vec<_> = before.changed(&after).map(|key| (key.name, key.is_live)).collect();
        assert_eq!(changed, [("high_load", true)]);
        let changed: Vec<_> = before.changed(&AgentConfig::default()).map(|k| k.name).collect();
        assert_eq!(changed, ["max_flows", "high_load"]);
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
