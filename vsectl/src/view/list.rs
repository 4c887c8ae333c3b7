//! Lists with the name of their schema: `{"schema":"vsectl.flows/1","entries":[…]}` as one document,
//! `{"schema":"vsectl.flow/1",…}` an entry as a line.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A thing that comes in lists.
pub(crate) trait Listed {
    /// The schema of one.
    const SCHEMA: &'static str;
    /// The schema of a list of them.
    const LIST_SCHEMA: &'static str;
}

/// A list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListView<T> {
    schema: Cow<'static, str>,
    /// The things, in the order in which they are to be shown.
    pub(crate) entries: Vec<T>,
}

impl<T: Listed> ListView<T> {
    pub(crate) fn new(entries: Vec<T>) -> Self {
        Self { schema: T::LIST_SCHEMA.into(), entries }
    }
}

/// One thing of a list, by itself.
#[derive(Debug, Serialize)]
pub(crate) struct EntryView<'a, T> {
    schema: &'static str,
    #[serde(flatten)]
    entry: &'a T,
}

impl<'a, T: Listed> From<&'a T> for EntryView<'a, T> {
    fn from(entry: &'a T) -> Self {
        Self { schema: T::SCHEMA, entry }
    }
}
