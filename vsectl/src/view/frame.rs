//! `vsectl.frame/1`: a frame of a capture, its layers and its problems.

use dissect::savefile::Record;
use dissect::{Layer, OwnedValue, Problem, Tree};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::macros::format_description;

/// A frame and all that was found in it.
#[derive(Debug)]
pub(crate) struct FrameView<'a> {
    pub(crate) record: &'a Record,
    pub(crate) tree: &'a Tree,
}

impl FrameView<'_> {
    /// The time, as RFC 3339 has it, with nanoseconds.
    pub(crate) fn time(&self) -> String {
        let format = format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:9]Z"
        );
        OffsetDateTime::from_unix_timestamp_nanos(self.record.time.into())
            .ok()
            .and_then(|time| time.format(&format).ok())
            .unwrap_or_default()
    }
}

impl Serialize for FrameView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { record, tree } = self;
        let mut frame = serializer.serialize_map(None)?;
        frame.serialize_entry("schema", "vsectl.frame/1")?;
        frame.serialize_entry("number", &record.number)?;
        frame.serialize_entry("time", &self.time())?;
        frame.serialize_entry("interface", &record.interface)?;
        frame.serialize_entry("len", &record.len)?;
        frame.serialize_entry("caplen", &record.bytes.len())?;
        frame.serialize_entry("layers", &LayersView(&tree.layers))?;
        frame.serialize_entry("problems", &ProblemsView(&tree.problems))?;
        frame.end()
    }
}

struct LayersView<'a>(&'a [Layer]);

impl Serialize for LayersView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(LayerView))
    }
}

/// A layer. Its `offset` is null where its bytes came in several frames.
#[derive(Debug)]
struct LayerView<'a>(&'a Layer);

impl Serialize for LayerView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(layer) = self;
        let mut view = serializer.serialize_map(None)?;
        view.serialize_entry("proto", layer.protocol.name)?;
        view.serialize_entry("offset", &layer.place.offset)?;
        view.serialize_entry("len", &layer.place.len)?;
        view.serialize_entry("fields", &FieldsView(layer))?;
        if !layer.layers.is_empty() {
            view.serialize_entry("layers", &LayersView(&layer.layers))?;
        }
        view.end()
    }
}

struct FieldsView<'a>(&'a Layer);

impl Serialize for FieldsView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(Some(self.0.fields.len()))?;
        for field in &self.0.fields {
            let key = field.field.key;
            match &field.value {
                OwnedValue::Number(value) => fields.serialize_entry(key, value)?,
                OwnedValue::Flag(value) => fields.serialize_entry(key, value)?,
                OwnedValue::Mac(value) => fields.serialize_entry(key, value)?,
                OwnedValue::Ipv4(value) => fields.serialize_entry(key, value)?,
                OwnedValue::Text(value) => fields.serialize_entry(key, value)?,
                OwnedValue::Structure(value) => fields.serialize_entry(key, value)?,
            }
        }
        fields.end()
    }
}

struct ProblemsView<'a>(&'a [Problem]);

impl Serialize for ProblemsView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct View<'a> {
            kind: &'static str,
            at: Option<usize>,
            text: &'a str,
        }
        let mut problems = serializer.serialize_seq(Some(self.0.len()))?;
        for problem in self.0 {
            let Problem { kind, at, text } = problem;
            problems.serialize_element(&View { kind: kind.name(), at: *at, text })?;
        }
        problems.end()
    }
}
