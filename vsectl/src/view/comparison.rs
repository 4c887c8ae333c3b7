//! `vsectl.capture-diff/1` and `vsectl.table-diff/1`: how two captures or two tables differ.

use serde::Serialize;
use serde_json::Value;

use super::FlowDiffView;

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct FieldChange {
    /// Its path, as in `body.actions[0].core`.
    pub(crate) field: String,
    /// In the first; null where it is not there.
    pub(crate) from: Value,
    /// In the second.
    pub(crate) to: Value,
}

/// The difference of two captures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct CaptureDiffView {
    schema: &'static str,
    /// The first.
    pub(crate) a: CaptureSide,
    /// The second.
    pub(crate) b: CaptureSide,
    /// Conversations, those that are in both first.
    pub(crate) conversations: Vec<ConversationDiff>,
}

/// What a capture has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CaptureSide {
    /// The file.
    pub(crate) file: String,
    /// Frames.
    pub(crate) frames: u64,
    /// Messages that were compared.
    pub(crate) messages: usize,
    /// Frames that carry no message, and are not compared.
    pub(crate) frames_without: u64,
    /// Messages of which the capture has the beginning alone; they are not compared.
    pub(crate) messages_cut: u64,
    /// Whether the file could not be read to its end.
    pub(crate) broken: bool,
}

/// The difference of two conversations.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ConversationDiff {
    /// Who speaks in the first; nothing where it has none such.
    pub(crate) a: Option<String>,
    /// In the second.
    pub(crate) b: Option<String>,
    /// Messages that say the same.
    pub(crate) same: u64,
    /// Messages of the second alone.
    pub(crate) added: Vec<MessageAt>,
    /// Messages of the first alone.
    pub(crate) removed: Vec<MessageAt>,
    /// Messages of both that do not say the same.
    pub(crate) changed: Vec<ChangedMessage>,
}

/// A message and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MessageAt {
    /// The frame that completes it.
    pub(crate) frame: u64,
    /// The message in one line.
    pub(crate) message: String,
}

/// A message that does not say the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ChangedMessage {
    /// In the first.
    pub(crate) from: MessageAt,
    /// In the second.
    pub(crate) to: MessageAt,
    /// Its fields that differ.
    pub(crate) fields: Vec<FieldChange>,
}

/// The difference of tables.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct TableDiffView {
    schema: &'static str,
    /// Of the flow tables; nothing where one of both is not told.
    pub(crate) flows: Option<FlowDiffView>,
    /// Of the core tables.
    pub(crate) cores: Option<RowsDiff>,
    /// Of the VMs.
    pub(crate) vms: Option<RowsDiff>,
    /// Of the configurations.
    pub(crate) config: Option<RowsDiff>,
}

/// The difference of rows that have a key.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(crate) struct RowsDiff {
    /// Keys of the second alone.
    pub(crate) added: Vec<String>,
    /// Keys of the first alone.
    pub(crate) removed: Vec<String>,
    /// Rows of both that differ.
    pub(crate) changed: Vec<ChangedRow>,
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ChangedRow {
    /// Its key.
    pub(crate) key: String,
    /// Its fields that differ.
    pub(crate) fields: Vec<FieldChange>,
}

impl CaptureDiffView {
    pub(crate) fn new(
        a: CaptureSide,
        b: CaptureSide,
        conversations: Vec<ConversationDiff>,
    ) -> Self {
        Self { schema: "vsectl.capture-diff/1", a, b, conversations }
    }

    /// Whether the captures say the same.
    pub(crate) fn is_empty(&self) -> bool {
        self.conversations.iter().all(ConversationDiff::is_empty)
    }
}

impl ConversationDiff {
    pub(crate) fn new(a: Option<String>, b: Option<String>) -> Self {
        let (added, removed, changed) = (Vec::new(), Vec::new(), Vec::new());
        Self { a, b, same: 0, added, removed, changed }
    }

    /// Whether the conversations say the same.
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

impl TableDiffView {
    pub(crate) fn new(
        flows: Option<FlowDiffView>,
        cores: Option<RowsDiff>,
        vms: Option<RowsDiff>,
        config: Option<RowsDiff>,
    ) -> Self {
        Self { schema: "vsectl.table-diff/1", flows, cores, vms, config }
    }

    /// Whether no table is in both.
    pub(crate) fn compares_nothing(&self) -> bool {
        self.flows.is_none() && self.cores.is_none() && self.vms.is_none() && self.config.is_none()
    }

    /// Whether the tables are the same.
    pub(crate) fn is_empty(&self) -> bool {
        let rows = [&self.cores, &self.vms, &self.config];
        self.flows.as_ref().is_none_or(FlowDiffView::is_empty)
            && rows.into_iter().flatten().all(RowsDiff::is_empty)
    }
}

impl RowsDiff {
    /// Whether the rows are the same.
    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}
