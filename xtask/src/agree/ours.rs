//! What vsectl says of a capture.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

use super::{Frames, Said};

/// Columns of types, one for each version, then that of xids.
const COLUMNS: [&str; 6] = [
    "frame.number",
    "openflow_1_0.type",
    "openflow_v4.type",
    "openflow_v5.type",
    "openflow_v6.type",
    "openflow.xid",
];

/// The protocols that are layers of vsectl's, by the names that tshark has for them too: a group of
/// fields that stand in another layer is no layer here, even where it is one there.
pub(super) fn protocols(program: &Path) -> anyhow::Result<BTreeSet<String>> {
    let listed = Command::new(program).args(["decode", "--list-fields", "-o", "json"]).output()?;
    let listed: Value = serde_json::from_slice(&listed.stdout)?;
    let fields = listed.get("fields").and_then(Value::as_array).context("no list of fields")?;
    let layers = fields.iter().filter(|field| field.get("layer") == Some(&Value::Bool(true)));
    let names = layers.filter_map(|field| field.get("protocol")?.as_str());
    Ok(names.map(str::to_owned).collect())
}

/// The frames of a capture.
pub(super) fn read(program: &Path, capture: &Path) -> anyhow::Result<Frames> {
    let mut frames = Frames::new();
    let decode = |args: &[&str]| -> anyhow::Result<String> {
        let mut command = Command::new("timeout");
        command.arg("60").arg(program).arg("decode").arg(capture).args(args);
        let ran = command.output()?;
        match ran.status.code() {
            // 1: nothing could be read; 3: not everything.
            Some(0 | 1 | 3) => Ok(String::from_utf8_lossy(&ran.stdout).into_owned()),
            Some(124) => bail!("no end within 60 s"),
            _ => bail!("{}: {}", ran.status, String::from_utf8_lossy(&ran.stderr).trim()),
        }
    };
    for line in decode(&["-o", "ndjson"])?.lines() {
        let frame: Value = serde_json::from_str(line)?;
        let number = frame.get("number").and_then(Value::as_u64).context("no number")?;
        let mut said = Said::default();
        layers(frame.get("layers").unwrap_or(&Value::Null), &mut said);
        frames.insert(number, said);
    }
    let mut args = vec!["--no-nested", "-T", "fields"];
    args.extend(COLUMNS.iter().flat_map(|column| ["-e", column]));
    for line in decode(&args)?.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [number, types @ .., xids] = columns.as_slice() else { continue };
        let Some(said) = number.parse().ok().and_then(|number| frames.get_mut(&number)) else {
            continue;
        };
        said.types = types.iter().flat_map(|types| super::theirs::numbers(types)).collect();
        said.xids = super::theirs::numbers(xids).collect();
    }
    Ok(frames)
}

/// The names of layers, each in front of those in it.
fn layers(value: &Value, said: &mut Said) {
    for layer in value.as_array().into_iter().flatten() {
        if let Some(name) = layer.get("proto").and_then(Value::as_str) {
            said.layer(name, None);
        }
        if let Some(inner) = layer.get("layers") {
            layers(inner, said);
        }
    }
}
