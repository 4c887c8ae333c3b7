//! `vsectl.flow-diff/1`: how two flow tables differ.

use codec::text::Flow;
use serde::Serialize;

/// The difference of two tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct FlowDiffView {
    schema: FlowDiffSchema,
    /// Entries of the second table alone, as flow texts.
    pub(crate) added: Vec<String>,
    /// Entries of the first table alone.
    pub(crate) removed: Vec<String>,
    /// Entries of both that do not do the same.
    pub(crate) changed: Vec<ChangedView>,
}

/// An entry that does not do the same in both tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ChangedView {
    /// In the first.
    pub(crate) from: String,
    /// In the second.
    pub(crate) to: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
enum FlowDiffSchema {
    #[default]
    #[serde(rename = "vsectl.flow-diff/1")]
    V1,
}

impl FlowDiffView {
    /// Whether the tables are the same.
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }

    /// Notes a difference between the tables.
    pub(crate) fn note(&mut self, from: Option<&Flow>, to: Option<&Flow>) {
        match (from, to) {
            (None, Some(to)) => self.added.push(to.to_string()),
            (Some(from), None) => self.removed.push(from.to_string()),
            (Some(from), Some(to)) => {
                self.changed.push(ChangedView { from: from.to_string(), to: to.to_string() });
            }
            (None, None) => {}
        }
    }
}
