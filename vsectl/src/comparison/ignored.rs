//! `--ignore`: what does not count when messages or tables are compared.

use std::collections::BTreeSet;

use dissect::registry;
use serde_json::Value;

/// Names that stand for several keys.
const TOGETHER: [(&str, &[&str]); 3] = [
    (
        "counters",
        &[
            "packets",
            "bytes",
            "drops",
            "entries",
            "packet_count",
            "byte_count",
            "flow_count",
            "lookup_count",
            "matched_count",
            "active_count",
            "rx_packets",
            "tx_packets",
            "rx_bytes",
            "tx_bytes",
            "rx_dropped",
            "tx_dropped",
            "rx_errors",
            "tx_errors",
            "n_flows",
            "matched",
            "missed",
            "passed",
            "redirected",
            "errors",
            "moves",
            "deferred",
            "generation",
        ],
    ),
    ("times", &["duration", "duration_sec", "duration_nsec", "assigned", "time"]),
    ("loads", &["load", "provisional"]),
];

/// Messages of these types only keep a connection.
const KEEPALIVES: [&str; 2] = ["echo_request", "echo_reply"];

/// What does not count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ignored {
    keys: BTreeSet<String>,
    keepalives: bool,
}

impl Ignored {
    /// Reads names. An error says which is none.
    pub(crate) fn parse(names: &[String]) -> Result<Self, String> {
        let mut ignored = Self::default();
        for name in names {
            if let Some((_, keys)) = TOGETHER.iter().find(|(together, _)| together == name) {
                ignored.keys.extend(keys.iter().map(|key| (*key).to_owned()));
            } else if name == "keepalives" {
                ignored.keepalives = true;
            } else if registry::all_fields().any(|(_, field)| field.key == name) {
                ignored.keys.insert(name.clone());
            } else {
                let together = TOGETHER.map(|(name, _)| name).join(", ");
                return Err(format!(
                    "--ignore {name}: want {together}, keepalives, or a field as JSON names it, \
                     such as xid or cookie"
                ));
            }
        }
        Ok(ignored)
    }

    /// Whether a key does not count.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// Whether a message of that type does not count at all.
    pub(crate) fn has_type(&self, r#type: &str) -> bool {
        self.keepalives && KEEPALIVES.contains(&r#type)
    }

    /// Takes out of `value` what does not count.
    pub(crate) fn strip(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|key, _| !self.has(key));
                fields.iter_mut().for_each(|(_, value)| self.strip(value));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.strip(item)),
            _ => {}
        }
    }
}
