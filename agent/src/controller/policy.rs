//! What a controller decides by: a TOML file.
//!
//! ```
//! # use agent::controller::Policy;
//! let policy: Policy = r#"
//!     [grade.gold]            # what flows of a grade get
//!     fcf_priority = 1
//!     core = "auto"           # or a number
//!     idle_timeout = 30
//!
//!     [tenant.7]              # whose VMs have which grade
//!     grade = "gold"
//!
//!     [host.2]                # hosts by datapath id, in hexadecimal
//!     method = false          # VSE chooses no cores there
//! "#.parse()?;
//! assert_eq!(policy.grade_of(7).fcf_priority, 1);
//! assert!(!policy.host(2).method && policy.host(1).method);
//! # Ok::<(), agent::controller::PolicyError>(())
//! ```

use std::collections::BTreeMap;
use std::str::FromStr;

use codec::vse::Core;
use serde::Deserialize;

/// What a controller decides by. Whatever is not said is as [`Grade`] and [`Host`] have it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The rest of the traffic goes as a learning switch sends it: an entry of lowest priority for
    /// NORMAL.
    #[serde(default = "yes")]
    pub normal: bool,
    #[serde(default)]
    grade: BTreeMap<String, Grade>,
    #[serde(default)]
    tenant: BTreeMap<String, Tenant>,
    #[serde(default)]
    host: BTreeMap<String, Host>,
    #[serde(skip)]
    usual: Grade,
}

/// What the flows of a VM get.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grade {
    /// The priority in the Flow Control Field, 0 or 1.
    pub fcf_priority: u8,
    /// The core that processes them: `auto`, or a number.
    pub core: CoreChoice,
    /// The priority of the entries.
    pub flow_priority: u16,
    /// Seconds without a frame after which VSE forgets the entry.
    pub idle_timeout: u16,
}

/// Which core an entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "CoreText")]
pub enum CoreChoice {
    /// VSE chooses.
    Auto,
    /// This one.
    Core(Core),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CoreText {
    Number(u16),
    Word(String),
}

impl TryFrom<CoreText> for CoreChoice {
    type Error = String;

    fn try_from(text: CoreText) -> Result<Self, String> {
        match text {
            CoreText::Number(core) => Ok(Self::Core(Core(core))),
            CoreText::Word(word) if word == "auto" => Ok(Self::Auto),
            CoreText::Word(word) => Err(format!("core = {word:?}: want \"auto\" or a number")),
        }
    }
}

impl Default for Grade {
    fn default() -> Self {
        let core = CoreChoice::Auto;
        Self { fcf_priority: 0, core, flow_priority: 100, idle_timeout: 60 }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tenant {
    grade: String,
}

/// How a host is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Whether VSE chooses cores there.
    pub method: bool,
}

/// A policy that makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The text is no TOML, or has words that are not known.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A value is out of its range, or names what is not there.
    #[error("{0}")]
    Value(String),
}

fn yes() -> bool {
    true
}

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let policy: Self = toml::from_str(text)?;
        let wrong = |text: String| Err(PolicyError::Value(text));
        for (name, grade) in &policy.grade {
            if grade.fcf_priority > 1 {
                let priority = grade.fcf_priority;
                return wrong(format!("grade.{name}: fcf_priority = {priority}: want 0 or 1"));
            }
        }
        for (id, tenant) in &policy.tenant {
            if id.parse::<u32>().is_err() {
                return wrong(format!("tenant.{id}: want the number of a tenant"));
            }
            if !policy.grade.contains_key(&tenant.grade) {
                return wrong(format!("tenant.{id}: there is no grade.{}", tenant.grade));
            }
        }
        for id in policy.host.keys() {
            if u64::from_str_radix(id, 16).is_err() {
                return wrong(format!("host.{id}: want a datapath id, in hexadecimal"));
            }
        }
        Ok(policy)
    }
}

impl Policy {
    /// What the flows of a tenant's VMs get.
    #[must_use]
    pub fn grade_of(&self, tenant_id: u32) -> &Grade {
        let tenant = self.tenant.get(&tenant_id.to_string());
        tenant.and_then(|tenant| self.grade.get(&tenant.grade)).unwrap_or(&self.usual)
    }

    /// How the host behind a datapath is used.
    #[must_use]
    pub fn host(&self, datapath_id: u64) -> Host {
        let is_it = |text: &str| u64::from_str_radix(text, 16) == Ok(datapath_id);
        let found = self.host.iter().find(|(text, _)| is_it(text));
        found.map_or(Host { method: true }, |(_, host)| *host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense() {
        for (text, why) in [
            ("[grade.a]\nfcf_priority = 2", "want 0 or 1"),
            ("[grade.a]\ncore = \"fast\"", "want \"auto\" or a number"),
            ("[tenant.x]\ngrade = \"a\"\n[grade.a]", "number of a tenant"),
            ("[tenant.7]\ngrade = \"a\"", "there is no grade.a"),
            ("[host.z]\nmethod = true", "in hexadecimal"),
            ("[hosts.1]\nmethod = true", "unknown field"),
        ] {
            let error = text.parse::<Policy>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        let empty: Policy = "".parse().unwrap();
        assert_eq!(empty.grade_of(7), &Grade::default());
        assert!(empty.normal);
    }
}
