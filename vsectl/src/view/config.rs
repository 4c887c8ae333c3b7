//! `vsectl.config/1`: how VSE is configured.

use std::borrow::Cow;

use codec::vse::Config;
use serde::{Deserialize, Serialize};

/// The configuration with the name of its schema.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ConfigView {
    schema: Cow<'static, str>,
    #[serde(flatten)]
    pub(crate) config: Config,
}

impl ConfigView {
    /// The name of the schema.
    pub(crate) const SCHEMA: &str = "vsectl.config/1";
}

impl From<Config> for ConfigView {
    fn from(config: Config) -> Self {
        Self { schema: Self::SCHEMA.into(), config }
    }
}
