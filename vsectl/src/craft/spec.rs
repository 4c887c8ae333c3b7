//! A specification: layers with their fields, and how the values of the fields go together.

use std::fmt;

use super::field::{FieldType, Kind, LayerType};
use super::values::Values;

/// What packets to make.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    /// From the outermost on, complete: Ethernet is the first.
    pub(crate) layers: Vec<Layer>,
    /// How many packets; nothing for one of each combination.
    pub(crate) count: Option<u64>,
    /// What the random values come from.
    pub(crate) seed: u64,
    pub(crate) combine: Combine,
}

/// How the lists of several fields go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Combine {
    /// Every value with every other; the last field varies fastest.
    #[default]
    Product,
    /// All fields step together; shorter lists start over.
    Zip,
}

#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) r#type: &'static LayerType,
    pub(crate) settings: Vec<Setting>,
}

#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) field: &'static FieldType,
    pub(crate) values: Values,
}

impl Layer {
    pub(crate) fn new(r#type: &'static LayerType) -> Self {
        Self { r#type, settings: Vec::new() }
    }

    pub(crate) fn values(&self, name: &str) -> Option<&Values> {
        let setting = self.settings.iter().find(|setting| setting.field.name == name);
        setting.map(|setting| &setting.values)
    }
}

impl Spec {
    /// One packet of each combination.
    pub(crate) fn of(layers: Vec<Layer>) -> Self {
        Self { layers, count: None, seed: 0, combine: Combine::default() }
    }

    /// How many combinations of values there are; more than there can be is as many as can be.
    pub(crate) fn combinations(&self) -> u128 {
        let settings = self.layers.iter().flat_map(|layer| &layer.settings);
        let lengths = settings.map(|setting| setting.values.len());
        match self.combine {
            Combine::Product => lengths.fold(1, u128::saturating_mul),
            Combine::Zip => lengths.max().unwrap_or(1),
        }
    }
}

impl fmt::Display for Spec {
    /// The layers in the words of the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        self.layers.iter().try_for_each(|layer| {
            write!(f, "{separator}{layer}")?;
            separator = " / ";
            Ok(())
        })
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.r#type.name)?;
        self.settings.iter().try_for_each(|setting| write!(f, " {setting}"))
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, values } = self;
        let text = values.write(field.kind);
        match field.kind {
            Kind::Switch if values.fixed() == Some(1) => f.write_str(field.name),
            Kind::Text => write!(f, "{}=\"{text}\"", field.name),
            _ => write!(f, "{}={text}", field.name),
        }
    }
}
