//! What tshark says of a capture.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::bail;

use super::{Frames, Said};

const TYPES: [&str; 4] =
    ["openflow_1_0.type", "openflow_v4.type", "openflow_v5.type", "openflow_v6.type"];
const XIDS: [&str; 4] = ["openflow.xid", "openflow_v4.xid", "openflow_v5.xid", "openflow_v6.xid"];
/// What tshark lists as protocols, and is a part of the layer in front.
const PARTS: [&str; 6] =
    ["ethertype", "openflow_v1", "openflow_v4", "openflow_v5", "openflow_v6", "pkt_comment"];
/// It puts segments into order only where it is told to, and knows one of the two ports of OpenFlow.
const OPTIONS: [&str; 4] =
    ["-o", "tcp.reassemble_out_of_order:TRUE", "-d", "tcp.port==6633,openflow"];

/// The frames of a capture; of the layers, those that are `known` here.
pub(super) fn read(capture: &Path, known: &BTreeSet<String>) -> anyhow::Result<Frames> {
    let mut command = Command::new("timeout");
    command.args(["120", "tshark", "-n", "-r"]).arg(capture);
    command.args(OPTIONS).args(["-T", "fields"]);
    let columns = ["frame.number", "frame.protocols"].into_iter().chain(TYPES).chain(XIDS);
    command.args(columns.flat_map(|column| ["-e", column]));
    let ran = command.output()?;
    // A file that is cut short ends with an error, behind what could be read.
    if !ran.status.success() && ran.stdout.is_empty() {
        bail!("{}", String::from_utf8_lossy(&ran.stderr).lines().last().unwrap_or_default());
    }
    let mut frames = Frames::new();
    for line in String::from_utf8_lossy(&ran.stdout).lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [number, protocols, rest @ ..] = columns.as_slice() else { continue };
        let Ok(number) = number.parse() else { continue };
        let (types, xids) = rest.split_at(rest.len().min(TYPES.len()));
        let mut said = Said {
            types: types.iter().flat_map(|types| numbers(types)).collect(),
            xids: xids.iter().flat_map(|xids| numbers(xids)).collect(),
            ..Said::default()
        };
        layers(protocols, known, &mut said);
        frames.insert(number, said);
    }
    Ok(frames)
}

/// The layers that are known here, and which others are in front of them.
fn layers(protocols: &str, known: &BTreeSet<String>, said: &mut Said) {
    let mut carrier = None;
    for name in protocols.split(':').map(ours) {
        if known.contains(name) {
            said.layer(name, carrier.take());
        } else if !PARTS.contains(&name) {
            carrier = Some(name.to_owned());
        }
    }
}

/// Our name for a protocol of which tshark has several.
fn ours(name: &str) -> &str {
    match name {
        "ieee8021ad" => "vlan",
        name => name,
    }
}

/// The numbers of a column, decimal or hexadecimal.
pub(super) fn numbers(column: &str) -> impl Iterator<Item = u64> + '_ {
    column.split(',').filter(|word| !word.is_empty()).map(|word| match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap_or(u64::MAX),
        None => word.parse().unwrap_or(u64::MAX),
    })
}
