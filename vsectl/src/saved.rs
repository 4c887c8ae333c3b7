//! Tables that a command printed as JSON: one document or several, one behind the other, each known
//! by its schema.

use anyhow::{Context, bail};
use codec::vse::Config;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::view::{ConfigView, CoreView, FlowView, ListView, Listed, VmView};

/// What stood in the documents; nothing where there was none of that kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Saved {
    pub(crate) flows: Option<Vec<FlowView>>,
    pub(crate) cores: Option<Vec<CoreView>>,
    pub(crate) vms: Option<Vec<VmView>>,
    pub(crate) config: Option<Config>,
}

#[derive(Deserialize)]
struct Schema<'a> {
    #[serde(borrow)]
    schema: std::borrow::Cow<'a, str>,
}

impl Saved {
    /// Reads documents and lines, in any order. Entries of one kind that come in several are
    /// added to each other.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let mut saved = Self::default();
        for document in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
            let document = document.context("not JSON")?.get();
            if document.starts_with('[') {
                for inner in serde_json::from_str::<Vec<&RawValue>>(document)? {
                    saved.take(inner.get())?;
                }
            } else {
                saved.take(document)?;
            }
        }
        Ok(saved)
    }

    fn take(&mut self, document: &str) -> anyhow::Result<()> {
        let Schema { schema } =
            serde_json::from_str(document).context("a JSON document without a schema")?;
        match &*schema {
            FlowView::LIST_SCHEMA => self.flows.get_or_insert_default().extend(list(document)?),
            FlowView::SCHEMA => self.flows.get_or_insert_default().push(value(document)?),
            CoreView::LIST_SCHEMA => self.cores.get_or_insert_default().extend(list(document)?),
            CoreView::SCHEMA => self.cores.get_or_insert_default().push(value(document)?),
            VmView::LIST_SCHEMA => self.vms.get_or_insert_default().extend(list(document)?),
            VmView::SCHEMA => self.vms.get_or_insert_default().push(value(document)?),
            ConfigView::SCHEMA => self.config = Some(value::<ConfigView>(document)?.config),
            other => bail!(
                "{other:?} is no schema of a table: want the JSON of flow list, core list, \
                 vm list or config get"
            ),
        }
        Ok(())
    }
}

fn list<T: DeserializeOwned>(document: &str) -> anyhow::Result<Vec<T>> {
    value::<ListView<T>>(document).map(|list| list.entries)
}

/// Reads a document; an error names the path to what is wrong.
pub(crate) fn value<T: DeserializeOwned>(document: &str) -> anyhow::Result<T> {
    let mut deserializer = serde_json::Deserializer::from_str(document);
    Ok(serde_path_to_error::deserialize(&mut deserializer)?)
}
