//! A specification as a file: TOML or JSON, with the words of the command line.
//!
//! ```toml
//! count = 1000
//!
//! [[layers]]
//! layer = "ip"
//! src = "10.0.0.0/24"
//! fcf = true
//! vm = 5
//! ```

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::field::Kind;
use super::parse::parse;
use super::spec::{Combine, Setting, Spec};
use super::values::Values;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Notation {
    Toml,
    Json,
}

/// What a file holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The version of the format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(default, skip_serializing_if = "is_zero")]
    seed: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    combine: CombineWord,
    layers: Vec<Map<String, Value>>,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CombineWord {
    #[default]
    Product,
    Zip,
}

const SCHEMA: &str = "vsectl.craft/1";

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn is_default(combine: &CombineWord) -> bool {
    *combine == CombineWord::default()
}

/// Reads a specification from TOML or JSON, which begins with a brace.
pub(crate) fn from_text(text: &str) -> anyhow::Result<Spec> {
    let file: File = if text.trim_start().starts_with('{') {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        serde_path_to_error::deserialize(&mut deserializer)?
    } else {
        toml::from_str(text)?
    };
    if let Some(schema) = file.schema.filter(|schema| schema != SCHEMA) {
        bail!("schema is {schema:?}, and this program knows {SCHEMA}");
    }
    let layers = file
        .layers
        .iter()
        .zip(1..)
        .map(|(layer, number)| line(layer).with_context(|| format!("layer {number}")));
    let text = layers.collect::<anyhow::Result<Vec<_>>>()?.join(" / ");
    let combine = match file.combine {
        CombineWord::Product => Combine::Product,
        CombineWord::Zip => Combine::Zip,
    };
    Ok(Spec { layers: parse(&text)?, count: file.count, seed: file.seed, combine })
}

/// The words of a layer.
fn line(layer: &Map<String, Value>) -> anyhow::Result<String> {
    let Some(Value::String(name)) = layer.get("layer") else {
        bail!("layer = \"…\" is missing: which layer it is");
    };
    let mut words = vec![name.clone()];
    for (name, value) in layer.iter().filter(|(name, _)| *name != "layer") {
        words.push(match value {
            Value::Bool(true) => name.clone(),
            Value::Bool(false) => format!("{name}=0"),
            Value::Array(items) => {
                let items: anyhow::Result<Vec<String>> =
                    items.iter().map(|item| scalar(name, item)).collect();
                format!("{name}={}", items?.join(","))
            }
            other => format!("{name}={}", scalar(name, other)?),
        });
    }
    Ok(words.join(" "))
}

fn scalar(name: &str, value: &Value) -> anyhow::Result<String> {
    match value {
        Value::Number(number) => Ok(number.to_string()),
        Value::String(text) if text.contains('"') => bail!("{name}: no quotes within a text"),
        Value::String(text) if text.contains(char::is_whitespace) => Ok(format!("\"{text}\"")),
        Value::String(text) => Ok(text.clone()),
        _ => bail!("{name}: want a number, a text, true or false, or an array of numbers"),
    }
}

/// Writes a specification as [`from_text`] takes it.
pub(crate) fn to_text(spec: &Spec, notation: Notation) -> anyhow::Result<String> {
    let layers = spec.layers.iter().map(|layer| {
        let mut map = Map::new();
        map.insert("layer".to_owned(), layer.r#type.name.into());
        let settings = layer.settings.iter();
        // What counts packets does so in every specification.
        for setting in settings.filter(|s| !matches!(s.values, Values::Counter(_))) {
            map.insert(setting.field.name.to_owned(), value(setting));
        }
        map
    });
    let file = File {
        schema: Some(SCHEMA.to_owned()),
        count: spec.count,
        seed: spec.seed,
        combine: match spec.combine {
            Combine::Product => CombineWord::Product,
            Combine::Zip => CombineWord::Zip,
        },
        layers: layers.collect(),
    };
    Ok(match notation {
        Notation::Toml => toml::to_string(&file)?,
        Notation::Json => serde_json::to_string_pretty(&file)? + "\n",
    })
}

fn value(setting: &Setting) -> Value {
    match (setting.field.kind, setting.values.fixed()) {
        (Kind::Switch, Some(switch)) => Value::Bool(switch != 0),
        (Kind::Number(_), Some(number)) => match u64::try_from(number) {
            Ok(number) => number.into(),
            Err(_) => setting.values.write(setting.field.kind).into(),
        },
        _ => setting.values.write(setting.field.kind).into(),
    }
}
